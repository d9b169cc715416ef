"""Where the codes of a chain change, for chains that rise and fall: by bisection of intervals of integers.

An interval in which the chain is proven to give one code is done, any other is halved. No turning point need be known:
close to a step intervals shrink to single integers, which are evaluated exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hwgen.golden.chain import evaluate, evaluate_intervals
from hwgen.ir.ops import Step, arrays_of, for_channels
from hwgen.ir.types import BoolArray, IntArray

_MOST_INTERVALS = 1 << 22
_AT_ONCE = 1 << 20
"""Numbers of the largest parameter that are gathered for intervals at once."""


class TooManyRunsError(Exception):
    """The codes change too often to find every change."""


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of integers with one code, ascending by channel and first integer.

    Attributes:
        channel, first, code: of each run, (R,).
    """

    channel: IntArray
    first: IntArray
    code: IntArray

    def by_channel(self) -> Iterator[tuple[IntArray, IntArray]]:
        """First integers and codes of each channel's runs."""
        ends = np.flatnonzero(np.diff(self.channel)) + 1
        return zip(np.split(self.first, ends), np.split(self.code, ends), strict=True)


def runs_of_table(codes: IntArray, low: int) -> Runs:
    """The runs of codes (C, integers from `low`)."""
    new = np.ones(codes.shape, dtype=bool)
    new[:, 1:] = codes[:, 1:] != codes[:, :-1]
    channel, place = np.nonzero(new)
    return Runs(channel, place + low, codes[new])


def find_runs(steps: tuple[Step, ...], low: int, high: int, channels: int) -> Runs:
    """The runs of a chain on integers from `low` to `high`. Raises: TooManyRunsError."""
    channel = np.arange(channels)
    first, last = (np.full(channels, end, dtype=np.int64) for end in (low, high))
    found: list[tuple[IntArray, IntArray, IntArray]] = []
    count = 0
    while channel.size:
        count += channel.size
        if count > _MOST_INTERVALS:
            raise TooManyRunsError
        codes, proven = _codes(steps, channel, first, last)
        found.append((channel[proven], first[proven], codes[proven]))
        channel, first, last = (array[~proven] for array in (channel, first, last))
        middle = first + (last - first) // 2
        channel, first, last = np.tile(channel, 2), np.append(first, middle + 1), np.append(middle, last)
    channel, first, codes = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((first, channel))
    return _merged(channel[order], first[order], codes[order])


def _codes(steps: tuple[Step, ...], channel: IntArray, first: IntArray, last: IntArray) -> tuple[IntArray, BoolArray]:
    """A code of each interval, and whether all its integers have it: one integer does."""
    codes, proven = np.empty(channel.size, dtype=np.int64), np.empty(channel.size, dtype=bool)
    widest = max((math.prod(array.shape[1:]) for step in steps for _, array in arrays_of(step)), default=1)
    size = max(1, _AT_ONCE // widest)
    for start in range(0, channel.size, size):
        part = slice(start, start + size)
        codes[part], proven[part] = evaluate_intervals(for_channels(steps, channel[part]), first[part], last[part])
    single = np.flatnonzero((first == last) & ~proven)
    for some in np.split(single, range(size, single.size, size)):
        codes[some] = evaluate(for_channels(steps, channel[some]), first[some])
    proven[single] = True
    return codes, proven


def _merged(channel: IntArray, first: IntArray, codes: IntArray) -> Runs:
    """Neighbours of one code as one run."""
    new = np.ones(channel.size, dtype=bool)
    new[1:] = (channel[1:] != channel[:-1]) | (codes[1:] != codes[:-1])
    return Runs(channel[new], first[new], codes[new])
