"""Whole models that the mutator damages; together they hold every operator that hwgen reads."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from tests.frontend.image_error_cases import CASES as IMAGE_ERRORS
from tests.frontend.onnx_nets import CHANNELS_LAST, net, node
from tests.frontend.random_qdq import random_qdq
from tests.frontend.test_residual import convolved

IMAGE = (1, 4, 6, 7)
Q = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
W = np.random.default_rng(3).integers(-3, 4, (6, 4, 3, 3)).astype(np.float32)
DENSE = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
COLUMN = np.asarray([0.5, -0.25, 2.0], dtype=np.float32)
IN = node("Quant", "x s z b", "q", name="in", signed=1, narrow=0)
ACT = node("Quant", "e s z b", "y", name="act", signed=1, narrow=0, rounding_mode="ROUND")


def _image(*nodes: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    return net([IN, *nodes], shape=IMAGE, **{"w": W, **Q, **constants})


def _dense() -> onnx.ModelProto:
    nodes = [
        node("Identity", "x", "i"),
        node("Quant", "w s z b", "wq", name="weights", signed=1, narrow=1),
        node("Gemm", "i wq c", "h", name="dense", alpha=0.5, transB=0),
        node("BatchNormalization", "h g c c v", "n", name="norm", epsilon=1e-3),
        node("LeakyRelu", "n", "l", alpha=0.25),
        node("Div", "l c", "d"),
        node("Max", "d lo", "m"),
        node("Min", "m hi", "e"),
        node("IntQuant", "e s z b", "a", domain="qonnx.custom_op.general", signed=0, narrow=0, rounding_mode="FLOOR"),
        node("MatMul", "a w2", "f", name="last"),
        node("Softmax", "f", "p", axis=1),
        node("TopK", "p k", "t y", axis=1),
    ]
    constants = {"c": COLUMN, "g": COLUMN, "v": np.abs(COLUMN), "w2": DENSE[:3], "k": np.asarray([1])}
    bounds = {"lo": np.float32(-5), "hi": np.float32(5)}
    return net(nodes, kind=TensorProto.INT64, w=DENSE, **Q, **constants, **bounds)


def _folded() -> onnx.ModelProto:
    """Shapes and constants that are computed before the walk."""
    nodes = [
        node("Shape", "x", "sh"),
        node("Gather", "sh first", "n", axis=0),
        node("Unsqueeze", "n front", "nu"),
        node("Concat", "nu rest", "to", axis=0),
        node("Reshape", "x to", "r"),
        node("ConstantOfShape", "rest", "zeros"),
        node("Add", "zeros v", "offsets"),
        node("Expand", "offsets rest", "wide"),
        node("Tile", "wide rest", "tiled"),
        node("Pad", "tiled pads", "padded"),
        node("ReduceMean", "padded", "mean", keepdims=0),
        node("Range", "first ten ten", "range"),
        node("Size", "range", "count"),
        node("Cast", "count", "real", to=1),
        node("Pow", "v v", "p"),
        node("Mul", "mean p", "scaled"),
        node("Div", "ten ten", "one"),
        node("Cast", "one", "unit", to=1),
        node("Mul", "unit scaled", "again"),
        node("Mul", "real again", "factor"),
        node("MatMul", "r w", "h", name="dense"),
        node("Mul", "h factor", "e"),
        node("Clip", "e low -", "c"),
        node("PRelu", "c slope", "t"),
        node("MultiThreshold", "t levels", "y", name="act", out_dtype="UINT2", out_scale=0.5, out_bias=0.0),
    ]
    levels = np.asarray([[0.5, 1, 2], [-1, 0, 1], [3, 4, 5]], dtype=np.float32)
    whole = {"first": np.asarray(0), "front": np.asarray([0]), "rest": np.asarray([4]), "ten": np.asarray(10)}
    whole["pads"] = np.asarray([1, 1])
    reals = {"v": np.float32(0.5), "low": np.float32(-3), "slope": COLUMN**2, "levels": levels}
    return net(nodes, w=DENSE, types={"x": "INT5", "w": "INT3"}, **whole, **reals)


def _convolved() -> onnx.ModelProto:
    return _image(
        node("Pad", "q pads fill", "p", name="pad"),
        node("Conv", "p w c", "h", name="conv", strides=[1, 1], pads=[1, 0, 1, 0], dilations=[1, 1], group=1),
        node("Relu", "h", "e"),
        node("Quant", "e s z b", "a", name="mid", signed=0, narrow=0),
        node("MaxPool", "a", "m", name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Transpose", "m", "t", perm=[0, 2, 3, 1]),
        node("Flatten", "t", "f", axis=1),
        node("MatMul", "f v", "y", name="fc"),
        c=np.zeros(6, np.float32) + 0.5,
        v=np.ones((54, 3), np.float32),
        pads=np.asarray([0, 0, 0, 0, 0, 0, 0, 1]),
        fill=np.float32(0),
    )


def _joined() -> onnx.ModelProto:
    return _image(
        node("Conv", "q w4", "h", name="left", pads=[1, 1, 1, 1], group=2),
        node("Quant", "h s z b", "a", name="left_act", signed=1, narrow=0),
        node("Add", "a q", "t", name="sum"),
        node("Quant", "t s z b", "u", name="sum_act", signed=1, narrow=0),
        node("Neg", "u", "n"),
        node("Sub", "u n", "d0"),
        node("Sum", "d0 q h", "d1", name="several"),
        node("Mean", "d1 a", "d", name="halves"),
        node("Quant", "d s z b", "dq", name="difference", signed=1, narrow=0),
        node("Concat", "dq q", "j", name="join", axis=1),
        node("AveragePool", "j", "k", name="mean", kernel_shape=[2, 2]),
        node("Trunc", "k ts z ib ob", "tr", name="trunc", rounding_mode="FLOOR"),
        node("GlobalAveragePool", "tr", "g"),
        node("Squeeze", "g ax", "sq"),
        node("Dropout", "sq", "y"),
        w4=np.random.default_rng(4).integers(-2, 3, (4, 2, 3, 3)).astype(np.float32),
        ts=np.float32(0.125),
        ib=np.float32(6),
        ob=np.float32(4),
        ax=np.asarray([2, 3]),
    )


def _magnitudes(op: str) -> onnx.ModelProto:
    mean = {"ReduceL1": [node("ReduceL1", "x", "m", axes=[1])]}.get(
        op, [node("Abs", "x", "a"), node("ReduceMean", "a", "m", axes=[1])]
    )
    box = node("AveragePool", "m", "k", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    return net(
        [node("Conv", "x w", "h", pads=[1, 1, 1, 1]), *mean, box, node("Mul", "h k", "e"), ACT], shape=IMAGE, w=W, **Q
    )


def _bipolar() -> onnx.ModelProto:
    return net(
        [
            node("BipolarQuant", "x s", "q", name="in"),
            node("BipolarQuant", "w s", "wq", name="weights"),
            node("Conv", "q wq", "h", name="conv"),
            node("BipolarQuant", "h s", "a", name="act"),
            node("GlobalMaxPool", "a", "g"),
            node("Flatten", "g", "f"),
            node("MatMul", "f v", "l"),
            node("LogSoftmax", "l", "p", axis=1),
            node("ArgMax", "p", "y", axis=1, keepdims=0),
        ],
        shape=IMAGE,
        kind=TensorProto.INT64,
        w=W,
        v=np.ones((6, 3), np.float32),
        **Q,
    )


def _sum() -> onnx.ModelProto:
    box = node("AveragePool", "m", "k", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    nodes = [node("Conv", "x w", "h", pads=[1, 1, 1, 1]), node("Abs", "x", "a"), node("ReduceSum", "a ax", "m")]
    return net([*nodes, box, node("Mul", "h k", "e"), ACT], shape=IMAGE, w=W, ax=np.asarray([1]), **Q)


def _channels_last() -> onnx.ModelProto:
    last = {"domain": CHANNELS_LAST}
    nodes = [
        node("Conv", "x w", "h", name="conv", pads=[1, 1, 1, 1], **last),
        node("BatchNormalization", "h g o o v", "e", name="norm", **last),
        ACT,
    ]
    ones = np.ones(5, np.float32)
    return net(nodes, shape=(1, 6, 7, 4), w=np.ones((5, 3, 3, 4), np.float32), g=ones, o=ones, v=ones, **Q)


def _functions() -> onnx.ModelProto:
    """Functions of one tensor behind each other, their results chosen by comparisons."""
    plain = ("Tanh", "Elu", "Selu", "Celu", "HardSigmoid", "HardSwish", "Mish", "Gelu", "Softplus", "Sqrt", "Erf")
    plain += ("Exp", "Sigmoid", "ThresholdedRelu")
    chain = [node(op, "h" if index == 0 else f"f{index}", f"f{index + 1}") for index, op in enumerate(plain)]
    last = f"f{len(plain)}"
    nodes = [
        node("MatMul", "x w", "h", name="dense"),
        *chain,
        *(node(op, f"{last} c", f"t{index}") for index, op in enumerate(("Greater", "GreaterOrEqual", "Less"))),
        node("LessOrEqual", "h c", "t3"),
        node("Where", "t0 h c", "w0"),
        node("Where", "t1 w0 h", "w1"),
        node("Not", "t2", "n"),
        node("Where", "n w1 c", "w2"),
        node("Pow", "w2 two", "p"),
        node("And", "t0 t3", "both"),
        node("Or", "both t1", "either"),
        node("Equal", "h c", "same"),
        node("Or", "either same", "some"),
        node("Where", "some p w2", "w3"),
        node("Sign", "w3", "e"),
        ACT,
    ]
    return net(nodes, opset=20, w=DENSE, c=np.float32(0.25), two=np.float32(2), **Q)


def _waves() -> onnx.ModelProto:
    """Functions that do not rise, or that have no value at some numbers, where they have one."""
    chain = ("Shrink", "Softsign", "Sin", "Cos", "Cosh", "Log", "Reciprocal", "Sinh")
    names = ("h", *(f"f{index}" for index in range(1, len(chain))), "e")
    between = (node(op, before, after) for op, before, after in zip(chain, names, names[1:], strict=False))
    return net([node("MatMul", "x w", "h", name="dense"), *between, ACT], w=DENSE, **Q)


def _extremes() -> onnx.ModelProto:
    """Reductions over space, each over an axis of its own."""
    return _image(
        node("ReduceMax", "q", "m", axes=[3], keepdims=1),
        node("ReduceMin", "m", "n", axes=[-2], keepdims=0),
        node("Flatten", "n", "f", axis=1),
        node("MatMul", "f v", "y", name="fc"),
        v=np.ones((4, 3), np.float32),
    )


def _moved() -> onnx.ModelProto:
    """Elements picked, repeated and left out, in front of a layer that they become weights of, and of others."""
    nodes = [
        node("Resize", "q - scales", "up", name="resize", mode="nearest", nearest_mode="floor"),
        node("Slice", "up starts ends axes steps", "cut", name="crop"),
        node("SpaceToDepth", "cut", "packed", name="pack", blocksize=2),
        node("Split", "packed sizes", "left right", name="split", axis=1),
        node("Concat", "right left", "shuffled", name="swap", axis=1),
        node("ConvTranspose", "shuffled w16", "h", name="up", strides=[1, 1], group=1, output_padding=[0, 0]),
        node("Quant", "h s z b", "a", name="mid", signed=1, narrow=0),
        node("DepthToSpace", "a", "big", name="shuffle", blocksize=2, mode="CRD"),
        node("GlobalMaxPool", "big", "best", name="best"),
        node("Expand", "best to", "wide", name="broadcast"),
        node("Tile", "wide times", "tiled", name="tile"),
        node("Gather", "tiled rows", "few", name="rows", axis=2),
        node("Flatten", "few", "f", axis=1),
        node("MatMul", "f v", "y", name="fc"),
    ]
    lists = {"starts": [1, -1], "ends": [9, -(2**63)], "axes": [2, 3], "steps": [1, -2], "sizes": [5, 11]}
    lists |= {"to": [1, 2, 2, 1], "times": [1, 1, 2, 1], "rows": [3, 0, 0]}
    constants = {name: np.asarray(numbers) for name, numbers in lists.items()}
    w16 = np.random.default_rng(4).integers(-3, 4, (16, 8, 1, 1)).astype(np.float32)
    constants |= {"scales": np.float32([1, 1, 2, 1]), "w16": w16, "v": np.ones((6, 3), np.float32)}
    return net([IN, *nodes], shape=(1, 4, 6, 8), **Q, **constants)


def _upsampled() -> onnx.ModelProto:
    nodes = [node("Upsample", "x scales", "u", name="up"), node("Conv", "u w", "y", name="conv")]
    return net(nodes, shape=IMAGE, opset=9, w=W, scales=np.float32([1, 1, 2, 2]))


def models() -> dict[str, bytes]:
    """The models that are built here, and image networks that are refused, by name."""
    whole = {
        "dense": _dense(),
        "folded": _folded(),
        "convolved": _convolved(),
        "joined": _joined(),
        "bipolar": _bipolar(),
        "mean": _magnitudes("ReduceMean"),
        "l1": _magnitudes("ReduceL1"),
        "extremes": _extremes(),
        "moved": _moved(),
        "upsampled": _upsampled(),
        "waves": _waves(),
        "sum": _sum(),
        "channels_last": _channels_last(),
        "planes": convolved([1.5, 0.5]),
        "functions": _functions(),
        "qdq": random_qdq(0),
        "qlinear": random_qdq(8),
    }
    refused = {name: IMAGE_ERRORS[name]() for name in sorted(IMAGE_ERRORS)[::4]}
    return {name: bytes(model.SerializeToString()) for name, model in (whole | refused).items()}


def shared_models(folder: Path) -> dict[str, bytes]:
    """The small ones of the trained networks that are handed over beside the repository, by file name.

    The one on images of 512 x 512 is left out: its cycles take seconds to compute.
    """
    files = [path for path in sorted((folder / "models").glob("*.onnx*")) if not path.name.startswith("separable")]
    small = [path for path in files if path.stat().st_size < 350_000]
    return {p.name: gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in small}
