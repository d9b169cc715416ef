"""FPGAs that open tools place and route."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from hwgen.errors import ConfigError
from hwgen.hw.device import device_of
from hwgen.hw.resources import Resources


class Chips(Enum):
    """FPGAs that the same tools place and route."""

    ECP5 = "ecp5"
    ICE40 = "ice40"
    GOWIN = "gowin"
    GATEMATE = "gatemate"

    @property
    def constraints(self) -> str:
        """The suffix of a file of pin constraints."""
        return _CHIPS[self][0]

    @property
    def suffix(self) -> str:
        """The suffix of a bitstream."""
        return _CHIPS[self][1]

    @property
    def block_bytes(self) -> int:
        """Bytes of a block RAM that is 8 or 9 bits wide."""
        return _CHIPS[self][2]


_CHIPS = {
    Chips.ECP5: ("lpf", "bit", 2048),
    Chips.ICE40: ("pcf", "bin", 512),
    Chips.GOWIN: ("cst", "fs", 2048),
    Chips.GATEMATE: ("ccf", "bit", 2048),
}
"""What the properties of `Chips` give."""


@dataclass(frozen=True)
class Chip:
    """An FPGA in its package.

    Attributes:
        size: its name or option of nextpnr.
        part: the device of hwgen's that stands for it in estimates.
        die: of a Gowin, by its name in Project Apicula.
        has: its elements; those of `part` where None.
        synthesis: options of Yosys's command.
    """

    family: Chips
    name: str
    size: str
    package: str
    part: str
    die: str = ""
    has: Resources | None = None
    synthesis: str = ""

    @property
    def capacity(self) -> Resources:
        """What a design may be folded for."""
        return self.has or device_of(self.part).capacity


_STANDS_IN = "lfe5u-25f"
"""The device whose cost model other families borrow: of those with one, its LUTs and block RAM are the nearest."""

_ULTRA, _FAST, _SLOW = "-device u -dsp", "-device hx", "-device lp"
_ICE40 = {
    "iCE40UP5K": (_ULTRA, Resources(lut=5_280, ff=5_280, bram18=10, dsp=8)),
    "iCE40HX1K": (_FAST, Resources(lut=1_280, ff=1_280, bram18=5)),
    "iCE40HX4K": (_FAST, Resources(lut=3_520, ff=3_520, bram18=6)),
    "iCE40HX8K": (_FAST, Resources(lut=7_680, ff=7_680, bram18=10)),
    "iCE40LP1K": (_SLOW, Resources(lut=1_280, ff=1_280, bram18=5)),
    "iCE40LP8K": (_SLOW, Resources(lut=7_680, ff=7_680, bram18=10)),
}
"""Options of synthesis and elements (Lattice FPGA-DS-02008 and 02029). Three blocks of 4 kbit stand for one of 18:
memories are wide more often than deep, so that TFC takes 16 of the 30 of an iCE40UP5K for 6 of an ECP5."""

_GOWIN = {
    "GW1N-9C": Resources(lut=8_640, ff=6_480, bram18=26, dsp=20),
    "GW2A-18C": Resources(lut=20_736, ff=15_552, bram18=46, dsp=48),
}
"""Elements by die (Gowin DS117 and DS102); the multipliers are those of 18 by 18 bits."""

_CCGM1A1 = Resources(lut=40_960, ff=40_960, bram18=64)
"""Cologne Chip DS1001: 20,480 elements of two LUT trees of four inputs and two flip-flops, 32 blocks of two times 20
kbit."""

_LATTICE = re.compile(r"LFE5(U|UM|UM5G)-(12|25|45|85)F")
_GOWIN_PART = re.compile(r"(GW1NR?|GW2AR?)-[LU]V(9|18)[A-Z]+\d+[A-Z]*C\d/I\d")


def chip_of(fpga: str, package: str) -> Chip:
    """The FPGA called `fpga` in `package`. A Gowin is named in full, package and speed grade included.

    Raises:
        ConfigError: there is none for which there are open tools, or it is not known here.
    """
    if found := _LATTICE.fullmatch(fpga):
        series, size = found.groups()
        option = f"--{series.lower()}-{size}k" if series != "U" else f"--{size}k"
        part = f"lfe5{series.lower()}-{'25' if size == '12' else size}f"  # a 12F is a 25F under another name
        if series == "U" or size != "12":
            return Chip(Chips.ECP5, fpga, option, package, part)
    if fpga in _ICE40:
        options, has = _ICE40[fpga]
        size = f"--{fpga.removeprefix('iCE40').lower()}"
        return Chip(Chips.ICE40, fpga, size, package, _STANDS_IN, has=has, synthesis=options)
    die = {"9": "GW1N-9C", "18": "GW2A-18C"}
    if (found := _GOWIN_PART.fullmatch(fpga)) and die[found[2]].startswith(found[1].rstrip("R")):
        name = f"{found[1]}-{found[2]}"
        return Chip(Chips.GOWIN, name, fpga, package, _STANDS_IN, die[found[2]], _GOWIN[die[found[2]]])
    if fpga == "CCGM1A1":
        return Chip(Chips.GATEMATE, fpga, fpga, package, _STANDS_IN, has=_CCGM1A1)
    known = f"LFE5U-25F, say, one of {', '.join(_ICE40)}, a part of Gowin's such as GW1NR-LV9QN88PC6/I5, or CCGM1A1"
    raise ConfigError("fpga", f"must be {known}", fpga)
