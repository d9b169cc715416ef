"""Common subexpressions: pairs of terms that many rows have, each found pair a new source (greedy; Hartley, 1996).

A row is a set of digits: source, place, sign. A pair is two sources, `d` places apart, of equal or of opposite signs.
The pair whose sum saves most bits of adders is taken first; of equals the one of the newest source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwgen.hw.compiled import entry, inner
from hwgen.ir.types import IntArray

Masks = npt.NDArray[np.uint64]
"""(2, sources, places, words): a bit for each row that has a digit, positive ones and negative ones."""


@dataclass(frozen=True)
class Pair:
    """source `first` * 2**shifts[0] + sign * source `second` * 2**shifts[1]; the lower shift is 0."""

    first: int
    second: int
    shifts: tuple[int, int]
    sign: int


def shared_pairs(digits: IntArray, ends: tuple[int, int]) -> tuple[tuple[Pair, ...], list[list[tuple[int, int, int]]]]:
    """Pairs, and what is left of each row: (source, shift, sign) by source.

    Args:
        digits: (rows, inputs, places) of -1, 0, 1.
        ends: the least and the most of an input.
    """
    rows, inputs, places = digits.shape
    most = inputs + int(np.count_nonzero(digits)) // 2 + 1
    masks = np.zeros((2, most, places, -(-rows // 64)), dtype=np.uint64)
    for row in range(rows):
        bit = np.uint64(1 << row % 64)
        masks[0, :inputs, :, row // 64] |= np.where(digits[row] > 0, bit, np.uint64(0))
        masks[1, :inputs, :, row // 64] |= np.where(digits[row] < 0, bit, np.uint64(0))
    ranges, pairs = np.zeros((most, 2), dtype=np.int64), np.zeros((most, 4), dtype=np.int64)
    ranges[:inputs] = ends
    count = _share(masks, ranges, inputs, pairs, np.zeros((most, 4), dtype=np.int64))
    found = tuple(
        Pair(first, second, (max(0, -apart), max(0, apart)), sign)
        for first, second, apart, sign in pairs[inputs:count].tolist()
    )
    return found, _rest(masks[:, :count], rows)


def _rest(masks: Masks, rows: int) -> list[list[tuple[int, int, int]]]:
    """The digits of each row."""
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(rows)]
    for side, source, place, word in np.argwhere(masks).tolist():
        mask = int(masks[side, source, place, word])
        while mask:
            low = mask & -mask
            found[word * 64 + low.bit_length() - 1].append((source, place, 1 - 2 * side))
            mask ^= low
    return [sorted(row) for row in found]


@inner
def _ones(word: np.uint64) -> int:
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inner
def _width(low: int, high: int) -> int:
    """Bits of a number from low to high."""
    most = max(high, -low - 1)
    bits = 0
    while most > 0:
        bits += 1
        most >>= 1
    return bits + (low < 0)


@inner
def _overlap(ranges: IntArray, s: int, t: int, apart: int) -> int:
    """Bits that an adder of s and t * 2**apart works on."""
    top = min(_width(ranges[s, 0], ranges[s, 1]), apart + _width(ranges[t, 0], ranges[t, 1]))
    return max(1, top - max(0, apart))


@inner
def _count(masks: Masks, s: int, t: int, apart: int, opposite: int) -> int:
    """How often s and t * 2**apart come together."""
    count = 0
    for place in range(max(0, -apart), masks.shape[2] - max(0, apart)):
        for word in range(masks.shape[3]):
            count += _ones(masks[0, s, place, word] & masks[opposite, t, place + apart, word])
            count += _ones(masks[1, s, place, word] & masks[1 - opposite, t, place + apart, word])
    return count


@inner
def _rate(masks: Masks, ranges: IntArray, s: int, t: int, best: IntArray) -> None:
    """Note the pair of t and an older s where it is the best of t so far."""
    places = masks.shape[2]
    for apart in range(1 if s == t else 1 - places, places):
        for opposite in range(2):
            count = _count(masks, s, t, apart, opposite)
            if count > 1:
                score = (count - 1) * _overlap(ranges, s, t, apart)
                if score > best[t, 0]:
                    best[t, 0], best[t, 1], best[t, 2], best[t, 3] = score, s, apart, opposite


@inner
def _used(masks: Masks, s: int) -> bool:
    for side in range(2):
        for place in range(masks.shape[2]):
            for word in range(masks.shape[3]):
                if masks[side, s, place, word]:
                    return True
    return False


@inner
def _rescan(masks: Masks, ranges: IntArray, t: int, best: IntArray) -> None:
    best[t, 0] = 0
    if _used(masks, t):
        for s in range(t + 1):
            _rate(masks, ranges, s, t, best)


@inner
def _take(masks: Masks, s: int, t: int, apart: int, opposite: int, new: int) -> None:
    """Put source `new` wherever s and t * 2**apart come together."""
    for place in range(max(0, -apart), masks.shape[2] - max(0, apart)):
        for word in range(masks.shape[3]):
            for side in range(2):
                other = side ^ opposite
                both = masks[side, s, place, word] & masks[other, t, place + apart, word]
                masks[side, s, place, word] ^= both
                masks[other, t, place + apart, word] ^= both
                masks[side, new, min(place, place + apart), word] |= both


@entry
def _share(masks: Masks, ranges: IntArray, count: int, pairs: IntArray, best: IntArray) -> int:
    """Returns: the number of sources in the end."""
    for t in range(count):
        _rescan(masks, ranges, t, best)
    while True:
        t = 0
        for each in range(count):
            if best[each, 0] >= best[t, 0]:
                t = each
        if best[t, 0] <= 0 or count == masks.shape[1]:
            return count
        s, apart, opposite = best[t, 1], best[t, 2], best[t, 3]
        _take(masks, s, t, apart, opposite, count)
        pairs[count, 0], pairs[count, 1], pairs[count, 2], pairs[count, 3] = s, t, apart, 1 - 2 * opposite
        up_s, up_t = max(0, -apart), max(0, apart)
        low, high = ranges[t, 0], ranges[t, 1]
        if opposite:
            low, high = -high, -low
        ranges[count, 0] = (ranges[s, 0] << up_s) + (low << up_t)
        ranges[count, 1] = (ranges[s, 1] << up_s) + (high << up_t)
        count += 1
        for each in range(count):
            if each in (s, t, count - 1) or (best[each, 0] > 0 and best[each, 1] in (s, t)):
                _rescan(masks, ranges, each, best)
