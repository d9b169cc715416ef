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

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Array, Bits, Function, Parameters, Size, Type, word
from hwgen.hw.kernels import windows
from hwgen.hw.kernels.windows import LATENCY
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.rows import fewest_rows
from hwgen.hw.schedule import LineBuffer, credits_for
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Buffer, Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Node
from hwgen.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class WindowUnit(Unit):
    """Windows of `geometry` over an image of `height` x `width` pixels.

    Attributes:
        inputs: height * width vectors of C elements.
        outputs: beats of the same lanes; the type is wider than the input's where a bipolar image is padded with 0
            (-1, 0, +1 as two bits), and where codes of residual planes are padded with none.
        blocks: parts that the beats of a pixel are cut into; it divides `input.vector_beats`.
        pad: (C,) codes of a padded tap, of the output's type; without meaning where nothing is padded.
        rows: of the line buffer.
        memory_style: of the line buffer, by the rule where None.
    """

    stem: ClassVar[str] = "window"
    parts: ClassVar[tuple[str, ...]] = ("columns",)

    height: int
    width: int
    geometry: Geometry
    blocks: int
    pad: IntArray
    rows: int
    memory_style: MemoryStyle | None = None

    @classmethod
    def of(cls, node: Node, stream: Stream, geometry: Geometry, blocks: int, pad: IntArray) -> WindowUnit:
        """The unit in front of `node`; its rows are for the caller to choose."""
        height, width, _ = node.inputs[0].type.shape
        down, across = geometry.output_size(height, width)
        dtype, pad = windows.leaving(node, stream.dtype, geometry, pad)
        name, vectors = f"{node.name}_window", down * across * geometry.taps * blocks
        elements = stream.vector_beats // blocks * stream.lanes
        output = Stream(name, dtype, elements, stream.lanes, vectors=vectors)
        sizes = height, width, geometry, blocks, pad
        return cls(name, node.origin, (stream,), (output,), *sizes, rows=geometry.extent[0])

    @property
    def is_adapter(self) -> bool:
        return True

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
        return windows.widens(self)

    @property
    def marks(self) -> bool:
        """Codes leave with one more bit, the highest, set in padded taps alone."""
        return windows.marks(self)

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
        """First row that each row of windows sees, and the row after the last; the last one sees all that is left."""
        *rows, last = windows.spans(self)
        return [*rows, (last[0], self.height)]

    @property
    def memory(self) -> Memory:
        return Memory(f"{self.name}_lines", self.rows * self.row_beats, self.input.width, self.memory_style)

    @property
    def cycles(self) -> int:
        return max(self.input.beats, self.output.beats)

    @property
    def schedule(self) -> LineBuffer:
        return LineBuffer(
            row_beats=self.row_beats,
            height=self.height,
            out_row_beats=self.out_row_beats,
            needed=self.needed,
            released=self.released,
            rows=self.rows,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Columns from pixels, and windows from columns; see `window.hpp`."""
        geometry = self.geometry
        lowest = geometry.extent[0] - 1 - geometry.padding[0]
        first, stride = min(0, lowest), geometry.stride[0]
        rows = max(self.height, lowest + (self.out_height - 1) * stride + 1) - first
        slots, arrivals, departures = self._row_of_windows()
        start = (lowest - first) * self.row_beats
        seen = Access(tuple(range(start, start + len(arrivals))), stride * self.row_beats)
        columns = Loop(rows * self.row_beats, (Access.each(at=-first * self.row_beats),), (seen,))
        row = Access(arrivals, slots), Access(departures, slots)
        return columns, Loop(self.out_height * slots, row[:1], row[1:])

    @property
    def inner_width(self) -> int:
        return self.geometry.kernel[0] * self.input.width

    def _row_of_windows(self) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
        """Slots of a row of windows, those that read a beat of a column, and those that write.

        A beat is read when it is written for the first time, or one that comes after it is.
        """
        geometry, beats = self.geometry, self.input.vector_beats
        lefts = np.arange(self.out_width)[:, None, None, None] * geometry.stride[1] - geometry.padding[1]
        taps = np.arange(geometry.kernel[1])[:, None] * geometry.dilation[1]
        parts = np.arange(beats).reshape(self.blocks, 1, 1, -1)
        columns = np.broadcast_to(lefts + taps, (self.out_width, self.blocks, *taps.shape))
        inside = (columns >= 0) & (columns < self.width)
        wanted = np.where(inside, columns * beats + parts[:, 0] + 1, 0)
        wanted = np.broadcast_to(wanted[:, :, None], (*wanted.shape[:2], geometry.kernel[0], *wanted.shape[2:]))
        arrived = np.maximum.accumulate(wanted.ravel())
        new = np.diff(arrived, prepend=0)
        ends = np.cumsum(np.maximum(new, 1))
        back = np.arange(arrived[-1]) - np.repeat(arrived - new, new)
        reads = np.repeat(ends - new, new) + back
        return int(ends[-1]), tuple(reads.tolist()), tuple((ends - 1).tolist())

    @property
    def lines(self) -> Memory:
        return self.memory

    @property
    def buffer(self) -> Buffer:
        return Buffer(self.rows, self.height, self.memory)

    def resized(self, size: int) -> Self:
        return replace(self, rows=size)

    def least_buffer(self, reader_cycles: int, interval: int = 0) -> int:
        """The fewest rows with which it and a reader of so many cycles a frame keep their own interval, or a longer."""
        return self.rows_for(reader_cycles // (self.out_height * self.out_width), interval)

    def rows_for(self, window_cycles: int, interval: int = 0) -> int:
        """The fewest rows for a reader that takes `window_cycles` cycles for a window; see `fewest_rows`."""
        return fewest_rows(self.schedule, self.out_width, self.blocks, window_cycles, interval)

    @property
    def parameters(self) -> Parameters:
        pads = windows.pad_words(self)
        return {
            "Lanes": self.input.lanes,
            "LastLanes": self.input.last_lanes,
            "InputBits": self.input.dtype.bits,
            "Widen": self.widens,
            "Mark": self.marks,
            "PixelBeats": self.input.vector_beats,
            "Blocks": self.blocks,
            **windows.sizes(self),
            "PadBeats": len(pads),
            "Rows": self.rows,
            "Style": self.memory.style.value,
            "Credits": self.schedule.credits,
            "Pads": Bits(pads.ravel()),
        }

    @property
    def functions(self) -> tuple[Function, ...]:
        return self._columns, self._taps

    @property
    def _columns(self) -> Function:
        above = max(1, self.geometry.extent[0] - 1)
        lines = Memory(f"{self.name}_lines", self.row_beats, above * self.input.width, self.memory_style)
        return Function(
            purpose=f"Columns of a sliding window unit: {self.geometry}, over {self.height}x{self.width} pixels.",
            sizes=(
                *windows.pixel(self),
                Size("BEATS", self.row_beats, "of a row of the image"),
                Size("ABOVE", above, "rows above the lowest of a window"),
            ),
            types=windows.view(self),
            arguments=("View", "CHANNELS", "LANES", "Input"),
            inputs=(word("Input", "LANES"),),
            output=f"View::KERNEL_Y * {word('Input', 'LANES')}",
            arrays=(Array("InWord", "lines", ("BEATS", "ABOVE"), lines),),
            template="window_columns",
        )

    @property
    def _taps(self) -> Function:
        words = 1 << (self.geometry.extent[1] * self.input.vector_beats - 1).bit_length()
        ring = Memory(f"{self.name}_ring", words, self.geometry.kernel[0] * self.input.width, self.memory_style)
        return Function(
            purpose=f"Sliding window unit: {self.geometry}, over {self.height}x{self.width} pixels.",
            sizes=(
                *windows.pixel(self),
                Size("BLOCKS", self.blocks, "parts of a pixel; all taps of one leave before the next"),
                Size("WORDS", words, "beats of columns: those that a window sees, and up to a power of two"),
                Size("TAPS", self.geometry.kernel[0], "rows of taps"),
            ),
            types=(*windows.view(self), Type("Output", self.output.dtype)),
            arguments=("View", "CHANNELS", "LANES", "BLOCKS", "Input", "Output"),
            inputs=(f"TAPS * {word('Input', 'LANES')}",),
            output=word("Output", "LANES"),
            arrays=(Array(f"ap_uint<{word('Input', 'LANES')}>", "ring", ("WORDS", "TAPS"), ring),),
            tables=windows.pad_tables(self),
            template="window_taps",
        )

    def write_bill(self, bill: Bill) -> None:
        source, output, memory = self.input, self.output, self.memory
        place, offset, level = self._counter_bits()
        address, pads = bits_for(memory.depth), self.geometry.pads
        bill.add("window", 1)
        counted = self.row_beats, memory.depth, self.block_beats, *self.geometry.kernel, self.out_width, self.out_height
        for places in (*counted, self.blocks):
            bill.counter(places)
        bill.register(place * (6 if pads else 4) + 2 * offset + 4 * level + 3 * address + 4 + 2 * pads)
        bill.add("window address bit", address)
        bill.add("window offset bit", offset)
        bill.add("window place bit", place)
        bill.add("window level bit", level)
        bill.add("padded window bit", (place + offset) * pads)
        bill.add("pad bit", output.width * pads)
        bill.memory(memory.width, memory.depth, memory.style, one_address=False)
        if source.last_lanes < source.lanes:
            bill.register(2)
            bill.mask((source.lanes - source.last_lanes) * output.dtype.bits)
        bill.output_queue(output.width, self.schedule.credits)

    def _counter_bits(self) -> tuple[int, int, int]:
        """Bits of places of rows, offsets in a row and levels of the line buffer, as `hwgen_window` has them."""
        geometry = self.geometry
        (down, across), (deep, wide) = geometry.stride, geometry.extent
        last_top, last_left = (self.out_height - 1) * down, (self.out_width - 1) * across
        place = bits_for(last_top + deep + down + self.height + 1) + 1
        offset = bits_for((last_left + wide + across + self.width) * self.input.vector_beats + 1) + 1
        return place, offset, bits_for(self.rows + self.height + down + 1) + 1

    @property
    def limit(self) -> str:
        if self.cycles == self.input.beats:
            return f"its window unit reads {self.input.beats:,} pixels, one a cycle"
        return f"its window unit writes {self.output.beats:,} taps, one a cycle"
