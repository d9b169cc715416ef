"""Which integers each value can take, proven from the weights and the types of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Concat,
    Conv,
    Gather,
    Join,
    Levels,
    Magnitude,
    MatMul,
    Op,
    Pool,
    PoolKind,
    Product,
    Quantise,
    Scale,
    Sign,
    Sum,
    Threshold,
)
from hwgen.ir.types import MOST_BITS, DType, IntArray, WidthError, smallest_int

_EXACT = 1 << 62
"""Magnitudes of sums below this are computed in int64, larger ones in Python's integers."""


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


def _whole(array: IntArray) -> npt.NDArray[np.object_]:
    """The numbers of `array` as Python's integers, which never wrap."""
    return array.astype(object)


def _proven(low: npt.NDArray[np.object_], high: npt.NDArray[np.object_]) -> Range:
    """Bounds computed in Python's integers. Raises: WidthError where no integer type holds them."""
    smallest_int(min(low), max(high))
    return Range(low.astype(np.int64), high.astype(np.int64))


def matmul_range(weights: IntArray, inputs: Range) -> Range:
    """Bounds of weights @ x for x within `inputs`; `weights` is (out, in). Raises: WidthError."""
    kind = _exact(weights, inputs, weights.shape[1])
    low, high = inputs.low.astype(kind), inputs.high.astype(kind)
    if kind is np.int64 and np.all(low == low[:1]) and np.all(high == high[:1]):  # so their sums do
        positive, negative = (f(weights, 0).sum(axis=1, dtype=kind)[:, None] for f in (np.maximum, np.minimum))
        low, high = low[:1], high[:1]
    else:
        positive, negative = (f(weights, 0).astype(kind, copy=False) for f in (np.maximum, np.minimum))
    least, most = positive @ low + negative @ high, positive @ high + negative @ low
    return _proven(least.astype(object), most.astype(object))


def _exact(weights: IntArray, inputs: Range, terms: int) -> type[object]:
    """What `terms` products of `weights` and inputs are added up in: Python's integers only where others might wrap."""
    largest = max(int(weights.max(initial=0)), -int(weights.min(initial=0))) * max(-inputs.min, inputs.max)
    return np.int64 if largest * terms < _EXACT else object


def conv_range(op: Conv, inputs: Range) -> Range:
    """Bounds of the accumulators of a convolution whose input lies within `inputs`, per channel."""
    low, high = inputs.low, inputs.high
    if op.geometry.pads:
        low, high = np.minimum(low, op.pad), np.maximum(high, op.pad)
    seen, (out, per_group), taps = Range(low, high), op.weights.shape[::3], op.geometry.taps
    if op.groups == 1:
        return matmul_range(op.weights.reshape(out, -1), Range(np.tile(low, taps), np.tile(high, taps)))
    kind, weights = _exact(op.weights, seen, taps * per_group), op.weights.reshape(op.groups, -1, taps, per_group)
    low, high = (each.astype(kind).reshape(op.groups, 1, 1, per_group) for each in (low, high))
    positive, negative = (f(weights, 0).astype(kind, copy=False) for f in (np.maximum, np.minimum))
    least, most = positive * low + negative * high, positive * high + negative * low
    return _proven(*(each.sum(axis=(2, 3)).reshape(-1).astype(object) for each in (least, most)))


def _read(op: Product, inputs: Range) -> Range:
    """Bounds of the numbers that the codes of a product's input stand for."""
    if not op.planes.size:
        return inputs
    most = np.full(inputs.high.size, sum(op.planes.tolist()), dtype=object)
    return _proven(-most, most)


def magnitude_range(op: Magnitude, inputs: Range) -> Range:
    """Bounds of the sum of |x| over elements whose channels lie within `inputs`. Raises: WidthError."""
    low, high = _whole(inputs.low), _whole(inputs.high)
    most = np.maximum(abs(low), abs(high))
    straddles = (inputs.low < 0) & (inputs.high > 0)
    least = np.where(straddles, 0, np.minimum(abs(low), abs(high)))
    pixels = op.elements // low.size
    return _proven(least.sum(keepdims=True) * pixels, most.sum(keepdims=True) * pixels)


def join_range(op: Join, inputs: Sequence[Range]) -> Range:
    """Bounds of what an operation makes of several tensors. Raises: WidthError."""
    lows, highs = [_whole(r.low) for r in inputs], [_whole(r.high) for r in inputs]
    if isinstance(op, Concat):
        if op.axis == -1:
            return _proven(np.concatenate(lows), np.concatenate(highs))
        return _proven(np.min(lows, axis=0), np.max(highs, axis=0))
    if isinstance(op, Sum) and op.of_elements(lows[0].size):
        gains = op.gains.astype(object).reshape(-1, lows[0].size)
        corners = np.concatenate([lows[0] * gains, highs[0] * gains])
        return _proven(corners.min(axis=0), corners.max(axis=0))
    if isinstance(op, Sum):
        gains = op.gains_of(len(inputs)).T.astype(object)
        ends = [(low * gain, high * gain) for low, high, gain in zip(lows, highs, gains, strict=True)]
        least, most = (np.sum([pick(*pair) for pair in ends], axis=0) for pick in (np.minimum, np.maximum))
        return _proven(least, most)
    corners = np.stack([x * factor for x in (lows[0], highs[0]) for factor in (lows[1], highs[1])])
    return _proven(corners.min(axis=0), corners.max(axis=0))


def smallest_type(bounds: Range) -> DType:
    """The narrowest integer type that holds every value within `bounds`."""
    return smallest_int(bounds.min, bounds.max)


def op_range(op: Op, inputs: Sequence[Range], channels: int) -> Range:
    """Bounds of the output, of `channels` channels, of an operation whose inputs lie within `inputs`.

    Raises:
        WidthError: no integer type holds them.
    """
    first = inputs[0]
    match op:
        case MatMul(weights=weights):
            first = _read(op, first)
            pixels = weights.shape[1] // first.low.size
            return matmul_range(weights, Range(np.tile(first.low, pixels), np.tile(first.high, pixels)))
        case Conv():
            return conv_range(op, _read(op, first))
        case Pool(kind=PoolKind.SUM, geometry=geometry):
            low, high = geometry.taps * _whole(first.low), geometry.taps * _whole(first.high)
            return _proven(np.minimum(low, 0), np.maximum(high, 0)) if geometry.pads else _proven(low, high)
        case Pool():
            return first
        case Magnitude():
            return magnitude_range(op, first)
        case Sum() | Scale() | Concat():
            return join_range(op, inputs)
        case Gather(places=places):
            origins = (places % first.low.size).reshape(-1, channels)
            return Range(first.low[origins].min(axis=0), first.high[origins].max(axis=0))
        case Activation() | Threshold():
            least, most = quantiser_range(op)
            return Range(np.full(channels, least, np.int64), np.full(channels, most, np.int64))
        case ArgMax():
            return Range(np.zeros(1, np.int64), np.full(1, first.low.size - 1, np.int64))


def quantiser_range(op: Activation | Threshold) -> tuple[int, int]:
    """The lowest and highest code that the quantiser at the end of `op` can give."""
    if isinstance(op, Threshold):
        return op.base, int(op.table.max())
    match op.steps[-1]:
        case Sign():
            return -1, 1
        case Quantise(low=low, high=high):
            return low, high
        case Levels(levels=levels, base=base, step=step):
            return base, base + step * levels.shape[1]
        case last:
            raise TypeError(f"an activation ends with a quantiser, found {type(last).__name__}")


def too_wide(where: str, error: WidthError) -> ModelError:
    """What to say of a node whose output no integer type holds."""
    must = f"every number that it can give must fit an integer of {MOST_BITS} bits"
    return ModelError(where, must, str(error), "Use fewer bits for weights or activations")


def ranges(graph: Graph) -> dict[str, Range]:
    """Bounds of every value of `graph`, by value name.

    Raises:
        ModelError: a node's output is wider than any integer type.
    """
    known = {each.value.name: type_range(each.value) for each in graph.inputs}
    for node in graph.nodes:
        inputs = [known[value.name] for value in node.inputs]
        try:
            known[node.output.name] = op_range(node.op, inputs, node.output.type.channels)
        except WidthError as error:
            raise too_wide(node.label, error) from None
    return known
