"""What a design takes of an FPGA, and what an FPGA has."""

from __future__ import annotations

from dataclasses import astuple, dataclass


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
        return Resources(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, count: int) -> Resources:
        return Resources(*(count * one for one in astuple(self)))

    @property
    def bram(self) -> float:
        """Memory blocks of 36 kbit; one of 18 kbit counts as a half, as the field reports it."""
        return self.bram36 + self.bram18 / 2
