"""Sliding window unit: an image in, the pixels that each window sees out, from a line buffer.

Pixels arrive row by row, `vector_beats` beats each, into a ring of `rows` rows; a row is taken while fewer than `rows`
whole rows are held. Windows leave row by row: for each window, for each block of channels, for each tap (ky, kx), the
beats of the block. A dense convolution has one block; a depthwise one has a block for every beat, so that all taps of
a channel come together; a grouped one has a block for each group.

The first beat of output row r waits until `needed[r]` whole rows are held, and then the row leaves at a beat a cycle;
its last beat releases `released[r]` rows. So reading the next rows overlaps with emitting windows, also across frames.
Only the image's own pixels are read; padded taps are made up on the way out (`pad`, one code for each channel).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hwgen.hw.kernel import Memory, MemoryStyle, OneToOne
from hwgen.hw.schedule import Lines, credits_for
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, IntArray

LATENCY = 3
"""Cycles from a slot to its beat at the output: address, memory, output queue."""


@dataclass(frozen=True, eq=False)
class WindowUnit(OneToOne):
    """Windows of `geometry` over an image of `height` x `width` pixels.

    Attributes:
        input: height * width vectors of C elements.
        output: beats of the same lanes; its type is wider than the input's where a bipolar image is padded with 0
            (-1, 0, +1 as two bits), and where codes of residual planes are padded with none.
        blocks: parts that the beats of a pixel are cut into; it divides `input.vector_beats`.
        pad: (C,) codes of a padded tap, of the output's type; without meaning where nothing is padded.
        rows: of the line buffer.
        memory_style: of the line buffer, by the rule where None.
    """

    name: str
    origin: str
    input: Stream
    output: Stream
    height: int
    width: int
    geometry: Geometry
    blocks: int
    pad: IntArray
    rows: int
    memory_style: MemoryStyle | None = None

    @property
    def out_height(self) -> int:
        return self.geometry.output_size(self.height, self.width)[0]

    @property
    def out_width(self) -> int:
        return self.geometry.output_size(self.height, self.width)[1]

    @property
    def block_beats(self) -> int:
        """Beats of one tap of one block."""
        return self.input.vector_beats // self.blocks

    @property
    def row_beats(self) -> int:
        """Beats of a row of the image."""
        return self.width * self.input.vector_beats

    @property
    def out_row_beats(self) -> int:
        """Beats of a row of windows."""
        return self.out_width * self.geometry.taps * self.input.vector_beats

    @property
    def widens(self) -> bool:
        """A bipolar image leaves as -1, 0, +1: bit b becomes the two bits {not b, 1}."""
        return isinstance(self.input.dtype, Bipolar) and not isinstance(self.output.dtype, Bipolar)

    @property
    def marks(self) -> bool:
        """Codes leave with one more bit, the highest, set in padded taps alone."""
        return not self.widens and self.output.dtype.bits > self.input.dtype.bits

    @property
    def needed(self) -> tuple[int, ...]:
        """Whole rows that must be held before each row of windows; the last one waits for the whole frame."""
        return tuple(last - first for first, last in self._spans())

    @property
    def released(self) -> tuple[int, ...]:
        """Rows let go after each row of windows; all of them after a frame's last."""
        firsts = [first for first, _ in self._spans()]
        return tuple(after - first for first, after in zip(firsts, [*firsts[1:], self.height], strict=True))

    def _spans(self) -> list[tuple[int, int]]:
        """First row that each row of windows sees, and the row after the last; rows that see none wait for one."""
        spans = []
        count, extent = self.out_height, self.geometry.extent[0]
        for row in range(count):
            top = row * self.geometry.stride[0] - self.geometry.padding[0]
            bottom = self.height if row == count - 1 else max(1, top + extent)
            spans.append((min(max(0, top), self.height), min(bottom, self.height)))
        return spans

    @property
    def memory(self) -> Memory:
        return Memory(f"{self.name}_lines", self.rows * self.row_beats, self.input.width, self.memory_style)

    @property
    def cycles(self) -> int:
        return max(self.input.beats, self.output.beats)

    @property
    def schedule(self) -> Lines:
        return Lines(
            row_beats=self.row_beats,
            height=self.height,
            out_row_beats=self.out_row_beats,
            needed=self.needed,
            released=self.released,
            rows=self.rows,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )


def rows_for(window: WindowUnit, pace: int, interval: int = 0) -> int:
    """The fewest rows of the line buffer with which the window unit adds nothing to the interval.

    `pace` is the number of cycles that the reader takes for one window, at least the window's own beats. With a longer
    `interval`, the fewest with which unit and reader by themselves keep that.
    """
    return _fewest_rows(window.schedule, window.out_width, window.blocks, pace, interval)


@lru_cache(maxsize=4096)
def _fewest_rows(lines: Lines, columns: int, blocks: int, pace: int, interval: int) -> int:
    """`rows_for` of `columns` windows a row; a search over foldings comes back to the same ones."""
    most = rows = max(lines.needed)
    while not _sustains(lines, columns, blocks, pace, interval, most):
        rows, most = most + 1, 2 * most
    while rows < most:
        middle = (rows + most) // 2
        enough = _sustains(lines, columns, blocks, pace, interval, middle)
        rows, most = (rows, middle) if enough else (middle + 1, most)
    return rows


def _sustains(lines: Lines, columns: int, blocks: int, pace: int, interval: int, rows: int) -> bool:
    """Whether frames can follow each other as fast as the slower of reading and emitting allows, or `interval`.

    Row k of the image is in `row_in` cycles after row k - 1, and after the room for it was let go; row r of windows is
    out `row_out` cycles after row r - 1, and `fresh` cycles after the last row of the image that it sees: what the
    reader computes once it has read a row's last block does not count. These times have a solution that repeats itself
    with the wanted interval unless some way round through them takes longer; then passes over them find no end
    (Bellman and Ford).
    """
    row_in, row_out = lines.row_beats, columns * pace
    fresh = row_out - (pace - lines.out_row_beats // columns) // blocks
    height, count = lines.height, len(lines.needed)
    interval = max(interval, height * row_in, count * row_out)
    images, outputs = np.arange(height), np.arange(count)
    last = np.cumsum((0, *lines.released[:-1])) + lines.needed - 1
    released_by = np.repeat(outputs, lines.released)
    freed, frames_ago = released_by[(images - rows) % height], (images - rows) // height
    come, gone = np.zeros(height, np.int64), np.zeros(count, np.int64)
    for _ in range(height + count + 1):
        before = come, gone
        room = gone[freed] + frames_ago * interval + row_in
        room[0] = max(room[0], come[-1] - interval + row_in)
        come = np.maximum.accumulate(np.maximum(come, room) - images * row_in) + images * row_in
        there = come[last] + fresh
        there[0] = max(there[0], gone[-1] - interval + row_out)
        gone = np.maximum.accumulate(np.maximum(gone, there) - outputs * row_out) + outputs * row_out
        if np.array_equal(before[0], come) and np.array_equal(before[1], gone):
            return True
    return False
