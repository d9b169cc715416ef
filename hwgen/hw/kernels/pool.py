"""Pool unit: the largest (smallest) code or the sum of every tile, channel by channel, as the image streams by.

The image is cut into tiles of `tile_height` x `tile_width` pixels that neither overlap nor leave gaps, `columns` of
them side by side. The unit holds one partial result for each tile of the current row and each beat of a pixel; every
beat read is combined with its place, and the last pixel of a tile sends the result on. Windows that overlap come from
a sliding window unit, as tiles of 1 x taps pixels, one column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Array, Bits, Function, Parameters, Size, Table, Template, Type, code, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.schedule import PoolTiles, credits_for
from hwgen.hw.unit import Unit
from hwgen.ir.ops import Pool, PoolKind
from hwgen.ir.types import Bipolar, DType, IntArray

LATENCY = 3
"""Cycles from the beat that ends a tile to the result at the output: operand, result, output queue."""


@dataclass(frozen=True, eq=False)
class PoolUnit(Unit):
    """Reads pixels of `output.elements` channels in beats of `output.lanes`, writes one pixel a tile.

    Attributes:
        minimum: (C,) or (1,) of 0/1: channels whose smallest code is taken; all 0 for a sum.
    """

    stem: ClassVar[str] = "pool"

    kind: PoolKind
    tile_height: int
    tile_width: int
    columns: int
    minimum: IntArray

    @property
    def pixel_beats(self) -> int:
        return self.output.vector_beats

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def memory(self) -> Memory:
        """The partial results: read and written in one cycle, which only LUT RAM and registers can do."""
        depth = self.columns * self.pixel_beats
        style = MemoryStyle.REGISTERS if depth == 1 else MemoryStyle.LUT
        return Memory(f"{self.name}_partial", depth, self.output.width, style)

    @property
    def schedule(self) -> PoolTiles:
        return PoolTiles(
            height=self.tile_height,
            width=self.tile_width,
            columns=self.columns,
            pixel_beats=self.pixel_beats,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )

    def path_ns(self, delays: Delays) -> float:
        return delays.register + delays.compared(self.output.dtype.bits) + 3 * delays.choice

    @property
    def loops(self) -> tuple[Loop, ...]:
        schedule = self.schedule
        ends = tuple(filter(schedule.ends, range(schedule.slots)))
        return (Loop(self.input.beats, (Access.each(),), (Access(ends, schedule.slots),)),)

    @property
    def parameters(self) -> Parameters:
        output = self.output
        minimum = np.zeros(output.vector_beats * output.lanes, dtype=np.uint8)
        minimum[: output.elements] = self.minimum
        return {
            "Lanes": output.lanes,
            "LastLanes": output.last_lanes,
            **code("Input", self.input.dtype),
            "OutputBits": output.dtype.bits,
            "Sum": self.kind is PoolKind.SUM,
            "PixelBeats": self.pixel_beats,
            "TileHeight": self.tile_height,
            "TileWidth": self.tile_width,
            "Columns": self.columns,
            "Credits": self.schedule.credits,
            "Minimum": Bits(minimum),
        }

    @property
    def function(self) -> Function:
        down = self.output.vectors // self.columns
        tiles = Template("Tiling", (down, self.columns, self.tile_height, self.tile_width))
        what = "Channels whose smallest code is taken."
        lowest = Table.flags("MINIMUM", what, self.minimum, self.output.lanes)
        return Function(
            purpose=f"Pool unit: {self.kind.value} of {self.tile_height}x{self.tile_width} tiles.",
            sizes=(
                Size("CHANNELS", self.output.elements, "codes of a pixel"),
                Size("LANES", self.output.lanes, "codes of a beat"),
                Size("WORDS", self.memory.depth, "partial results"),
            ),
            types=(
                Type("Tiles", tiles),
                Type("Kind", Template("Total" if self.kind is PoolKind.SUM else "Extreme")),
                Type("Input", self.input.dtype),
                Type("Output", self.output.dtype),
            ),
            arguments=("Tiles", "CHANNELS", "LANES", "Kind", "Input", "Output"),
            inputs=(word("Input", "LANES"),),
            output=word("Output", "LANES"),
            arrays=(Array("OutWord", "partial", ("WORDS",), self.memory),),
            tables=(lowest,) if self.minimum.any() else (),
        )

    def write_bill(self, bill: Bill) -> None:
        source, output = self.input, self.output
        tiles, memory = self.columns * self.pixel_beats, self.memory
        bill.add("pool", 1)
        for places in (self.pixel_beats, self.tile_width, self.tile_height):
            bill.counter(places)
        bill.counter(tiles)
        bill.register(source.width + 4 + bits_for(tiles) + output.width)
        if memory.style is MemoryStyle.LUT:
            bill.lut_memory(memory.width, memory.depth, one_address=True)
        else:
            bill.register(output.width)
        if self.kind is PoolKind.SUM:
            bill.add("sum bit", output.width)
        else:
            mixed = bool(np.ptp(np.broadcast_to(self.minimum, (output.elements,))))
            bill.register(output.lanes * mixed)
            bill.add("best bipolar" if isinstance(source.dtype, Bipolar) else "best bit", output.width)
        if output.last_lanes < output.lanes:
            bill.register(2)
            bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
        bill.output_queue(output.width, self.schedule.credits)

    @property
    def label(self) -> str:
        return f"{self.kind.value} pool"


def neutral_codes(op: Pool, dtype: DType, channels: int) -> IntArray:
    """Per channel the code that changes no pool: the least for a maximum, the largest for a minimum, 0 for a sum."""
    if op.kind is PoolKind.SUM:
        return np.zeros(channels, np.int64)
    return np.broadcast_to(np.where(op.minimum == 1, dtype.max, dtype.min), (channels,))
