"""Networks whose operators have something that no handler reads, one for each message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from tests.frontend.attribute_cases import C3, QUANT, K, W, tensor
from tests.frontend.onnx_nets import CHANNELS_LAST, net, node

IMAGE = (1, 4, 6, 7)
FC = node("MatMul", "x w", "h", name="dense")
LAST = node("Quant", "e s z b", "y", name="last", signed=1, narrow=0)


def _dense(op: str, operands: str = "h", outputs: str = "e", *, opset: int = 14, **given: Any) -> onnx.ModelProto:
    """A dense layer, the operator, a quantiser; constants are arrays, attributes the rest."""
    constants = {key: value for key, value in given.items() if isinstance(value, np.ndarray | np.generic)}
    tensors = [value for value in given.values() if isinstance(value, onnx.TensorProto)]
    rest = {key: value for key, value in given.items() if key not in constants and value not in tensors}
    model = net([FC, node(op, operands, outputs, name="odd", **rest), LAST], opset=opset, w=W, **QUANT, **constants)
    model.graph.initializer.extend(tensors)
    return model


def _image(op: str, operands: str = "x", output: str = "e", *, opset: int = 14, **given: Any) -> onnx.ModelProto:
    """The operator on an image, a quantiser; a Flatten between them where the operator gives `m`."""
    constants = {key: value for key, value in given.items() if isinstance(value, np.ndarray | np.generic)}
    rest = {key: value for key, value in given.items() if key not in constants}
    between = [node("Flatten", "m", "e", name="flat")] if output == "m" else []
    nodes = [node(op, operands, output, name="odd", **rest), *between, LAST]
    return net(nodes, shape=IMAGE, opset=opset, **QUANT, **{**K, **constants})


def _typed(kind: int) -> onnx.ModelProto:
    model = net([FC, node("Cast", "x", "f", name="real", to=1), node("MatMul", "f w", "y")], w=W)
    model.graph.node.pop(0)
    model.graph.input[0].type.tensor_type.elem_type = kind
    return model


def _wide() -> onnx.ModelProto:
    nodes = [FC, node("Mul", "h half", "k", name="half"), node("Cast", "k", "e", name="odd", to=7), LAST]
    return net(nodes, w=W * 10000, half=np.float32(0.5), **QUANT)


def _constant_conv() -> onnx.ModelProto:
    conv = node("Conv", "k k", "c", name="odd", domain=CHANNELS_LAST, kernel_shape=[1, 1])
    return net([FC, conv, node("Add", "h c", "y")], w=W, k=np.ones((1, 1, 1, 1), np.float32))


def _constant_dropout() -> onnx.ModelProto:
    nodes = [FC, node("Dropout", "c - yes", "d", name="odd"), node("Add", "h d", "y")]
    model = net(nodes, w=W, c=C3)
    model.graph.initializer.append(tensor("yes", TensorProto.BOOL, [1], []))
    return model


def _quantised_text() -> onnx.ModelProto:
    model = net([FC, node("BipolarQuant", "t s", "q", name="odd"), node("Mul", "h q", "e"), LAST], w=W, **QUANT)
    model.graph.initializer.append(TEXT)
    return model


def _plane_attribute() -> onnx.ModelProto:
    nodes = [
        node("BipolarQuant", "x one", "p", name="first"),
        node("Sub", "x p", "r", name="rest"),
        node("BipolarQuant", "r half", "q", name="odd", narrow=1),
        node("Add", "p q", "s", name="planes"),
        node("MatMul", "s w", "y", name="dense"),
    ]
    return net(nodes, w=np.sign(W - 0.5), one=np.float32(1), half=np.float32(0.5))


BF = np.ones(3, dtype=np.float32)
NAN = np.asarray([1, np.nan, 1], dtype=np.float32)
TEXT = tensor("t", TensorProto.STRING, [b"1", b"2", b"3"])
CASES: dict[str, Callable[[], onnx.ModelProto]] = {
    "unknown_attribute": lambda: _dense("LeakyRelu", alpha=0.5, beta=2.0),
    "no_attributes": lambda: _dense("Relu", slope=0.5),
    "flag_attribute": lambda: _image("ReduceMean", axes=[2], keepdims=2),
    "text_for_weights": _quantised_text,
    "real_attribute": lambda: _dense("LeakyRelu", alpha=float("nan")),
    "whole_attribute": lambda: _image("Flatten", axis="one"),
    "list_attribute": lambda: _image("MaxPool", kernel_shape=2),
    "text_attribute": lambda: _image("MaxPool", kernel_shape=[2, 2], auto_pad=1),
    "not_at_inference": lambda: _dense("Dropout", opset=6, is_test=0),
    "training_by_default": lambda: _dense("Dropout", opset=6),
    "too_many_operands": lambda: _dense("Relu", "h w"),
    "too_many_outputs": lambda: _dense("BatchNormalization", "h c c c v", "e m n", c=C3, v=BF),
    "training_mode": lambda: _dense("Dropout", "h - yes", yes=tensor("yes", TensorProto.BOOL, [1], [])),
    "cast_to_text": lambda: _dense("Cast", to=8),
    "cast_to_nothing": lambda: _dense("Cast"),
    "out_of_the_type": lambda: _dense("Cast", to=2),
    "out_of_half_precision": lambda: _dense("Cast", to=17),
    "too_many_numbers": _wide,
    "input_out_of_its_type": lambda: _typed(TensorProto.UINT8),
    "shape_of_fractions": lambda: _image("Reshape", "x to", to=np.asarray([1, 167.5])),
    "axis": lambda: _image("Flatten", axis=7),
    "axes_twice": lambda: _image("Transpose", perm=[0, 1, 1, 2]),
    "perm": lambda: _image("Transpose", perm=[0, 1]),
    "nothing_reduced": lambda: _image("ReduceMean", "x", opset=18, noop_with_empty_axes=1),
    "two_streams": lambda: _dense("Max", "h x"),
    "infinite_bound": lambda: _dense("Clip", "h inf", inf=np.float32(np.inf)),
    "slope_axes": lambda: _dense("PRelu", "h c", c=BF.reshape(1, 1, 3)),
    "not_per_channel": lambda: _image("BatchNormalization", "x c4 c4 c4 one", opset=7, spatial=0, one=np.ones(4)),
    "no_axis": lambda: _dense("Concat", "h h"),
    "concat_ranks": lambda: net([node("Unsqueeze", "x w", "u"), node("Concat", "u x", "y", name="odd", axis=2)], w=[1]),
    "window_axes": lambda: _image("MaxPool", kernel_shape=[2]),
    "padding_sizes": lambda: _image("Pad", opset=10, pads=[1, 1]),
    "auto_pad": lambda: _image("MaxPool", kernel_shape=[2, 2], auto_pad="SAME"),
    "conv_bias": lambda: _image("Conv", "x k3 c", c=BF),
    "conv_kernel_axes": lambda: _image("Conv", "x k3", kernel_shape=[3]),
    "out_bias": lambda: _dense("MultiThreshold", "h t", out_bias=1e30, out_dtype="INT4", t=np.zeros((1, 3))),
    "too_wide_results": lambda: net(
        [FC, node("Mul", "h h", "a"), node("Mul", "a a", "y", name="odd")], w=100000 * W[:, :1]
    ),
    "text": lambda: _dense("Add", "h t", t=TEXT),
    "complex": lambda: _dense("Add", "h t", t=numpy_helper.from_array(np.asarray([1j], np.complex64), "t")),
    "beyond_float64": lambda: _dense("Add", "h t", t=tensor("t", TensorProto.INT64, [2**53 + 1])),
    "nan_bound": lambda: _dense("Max", "h n", n=NAN),
    "random": lambda: net([FC, node("RandomNormal", "", "e", name="odd", shape=[3]), node("Add", "h e", "y")], w=W),
    "training_of_constants": _constant_dropout,
    "attribute_of_a_plane": _plane_attribute,
    "constants_with_channels_last": _constant_conv,
}
