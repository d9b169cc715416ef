"""Lines instead of thresholds: one multiplication for each code of a quantiser of many bits.

Of most quantisers the codes are clip((factor * x + term) >> shift). Each level k gives two inequalities: at its
threshold t the line is at least k, at t - 1 it is less. A factor serves where the terms that they leave are not empty:
two of them bound it, and no more than some dozen do. So few are looked at, found by the ones that a factor breaks worst
(cutting planes; Kelley, 1960), and the least shift with a solution is found. It is checked at every threshold: as a
line is monotone, it gives the same codes at all integers that can arrive.

Few codes are worth a line only where it multiplies nothing: where scales are powers of two, the thresholds of a channel
are a power of two apart, and its codes are clip((start +- x) >> shift).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Line, Threshold
from hwgen.ir.ranges import Range, ranges
from hwgen.ir.types import IntArray

LEAST_LEVELS = 3
"""Thresholds below which comparisons are the cheaper ones, whatever the line, and"""

LEAST_MULTIPLIED = 15
"""those below which they are cheaper than a multiplication."""

_MOST_SHIFT = 72
_CODE_BITS = 18
_LIMBS = 61
"""Bits of products of which two fit int64."""


@dataclass(frozen=True)
class Lines:
    """State the line of each Threshold where there is one that may be the cheaper one."""

    name: str = "lines"

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        return replace(graph, nodes=tuple(_with_line(node, known[node.inputs[0].name]) for node in graph.nodes))


def _with_line(node: Node, bounds: Range) -> Node:
    op = node.op
    if not isinstance(op, Threshold) or op.thresholds.shape[1] < LEAST_LEVELS or op.codes.size or op.step != 1:
        return node
    find = line_of if op.thresholds.shape[1] >= LEAST_MULTIPLIED else even_line
    return replace(node, op=replace(op, line=find(op, bounds)))


def even_line(op: Threshold, bounds: Range) -> Line | None:
    """The line of factors 1 and -1 with the codes of `op` at all integers within `bounds`, if there is one."""
    way, levels = _rising(op, bounds)
    steps = np.diff(max((each.thresholds for each in levels), key=len, default=np.zeros(0)))
    if not steps.size:
        return None
    least, most = min(each.least for each in levels), max(each.most for each in levels)
    shift = round(math.log2(max(1.0, float(steps.mean()))))
    for to_even in (False, True)[: 1 + (shift > 0)]:
        starts = [each.start(shift, least, most, to_even=to_even) for each in levels]
        if None not in starts:
            return Line(way, way * np.array(starts), np.zeros_like(way), shift, least, most, to_even)
    return None


def line_of(op: Threshold, bounds: Range) -> Line | None:
    """The line with the codes of `op` at all integers within `bounds`, if there is one."""
    way, levels = _rising(op, bounds)
    if not levels:
        return None
    least, most = min(each.least for each in levels), max(each.most for each in levels)
    channels = [each.channel(least, most) for each in levels]
    for to_even in (False, True):
        found = _common(channels, to_even=to_even)
        if found is not None:
            factors, terms, shift = found
            # F x + T = F (x + T // F) + T % F: the parts are as small as x and F.
            parts = [divmod(term, factor) for term, factor in zip(terms, factors, strict=True)]
            starts, rests = np.array(parts).T
            return Line(way * np.array(factors), way * starts, rests, shift, least, most, to_even)
    return None


def _rising(op: Threshold, bounds: Range) -> tuple[IntArray, list[_Levels]]:
    """Whether codes rise with x, 1, or with -x, -1; and their levels as they rise.

    None where there is one set of thresholds, which only some channels read backwards.
    """
    rows = len(op.thresholds)
    if len(op.descending) not in (1, rows):
        return np.ones(rows, dtype=np.int64), []
    low, high = (
        (bounds.low, bounds.high) if rows > 1 else (bounds.low.min(keepdims=True), bounds.high.max(keepdims=True))
    )
    falls = np.broadcast_to(op.descending.astype(bool), (rows,))
    rising = [1 - row[::-1] if fall else row for row, fall in zip(op.thresholds, falls, strict=True)]
    ends = [(-int(b), -int(a)) if fall else (int(a), int(b)) for a, b, fall in zip(low, high, falls, strict=True)]
    levels = [_Levels.of(row, op.base, *end) for row, end in zip(rising, ends, strict=True)]
    return np.where(falls, -1, 1), levels


@dataclass(frozen=True, eq=False)
class _Levels:
    """The levels of a channel between its lowest code, at the integer `low`, and its highest, at `high`."""

    thresholds: IntArray
    least: int
    most: int
    low: int
    high: int

    @classmethod
    def of(cls, thresholds: IntArray, base: int, low: int, high: int) -> _Levels:
        first, last = (int(np.searchsorted(thresholds, end, side="right")) for end in (low, high))
        return cls(thresholds[first:last], base + first, base + last, low, high)

    def start(self, shift: int, least: int, most: int, *, to_even: bool) -> int | None:
        """The start of a line of factor 1 that is clipped to codes from `least` to `most`, if one gives the levels."""
        codes = np.arange(self.least + 1, self.most + 1)
        starts = np.unique((codes << shift) + (codes & to_even) - self.thresholds)
        if not codes.size:  # all numbers have one code: the lowest of them, or the highest, is at its end
            starts = np.array([(self.least << shift) + to_even - self.low, ((self.least + 1) << shift) - 1 - self.high])
        elif len(starts) > 1:
            return None
        ends = np.array([[self.low], [self.high]]) + starts
        reached = ends >> shift
        reached -= reached & to_even & ((reached << shift) == ends)
        right = (reached.clip(least, most) == [[self.least], [self.most]]).all(axis=0)
        return int(starts[right.argmax()]) if right.any() else None

    def channel(self, least: int, most: int) -> _Channel:
        """What a line must keep to whose codes are clipped to those from `least` to `most`."""
        codes = np.arange(self.least + 1, self.most + 1)
        above, below = (self.thresholds, codes), (self.thresholds - 1, codes)
        if self.least > least:
            above = np.append(self.low, above[0]), np.append(self.least, codes)
        if self.most < most:
            below = np.append(below[0], self.high), np.append(codes, self.most + 1)
        bits = max(abs(self.low), abs(self.high), 1).bit_length()
        return _Channel(_Bounds(*above, 0), _Bounds(*below, 1), bits)


@dataclass(frozen=True, eq=False)
class _Bounds:
    """One side of a channel's inequalities: at the integers `at` a line is at least `code`, or less than it.

    Attributes:
        less: 1 where it is less, else 0.
        chosen: the places of those that have bounded the factor so far.
    """

    at: IntArray
    code: IntArray
    less: int
    chosen: list[int] = field(default_factory=list)

    def values(self, places: Sequence[int], shift: int, *, to_even: bool) -> list[tuple[int, int]]:
        """Integers, and the least that the line without its shift is there, or the most."""
        codes = ((int(self.at[place]), int(self.code[place])) for place in places)
        return [(at, (code << shift) - self.less + (code & to_even)) for at, code in codes]

    def hardest(self, factor: int, shift: int, limb: int, *, to_even: bool) -> list[int]:
        """The place of the inequality that leaves the term of a line the least room, if there is any.

        Numbers of more bits than int64 has are two of them, high * 2**limb + low.
        """
        if not self.at.size:
            return []
        mask = (1 << limb) - 1
        high, low = self.code << max(0, shift - limb), np.zeros_like(self.code)
        if shift < limb:
            high, low = self.code >> (limb - shift), (self.code << shift) & mask
        low += (self.code & to_even) - self.less - (factor & mask) * self.at
        high = high - (factor >> limb) * self.at + (low >> limb)
        low &= mask
        if self.less:
            ties = np.flatnonzero(high == high.min())
            return [int(ties[low[ties].argmin()])]
        ties = np.flatnonzero(high == high.max())
        return [int(ties[low[ties].argmax()])]


@dataclass(frozen=True, eq=False)
class _Channel:
    """The inequalities of a channel whose integers are below 2**`bits`."""

    above: _Bounds
    below: _Bounds
    bits: int

    def line(self, shift: int, *, to_even: bool) -> tuple[int, int] | None:
        """Factor and term with that shift, if there are any."""
        sides, limb = (self.above, self.below), _LIMBS - self.bits
        if shift - limb + _CODE_BITS > _LIMBS:
            return None
        while True:
            ends = _factors(*(side.values(side.chosen, shift, to_even=to_even) for side in sides))
            if ends is None or ends[0] > ends[1] or ends[0] >> (2 * limb):
                return None
            factor = sum(ends) // 2
            hardest = [side.hardest(factor, shift, limb, to_even=to_even) for side in sides]
            given = [side.values(each, shift, to_even=to_even) for side, each in zip(sides, hardest, strict=True)]
            terms = [value - factor * at for each in given for at, value in each]
            if len(terms) < len(sides):
                return factor, sum(terms)
            if terms[0] <= terms[1]:
                return factor, _roundest(*terms)
            for side, each in zip(sides, hardest, strict=True):
                side.chosen.extend(each)


def _factors(above: Sequence[tuple[int, int]], below: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The least and the largest factor of lines at least as high as `above` and no higher than `below`; or None.

    It is at least 1, also where all codes are the same: what is divided by it is then no larger than what arrives.
    """
    low, high = 1, None
    for at, least in above:
        for under, most in below:
            if at > under:
                low = max(low, -((most - least) // (at - under)))
            elif at < under:
                end = (most - least) // (under - at)
                high = end if high is None else min(high, end)
            elif least > most:
                return None
    return low, 2 * low + 2 if high is None else high


def _roundest(low: int, high: int) -> int:
    """The integer from `low` to `high` with the most zeros at its end."""
    bits = (high - low).bit_length()
    while bits and -(-low >> bits) << bits > high:
        bits -= 1
    return -(-low >> bits) << bits


def _common(channels: Sequence[_Channel], *, to_even: bool) -> tuple[list[int], list[int], int] | None:
    """Factors and terms of channels with the least shift that serves all."""
    shift = int(to_even)
    found: list[tuple[int, int, int]] = []
    for channel in channels:
        line = None
        while line is None:
            if shift > _MOST_SHIFT:
                return None
            line = channel.line(shift, to_even=to_even)
            shift += line is None
        found.append((*line, shift))
    # With a larger shift, a line times a power of two gives the same codes.
    factors, terms = ([each[part] << (shift - each[2]) for each in found] for part in (0, 1))
    return factors, terms, shift
