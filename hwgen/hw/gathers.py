"""Index maps at the granularity of beats: lanes that move together, beats that stay, blocks that others move in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from hwgen.hw.stream import divisors
from hwgen.ir.ops import Gather
from hwgen.ir.types import BoolArray, IntArray


@lru_cache(maxsize=256)
def legal_lanes(op: Gather, channels: int) -> tuple[int, ...]:
    """Lanes, ascending, with which each beat out is a beat in; `channels` is what the lanes of both sides divide."""
    return tuple(lanes for lanes in divisors(channels) if _moves_whole(op.places, lanes))


def _moves_whole(places: IntArray, lanes: int) -> bool:
    beats = places.reshape(-1, lanes)
    return bool(np.all(beats[:, 0] % lanes == 0) and np.all(beats == beats[:, :1] + np.arange(lanes)))


@dataclass(frozen=True, eq=False)
class Kept:
    """Which beats of a frame stay: those of runs of `run` beats whose flag in `inner` and whose row in `outer` are set.

    A row is inner.size runs; the rows come round and round again until the frame ends.
    """

    run: int
    inner: BoolArray
    outer: BoolArray

    @classmethod
    def of(cls, kept: BoolArray) -> Self:
        """The fewest flags that say which beats (n,) stay, some of which do."""
        size = next(size for size in divisors(kept.size) if (kept.reshape(-1, size) == kept[:size]).all())
        turns = np.flatnonzero(np.diff(kept[:size])) + 1
        run = math.gcd(size, *turns.tolist())
        flags = kept[:size:run]
        pairs = [(inner, outer) for inner in divisors(flags.size) if (outer := _rows(flags, inner)) is not None]
        inner, outer = min(pairs, key=lambda pair: pair[0] + pair[1].size)
        row = flags.reshape(-1, inner)[int(outer.argmax())]
        return cls(run, row, outer)

    @property
    def period(self) -> int:
        """Beats after which the flags come round."""
        return self.run * self.inner.size * self.outer.size

    @property
    def places(self) -> IntArray:
        """The beats of a period that stay."""
        found: IntArray = np.flatnonzero(np.repeat(np.outer(self.outer, self.inner), self.run))
        return found


def _rows(flags: BoolArray, size: int) -> BoolArray | None:
    """Which rows of `size` flags have one set, if all of those are the same; None where they are not."""
    rows = flags.reshape(-1, size)
    some: BoolArray = np.any(rows, axis=1)
    return some if (rows[some] == rows[int(some.argmax())]).all() else None


@dataclass(frozen=True, eq=False)
class Blocks:
    """A map that does the same in each of `count` blocks of a frame, `beats` in and `starts.size * run` out.

    Attributes:
        starts: beat of the block in that each run of the block out begins with.
        run: beats of a run, which stay together.
    """

    count: int
    beats: int
    starts: IntArray
    run: int

    @classmethod
    def of(cls, places: IntArray, beats: int) -> Self:
        """The smallest blocks of a map of `beats` beats, each of which is somewhere in `places`."""
        counts = (count for count in reversed(divisors(math.gcd(beats, places.size))))
        count = next(count for count in counts if _is_same(places, beats, count))
        block = places[: places.size // count]
        turns = np.flatnonzero(np.diff(block) != 1) + 1
        run = math.gcd(block.size, *turns.tolist())
        return cls(count, beats // count, block[::run], run)


def _is_same(places: IntArray, beats: int, count: int) -> bool:
    """Whether each of `count` blocks has only its own beats, and in the same places."""
    blocks = places.reshape(count, -1) - np.arange(count)[:, None] * (beats // count)
    return bool((blocks == blocks[0]).all() and blocks[0].min() >= 0 and blocks[0].max() < beats // count)
