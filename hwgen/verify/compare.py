"""Codes found against codes expected: every difference named by node, frame and index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwgen.hw.packing import Bytes, from_words, to_words
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class Mismatch:
    """The first difference on one stream, and how many there are."""

    node: str
    frame: int
    index: int
    expected: int
    found: int
    count: int

    def __str__(self) -> str:
        where = f"{self.node}: frame {self.frame}, element {self.index}"
        return f"{where}: expected {self.expected}, found {self.found} ({self.count} mismatches in all)"


def compare(node: str, expected: npt.NDArray[np.integer], found: npt.NDArray[np.integer]) -> Mismatch | None:
    """The first difference between codes (frames, elements), or None; frames that are missing differ throughout."""
    wanted = expected.reshape(expected.shape[0], -1).astype(np.int64)
    frames = min(wanted.shape[0], found.shape[0])
    differs = wanted[:frames] != found[:frames]
    count = int(differs.sum()) + abs(wanted.shape[0] - found.shape[0]) * wanted.shape[1]
    if count == 0:
        return None
    if not differs.any():
        return Mismatch(node, frames, 0, int(wanted[-1, 0]), 0, count)
    frame, index = (int(axis[0]) for axis in np.nonzero(differs))
    return Mismatch(node, frame, index, int(wanted[frame, index]), int(found[frame, index]), count)


def compare_words(node: str, expected: npt.NDArray[np.integer], words: Bytes, stream: Stream) -> Mismatch | None:
    """`compare` for the beats of a stream; a beat too many or too few, or a spare lane that is not zero, counts too."""
    codes = from_words(words, stream)
    mismatch = compare(node, expected, codes)
    if mismatch is not None:
        return mismatch
    wanted = to_words(expected.reshape(expected.shape[0], -1), stream)
    if wanted.shape != words.shape:
        return Mismatch(node, expected.shape[0], 0, wanted.shape[0], words.shape[0], abs(len(wanted) - len(words)))
    spare = np.flatnonzero((wanted != words).any(axis=1))
    if spare.size == 0:
        return None
    return Mismatch(node, int(spare[0]) // stream.beats, stream.elements, 0, 1, int(spare.size))
