"""Residual binary planes in QONNX: recognised, as the qonnx package's own executor computes them, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import decode, run
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.frontend.onnx_nets import execute, net, node

RNG = np.random.default_rng(5)
INT6 = IntType(6, signed=True)
W = RNG.choice([-1.0, 1.0], (5, 3, 3, 3))
DENSE = RNG.choice([-1.0, 1.0], (4, 3))
LAST = node("Conv", "h w", "y", name="last", pads=[1, 1, 1, 1])


def planes(betas: list[float], source: str = "x", result: str = "h") -> tuple[list[onnx.NodeProto], dict[str, Any]]:
    """The nodes of residual planes and their factors."""
    nodes, rest, total = [], source, ""
    for index in range(len(betas)):
        plane = f"{result}p{index}"
        nodes.append(node("BipolarQuant", f"{rest} {result}b{index}", plane, name=f"quantiser{index}"))
        if index:
            name = result if index == len(betas) - 1 else f"{result}s{index}"
            nodes.append(node("Add", f"{total} {plane}", name, name=f"sum{index}"))
            total = name
        else:
            total = plane
        if index < len(betas) - 1:
            nodes.append(node("Sub", f"{rest} {plane}", f"{result}r{index}", name=f"rest{index}"))
            rest = f"{result}r{index}"
    return nodes, {f"{result}b{index}": np.float32(beta) for index, beta in enumerate(betas)}


def convolved(betas: list[float], *behind: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    nodes, factors = planes(betas)
    return net([*nodes, *(behind or (LAST,))], shape=(1, 3, 5, 4), **{"w": W, **factors, **constants})


def agree(model: onnx.ModelProto, shape: tuple[int, int, int]) -> Graph:
    """The integer network; its outputs are those of the qonnx executor for every frame."""
    graph = integer_network(import_qonnx(model, input_type=INT6, input_scale=0.25))
    codes = RNG.integers(-32, 32, (12, *shape))
    codes[0], codes[1], codes[2] = -32, 31, 0
    reals = codes.transpose(0, 3, 1, 2) / 4
    found = decode(graph, run(graph, codes.reshape(12, *graph.input.type.shape)))
    expected = execute(model, reals)
    found = np.moveaxis(found, -1, 1) if found.ndim == 4 else found
    assert np.array_equal(found.reshape(12, -1), expected)
    return graph


@pytest.mark.parametrize("betas", [[2.5, 1.5], [4, 2, 1], [3, 2.25, 1.5, 0.75], [1, 1, 1]], ids=str)
def test_a_padded_convolution(betas: list[float]) -> None:
    graph = agree(convolved(betas), (5, 4, 3))
    op, unit = graph.node("conv0").op, np.gcd.reduce([int(4 * beta) for beta in betas])
    assert isinstance(op, Conv) and op.pad == 0
    assert op.planes.tolist() == [4 * beta / unit for beta in betas]
    assert graph.node("conv0").inputs[0].type.dtype == IntType(len(betas), signed=False)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=4), st.integers(-3, 2), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_any_factors(steps: list[int], exponent: int, seed: int) -> None:
    """Golden equals the qonnx executor for random fixed-point factors, ties among the inputs included."""
    betas = [beta * 2.0**exponent for beta in sorted(steps, reverse=True)]
    nodes, factors = planes(betas)
    weights = np.random.default_rng(seed).choice([-1.0, 1.0], (3, 6))
    model = net([*nodes, node("MatMul", "h m", "y")], shape=(1, 3), m=weights, **factors)
    graph = integer_network(import_qonnx(model, input_type=IntType(9, signed=True), input_scale=2.0**exponent))
    codes = np.random.default_rng(seed).integers(-256, 256, (16, 3))
    assert np.array_equal(decode(graph, run(graph, codes)), execute(model, codes * 2.0**exponent))


def test_other_orders_of_the_sum() -> None:
    nodes, factors = planes([4, 2, 1])
    nodes = [each for each in nodes if each.op_type != "Add"]
    sums = [node("Add", "hp2 hp1", "t"), node("Add", "hp0 t", "h")]
    agree(net([*nodes, *sums, LAST], shape=(1, 3, 5, 4), w=W, **factors), (5, 4, 3))


def test_moved_and_pooled_elements() -> None:
    """A maximum in front of a product, elements in another order, two layers of planes, alpha for each filter."""
    first, factors = planes([4, 2, 1])
    second, others = planes([3, 2], "n", "g")
    nodes = [
        *first,
        node("MaxPool", "h", "p", kernel_shape=[2, 2], strides=[1, 1]),
        node("BipolarQuant", "w alpha", "wq", name="weights"),
        node("Conv", "p wq", "c"),
        node("Mul", "c half", "n"),
        *second,
        node("Transpose", "g", "t", perm=[0, 2, 3, 1]),
        node("Reshape", "t shape", "f"),
        node("MatMul", "f m", "y"),
    ]
    alpha = (2.0 ** RNG.integers(-2, 2, (5, 1, 1, 1))).astype(np.float32)
    dense = RNG.choice([-1.0, 1.0], (5 * 2, 4))
    constants = {**factors, **others, "w": W, "alpha": alpha, "half": np.float32(0.5), "m": dense}
    model = net(nodes, shape=(1, 3, 5, 4), shape_=np.array([1, 10]), **constants)
    for each in model.graph.node:
        each.input[:] = ["shape_" if name == "shape" else name for name in each.input]
    graph = agree(model, (5, 4, 3))
    assert isinstance(graph.node("fc1").op, MatMul) and graph.node("fc1").op.planes.tolist() == [3, 2]


def test_one_plane_is_a_plain_sign() -> None:
    graph = import_qonnx(
        net([node("BipolarQuant", "x b", "h"), LAST], shape=(1, 3, 5, 4), w=W, b=np.float32(2)), input_type=INT6
    )
    op = graph.node("conv0").op
    assert isinstance(op, Conv) and op.planes.size == 0


SUMMED = "quantiser0 (BipolarQuant): its 2 residual planes must all be summed, and nothing else may read them"
USE = "Quantise with hwgen.nn.ResidualSign."
READ = "residual planes must be read by layers with weights, or by a maximum in front of them"
ELSE = "found planes of input_quant (quantiser0). Quantise otherwise in front of it."
AGAIN = "Calibrate or train again."
TWO, TWO_FACTORS = planes([2, 1])

ERRORS: dict[str, tuple[onnx.ModelProto, str]] = {
    "negative": (
        convolved([2, -1]),
        f"quantiser0 (residual planes): the factors of its planes must be positive; found 2, -1. {AGAIN}",
    ),
    "growing": (
        convolved([1, 2]),
        "quantiser0 (residual planes): the factors of its planes must not grow from plane to plane; "
        f"found 1, 2. {AGAIN}",
    ),
    "fixed_point": (
        convolved([1, 0.3]),
        "quantiser0 (residual planes): the factors of its planes must be fixed-point numbers of at most 12 bits; "
        "found 1, 0.300000012. Round them as hwgen.nn.ResidualSign does.",
    ),
    "order": (
        convolved([5, 4, 3, 2, 1]),
        "quantiser0 (residual planes): its order must be 1 to 4; found 5. Use fewer planes.",
    ),
    "per_channel": (
        convolved([2, 1], hb1=np.ones((1, 3, 1, 1))),
        "quantiser0 (residual planes): each of its planes must have one factor; "
        "found one for each channel. Calibrate it per layer.",
    ),
    "not_summed": (
        net([*TWO[:3], node("Conv", "hp1 w", "y")], shape=(1, 3, 5, 4), w=W, **TWO_FACTORS),
        f"{SUMMED}; found no sum of all. {USE}",
    ),
    "read": (
        convolved([2, 1], node("Relu", "hp0", "z"), node("Add", "z h", "y")),
        f"{SUMMED}; found a reader of 'hp0'. {USE}",
    ),
    "relu": (convolved([2, 1], node("Relu", "h", "y", name="relu")), f"relu (Relu): {READ}; {ELSE}"),
    "padded": (
        convolved(
            [2, 1],
            node("Pad", "h", "z", name="pad", pads=[0, 1, 0, 0, 0, 0, 0, 0]),
            node("Conv", "z w", "y", name="wide"),
        ),
        f"the padding in front of wide (Conv): {READ}; {ELSE}",
    ),
    "mean": (
        convolved([2, 1], node("GlobalAveragePool", "h", "y", name="mean")),
        f"mean (GlobalAveragePool): {READ}; {ELSE}",
    ),
    "output": (convolved([2, 1], node("Identity", "h", "y")), f"the network's output: {READ}; {ELSE}"),
    "weights": (
        convolved([2, 1], w=3 * W),
        "last (Conv): what reads residual planes must have bipolar weights and more than one input channel a group; "
        "found int3 weights. Binarise its weights, or quantise its input otherwise.",
    ),
    "depthwise": (
        convolved([2, 1], node("Conv", "h w", "y", name="last", group=3), w=W[:3, :1]),
        "last (Conv): what reads residual planes must have bipolar weights and more than one input channel a group; "
        "found a depthwise convolution. Binarise its weights, or quantise its input otherwise.",
    ),
    "maximum": (
        convolved([8, 7, 7], node("MaxPool", "h", "p", name="pool", kernel_shape=[2, 2]), node("Conv", "p w", "y")),
        "pool (MaxPool): residual planes must rise with their code where it takes a maximum; "
        "found factors 8, 7, 7. Pool in front of the quantiser.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    model, message = ERRORS[name]
    with pytest.raises(ModelError) as error:
        import_qonnx(model, input_type=INT6)
    assert str(error.value) == message
