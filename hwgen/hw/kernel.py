"""What every hardware unit has in common, and the memories that units hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hwgen.hw.schedule import Schedule
from hwgen.hw.stream import Stream, ceil_div


class Kernel(Protocol):
    """One hardware unit: reads `inputs`, writes `outputs`, and says when (`schedule`).

    `cycles` are those that it needs for a frame if nobody makes it wait.
    """

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> tuple[Stream, ...]: ...
    @property
    def outputs(self) -> tuple[Stream, ...]: ...
    @property
    def cycles(self) -> int: ...
    @property
    def schedule(self) -> Schedule: ...


class OneToOne:
    """A unit with one stream in (`input`) and one out (`output`)."""

    input: Stream
    output: Stream

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (self.output,)


class MemoryStyle(Enum):
    """Where a memory lives in the FPGA."""

    REGISTERS = "registers"
    LUT = "distributed"
    BLOCK = "block"


BLOCK_DEPTH = 128
"""Depth from which a memory goes to block RAM: two 6-input LUTs (64 words each) a bit and more."""


BLOCK_SHAPES = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
"""Words and bits of a block RAM of 18 kbit."""


def default_style(depth: int) -> MemoryStyle:
    """The rule: one word is registers (or constants), up to 127 words are LUT RAM, more are block RAM."""
    if depth == 1:
        return MemoryStyle.REGISTERS
    return MemoryStyle.BLOCK if depth >= BLOCK_DEPTH else MemoryStyle.LUT


@dataclass(frozen=True)
class Memory:
    """`depth` words of `width` bits; `style` by the rule unless the user chose it."""

    name: str
    depth: int
    width: int
    chosen: MemoryStyle | None = None

    @property
    def bits(self) -> int:
        return self.depth * self.width

    @property
    def style(self) -> MemoryStyle:
        return self.chosen or default_style(self.depth)

    @property
    def free_depth(self) -> int:
        """The most words that the same memory holds: LUT RAM comes in 32 and 64 words, block RAM in whole blocks."""
        if self.style is MemoryStyle.REGISTERS:
            return self.depth
        if self.style is MemoryStyle.LUT:
            return next((words for words in (32, 64, BLOCK_DEPTH - 1) if words >= self.depth), self.depth)
        columns = {words: ceil_div(self.width, width) for words, width in BLOCK_SHAPES}
        blocks = min(across * ceil_div(self.depth, words) for words, across in columns.items())
        return max(blocks // across * words for words, across in columns.items())


@dataclass(frozen=True)
class Folding:
    """PE output lanes and SIMD input lanes computed in one cycle."""

    pe: int = 1
    simd: int = 1
