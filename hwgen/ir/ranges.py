"""Which integers each value can take, proven from the weights and the types of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Concat,
    Conv,
    Levels,
    MatMul,
    Op,
    Pool,
    PoolKind,
    Quantise,
    Sign,
    Sum,
    Threshold,
)
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


def conv_range(op: Conv, inputs: Range) -> Range:
    """Bounds of the accumulators of a convolution whose input lies within `inputs`, per channel."""
    low, high = inputs.low, inputs.high
    if op.geometry.pads:
        low, high = np.minimum(low, op.pad), np.maximum(high, op.pad)
    out, per_group = op.weights.shape[0], op.weights.shape[3]
    parts = []
    for group, weights in enumerate(np.split(op.weights.reshape(out, -1), op.groups)):
        seen = slice(group * per_group, (group + 1) * per_group)
        taps = op.geometry.taps
        parts.append(matmul_range(weights, Range(np.tile(low[seen], taps), np.tile(high[seen], taps))))
    return Range(np.concatenate([p.low for p in parts]), np.concatenate([p.high for p in parts]))


def smallest_type(bounds: Range) -> DType:
    """The narrowest integer type that holds every value within `bounds`."""
    return smallest_int(bounds.min, bounds.max)


def op_range(op: Op, inputs: Sequence[Range], channels: int) -> Range:
    """Bounds of the output, of `channels` channels, of an operation whose inputs lie within `inputs`."""
    first = inputs[0]
    match op:
        case MatMul(weights=weights):
            pixels = weights.shape[1] // first.low.size
            return matmul_range(weights, Range(np.tile(first.low, pixels), np.tile(first.high, pixels)))
        case Conv():
            return conv_range(op, first)
        case Pool(kind=PoolKind.SUM, geometry=geometry):
            low, high = geometry.taps * first.low, geometry.taps * first.high
            return Range(np.minimum(low, 0), np.maximum(high, 0)) if geometry.pads else Range(low, high)
        case Pool():
            return first
        case Sum():
            return Range(np.sum([r.low for r in inputs], axis=0), np.sum([r.high for r in inputs], axis=0))
        case Concat():
            return Range(np.concatenate([r.low for r in inputs]), np.concatenate([r.high for r in inputs]))
        case Activation() | Threshold():
            least, most = quantiser_range(op)
            return Range(np.full(channels, least, np.int64), np.full(channels, most, np.int64))
        case ArgMax():
            return Range(np.zeros(1, np.int64), np.full(1, first.low.size - 1, np.int64))


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
        inputs = [known[value.name] for value in node.inputs]
        known[node.output.name] = op_range(node.op, inputs, node.output.type.channels)
    return known
