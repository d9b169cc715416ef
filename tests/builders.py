"""Networks to test with: seeded random ones, hypothesis strategies for activation chains, and a tiny QONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hwgen.hw.folding import resolve
from hwgen.hw.kernel import Folding
from hwgen.hw.lower import lower
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import (
    Activation,
    Add,
    ArgMax,
    BatchNorm,
    Clip,
    Div,
    LeakyRelu,
    Levels,
    MatMul,
    Mul,
    Op,
    Quantise,
    Rounding,
    Sign,
    Step,
)
from hwgen.ir.ranges import matmul_range, type_range
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int
from hwgen.passes.pipeline import integer_network

B = Bipolar()
PART = "xc7z020clg400-1"
Rng = np.random.Generator


def value(name: str, shape: int | tuple[int, ...], dtype: DType) -> Value:
    """A value of `shape`, one axis where an integer is given."""
    return Value(name, TensorType((shape,) if isinstance(shape, int) else shape, dtype))


def codes_of(rng: Rng, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    """Random codes of `dtype`."""
    if isinstance(dtype, Bipolar):
        return np.asarray(rng.integers(0, 2, shape) * 2 - 1, dtype=np.int64)
    return np.asarray(rng.integers(dtype.min, dtype.max, shape, endpoint=True), dtype=np.int64)


def chain(name: str, source: Value, *ops: tuple[str, Op, TensorType], encoding: Affine | None = None) -> Graph:
    """A network of operations in a row; each output is called after its node, with `_out`."""
    nodes: list[Node] = []
    last = source
    for node_name, op, out in ops:
        output = Value(f"{node_name}_out", out)
        nodes.append(Node(node_name, op, (last,), output, f"net.{node_name}"))
        last = output
    return Graph(name, source, tuple(nodes), last, encoding or Affine())


def activation_graph(steps: tuple[Step, ...], low: int, high: int, channels: int, out: DType) -> Graph:
    """A network of one activation whose input takes the integers of a type that holds [low, high]."""
    source = value("x", channels, smallest_int(low, high))
    return chain("act", source, ("q0", Activation(steps), TensorType((channels,), out)))


def add_dense(graph_ops: list[tuple[str, Op, TensorType]], name: str, source: Value, weights: IntArray, dtype: DType):
    """Append a MatMul whose output type is proven; returns its output value."""
    bounds = matmul_range(weights, type_range(source))
    out = TensorType((weights.shape[0],), smallest_int(bounds.min, bounds.max))
    graph_ops.append((name, MatMul(weights, dtype), out))
    return Value(f"{name}_out", out)


def random_activation(rng: Rng, channels: int, spread: float, out: DType) -> tuple[Step, ...]:
    """Batch norm and a quantiser that gives every code of `out` for accumulators of about `spread`."""
    gamma = rng.normal(size=channels)
    gamma[rng.random(channels) < 0.1] = 0.0
    norm = BatchNorm(
        gamma, rng.normal(size=channels), rng.normal(size=channels) * spread / 4, rng.random(channels) * spread, 1e-5
    )
    if isinstance(out, Bipolar):
        return (norm, Sign())
    scale = np.asarray(4 / (out.max - out.min))
    return (
        norm,
        Clip(np.asarray(-4.0), np.asarray(4.0)),
        Quantise(scale, np.zeros(()), *_ends(out), Rounding.HALF_EVEN),
    )


def _ends(dtype: DType) -> tuple[int, int]:
    return dtype.min, dtype.max


def random_network(
    rng: Rng,
    sizes: tuple[int, ...],
    *,
    input_type: DType = B,
    hidden: DType = B,
    weight: DType = B,
    input_quantiser: bool = False,
    last: DType | None = None,
    top1: bool = False,
    name: str = "net",
) -> Graph:
    """An imported network of dense layers of `sizes`, an activation behind each but the last (`last`: there too)."""
    source = value("x", sizes[0], input_type)
    ops: list[tuple[str, Op, TensorType]] = []
    current = source
    if input_quantiser:
        steps = random_activation(rng, 1, float(input_type.max - input_type.min), hidden)
        shared = tuple(_scalar(step) for step in steps)
        current = value("quant_out", sizes[0], hidden)
        ops.append(("quant", Activation(shared), current.type))
    for index, outputs in enumerate(sizes[1:]):
        weights = codes_of(rng, weight, (outputs, current.type.channels))
        current = add_dense(ops, f"fc{index}", current, weights, weight)
        codes = hidden if index < len(sizes) - 2 else last
        if codes is not None:
            spread = float(np.abs(weights).sum(axis=1).mean()) * max(abs(end) for end in _ends(hidden)) / 2
            steps = random_activation(rng, outputs, spread, codes)
            current = value(f"act{index}_out", outputs, codes)
            ops.append((f"act{index}", Activation(steps), current.type))
    if top1:
        ops.append(("top1", ArgMax(), TensorType((1,), smallest_int(0, current.type.channels - 1))))
    return chain(name, source, *ops)


def _scalar(step: Step) -> Step:
    """A step with the parameters of its first channel for all."""
    if not isinstance(step, BatchNorm):
        return step
    first = [np.asarray(p[0]) for p in (step.gamma, step.beta, step.mean, step.variance)]
    return BatchNorm(*first, step.epsilon)


def designed(graph: Graph, wishes: dict[str, Any] | None = None, target: int = 64):
    """The integer network of an imported one, its folding, and the design before FIFOs are deepened."""
    network = integer_network(graph)
    folding: dict[str, Folding] = resolve(network, wishes or {}, target)
    return network, folding, lower(network, folding, part=PART, clock_mhz=100.0)


# Numbers whose sums and products hit boundaries exactly, beside ones that nearly do.
NUMBERS = st.one_of(
    st.integers(-12, 12).map(float),
    st.integers(-40, 40).map(lambda n: n / 8),
    st.sampled_from([0.1, -0.1, 1 / 3, 0.3, 1e-9, -1e-9, 2.0**-40, 1e6]),
    st.floats(-8, 8, allow_nan=False, width=32),
)
NON_ZERO = NUMBERS.filter(lambda number: number != 0)
VARIANCES = st.one_of(st.sampled_from([0.0, 0.25, 1.0, 4.0, 9.0, 2.25]), st.integers(1, 64).map(lambda n: n / 4))
EPSILONS = st.sampled_from([0.0, 1e-5, 0.75, 1e-3])


def parameters(draw: st.DrawFn, numbers: st.SearchStrategy[float], channels: int) -> np.ndarray:
    """One parameter for all channels, or one each."""
    if draw(st.booleans()):
        return np.asarray(draw(numbers), dtype=np.float64)
    return np.array([draw(numbers) for _ in range(channels)], dtype=np.float64)


@st.composite
def elementwise_steps(draw: st.DrawFn, channels: int, *, monotone: bool = True) -> Step:
    """One step of a chain that is no quantiser."""

    def of(numbers: st.SearchStrategy[float]) -> np.ndarray:
        return parameters(draw, numbers, channels)

    match draw(st.sampled_from(["mul", "add", "div", "norm", "relu", "clip", "leaky"])):
        case "mul":
            return Mul(of(NUMBERS))
        case "add":
            return Add(of(NUMBERS))
        case "div":
            return Div(of(NON_ZERO))
        case "norm":
            variance, epsilon = of(VARIANCES), draw(EPSILONS)
            if epsilon == 0:
                variance = np.where(variance == 0, 1.0, variance)
            return BatchNorm(of(NUMBERS), of(NUMBERS), of(NUMBERS), variance, epsilon)
        case "relu":
            return Clip(np.zeros(()), np.asarray(np.inf))
        case "clip":
            ends = np.sort([draw(NUMBERS), draw(NUMBERS)])
            return Clip(np.asarray(ends[0]), np.asarray(ends[1]))
        case _:
            slopes = st.sampled_from([0.0, 0.01, 0.125, 1.0] if monotone else [-1.0, -0.25, 0.5])
            return LeakyRelu(of(slopes))


@st.composite
def quantiser_steps(draw: st.DrawFn, channels: int) -> tuple[Step, DType]:
    """A quantiser and the type of its codes."""
    kind = draw(st.sampled_from(["sign", "quantise", "levels"]))
    if kind == "sign":
        return Sign(), B
    if kind == "quantise":
        low, high = sorted((draw(st.integers(-8, 7)), draw(st.integers(-8, 15))))
        scale = np.asarray(draw(st.sampled_from([0.25, 0.5, 1.0, 0.1, 1 / 3])))
        zero = np.asarray(draw(st.sampled_from([0.0, 0.0, 1.0, -2.0, 0.5])))
        return Quantise(scale, zero, low, high, draw(st.sampled_from(Rounding))), smallest_int(
            min(low, 0), max(high, 0)
        )
    rows, count = draw(st.sampled_from([1, channels])), draw(st.integers(1, 5))
    levels = np.sort(np.array([[draw(NUMBERS) for _ in range(count)] for _ in range(rows)]), axis=1)
    if count == 1 and draw(st.booleans()):
        return Levels(levels, -1, 2), B
    return Levels(levels, 0, 1), IntType(count.bit_length(), signed=False)


@st.composite
def chains(draw: st.DrawFn, *, monotone: bool = True) -> tuple[tuple[Step, ...], DType, int]:
    """Steps of an activation, the type of its codes and the number of channels."""
    channels = draw(st.integers(1, 3))
    body = draw(st.lists(elementwise_steps(channels, monotone=monotone), max_size=4))
    quantiser, dtype = draw(quantiser_steps(channels))
    return (*body, quantiser), dtype, channels


def write_qonnx(path: Path, rng: Rng, *, inputs: int = 12, hidden: int = 8, outputs: int = 4) -> Path:
    """A QONNX file: bipolar input, dense, batch norm, BipolarQuant, dense with 4-bit weights."""
    from tests.frontend.onnx_nets import net, node

    nodes = [
        node("BipolarQuant", "w0 one", "b0", name="weights0"),
        node("MatMul", "x b0", "a0", name="dense0"),
        node("BatchNormalization", "a0 gamma beta mean variance", "n0", name="norm0", epsilon=1e-5),
        node("BipolarQuant", "n0 one", "s0", name="sign0"),
        node("Quant", "w1 half zero four", "q1", name="weights1", signed=1, narrow=1, rounding_mode="ROUND"),
        node("MatMul", "s0 q1", "y", name="dense1"),
    ]
    model = net(
        nodes,
        shape=(1, inputs),
        types={"x": "BIPOLAR"},
        w0=rng.normal(size=(inputs, hidden)),
        w1=rng.normal(size=(hidden, outputs)),
        gamma=rng.normal(size=hidden),
        beta=rng.normal(size=hidden),
        mean=rng.normal(size=hidden),
        variance=rng.random(hidden) + 0.1,
        one=1.0,
        half=0.5,
        zero=0.0,
        four=4.0,
    )
    path.write_bytes(model.SerializeToString())
    return path
