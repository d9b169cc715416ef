"""A design: units joined by streams, the thing both back ends print."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.stream import Stream

Unit = MatVec | ThresholdUnit | ArgMaxUnit | WidthConverter | Fifo
Layer = MatVec | ThresholdUnit | ArgMaxUnit
"""Units that compute; the others only carry."""


@dataclass(frozen=True)
class Design:
    """Units in stream order: each reads the stream that the one before it writes.

    Attributes:
        name: a legal identifier; the top-level module's name.
        digest: of the integer network and the folding, for headers of generated files.
        part: the target FPGA, as the vendor writes it.
    """

    name: str
    units: tuple[Unit, ...]
    digest: str
    part: str
    clock_mhz: float

    @property
    def input(self) -> Stream:
        return self.units[0].input

    @property
    def output(self) -> Stream:
        return self.units[-1].output

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(unit for unit in self.units if isinstance(unit, Layer))

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The input stream, then the output stream of every unit."""
        return (self.input, *(unit.output for unit in self.units))

    def only(self, name: str) -> Design:
        """The design of one layer alone, its streams at the edge; KeyError if there is no such unit."""
        for unit in self.units:
            if unit.name == name:
                return Design(f"{self.name}_{name}", (unit,), self.digest, self.part, self.clock_mhz)
        raise KeyError(name)
