"""What every hardware unit has in common, and the memories that units hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hwgen.hw.schedule import Schedule
from hwgen.hw.stream import Stream


class Kernel(Protocol):
    """One hardware unit: reads `input`, writes `output`, and says when (`schedule`)."""

    @property
    def name(self) -> str: ...
    @property
    def input(self) -> Stream: ...
    @property
    def output(self) -> Stream: ...
    @property
    def schedule(self) -> Schedule: ...


class MemoryStyle(Enum):
    """Where a read-only memory lives in the FPGA."""

    LUT = "distributed"
    BLOCK = "block"


BLOCK_ROM_DEPTH = 128
"""Depth from which a ROM goes to block RAM: two 6-input LUTs (64 words each) a bit and more."""


@dataclass(frozen=True)
class Rom:
    """A read-only memory of `depth` words of `width` bits."""

    name: str
    depth: int
    width: int

    @property
    def bits(self) -> int:
        return self.depth * self.width

    @property
    def style(self) -> MemoryStyle:
        return MemoryStyle.BLOCK if self.depth >= BLOCK_ROM_DEPTH else MemoryStyle.LUT


@dataclass(frozen=True)
class Folding:
    """PE output lanes and SIMD input lanes computed in one cycle."""

    pe: int = 1
    simd: int = 1
