"""Differences: which is first, how many there are."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.hw.packing import to_words
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntType
from hwgen.verify.compare import Mismatch, compare, compare_words

EXPECTED = np.arange(12).reshape(3, 4)
STREAM = Stream("s", IntType(4, signed=False), 4, 3)


def test_equal() -> None:
    assert compare("fc0", EXPECTED, EXPECTED.copy()) is None
    assert compare_words("fc0", EXPECTED, to_words(EXPECTED, STREAM), STREAM) is None


def test_first_and_count() -> None:
    found = EXPECTED.copy()
    found[2, 0], found[1, 3], found[1, 2] = 0, 1, 2
    mismatch = compare("fc0", EXPECTED, found)
    assert mismatch == Mismatch("fc0", frame=1, index=2, expected=6, found=2, count=3)
    assert str(mismatch) == "fc0: frame 1, element 2: expected 6, found 2 (3 mismatches in all)"


def test_one_wrong_bit_anywhere() -> None:
    words = to_words(EXPECTED, STREAM)
    for beat in range(words.shape[0]):
        for bit in range(12 if beat % 2 == 0 else 4):
            changed = words.copy()
            changed[beat, bit // 8] ^= 1 << (bit % 8)
            mismatch = compare_words("fc0", EXPECTED, changed, STREAM)
            assert mismatch is not None and mismatch.count == 1
            assert (mismatch.frame, mismatch.index) == (beat // 2, beat % 2 * 3 + bit // 4)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_missing_frames(frames: int) -> None:
    mismatch = compare("fc0", EXPECTED, EXPECTED[:frames])
    assert mismatch is not None and (mismatch.frame, mismatch.index) == (frames, 0)
    assert mismatch.count == (3 - frames) * 4


def test_frames_too_many() -> None:
    mismatch = compare("fc0", EXPECTED[:2], EXPECTED)
    assert mismatch is not None and mismatch.count == 4


def test_a_beat_too_few_or_too_many() -> None:
    words = to_words(EXPECTED, STREAM)
    cut = compare_words("fc0", EXPECTED, words[:-1], STREAM)
    assert cut is not None and (cut.frame, cut.count) == (2, 4)
    more = compare_words("fc0", EXPECTED, np.concatenate([words, words[:1]]), STREAM)
    assert more == Mismatch("fc0", 3, 0, expected=6, found=7, count=1)
    nothing = compare_words("fc0", EXPECTED, words[:0], STREAM)
    assert nothing is not None and nothing.count == 12


def test_dirty_spare_lanes() -> None:
    words = to_words(EXPECTED, STREAM)
    words[3, 1] |= 1
    assert compare_words("fc0", EXPECTED, words, STREAM) == Mismatch("fc0", 1, 4, expected=0, found=1, count=1)


def test_dirty_padding_to_bytes() -> None:
    words = to_words(EXPECTED, STREAM)
    words[0, 1] |= 0x80
    mismatch = compare_words("fc0", EXPECTED, words, STREAM)
    assert mismatch is not None and (mismatch.frame, mismatch.count) == (0, 1)


def test_axes_are_flattened() -> None:
    assert compare("fc0", EXPECTED.reshape(3, 2, 2), EXPECTED) is None
