"""Memories of units: their size, and where in the FPGA they live."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from hwgen.hw.stream import ceil_div

PIECE_BYTES = 4
"""Bytes that a host writes at once into a word of a memory."""


def index_bits(count: int) -> int:
    """Bits of a port that picks one of `count` words."""
    return max(1, (count - 1).bit_length())


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


BURST = 16
"""Words of a burst at most: the most that AXI3 has, which the ports of Zynq-7000 are."""


@dataclass(frozen=True)
class ExternalMemory:
    """What an external memory gives to one layer.

    Attributes:
        width: bits of the port, a power of two from 8 to 1024.
        rate: bits a cycle.
        latency: cycles from a burst asked for to its first word, at least one.
    """

    width: int
    rate: Fraction
    latency: int

    def interval(self, words: int) -> int:
        """Cycles in which it gives so many words."""
        return max(words, math.ceil(words * self.width / self.rate))


@dataclass(frozen=True)
class MemoryPort:
    """A port that reads an external memory, as those who join it need to know.

    Attributes:
        layer: whose weights lie there.
        name: of the port, `m_axi_<layer>`.
        words: of `width` bits that lie there, and are read one after the other; `reads` of them in a frame.
        interval: cycles a frame in which the memory gives them.
        latency: cycles from a burst asked for to its first word.
    """

    layer: str
    name: str
    width: int
    words: int
    reads: int
    interval: int
    latency: int

    @property
    def size(self) -> int:
        """Bytes that lie there."""
        return self.words * self.width // 8

    @property
    def frame_bytes(self) -> int:
        """Bytes that are read in a frame."""
        return self.reads * self.width // 8
