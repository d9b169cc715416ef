"""The one threshold pass: evaluate the activation at the integers that can arrive, find where its output steps.

A small range is evaluated at every integer, which shows whether the codes rise, fall or do neither. In a large range
each step is found by bisection, which requires that every step of the chain is monotone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.golden.chain import direction, evaluate
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Activation, Add, Levels, Mul, Quantise, Rounding, Sign, Step, Threshold
from hwgen.ir.ranges import Range, quantiser_range, ranges
from hwgen.ir.types import IntArray

_MOST = (1 << 62) - 1
"""Above every integer that a quantiser may read: a threshold that is never reached fits a signed integer of 63 bits and
the sum of two of them int64."""

_MOST_LEVELS = 1 << 24
"""Thresholds of one quantiser, of all its channels together."""

_MOST_STATED = 8
"""Most channels whose scales a warning asks the user to state."""


@dataclass(frozen=True)
class Thresholds:
    """Replace every Activation by the Threshold that gives the same codes at every integer that can arrive.

    Attributes:
        table_limit: largest table (integers x channels) to evaluate in full; above it, bisection.
    """

    name: str = "thresholds"
    table_limit: int = 1 << 22

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        nodes = tuple(
            replace(node, op=replace(self._threshold(node, known[node.inputs[0].name]), grid=_grid(graph, node)))
            if isinstance(node.op, Activation)
            else node
            for node in graph.nodes
        )
        return replace(graph, nodes=nodes)

    def _threshold(self, node: Node, bounds: Range) -> Threshold:
        """The thresholds of one activation.

        Raises:
            ModelError: on some channel the codes rise and fall, the quantiser has a single code or more than memory
                holds, or its input is too wide for thresholds.
        """
        assert isinstance(node.op, Activation)
        steps = node.op.steps
        low, high = bounds.min, bounds.max
        # Parameters that are the same on every channel give the same thresholds: one set serves all.
        channels = node.inputs[0].type.channels if _per_channel(node.op) else 1
        base, top = quantiser_range(node.op)
        if base == top:
            raise ModelError(node.label, "a quantiser must give two codes or more", f"only {base}", "Give it more bits")
        stride = _stride(node.op)
        if (top - base) // stride * channels > _MOST_LEVELS:
            must, found = f"a quantiser must have at most {_MOST_LEVELS:,} thresholds", f"codes from {base} to {top}"
            more = f", on {channels} channels" if channels > 1 else ""
            raise ModelError(node.label, must, found + more, "Give it fewer bits")
        if high >= _MOST:
            must = f"a quantiser must read integers below {_MOST}"
            raise ModelError(node.label, must, f"[{low}, {high}]", "Use fewer bits for weights or activations")
        if (high - low + 1) * channels <= self.table_limit:
            codes = evaluate(steps, np.arange(low, high + 1)[:, None].repeat(channels, axis=1)).T
            descending = _falls(node, codes)
            rising = np.where(descending[:, None], base + top - codes, codes)
            thresholds = _from_table(rising, low, base, stride, (top - base) // stride)
        else:
            descending = _proven_falls(node, channels)
            thresholds = _bisect(steps, descending, (low, high), (base, top), stride)
        return Threshold(thresholds, descending.astype(np.int64), base, stride)


def _grid(graph: Graph, node: Node) -> tuple[float, ...]:
    """`Threshold.grid`: set where stating it as the input's scale and offset would make the quantiser the identity."""
    assert isinstance(node.op, Activation)
    *before, last = node.op.steps
    kind = node.output.type.dtype
    alone = node.inputs[0] == graph.input and len(graph.users[graph.input.name]) == 1
    if not alone or not isinstance(last, Quantise) or last.rounding is not Rounding.HALF_EVEN:
        return ()
    scale, offset = graph.encoding.scale, graph.encoding.offset
    meaning = [step for step, used in ((Mul(scale), np.any(scale != 1)), (Add(offset), np.any(offset != 0))) if used]
    plain = not np.any(last.zero_point != 0) or not np.any(last.scale != 1)
    if before != meaning or not plain or (last.low, last.high) != (kind.min, kind.max):
        return ()
    ends = np.broadcast_arrays(np.atleast_1d(last.scale), 0.0 - last.zero_point * last.scale)
    return tuple(np.stack(ends, axis=1).reshape(-1).tolist()) if ends[0].size <= _MOST_STATED else ()


def _per_channel(op: Activation) -> bool:
    for step in op.steps:
        for value in vars(step).values():
            if isinstance(value, np.ndarray) and value.ndim > 0 and value.shape[0] > 1:
                return True
    return False


def _stride(op: Activation) -> int:
    match op.steps[-1]:
        case Sign():
            return 2
        case Levels(step=step):
            return step
        case _:
            return 1


def _falls(node: Node, codes: IntArray) -> np.typing.NDArray[np.bool_]:
    """Per channel of codes (C, integers), whether they fall; ModelError where they do both."""
    moves = np.diff(codes, axis=1)
    rises, falls = np.asarray((moves > 0).any(axis=1)), np.asarray((moves < 0).any(axis=1))
    both = np.flatnonzero(rises & falls)
    if both.size:
        raise _not_monotone(node, f"both directions on {both.size} channels, first {both[0]}")
    return falls


def _proven_falls(node: Node, channels: int) -> np.typing.NDArray[np.bool_]:
    assert isinstance(node.op, Activation)
    sign = direction(node.op.steps, channels)
    if sign is None:
        raise _not_monotone(node, "a step with a negative slope on one side")
    return sign < 0


def _not_monotone(node: Node, found: str) -> ModelError:
    must = "the activation must rise or fall, not both, as the accumulator grows"
    return ModelError(node.label, must, found, "Use a monotone activation before the quantiser")


def _from_table(codes: IntArray, low: int, base: int, stride: int, levels: int) -> IntArray:
    """Thresholds (C, levels) from rising codes (C, integers from `low`)."""
    wanted = base + stride * np.arange(1, levels + 1)
    return np.stack([low + np.searchsorted(row, wanted) for row in codes])


def _bisect(
    steps: tuple[Step, ...],
    descending: np.typing.NDArray[np.bool_],
    bounds: tuple[int, int],
    codes: tuple[int, int],
    stride: int,
) -> IntArray:
    """Thresholds (C, levels): the first integer in [low, high + 1] that reaches each code."""
    (low, high), (base, top) = bounds, codes
    levels = (top - base) // stride
    wanted = base + stride * np.arange(1, levels + 1)[:, None]
    first = np.full((levels, descending.size), low, dtype=np.int64)
    last = np.full_like(first, high + 1)
    while np.any(first < last):
        middle = (first + last) // 2
        found = evaluate(steps, np.minimum(middle, high))
        reached = np.where(descending, base + top - found, found) >= wanted
        last = np.where(reached, middle, last)
        first = np.where(reached, first, np.minimum(middle + 1, last))
    return first.T
