"""Parallel window unit: an image in, whole windows out, all taps of a part of the channels in one beat.

Pixels arrive row by row, `vector_beats` beats each, into a line buffer of `rows` rows. For each row of windows the
rows that they see at once are scanned together, a beat of each in a cycle, into a shift register as long as a window
is wide. So a window leaves at a beat a cycle, for each beat of a pixel the taps (ky, kx) of its channels side by side,
while the pixels of the next rows, or of the next frame, arrive.

Rows and columns outside the image are never scanned: their taps are made up on the way out (`pad`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Array, Bits, Function, Parameters, Size, Type, word
from hwgen.hw.delays import Delays
from hwgen.hw.device import Family
from hwgen.hw.kernels import windows
from hwgen.hw.kernels.windows import LATENCY
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Buffer, Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Node
from hwgen.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class ParallelWindowUnit(Unit):
    """Windows of `geometry` over an image of `height` x `width` pixels, all taps at once.

    Attributes:
        inputs: height * width vectors of C elements in full beats.
        outputs: for each window, for each beat of a pixel, a beat of all taps, each with the lanes of the input; its
            type as in `hwgen.hw.kernels.windows.leaving`.
        pad: (C,) codes of a padded tap, of the output's type; without meaning where nothing is padded.
        rows: of the line buffer, at least as many as a window sees.
        memory_style: of each row, by the rule where None.
    """

    stem: ClassVar[str] = "parallel_window"

    height: int
    width: int
    geometry: Geometry
    pad: IntArray
    rows: int
    memory_style: MemoryStyle | None = None

    @classmethod
    def of(cls, node: Node, stream: Stream, geometry: Geometry, blocks: int, pad: IntArray) -> ParallelWindowUnit:
        """The unit in front of `node`, whose windows have `blocks` vectors each, with the fewest rows."""
        height, width, _ = node.inputs[0].type.shape
        down, across = geometry.output_size(height, width)
        dtype, pad = windows.leaving(node, stream.dtype, geometry, pad)
        lanes, beats = geometry.taps * stream.lanes, stream.vector_beats // blocks
        output = Stream(f"{node.name}_window", dtype, beats * lanes, lanes, vectors=down * across * blocks)
        return cls(output.name, node.origin, (stream,), (output,), height, width, geometry, pad, rows=1).resized(1)

    @property
    def is_adapter(self) -> bool:
        return True

    # Sizes.

    @property
    def out_height(self) -> int:
        return self.geometry.output_size(self.height, self.width)[0]

    @property
    def out_width(self) -> int:
        return self.geometry.output_size(self.height, self.width)[1]

    @property
    def row_beats(self) -> int:
        """Beats of a row of the image."""
        return self.width * self.input.vector_beats

    @property
    def first_column(self) -> int:
        """The column of the image that the first window of a row ends with."""
        return self.geometry.extent[1] - 1 - self.geometry.padding[1]

    @property
    def last_column(self) -> int:
        """The column that the last window of a row ends with; it may lie to the right of the image."""
        return self.first_column + (self.out_width - 1) * self.geometry.stride[1]

    @property
    def scanned_columns(self) -> int:
        """Columns from a row of windows to the next."""
        return windows.scanned_columns(self.geometry, self.height, self.width)

    @property
    def delay(self) -> int:
        """Beats from one tap to the next in a row of taps."""
        return self.geometry.dilation[1] * self.input.vector_beats

    @property
    def memory(self) -> Memory:
        """A row of the line buffer."""
        return Memory(f"{self.name}_lines", self.row_beats, self.input.width, self.memory_style)

    # Cycles.

    @property
    def cycles(self) -> int:
        return max(self.input.beats, self.schedule.slots)

    @property
    def schedule(self) -> ColumnScan:
        beats, spans = self.input.vector_beats, windows.spans(self)
        firsts = np.array([first for first, _ in spans])
        freed = np.searchsorted(firsts[1:], np.arange(self.height), side="right")
        return ColumnScan(
            row_beats=self.row_beats,
            pixel_beats=beats,
            row_slots=self.scanned_columns * beats,
            slots=windows.scanned(self.geometry, self.height, self.width) * beats,
            first=self.first_column * beats,
            step=self.geometry.stride[1] * beats,
            columns=self.out_width,
            lowest=tuple(after - 1 for _, after in spans),
            freed=tuple(freed.tolist()),
            rows=self.rows,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )

    def path_ns(self, delays: Delays) -> float:
        counted = delays.adder + 5 * delays.choice
        return delays.register + max(delays.word(self.memory) + 2 * delays.choice, counted)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """A row of windows leaves while the lowest of its rows comes in; see `parallel_window.hpp`."""
        beats, stride = self.input.vector_beats, self.geometry.stride
        columns = max(self.width, self.last_column + 1)
        lowest = self.geometry.extent[0] - 1 - self.geometry.padding[0]
        rows = max(self.height, lowest + (self.out_height - 1) * stride[0] + 1)
        reads = Access(tuple(range(self.row_beats)), columns * beats)
        ends = self.first_column + np.arange(self.out_width) * stride[1] + lowest * columns
        slots = (ends[:, None] * beats + np.arange(beats)).ravel()
        return (Loop(rows * columns * beats, (reads,), (Access(tuple(slots.tolist()), stride[0] * columns * beats),)),)

    # Its line buffer.

    @property
    def lines(self) -> Memory:
        return Memory(self.memory.name, self.rows * self.row_beats, self.input.width, self.memory.style)

    @property
    def buffer(self) -> Buffer:
        return Buffer(self.rows, self.height, self.lines)

    def resized(self, size: int) -> Self:
        return replace(self, rows=max(size, self.least_buffer(0)))

    def least_buffer(self, reader_cycles: int, interval: int = 0) -> int:
        """The rows that windows see at once: a beat is free as soon as it has been scanned."""
        return max(after - first for first, after in windows.spans(self))

    # What back ends print.

    @property
    def parameters(self) -> Parameters:
        pads = windows.pad_words(self)
        return {
            "Lanes": self.input.lanes,
            "InputBits": self.input.dtype.bits,
            "Widen": windows.widens(self),
            "Mark": windows.marks(self),
            "PixelBeats": self.input.vector_beats,
            **windows.sizes(self),
            "PadBeats": len(pads),
            "Rows": self.rows,
            "Style": self.memory.style.value,
            "Credits": self.schedule.credits,
            "Pads": Bits(pads.ravel()),
        }

    @property
    def function(self) -> Function:
        above = max(1, self.geometry.extent[0] - 1)
        lines = Memory(self.memory.name, self.row_beats, above * self.input.width, self.memory_style)
        return Function(
            purpose=f"Parallel window unit: {self.geometry}, over {self.height}x{self.width} pixels.",
            sizes=(
                *windows.pixel(self),
                Size("BEATS", self.row_beats, "of a row of the image"),
                Size("ABOVE", above, "rows above the lowest of a window"),
                Size("TAPS", self.geometry.taps, "of a window"),
            ),
            types=(*windows.view(self), Type("Output", self.output.dtype)),
            arguments=("View", "CHANNELS", "LANES", "Input", "Output"),
            inputs=(word("Input", "LANES"),),
            output=f"TAPS * {word('Output', 'LANES')}",
            arrays=(Array("InWord", "lines", ("BEATS", "ABOVE"), lines),),
            tables=windows.pad_tables(self),
        )

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        places, (down, across) = self._places(), self.geometry.kernel
        rows = bits_for(places)
        memory, (outside, beside) = self.memory, self._padded()
        top, left, level, lead = self._counter_bits()
        schedule, beats = self.schedule, self.input.vector_beats
        bill.add("parallel window", 1)
        for count in (beats, self.out_height, self.out_height, self.out_width, self.row_beats, self.rows):
            bill.counter(count)
        place = bits_for((self.scanned_columns + self.geometry.extent[1]) * beats + 1)
        bill.register(place + bits_for(self.first_column + self.scanned_columns + self.geometry.stride[1] + 1))
        bill.register(lead + 3 * level + down * 2 * rows + 3)
        bill.add("scanned place bit", place)
        bill.add("lead bit", lead)
        bill.add("window level bit", level)
        bill.add("row choice bit", down * rows)
        bill.register((top + 2 * outside if outside else 0) + (left + 2 * beside if beside else 0))
        bill.add("padded tap bit", top * outside + left * beside)
        inside = (down - outside) * (across - beside)
        bill.add("pad bit", (self.geometry.taps - inside) * self.input.lanes * self.output.dtype.bits)
        bill.rows(memory.width, memory.depth, memory.style, self.rows)
        ways = places - 1 if bill.family is Family.ECP5 else ceil_div(places - 1, 3)
        bill.add("column bit", down * memory.width * ways)
        bill.delays(down * memory.width, (1, *[self.delay] * (across - 1)))
        bill.output_queue(self.output.width, schedule.credits)

    def _places(self) -> int:
        """Places of the line buffer that a row of taps can be read from."""
        last = (self.out_height - 1) * self.geometry.stride[0]
        steps = (self.height - last, self.geometry.stride[0] if self.out_height > 1 else 0)
        return self.rows // math.gcd(self.rows, *steps)

    def _padded(self) -> tuple[int, int]:
        """Rows and columns of taps that lie outside the image for some window."""
        found = []
        for axis, size, count in ((0, self.height, self.out_height), (1, self.width, self.out_width)):
            last, before = (count - 1) * self.geometry.stride[axis], self.geometry.padding[axis]
            places = np.arange(self.geometry.kernel[axis]) * self.geometry.dilation[axis] - before
            found.append(int(((places < 0) | (places + last >= size)).sum()))
        return found[0], found[1]

    def _counter_bits(self) -> tuple[int, int, int, int]:
        """Bits of places of rows, of columns, of levels and of the lead of writing, as the modules have them."""
        (down, across), (deep, _), padding = self.geometry.stride, self.geometry.extent, self.geometry.padding
        last_top, last_left = (self.out_height - 1) * down, (self.out_width - 1) * across
        top = bits_for(last_top + deep + down + self.height + 1) + 1
        left = bits_for(last_left + self.first_column + padding[1] + across + self.width + 1) + 1
        beats = self.input.vector_beats
        slots = max(self.scanned_columns, self.last_column + 1) * beats
        lead = bits_for(slots + self.row_beats + 1) + 1
        return top, left, bits_for(self.rows + self.height + 2) + 1, lead

    @property
    def limit(self) -> str:
        if self.cycles == self.input.beats:
            return f"its window unit reads {self.input.beats:,} pixels, one a cycle"
        return f"its window unit scans {self.schedule.slots:,} pixels, one a cycle"
