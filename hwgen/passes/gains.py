"""Small gains: a sum of two tensors in front of thresholds, with the smallest factors that give the same codes.

The scales of two branches are seldom in a simple ratio, and so their common grid is fine: the gains take as many bits
as a float32. The thresholds need less. Gains serve if every pair of codes that reaches a level gives a larger sum than
every pair that does not. The ratios that serve are an interval around the exact one, and the simplest fraction of an
interval lies on the path to any of its numbers in the Stern-Brocot tree. So the gains found are the smallest, and they
are proven for all codes that can arrive.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Sum, Threshold
from hwgen.ir.ranges import Range, ranges
from hwgen.ir.types import Bipolar, IntArray

_LARGEST = 1 << 22
"""Codes of all branches but one times thresholds that are looked at for some gains; sums with more keep theirs."""

_LARGEST_SUM = 1 << 60
"""Above it twice a sum does not fit int64."""


@dataclass(frozen=True)
class NarrowGains:
    """Give each sum that only thresholds read the smallest gains with the same codes behind them."""

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
    read = graph.leaves(node.output) or not readers or not all(isinstance(each.op, Threshold) for each in readers)
    if read or not isinstance(node.op, Sum) or len(node.inputs) < 2:
        return {}
    before = [_gain_before(graph, value) for value in node.inputs]
    sources = [value if gain is None else gain.inputs[0] for value, gain in zip(node.inputs, before, strict=True)]
    if any(before) and node.op.gains.size:
        return {}
    own = node.op.gains_of(len(sources))[0]
    gains = np.stack(np.broadcast_arrays(*(_gains(gain) * each for gain, each in zip(before, own, strict=True))), 1)
    levels, codes = _levels(readers, len(gains)), [_codes(value, known[value.name]) for value in sources]
    narrow = smallest_gains(gains, codes, levels)
    fixed = [gain is None for gain in before]
    if narrow is None or (len(gains) > 1 and np.any(narrow[0][:, fixed] != 1)):
        return {}
    gains, levels = narrow
    changed = {each.name: each for each in _with_levels(readers, levels)}
    if len(gains) == 1:
        return changed | {node.name: replace(node, op=Sum.of(gains))}
    columns = {gain.name: replace(gain, op=Sum.of(gains[:, [at]])) for at, gain in enumerate(before) if gain}
    return changed | columns | {node.name: replace(node, op=Sum())}


def _gain_before(graph: Graph, value: Value) -> Node | None:
    """The node that multiplies each channel of what the sum reads as `value`, if nobody else reads it."""
    node = graph.producers.get(value.name)
    if node is None or not isinstance(node.op, Sum) or len(node.op.gains) != value.type.channels:
        return None
    alone = len(node.op.gains) > 1
    return node if alone and len(graph.users[value.name]) == 1 and not graph.leaves(value) else None


def _gains(node: Node | None) -> IntArray:
    """The factors of a node that only multiplies, (C,) or (1,)."""
    if node is None:
        return np.ones(1, dtype=np.int64)
    assert isinstance(node.op, Sum)
    return node.op.gains_of(1)[:, 0]


def _codes(value: Value, bounds: Range) -> range:
    """The codes of a value that can arrive."""
    return range(bounds.min, bounds.max + 1, 2 if isinstance(value.type.dtype, Bipolar) else 1)


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


def smallest_gains(gains: IntArray, codes: Sequence[range], levels: IntArray) -> tuple[IntArray, IntArray] | None:
    """Smaller gains (C or 1, inputs) and the thresholds that belong to them; None where no gain gets smaller."""
    order = sorted(range(len(codes)), key=lambda index: len(codes[index]))
    pairs = math.prod(len(codes[index]) for index in order[:-1])
    total = sum(abs(int(gain)) * max(abs(each[0]), abs(each[-1])) for gain, each in zip(gains[0], codes, strict=True))
    if pairs * levels.size > _LARGEST or total > _LARGEST_SUM:
        return None
    sorted_codes = [codes[index] for index in order]
    found = [_narrowest(each[order], sorted_codes, row) for each, row in zip(gains, levels, strict=True)]
    narrow = np.array([each for each, _ in found])[:, np.argsort(order)]
    return (narrow, np.array([row for _, row in found])) if np.any(narrow != gains) else None


def _narrowest(gains: IntArray, codes: Sequence[range], levels: IntArray) -> tuple[list[int], IntArray]:
    """The smallest gains of branches with these codes, and the thresholds that give the same codes with them."""
    signs, exact = np.sign(gains).tolist(), tuple(np.abs(gains).tolist())
    if 0 in exact:  # where a channel of a branch counts for nothing, the other's gain is small as it is
        return gains.tolist(), levels
    rising = [
        each if sign > 0 else range(-each[-1], 1 - each[0], each.step) for sign, each in zip(signs, codes, strict=True)
    ]
    unique, places = np.unique(levels, return_inverse=True)
    border = _Border.of(exact, rising, unique)
    found = _simplest(exact, border.served) if len(exact) == 2 else _shortest(exact, border.served)
    below, above = border.around(found)
    # Both ascend with the level, so the roundest numbers do where none may be less than the one before.
    rounded = np.maximum.accumulate(_roundest(below + 1, above))
    return [sign * gain for sign, gain in zip(signs, found, strict=True)], rounded[places.reshape(levels.shape)]


Gains = tuple[int, ...]


@dataclass(frozen=True)
class _Border:
    """Which codes of several branches together reach each level.

    Attributes:
        others: (P, branches - 1) all codes of the branches but the last, in which every sum rises.
        last: the codes of the last branch.
        first: (P, levels) how many of these do not reach the level.
    """

    others: IntArray
    last: range
    first: IntArray

    @classmethod
    def of(cls, gains: Gains, codes: Sequence[range], levels: IntArray) -> _Border:
        """The border of levels of the sum with `gains`, all positive."""
        *few, last = codes
        grid = np.meshgrid(*(np.array(each) for each in few), indexing="ij")
        others = np.stack([each.reshape(-1) for each in grid], axis=1)
        sums = others @ np.array(gains[:-1])
        least, most = sums[0] + gains[-1] * last[0], sums[-1] + gains[-1] * last[-1]
        missing = levels.clip(least, most + 1) - (sums + gains[-1] * last[0])[:, None]
        return cls(others, last, (-(-missing // (gains[-1] * last.step))).clip(0, len(last)))

    def around(self, gains: Gains) -> tuple[IntArray, IntArray]:
        """(levels,) the largest sum below each level, and the smallest that reaches it."""
        sums, step = self.others @ np.array(gains[:-1]) + gains[-1] * self.last[0], gains[-1] * self.last.step
        least, most = sums[0], sums[-1] + step * (len(self.last) - 1)
        reaching = sums[:, None] + step * self.first
        below = np.where(self.first > 0, reaching - step, least - 1).max(axis=0)
        above = np.where(self.first < len(self.last), reaching, most + 1).min(axis=0)
        return below, above

    def served(self, gains: Gains) -> bool:
        """Whether a threshold of the sum tells what is below each level from what reaches it."""
        below, above = self.around(gains)
        return bool(np.all(below < above))


def _simplest(exact: Gains, served: Callable[[Gains], bool]) -> Gains:
    """Of two gains the first fraction on the path to the exact ratio that serves.

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


def _shortest(exact: Gains, served: Callable[[Gains], bool]) -> Gains:
    """Of several gains those rounded to the fewest bits that serve."""
    for dropped in range(max(exact).bit_length(), 0, -1):
        gains = tuple((gain + (1 << dropped - 1)) >> dropped for gain in exact)
        if 0 not in gains and served(gains):
            common = math.gcd(*gains)
            return tuple(gain // common for gain in gains)
    return exact


def _roundest(low: IntArray, high: IntArray) -> IntArray:
    """Between `low` and `high`, both included, the numbers with the most zeros at the end: cheap to compare with."""
    found = low
    for place in range(1, 62):
        rounded = -(-low >> place) << place
        found = np.where(rounded <= high, rounded, found)
    return found
