"""Codes found against codes expected: every difference named by node, frame and index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwgen.hw.packing import Bytes, from_words, to_words
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntArray


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


@dataclass(frozen=True)
class Mistimed:
    """The first beat of a stream that moved in another cycle than predicted, and how many did.

    Cycles count from the first beat that entered the design.
    """

    stream: str
    beat: int
    predicted: int
    found: int
    count: int

    def __str__(self) -> str:
        where = f"{self.stream}: beat {self.beat}"
        return f"{where}: predicted in cycle {self.predicted}, found in {self.found} ({self.count} beats in all)"


def compare_times(stream: str, predicted: IntArray, found: IntArray) -> Mistimed | None:
    """The first beat in another cycle than predicted, or None; a beat too many or too few counts too (cycle -1)."""
    beats = min(len(predicted), len(found))
    wrong = np.flatnonzero(predicted[:beats] != found[:beats])
    count = len(wrong) + abs(len(predicted) - len(found))
    if count == 0:
        return None
    beat = int(wrong[0]) if len(wrong) else beats
    expected, moved = (int(times[beat]) if beat < len(times) else -1 for times in (predicted, found))
    return Mistimed(stream, beat, expected, moved, count)


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
