"""Which integers each value can take, proven from the weights and the types of the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Activation, ArgMax, Levels, MatMul, Quantise, Sign, Threshold
from hwgen.ir.types import DType, IntArray, smallest_int


@dataclass(frozen=True, eq=False)
class Range:
    """Inclusive bounds per channel, each (C,)."""

    low: IntArray
    high: IntArray

    @property
    def min(self) -> int:
        return int(self.low.min())

    @property
    def max(self) -> int:
        return int(self.high.max())


def type_range(value: Value) -> Range:
    """The bounds of the value's type, the same on every channel."""
    channels, dtype = value.type.channels, value.type.dtype
    return Range(np.full(channels, dtype.min, np.int64), np.full(channels, dtype.max, np.int64))


def matmul_range(weights: IntArray, inputs: Range) -> Range:
    """Bounds of weights @ x for x within `inputs`; `weights` is (out, in)."""
    positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
    low = positive @ inputs.low + negative @ inputs.high
    high = positive @ inputs.high + negative @ inputs.low
    return Range(np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64))


def accumulator_type(weights: IntArray, inputs: Range) -> DType:
    """The narrowest type that holds every accumulator that `weights` can produce from `inputs`."""
    bounds = matmul_range(weights, inputs)
    return smallest_int(bounds.min, bounds.max)


def quantiser_range(op: Activation | Threshold) -> tuple[int, int]:
    """The lowest and highest code that the quantiser at the end of `op` can give."""
    if isinstance(op, Threshold):
        return op.base, op.base + op.step * op.thresholds.shape[1]
    match op.steps[-1]:
        case Sign():
            return -1, 1
        case Quantise(low=low, high=high):
            return low, high
        case Levels(levels=levels, base=base, step=step):
            return base, base + step * levels.shape[1]
        case last:
            raise TypeError(f"an activation ends with a quantiser, found {type(last).__name__}")


def ranges(graph: Graph) -> dict[str, Range]:
    """Bounds of every value of `graph`, by value name."""
    known = {graph.input.name: type_range(graph.input)}
    for node in graph.nodes:
        known[node.output.name] = _node_range(node, known)
    return known


def _node_range(node: Node, known: dict[str, Range]) -> Range:
    match node.op:
        case MatMul(weights=weights):
            return matmul_range(weights, known[node.inputs[0].name])
        case Activation() | Threshold():
            low, high = quantiser_range(node.op)
            channels = node.output.type.channels
            return Range(np.full(channels, low, np.int64), np.full(channels, high, np.int64))
        case ArgMax():
            last = node.inputs[0].type.channels - 1
            return Range(np.zeros(1, np.int64), np.full(1, last, np.int64))
