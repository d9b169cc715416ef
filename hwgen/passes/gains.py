"""Small gains: a sum of two tensors in front of thresholds, with the smallest factors that give the same codes.

The scales of two branches are seldom in a simple ratio, and so their common grid is fine: the gains take as many bits
as a float32. The thresholds need less. Gains serve if every pair of codes that reaches a level gives a larger sum than
every pair that does not. The ratios that serve are an interval around the exact one, and the simplest fraction of an
interval lies on the path to any of its numbers in the Stern-Brocot tree. So the gains found are the smallest, and they
are proven for all codes that can arrive.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Sum, Threshold
from hwgen.ir.ranges import Range, ranges
from hwgen.ir.types import Bipolar, IntArray

_LARGEST = 1 << 22
"""Codes of one branch times thresholds that are looked at for a pair of gains; sums with more keep theirs."""


@dataclass(frozen=True)
class NarrowGains:
    """Give each sum of two tensors that only thresholds read the smallest gains with the same codes behind them."""

    name: str = "narrow gains"

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        changed: dict[str, Node] = {}
        for node in graph.nodes:
            changed |= _narrowed(graph, node, known)
        return replace(graph, nodes=tuple(changed.get(node.name, node) for node in graph.nodes))


def _narrowed(graph: Graph, node: Node, known: Mapping[str, Range]) -> dict[str, Node]:
    """The nodes around a sum that change, by name."""
    readers = graph.users.get(node.output.name, ())
    read = node.output == graph.output or not readers or not all(isinstance(each.op, Threshold) for each in readers)
    if read or not isinstance(node.op, Sum) or len(node.inputs) != 2:
        return {}
    gained = [_gain_before(graph, value) for value in node.inputs]
    sources = [value if gain is None else gain.inputs[0] for value, gain in zip(node.inputs, gained, strict=True)]
    columns = [_gains(gain) * own for gain, own in zip(gained, node.op.gains_of(2)[0], strict=True)]
    gains = np.stack(np.broadcast_arrays(*columns), axis=1)
    narrow = _search(gains, [_codes(value, known[value.name]) for value in sources], _levels(readers, len(gains)))
    if narrow is None:
        return {}
    gains, levels = narrow
    changed = {each.name: each for each in _with_levels(readers, levels)}
    if len(gains) == 1:
        return changed | {node.name: replace(node, op=Sum(gains if np.any(gains != 1) else gains[:0]))}
    for gain, column in zip(gained, gains.T, strict=True):
        assert gain is not None
        changed[gain.name] = replace(gain, op=Sum(column[:, None]))
    return changed


def _gain_before(graph: Graph, value: Value) -> Node | None:
    """The node that only multiplies what the sum reads as `value`, if there is one that nobody else reads."""
    node = graph.producers.get(value.name)
    alone = node is not None and isinstance(node.op, Sum) and len(node.inputs) == 1
    return node if alone and len(graph.users[value.name]) == 1 and value != graph.output else None


def _gains(node: Node | None) -> IntArray:
    """The factors of a node that only multiplies, (C,) or (1,)."""
    if node is None:
        return np.ones(1, dtype=np.int64)
    assert isinstance(node.op, Sum)
    return node.op.gains_of(1)[:, 0]


def _codes(value: Value, bounds: Range) -> IntArray:
    """The codes of a value that can arrive, rising."""
    return np.arange(bounds.min, bounds.max + 1, 2 if isinstance(value.type.dtype, Bipolar) else 1)


def _levels(readers: Sequence[Node], channels: int) -> IntArray:
    """The thresholds of all readers: a row for each channel that has gains of its own."""
    parts = []
    for each in readers:
        assert isinstance(each.op, Threshold)
        levels = each.op.thresholds
        parts.append(levels.reshape(1, -1) if channels == 1 else np.broadcast_to(levels, (channels, levels.shape[1])))
    return np.concatenate(parts, axis=1)


def _with_levels(readers: Sequence[Node], levels: IntArray) -> Iterator[Node]:
    """The readers with other thresholds, in the order of `_levels`."""
    start = 0
    for each in readers:
        assert isinstance(each.op, Threshold)
        shape = each.op.thresholds.shape
        count = shape[0] * shape[1] if len(levels) == 1 else shape[1]
        own = levels[:, start : start + count]
        yield replace(each, op=replace(each.op, thresholds=own.reshape(shape) if len(levels) == 1 else own))
        start += count


def _search(gains: IntArray, codes: Sequence[IntArray], levels: IntArray) -> tuple[IntArray, IntArray] | None:
    """Smaller gains (C, 2) or (1, 2) and the thresholds that belong to them; None where no gain gets smaller."""
    order = [0, 1] if len(codes[0]) <= len(codes[1]) else [1, 0]
    first, second = (codes[index] for index in order)
    if len(first) * levels.size > _LARGEST:
        return None
    found = [_narrowest(pair[order], first, second, row) for pair, row in zip(gains, levels, strict=True)]
    narrow = np.array([pair for pair, _ in found])[:, order]
    return (narrow, np.array([row for _, row in found])) if np.any(narrow != gains) else None


def _narrowest(gains: IntArray, first: IntArray, second: IntArray, levels: IntArray) -> tuple[list[int], IntArray]:
    """The smallest gains of two branches with these codes, and the thresholds that give the same codes with them."""
    signs = np.sign(gains).tolist()
    x, y = (codes[::sign] * sign for codes, sign in zip((first, second), signs, strict=True))
    exact: tuple[int, int] = tuple(np.abs(gains).tolist())
    unique, places = np.unique(levels, return_inverse=True)
    border = _Border(x, y, _reached(exact, x, y, unique))
    pair = _simplest(exact, border.served)
    below, above = border.around(pair)
    # Both ascend with the level, so the roundest numbers do where none may be less than the one before.
    rounded = np.maximum.accumulate(_roundest(below + 1, above))
    return [sign * gain for sign, gain in zip(signs, pair, strict=True)], rounded[places.reshape(levels.shape)]


def _reached(gains: tuple[int, int], x: IntArray, y: IntArray, levels: IntArray) -> IntArray:
    """(x, levels): the first position in `y` with which gains times codes reach each level, len(y) where none does."""
    least, most = (gains[0] * x[end] + gains[1] * y[end] for end in (0, -1))
    missing = levels.clip(least, most + 1) - (gains[0] * x + gains[1] * y[0])[:, None]
    step = gains[1] * (int(y[1] - y[0]) if len(y) > 1 else 1)
    return np.asarray((-(-missing // step)).clip(0, len(y)))


@dataclass(frozen=True)
class _Border:
    """Which pairs of codes x (X,) and y (Y,), both rising, reach each level.

    Attributes:
        first: (X, levels) positions in `y` from which on they do.
    """

    x: IntArray
    y: IntArray
    first: IntArray

    def around(self, gains: tuple[int, int]) -> tuple[IntArray, IntArray]:
        """(levels,) the largest sum of a pair below each level, and the smallest of a pair that reaches it."""
        x, y = gains[0] * self.x, gains[1] * self.y
        below = np.where(self.first > 0, x[:, None] + y[self.first - 1], x[0] + y[0] - 1).max(axis=0)
        reaching = x[:, None] + y[np.minimum(self.first, len(y) - 1)]
        above = np.where(self.first < len(y), reaching, x[-1] + y[-1] + 1).min(axis=0)
        return below, above

    def served(self, gains: tuple[int, int]) -> bool:
        """Whether a threshold of the sum tells the pairs below each level from those that reach it."""
        below, above = self.around(gains)
        return bool(np.all(below < above))


def _simplest(exact: tuple[int, int], served: Callable[[tuple[int, int]], bool]) -> tuple[int, int]:
    """The first fraction on the path to the exact ratio that serves.

    The path goes in runs, each towards the exact ratio from one side, so that all fractions behind one that serves do.
    """
    over, under = exact
    before, last = (0, 1), (1, 0)
    while under:
        length, (over, under) = over // under, (under, over % under)
        end = _along(before, last, length)
        if 0 not in end and served(end):
            steps = range(1, length + 1)
            least = bisect_left(steps, True, key=lambda count: served(_along(before, last, count)))
            return _along(before, last, steps[least])
        before, last = last, end
    raise AssertionError("the exact ratio serves")


def _along(before: tuple[int, int], last: tuple[int, int], count: int) -> tuple[int, int]:
    """The fraction `count` steps along a run."""
    return before[0] + count * last[0], before[1] + count * last[1]


def _roundest(low: IntArray, high: IntArray) -> IntArray:
    """Between `low` and `high`, both included, the numbers with the most zeros at the end: cheap to compare with."""
    found = low
    for place in range(1, 62):
        rounded = -(-low >> place) << place
        found = np.where(rounded <= high, rounded, found)
    return found
