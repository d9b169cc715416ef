"""FPGAs that hwgen knows: what they have, and the boards they sit on."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum

from hwgen.errors import ConfigError
from hwgen.hw.resources import Resources

_PART = re.compile(r"[A-Za-z0-9_-]+")
"""What names of parts are made of."""


class Family(Enum):
    """FPGAs that synthesise alike: cost models are stated for each."""

    XC7 = "xc7"
    XCUP = "xcup"
    ECP5 = "ecp5"

    @property
    def synthesised_as(self) -> Family:
        """The family that Yosys synthesises for: UltraScale+ has the LUTs of the 7 series."""
        return Family.XC7 if self is Family.XCUP else self


class Platform(Enum):
    """What sits beside the logic of an FPGA and moves frames in and out of it."""

    ZYNQ = "zynq"  # the processor of a Zynq-7000
    ZYNQMP = "zynqmp"  # that of a Zynq UltraScale+, Kria among them
    ALVEO = "alveo"  # a host, by way of the shell of a card
    FABRIC = "fabric"  # nothing: its pins


_PLATFORMS = {
    "xc7z": Platform.ZYNQ,
    "xczu": Platform.ZYNQMP,
    "xck2": Platform.ZYNQMP,
    "xcu": Platform.ALVEO,
}
"""By how the names of devices begin."""


@dataclass(frozen=True)
class Device:
    """One FPGA.

    Attributes:
        name: as the vendor writes it, without package and speed grade, in lower case.
        capacity: what it has.
        boards: names of boards that carry it, in lower case.
        source: the public document that the figures are from.
    """

    name: str
    family: Family
    capacity: Resources
    boards: tuple[str, ...]
    source: str

    @property
    def platform(self) -> Platform:
        """What sits beside its logic."""
        return next((found for start, found in _PLATFORMS.items() if self.name.startswith(start)), Platform.FABRIC)


def _xilinx(family: Family, source: str, *rows: tuple[str, int, int, int, int, str]) -> tuple[Device, ...]:
    """Devices from rows of name, LUTs, RAMB36, DSPs, UltraRAMs and boards; every LUT has two flip-flops beside it."""
    return tuple(
        Device(name, family, Resources(luts, 2 * luts, 0, blocks, dsps, urams), tuple(boards.split()), source)
        for name, luts, blocks, dsps, urams, boards in rows
    )


def _ecp5(*rows: tuple[str, int, int, int, str]) -> tuple[Device, ...]:
    """Devices from rows of name, LUT4s, blocks of 18 kbit, 18 x 18 multipliers and boards; a flip-flop for each LUT."""
    source = "Lattice FPGA-DS-02012, table 1.1; LUTs to the last one as in Project Trellis's database"
    return tuple(
        Device(name, Family.ECP5, Resources(luts, luts, blocks, 0, dsps), tuple(boards.split()), source)
        for name, luts, blocks, dsps, boards in rows
    )


DEVICES = (
    *_xilinx(
        Family.XC7,
        "AMD DS190, Zynq-7000 SoC overview",
        ("xc7z007s", 14_400, 50, 66, 0, "minized"),
        ("xc7z010", 17_600, 60, 80, 0, "zybo zybo-z7-10 microzed-7010"),
        ("xc7z012s", 34_400, 72, 120, 0, ""),
        ("xc7z014s", 40_600, 107, 170, 0, ""),
        ("xc7z015", 46_200, 95, 160, 0, ""),
        ("xc7z020", 53_200, 140, 220, 0, "pynq-z1 pynq-z2 zedboard zybo-z7-20 arty-z7-20 zc702 microzed-7020"),
        ("xc7z030", 78_600, 265, 400, 0, ""),
        ("xc7z035", 171_900, 500, 900, 0, ""),
        ("xc7z045", 218_600, 545, 900, 0, "zc706"),
        ("xc7z100", 277_400, 755, 2_020, 0, ""),
    ),
    *_xilinx(
        Family.XC7,
        "AMD DS180, 7 series FPGAs overview",
        ("xc7a12t", 8_000, 20, 40, 0, ""),
        ("xc7a15t", 10_400, 25, 45, 0, "cmod-a7-15t"),
        ("xc7a25t", 14_600, 45, 80, 0, ""),
        ("xc7a35t", 20_800, 50, 90, 0, "basys3 arty-a7-35 cmod-a7-35t"),
        ("xc7a50t", 32_600, 75, 120, 0, ""),
        ("xc7a75t", 47_200, 105, 180, 0, ""),
        ("xc7a100t", 63_400, 135, 240, 0, "arty-a7-100 nexys-a7-100t"),
        ("xc7a200t", 134_600, 365, 740, 0, "nexys-video"),
        ("xc7k70t", 41_000, 135, 240, 0, ""),
        ("xc7k160t", 101_400, 325, 600, 0, ""),
        ("xc7k325t", 203_800, 445, 840, 0, "kc705 genesys2"),
        ("xc7k410t", 254_200, 795, 1_540, 0, ""),
        ("xc7vx485t", 303_600, 1_030, 2_800, 0, "vc707"),
        ("xc7vx690t", 433_200, 1_470, 3_600, 0, "vc709"),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS891, Zynq UltraScale+ MPSoC overview",
        *(
            (f"xczu{size}{kind}", luts, blocks, dsps, urams, boards.get(kind, ""))
            for size, kinds, luts, blocks, dsps, urams, boards in (
                (1, "cg eg", 37_440, 108, 216, 0, {"cg": "zub1cg"}),
                (2, "cg eg", 47_232, 150, 240, 0, {}),
                (3, "cg eg", 70_560, 216, 360, 0, {"eg": "ultra96 ultra96-v2 genesys-zu-3eg"}),
                (4, "cg eg ev", 87_840, 128, 728, 48, {}),
                (5, "cg eg ev", 117_120, 144, 1_248, 64, {"ev": "genesys-zu-5ev"}),
                (6, "cg eg", 214_604, 714, 1_973, 0, {}),
                (7, "cg eg ev", 230_400, 312, 1_728, 96, {"ev": "zcu104 zcu106"}),
                (9, "cg eg", 274_080, 912, 2_520, 0, {"eg": "zcu102"}),
                (11, "eg", 298_560, 600, 2_928, 80, {}),
                (15, "eg", 341_280, 744, 3_528, 112, {}),
                (17, "eg", 423_403, 796, 1_590, 102, {}),
                (19, "eg", 522_720, 984, 1_968, 128, {}),
            )
            for kind in kinds.split()
        ),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS889, Zynq UltraScale+ RFSoC overview",
        ("xczu28dr", 425_280, 1_080, 4_272, 80, "zcu111"),
        ("xczu48dr", 425_280, 1_080, 4_272, 80, "rfsoc4x2 zcu208"),
    ),
    *_xilinx(Family.XCUP, "AMD DS985, Kria K24 SOM data sheet", ("xck24", 70_560, 216, 360, 0, "kd240")),
    *_xilinx(Family.XCUP, "AMD DS987, Kria K26 SOM data sheet", ("xck26", 117_120, 144, 1_248, 64, "kv260 kr260")),
    *_xilinx(
        Family.XCUP,
        "AMD DS890, UltraScale architecture overview",
        ("xcku3p", 162_720, 360, 1_368, 48, ""),
        ("xcku5p", 216_960, 480, 1_824, 64, "kcu116"),
        ("xcku15p", 522_720, 984, 1_968, 128, ""),
        ("xcvu9p", 1_182_240, 2_160, 6_840, 960, "vcu118"),
        ("xcvu13p", 1_728_000, 2_688, 12_288, 1_280, ""),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS962, Alveo U200 and U250 data sheet",
        ("xcu200", 1_182_240, 2_160, 6_840, 960, "u200"),
        ("xcu250", 1_728_000, 2_688, 12_288, 1_280, "u250"),
    ),
    *_xilinx(Family.XCUP, "AMD DS965, Alveo U50 data sheet", ("xcu50", 871_680, 1_344, 5_952, 640, "u50")),
    *_xilinx(Family.XCUP, "AMD DS963, Alveo U280 data sheet", ("xcu280", 1_303_680, 2_016, 9_024, 960, "u280")),
    *_xilinx(Family.XCUP, "AMD DS978, Alveo U55C data sheet", ("xcu55c", 1_303_680, 2_016, 9_024, 960, "u55c")),
    *_ecp5(
        *(
            (f"{series}-{size}f", luts, blocks, dsps, boards.get(series, ""))
            for size, luts, blocks, dsps, boards in (
                (25, 24_288, 56, 28, {"lfe5u": "ulx3s-25f colorlight-i5 orangecrab-25f"}),
                (45, 43_848, 108, 72, {"lfe5u": "ulx3s-45f", "lfe5um5g": "ecp5-versa-5g"}),
                (85, 83_640, 208, 156, {"lfe5u": "ulx3s-85f orangecrab-85f", "lfe5um5g": "ecpix-5"}),
            )
            for series in ("lfe5u", "lfe5um", "lfe5um5g")
        ),
    ),
)


def device_of(part: str) -> Device:
    """The device of a part ("xc7z020clg400-1", in any package and speed grade) or of a board ("pynq-z1").

    Raises:
        ConfigError: neither is known; names those that come closest.
    """
    wanted = part.lower()
    known = {name: device for device in DEVICES for name in (device.name, *device.boards)}
    if wanted in known:
        return known[wanted]
    fitting = [device for device in DEVICES if wanted.startswith(device.name)]
    if fitting and _PART.fullmatch(part):  # it stands in scripts of tools
        return max(fitting, key=lambda device: len(device.name))
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0)
    found = part if _PART.fullmatch(part) else repr(part)
    raise ConfigError("part", "must be a known FPGA or board", found, f"The closest names are {', '.join(close)}")
