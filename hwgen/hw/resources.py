"""What a design takes of an FPGA, and what an FPGA has."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add


@dataclass(frozen=True)
class Resources:
    """Counts of an FPGA's elements; they add.

    Attributes:
        lut: look-up tables as the family has them (six inputs on Xilinx, four on ECP5), those used as memory among
            them.
        ff: flip-flops.
        bram18, bram36: memory blocks of 18 and of 36 kbit. Where two of 18 make one of 36, as on Xilinx, a device's
            capacity is stated in `bram36` alone.
        dsp: multiplier blocks.
        uram: memory blocks of 288 kbit.
    """

    lut: int = 0
    ff: int = 0
    bram18: int = 0
    bram36: int = 0
    dsp: int = 0
    uram: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(*map(add, self._counts, other._counts))

    def __mul__(self, count: int) -> Resources:
        return Resources(*(count * one for one in self._counts))

    @property
    def _counts(self) -> tuple[int, ...]:
        return (self.lut, self.ff, self.bram18, self.bram36, self.dsp, self.uram)

    @property
    def bram(self) -> float:
        """Memory blocks of 36 kbit; one of 18 kbit counts as a half, as the field reports it."""
        return self.bram36 + self.bram18 / 2

    def __str__(self) -> str:
        return f"{self.lut:,} LUT, {self.bram:,.10g} BRAM, {self.dsp:,} DSP"


@dataclass(frozen=True)
class Budget:
    """The most that a design may take; None where nothing is asked. `bram` is in blocks of 36 kbit."""

    lut: float | None = None
    bram: float | None = None
    dsp: float | None = None

    def use(self, resources: Resources) -> float:
        """Of the limits the largest share that `resources` use: more than 1 where they do not fit."""
        return max((_share(used, limit) for used, limit in self._pairs(resources)), default=0.0)

    def fits(self, resources: Resources) -> bool:
        """Whether `resources` keep every limit."""
        return self.use(resources) <= 1

    def _pairs(self, resources: Resources) -> list[tuple[float, float]]:
        pairs = ((resources.lut, self.lut), (resources.bram, self.bram), (resources.dsp, self.dsp))
        return [(used, limit) for used, limit in pairs if limit is not None]

    def __str__(self) -> str:
        limits = ((self.lut, "LUT"), (self.bram, "BRAM"), (self.dsp, "DSP"))
        return ", ".join(f"{limit:,.10g} {unit}" for limit, unit in limits if limit is not None)


def _share(used: float, limit: float) -> float:
    return used / limit if limit else used + (used > 0)  # of nothing any is too much, less of it nearer
