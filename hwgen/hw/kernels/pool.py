"""Pool unit: the largest (smallest) code or the sum of every tile, channel by channel, as the image streams by.

The image is cut into tiles of `tile_height` x `tile_width` pixels that neither overlap nor leave gaps, `columns` of
them side by side. The unit holds one partial result for each tile of the current row and each beat of a pixel; every
beat read is combined with its place, and the last pixel of a tile sends the result on. Windows that overlap come from
a sliding window unit, as tiles of 1 x taps pixels, one column.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory, MemoryStyle, OneToOne
from hwgen.hw.schedule import Tiles, credits_for
from hwgen.hw.stream import Stream
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import IntArray

LATENCY = 3
"""Cycles from the beat that ends a tile to the result at the output: operand, result, output queue."""


@dataclass(frozen=True, eq=False)
class PoolUnit(OneToOne):
    """Reads pixels of `output.elements` channels in beats of `output.lanes`, writes one pixel a tile.

    Attributes:
        minimum: (C,) or (1,) of 0/1: channels whose smallest code is taken; all 0 for a sum.
    """

    name: str
    origin: str
    input: Stream
    output: Stream
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
    def schedule(self) -> Tiles:
        return Tiles(
            height=self.tile_height,
            width=self.tile_width,
            columns=self.columns,
            pixel_beats=self.pixel_beats,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )
