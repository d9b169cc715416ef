"""Thresholds of codes that rise and fall: one sequence of codes that all channels pass through.

Channels pass through the sequence at integers of their own, forwards or backwards, and may skip codes: a skipped one
has two equal thresholds. So a channel needs thresholds alone, as where codes only rise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hwgen.ir.types import BoolArray, IntArray
from hwgen.passes.runs import Runs


@dataclass(frozen=True, eq=False)
class Sequenced:
    """Thresholds (C, L), which channels run backwards (C,), and the code of each count (L + 1,)."""

    thresholds: IntArray
    descending: IntArray
    codes: IntArray


def sequenced(runs: Runs, low: int, high: int, stride: int) -> Sequenced:
    """The thresholds of `runs` on integers from `low` to `high`, whose codes are multiples of `stride` apart."""
    channels = [_path(first, codes, stride) for first, codes in runs.by_channel()]
    common = _common([path for path, _ in channels], stride)
    rows, falls = [], []
    for path, starts in channels:
        at = _places(path, common)
        falls.append(at is None)
        if at is None:
            at = _places(path, common[::-1])
        assert at is not None
        rows.append(_row(at, starts, len(common) - 1, low, high))
    thresholds, descending = np.stack(rows), np.array(falls, dtype=np.int64)
    return _pruned(Sequenced(thresholds, descending, np.array(common, dtype=np.int64)), low, high)


def _path(first: IntArray, codes: IntArray, stride: int) -> tuple[list[int], list[int]]:
    """Codes one stride apart, those that are skipped among them, and the integer where each begins."""
    path, starts = [int(codes[0])], [int(first[0])]
    for code, start in zip(codes[1:].tolist(), first[1:].tolist(), strict=True):
        between = _stretch(path[-1], code, stride)
        path += between
        starts += [start] * len(between)
    return path, starts


def _stretch(start: int, end: int, stride: int) -> list[int]:
    """The codes from `start`, without it, to `end`."""
    step = stride if end > start else -stride
    return list(range(start + step, end + step, step)) if end != start else []


def _turns(path: Sequence[int]) -> list[int]:
    """The ends of a path and the codes between at which it turns."""
    inner = [b for a, b, c in zip(path, path[1:], path[2:], strict=False) if (b > a) != (c > b)]
    return [path[0], *inner, path[-1]] if len(path) > 1 else [path[0]]


def _walked(turns: Sequence[int], stride: int) -> list[int]:
    path = [turns[0]]
    for turn in turns[1:]:
        path += _stretch(path[-1], turn, stride)
    return path


def _common(paths: Sequence[list[int]], stride: int) -> list[int]:
    """A path that every one of `paths` or its reverse is part of, turns kept."""
    different = sorted({tuple(path) for path in paths}, key=lambda path: (-len(path), path))
    common = list(different[0])
    for path in different[1:]:
        if _places(path, common) is None and _places(path, common[::-1]) is None:
            ways = [_widened(_turns(common), _turns(way)) for way in (path, path[::-1])]
            common = _walked(min(ways, key=_length), stride)
    return common


def _length(turns: Sequence[int]) -> int:
    return sum(abs(b - a) for a, b in pairwise(turns))


def _widened(turns: list[int], others: list[int]) -> list[int]:
    """The shortest turns that both paths are part of, with the wider of two turns where they overlap.

    A path of a single code that the other does not have becomes the wider one.
    """
    first_is_top = turns[1] < turns[0]
    ways = []
    for shift in range(1 - len(others), len(turns)):
        if len(others) > 1 and (others[1] < others[0]) != (first_is_top == (shift % 2 == 0)):
            continue
        wide = dict(enumerate(turns))
        for place, code in enumerate(others, start=shift):
            wider = max if first_is_top == (place % 2 == 0) else min
            wide[place] = wider(code, wide.get(place, code))
        if len(others) > 1 or wide[shift] == others[0]:
            ways.append([wide[place] for place in sorted(wide)])
    return min(ways, key=_length)


def _places(path: Sequence[int], common: list[int]) -> list[int] | None:
    """The place in `common` of each code of `path`, ascending; None where it is no part."""
    at, places = 0, []
    try:
        for code in path:
            at = common.index(code, at) + 1
            places.append(at - 1)
    except ValueError:
        return None
    return places


def _row(places: Sequence[int], starts: Sequence[int], levels: int, low: int, high: int) -> IntArray:
    """The thresholds of a channel that is at `places` from the integers `starts` on."""
    row = np.full(levels, high + 1, dtype=np.int64)
    row[: places[0]] = low
    for before, after, start in zip(places, places[1:], starts[1:], strict=False):
        row[before:after] = start
    return row


def _pruned(found: Sequenced, low: int, high: int) -> Sequenced:
    """Without the codes that no channel gives."""
    thresholds, backwards = found.thresholds, found.descending.astype(bool)
    begin = np.concatenate([np.full((len(thresholds), 1), low), thresholds], axis=1)
    end = np.concatenate([thresholds, np.full((len(thresholds), 1), high + 1)], axis=1)
    given = end > begin
    given[backwards] = given[backwards, ::-1]
    kept = _two_or_more(np.asarray(given.any(axis=0)))
    forwards = thresholds[:, np.flatnonzero(kept)[:-1]]
    reverse = thresholds[:, np.flatnonzero(kept[::-1])[:-1]]
    return Sequenced(np.where(backwards[:, None], reverse, forwards), found.descending, found.codes[kept])


def _two_or_more(kept: BoolArray) -> BoolArray:
    if np.count_nonzero(kept) == 1:
        at = int(np.flatnonzero(kept)[0])
        kept[at - 1 if at else 1] = True
    return kept
