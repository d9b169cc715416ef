"""Quantisers behind sums: one comparison, a clipped shift where that is proven equal, else bisection by constants."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.hw.adders.build import Builder, Found
from hwgen.hw.adders.steps import Clip, Lookup, Wire
from hwgen.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class Levels:
    """Codes of a sum: entry n of `table` where the sum has reached n of the ascending thresholds.

    `table` holds bits as the output has them, as numbers from 0 up where `wire` is unsigned.
    """

    thresholds: IntArray
    table: IntArray
    wire: Wire

    @property
    def reversed(self) -> Levels:
        """The same codes of the negative of the sum."""
        return Levels(1 - self.thresholds[::-1], self.table[::-1], self.wire)


def tabled(builder: Builder, row: IntArray, levels: Levels) -> int:
    """A source that is the code of a row of few one-bit inputs, from a table of all their numbers."""
    chosen = np.flatnonzero(row)
    bits = np.arange(1 << len(chosen))[:, None] >> np.arange(len(chosen)) & 1
    reached = np.searchsorted(levels.thresholds, bits @ row[chosen], side="right")
    return builder.plain(Lookup(tuple(chosen.tolist()), tuple(levels.table[reached].tolist()), levels.wire))


def quantised(builder: Builder, found: Found, levels: Levels) -> int:
    """A source that is the code of a form."""
    if found.source is None:
        at = int(np.searchsorted(levels.thresholds, 0, side="right"))
        return builder.constant(int(levels.table[at]), levels.wire)
    if len(levels.thresholds) == 1 and levels.wire.bits == 1:
        return _compared(builder, found, levels)
    if levels.table[0] > levels.table[-1]:
        found, levels = replace(found, negative=not found.negative), levels.reversed
    clip = _clip_of(builder, found, levels)
    if clip is not None:
        shift, start, to_even = clip
        source = builder.plus(found, start)
        low, high = int(levels.table[0]), int(levels.table[-1])
        return builder.plain(Clip(source, shift, low, high, to_even, levels.wire))
    return _bisected(builder, found, levels)


def _compared(builder: Builder, found: Found, levels: Levels) -> int:
    """One threshold: the code is a comparison, or the other way round."""
    low, high = levels.table.tolist()
    if low == high:
        return builder.constant(low, levels.wire)
    if low > high:
        found, levels = replace(found, negative=not found.negative), levels.reversed
    return builder.at_least(found, levels.thresholds.tolist())


def _clip_of(builder: Builder, found: Found, levels: Levels) -> tuple[int, int, bool] | None:
    """Shift, start and rounding of the clipped shift that gives the codes of `levels`, if there is one.

    code = clip((sum + start) >> shift): code c is reached from c * 2**shift - start on, one later for odd codes where
    ties go to even ones. So the thresholds that sums can cross must be; the others must lie on the same side.
    """
    codes = levels.table
    if len(codes) < 3 or not np.array_equal(codes, codes[0] + np.arange(len(codes))):
        return None
    assert found.source is not None
    weights = builder.weights[found.source] * ((-1 if found.negative else 1) << found.shift)
    low, high = builder.range_of(weights)
    crossed = (levels.thresholds > low) & (levels.thresholds <= high)
    places = np.flatnonzero(crossed)
    if len(places) < 2:
        return None
    first, last = places[0], places[-1]
    step = (levels.thresholds[last] - levels.thresholds[first]) / (last - first)
    for shift in {int(np.floor(np.log2(max(1, step)))), int(np.ceil(np.log2(max(1, step))))}:
        for to_even in (False, True) if shift else (False,):
            lines = (codes[1:] << shift) + (codes[1:] & to_even)
            start = int(lines[first] - levels.thresholds[first])
            found_at = (lines - start).clip(low, high + 1)
            if np.array_equal(found_at, levels.thresholds.clip(low, high + 1)):
                return shift, start, to_even
    return None


def _bisected(builder: Builder, found: Found, levels: Levels) -> int:
    """The number of thresholds that a sum has reached, bit by bit from the highest, and its code."""
    bits = len(levels.thresholds).bit_length()
    most = np.iinfo(np.int32).max
    padded = np.append(levels.thresholds, np.full((1 << bits) - 1 - len(levels.thresholds), most)).tolist()
    chosen: tuple[int, ...] = ()
    for bit in range(bits - 1, -1, -1):
        above = range(1 << bits - 1 - bit)
        constants = [padded[(each << bit + 1) + (1 << bit) - 1] for each in above]
        chosen = (builder.at_least(found, constants, chosen), *chosen)
    entries = levels.table.tolist()
    entries += entries[-1:] * ((1 << bits) - len(entries))
    return builder.plain(Lookup(chosen, tuple(entries), levels.wire))
