"""Means and sums of absolute values over channels: XNOR-Net's K, against the qonnx package's own executor."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Magnitude, Pool
from hwgen.ir.types import Bipolar, IntType
from tests.frontend.onnx_nets import net, node
from tests.frontend.test_image_operators import LAST, QUANT, SHAPE, agree

W = np.random.default_rng(8).integers(-3, 4, (5, 4, 3, 3)).astype(np.float32)
CONV = node("Conv", "x w", "h", name="conv", pads=[1, 1, 1, 1])
BOX = node("AveragePool", "m", "k", name="box", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
END = (BOX, node("Mul", "h k", "e", name="times"), LAST)
ABS = node("Abs", "x", "a", name="abs")


def conv_with(*nodes: onnx.NodeProto, opset: int = 14, **constants: np.ndarray) -> onnx.ModelProto:
    """A convolution times its K, which `nodes` begin and the box filter ends."""
    return net([CONV, *nodes, *END], shape=SHAPE, opset=opset, w=W, **QUANT, **constants)


AXES = {"c": np.array([1])}
MODELS = {
    "mean": conv_with(ABS, node("ReduceMean", "a", "m", name="mean", axes=[1])),
    "mean_of_an_operand": conv_with(ABS, node("ReduceMean", "a c", "m", name="mean"), opset=18, **AXES),
    "sum": conv_with(ABS, node("ReduceSum", "a c", "m", name="sum"), **AXES),
    "l1": conv_with(node("ReduceL1", "x", "m", name="l1", axes=[-3])),
    "without_the_axis": conv_with(
        ABS,
        node("ReduceMean", "a", "r", name="mean", axes=[1], keepdims=0),
        node("Unsqueeze", "r c", "m", name="back"),
        **AXES,
    ),
    "negative_scale": conv_with(
        node("Neg", "x", "n", name="minus"),
        node("Abs", "n", "a", name="abs"),
        node("ReduceMean", "a", "m", name="mean", axes=[1]),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_pixels(name: str) -> None:
    graph = agree(MODELS[name])
    assert graph.node("magnitude0").op == Magnitude(4)
    assert [value.type.shape for value in graph.node("scale0").inputs] == [(6, 7, 5), (6, 7, 1)]
    box = graph.node("pool0")
    assert isinstance(box.op, Pool) and box.inputs == (graph.node("magnitude0").output,)


@pytest.mark.parametrize(("axes", "keep"), [([1, 2, 3], 1), ([-1, -2, 1], 0)])
def test_whole_images(axes: list[int], keep: int) -> None:
    nodes = [ABS, node("ReduceMean", "a", "e", name="mean", axes=axes, keepdims=keep), LAST]
    graph = agree(net(nodes, shape=SHAPE, **QUANT))
    assert graph.node("magnitude0").op == Magnitude(4 * 6 * 7)


def test_a_dense_layer() -> None:
    """The mean over all inputs of a dense layer, flattened from an image."""
    weights = np.random.default_rng(3).integers(-2, 3, (4 * 6 * 7, 3)).astype(np.float32)
    nodes = [
        node("Flatten", "x", "f", name="flat"),
        node("MatMul", "f w", "h", name="dense"),
        node("Abs", "f", "a", name="abs"),
        node("ReduceMean", "a", "k", name="mean", axes=[1]),
        node("Mul", "h k", "e", name="times"),
        LAST,
    ]
    graph: Graph = agree(net(nodes, shape=SHAPE, w=weights, **QUANT))
    assert graph.node("magnitude0").op == Magnitude(4 * 6 * 7) and graph.node("magnitude0").output.type.shape == (1,)


MEAN = node("ReduceMean", "a", "m", name="mean", axes=[1])
SIGN = node("BipolarQuant", "x s", "b1", name="sign")
FIXED = "magnitudes must be of fixed-point numbers of one scale, 0 standing for 0; found "
QUANTISE = ". Quantise the layer's input to a few bits, per tensor and without a zero point."
ERRORS = {
    "rows": (
        [ABS, node("ReduceMean", "a", "m", name="mean", axes=[2]), *END],
        "mean (ReduceMean): it must sum absolute values over all channels of each pixel, or over the whole tensor; "
        "found axes (2,) of shape (1, 4, 6, 7). Choose the channel axis.",
    ),
    "accumulators": (
        [node("Abs", "h", "a", name="abs"), MEAN, *END],
        f"mean (ReduceMean): {FIXED}conv0 (conv) with no quantiser behind it{QUANTISE}",
    ),
    "signs": (
        [SIGN, node("Abs", "b1", "a", name="abs"), MEAN, *END],
        f"mean (ReduceMean): {FIXED}bipolar codes from input_quant (sign){QUANTISE}",
    ),
    "offset": (
        [node("Add", "x s", "o", name="add"), node("Abs", "o", "a", name="abs"), MEAN, *END],
        f"mean (ReduceMean): {FIXED}an offset or an activation function after the network's input{QUANTISE}",
    ),
    "scales": (
        [node("Mul", "x scales", "o", name="mul"), node("Abs", "o", "a", name="abs"), MEAN, *END],
        f"mean (ReduceMean): {FIXED}a scale for each channel after the network's input{QUANTISE}",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_has_no_k(name: str) -> None:
    nodes, message = ERRORS[name]
    scales = np.arange(1, 5, dtype=np.float32).reshape(1, 4, 1, 1)
    model = net([CONV, *nodes], shape=SHAPE, w=W, scales=scales, **QUANT, **AXES)
    with pytest.raises(ModelError) as error:
        import_qonnx(model, input_type=IntType(5, signed=True))
    assert str(error.value) == message


def test_absolute_values_with_nothing_behind() -> None:
    with pytest.raises(ModelError) as error:
        import_qonnx(
            net(
                [node("Conv", "x v", "h"), node("Abs", "h", "a"), node("Conv", "a w", "e", name="next"), LAST],
                shape=SHAPE,
                w=W,
                v=W[:4] * 256,
                **QUANT,
            ),
            input_type=IntType(5, signed=True),
        )
    assert str(error.value) == (
        "next (Conv): its input must be quantised, or have at most 16 bits; found the accumulator of conv0, 19 bits, "
        "with no quantiser behind it. Quantise the activation."
    )


def test_bipolar_inputs_have_no_k() -> None:
    with pytest.raises(ModelError, match="found bipolar codes from the network's input"):
        import_qonnx(MODELS["mean"], input_type=Bipolar())
