"""Random integer networks of dense layers, as an imported network looks: matrices and activation chains."""

from __future__ import annotations

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Activation, BatchNorm, MatMul, Mul, Quantise, Rounding, Sign, Step
from hwgen.ir.ranges import matmul_range, type_range
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int

BIPOLAR = Bipolar()
WEIGHTS: tuple[DType, ...] = (BIPOLAR, *(IntType(bits, signed=True) for bits in (2, 3, 4, 8)))
ACTIVATIONS: tuple[DType, ...] = (
    BIPOLAR,
    *(IntType(bits, signed=False) for bits in (1, 2, 4)),
    *(IntType(bits, signed=True) for bits in (2, 3, 8)),
)


def draw(rng: np.random.Generator, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    """Codes drawn evenly from `dtype`."""
    if isinstance(dtype, Bipolar):
        return rng.integers(0, 2, shape) * 2 - 1
    return rng.integers(dtype.min, dtype.max, shape, endpoint=True)


def pick(rng: np.random.Generator, kinds: tuple[DType, ...]) -> DType:
    return kinds[int(rng.integers(len(kinds)))]


def activation(rng: np.random.Generator, source: Value, dtype: DType, spread: float) -> Activation:
    """A batch norm with gains of both signs, then a quantiser to `dtype` over about `spread` of the input."""
    channels = source.type.channels
    norm = BatchNorm(
        gamma=rng.normal(size=channels),
        beta=rng.normal(size=channels) * 0.3,
        mean=rng.normal(size=channels) * spread * 0.3,
        variance=np.full(channels, spread**2) * rng.uniform(0.3, 2, channels),
        epsilon=1e-5,
    )
    steps: tuple[Step, ...] = (Mul(np.array(1.0)), norm)
    if isinstance(dtype, Bipolar):
        return Activation((*steps, Sign()))
    levels = dtype.max - dtype.min
    return Activation(
        (*steps, Quantise(np.array(3.0 / levels), np.array(0.0), dtype.min, dtype.max, Rounding.HALF_EVEN))
    )


def random_network(seed: int, depth: int = 2, largest: int = 24, input_quantiser: bool | None = None) -> Graph:
    """A network of `depth` dense layers of random sizes and types, the last without an activation.

    `input_quantiser` puts a quantiser per element in front; None draws it.
    """
    rng = np.random.default_rng(seed)
    kind = pick(rng, ACTIVATIONS)
    value = Value("pixels", TensorType((int(rng.integers(2, largest + 1)),), kind))
    source, nodes = value, []
    quantised = bool(rng.integers(2)) if input_quantiser is None else input_quantiser
    if quantised:
        value = _activated(rng, nodes, "input_quant", value)
    for layer in range(depth):
        weight_type = pick(rng, WEIGHTS)
        outputs = int(rng.integers(2, largest + 1))
        weights = draw(rng, weight_type, (outputs, value.type.channels))
        bounds = matmul_range(weights, type_range(value))
        sums = Value(f"sums{layer}", TensorType((outputs,), smallest_int(bounds.min, bounds.max)))
        nodes.append(Node(f"fc{layer}", MatMul(weights, weight_type), (value,), sums, f"layers.{layer}"))
        value = _activated(rng, nodes, f"fc{layer}_act", sums) if layer < depth - 1 else sums
    return Graph(f"net{seed}", source, tuple(nodes), value)


def _activated(rng: np.random.Generator, nodes: list[Node], name: str, source: Value) -> Value:
    dtype = pick(rng, ACTIVATIONS)
    spread = max(1.0, (source.type.dtype.max - source.type.dtype.min) / 8)
    output = Value(name, TensorType(source.type.shape, dtype))
    nodes.append(Node(name, activation(rng, source, dtype, spread), (source,), output))
    return output


def random_folding(seed: int, graph: Graph) -> dict[str, dict[str, int]]:
    """PE and SIMD of every layer of `graph`, dividing or not."""
    rng = np.random.default_rng(seed)
    folding = {}
    for node in graph.nodes:
        inputs, outputs = node.inputs[0].type.channels, node.output.type.channels
        if isinstance(node.op, MatMul):
            folding[node.name] = {"pe": int(rng.integers(1, outputs + 1)), "simd": int(rng.integers(1, inputs + 1))}
    return folding
