"""FPGAs that hwgen knows: what they have, and the boards they sit on."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

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


@dataclass(frozen=True)
class UsualMemory:
    """The memory beside a part: 10^9 bytes a second that it gives, and bits of the port through which it does."""

    gb_s: float
    width: int


EXTERNAL_MEMORIES = {
    Family.XC7: UsualMemory(2.9, 64),
    Family.XCUP: UsualMemory(13.4, 128),
    Family.ECP5: UsualMemory(1.1, 64),
}
"""What boards have at least, 70 % of its peak, as reads in order share it with refreshes and others: DDR3-1066 of 32
bits (Zynq-7000), DDR4-2400 of 64 bits (UltraScale+), DDR3-800 of 16 bits. A port is as wide as those of the
processors."""


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
        default_part: it with the package and speed grade that stand for it where neither is named: one of the smaller
            packages, the slowest grade. A Lattice device is named alone.
        source: the public document that the figures are from.
    """

    name: str
    family: Family
    capacity: Resources
    default_part: str
    source: str

    @property
    def platform(self) -> Platform:
        """What sits beside its logic."""
        return next((found for start, found in _PLATFORMS.items() if self.name.startswith(start)), Platform.FABRIC)

    def share(self, taken: Resources) -> float:
        """The sum of the shares of its LUT, BRAM and DSP that `taken` are."""
        has = self.capacity
        return taken.lut / has.lut + taken.bram / max(1, has.bram) + taken.dsp / max(1, has.dsp)


def _xilinx(family: Family, source: str, *rows: tuple[str, int, int, int, int, str]) -> tuple[Device, ...]:
    """Devices from rows of name, LUTs, RAMB36, DSPs, UltraRAMs and default package with speed grade.

    Every LUT has two flip-flops beside it. The names of UltraScale+ parts have a dash before the package.
    """
    dash = "-" if family is Family.XCUP else ""
    return tuple(
        Device(name, family, Resources(luts, 2 * luts, 0, blocks, dsps, urams), f"{name}{dash}{package}", source)
        for name, luts, blocks, dsps, urams, package in rows
    )


def _ecp5(*rows: tuple[str, int, int, int]) -> tuple[Device, ...]:
    """Devices from rows of name, LUT4s, blocks of 18 kbit and 18 x 18 multipliers; a flip-flop for each LUT."""
    source = "Lattice FPGA-DS-02012, table 1.1; LUTs to the last one as in Project Trellis's database"
    return tuple(
        Device(name, Family.ECP5, Resources(luts, luts, blocks, 0, dsps), name, source)
        for name, luts, blocks, dsps in rows
    )


DEVICES = (
    *_xilinx(
        Family.XC7,
        "AMD DS190, Zynq-7000 SoC overview",
        ("xc7z007s", 14_400, 50, 66, 0, "clg400-1"),
        ("xc7z010", 17_600, 60, 80, 0, "clg400-1"),
        ("xc7z012s", 34_400, 72, 120, 0, "clg485-1"),
        ("xc7z014s", 40_600, 107, 170, 0, "clg400-1"),
        ("xc7z015", 46_200, 95, 160, 0, "clg485-1"),
        ("xc7z020", 53_200, 140, 220, 0, "clg400-1"),
        ("xc7z030", 78_600, 265, 400, 0, "fbg484-1"),
        ("xc7z035", 171_900, 500, 900, 0, "fbg676-1"),
        ("xc7z045", 218_600, 545, 900, 0, "ffg900-1"),
        ("xc7z100", 277_400, 755, 2_020, 0, "ffg900-1"),
    ),
    *_xilinx(
        Family.XC7,
        "AMD DS180, 7 series FPGAs overview",
        ("xc7a12t", 8_000, 20, 40, 0, "cpg238-1"),
        ("xc7a15t", 10_400, 25, 45, 0, "cpg236-1"),
        ("xc7a25t", 14_600, 45, 80, 0, "cpg238-1"),
        ("xc7a35t", 20_800, 50, 90, 0, "cpg236-1"),
        ("xc7a50t", 32_600, 75, 120, 0, "csg324-1"),
        ("xc7a75t", 47_200, 105, 180, 0, "csg324-1"),
        ("xc7a100t", 63_400, 135, 240, 0, "csg324-1"),
        ("xc7a200t", 134_600, 365, 740, 0, "sbg484-1"),
        ("xc7k70t", 41_000, 135, 240, 0, "fbg484-1"),
        ("xc7k160t", 101_400, 325, 600, 0, "fbg484-1"),
        ("xc7k325t", 203_800, 445, 840, 0, "ffg900-1"),
        ("xc7k410t", 254_200, 795, 1_540, 0, "ffg900-1"),
        ("xc7vx485t", 303_600, 1_030, 2_800, 0, "ffg1761-1"),
        ("xc7vx690t", 433_200, 1_470, 3_600, 0, "ffg1761-1"),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS891, Zynq UltraScale+ MPSoC overview",
        *(
            (f"xczu{size}{kind}", luts, blocks, dsps, urams, f"{package}-1-e")
            for size, kinds, luts, blocks, dsps, urams, package in (
                (1, "cg eg", 37_440, 108, 216, 0, "sbva484"),
                (2, "cg eg", 47_232, 150, 240, 0, "sbva484"),
                (3, "cg eg", 70_560, 216, 360, 0, "sbva484"),
                (4, "cg eg ev", 87_840, 128, 728, 48, "sfvc784"),
                (5, "cg eg ev", 117_120, 144, 1_248, 64, "sfvc784"),
                (6, "cg eg", 214_604, 714, 1_973, 0, "ffvb1156"),
                (7, "cg eg ev", 230_400, 312, 1_728, 96, "ffvc1156"),
                (9, "cg eg", 274_080, 912, 2_520, 0, "ffvb1156"),
                (11, "eg", 298_560, 600, 2_928, 80, "ffvc1156"),
                (15, "eg", 341_280, 744, 3_528, 112, "ffvb1156"),
                (17, "eg", 423_403, 796, 1_590, 102, "ffvb1517"),
                (19, "eg", 522_720, 984, 1_968, 128, "ffvb1517"),
            )
            for kind in kinds.split()
        ),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS889, Zynq UltraScale+ RFSoC overview",
        ("xczu28dr", 425_280, 1_080, 4_272, 80, "ffvg1517-1-e"),
        ("xczu48dr", 425_280, 1_080, 4_272, 80, "ffvg1517-1-e"),
    ),
    *_xilinx(Family.XCUP, "AMD DS985, Kria K24 SOM data sheet", ("xck24", 70_560, 216, 360, 0, "ubva530-2LV-c")),
    *_xilinx(Family.XCUP, "AMD DS987, Kria K26 SOM data sheet", ("xck26", 117_120, 144, 1_248, 64, "sfvc784-2LV-c")),
    *_xilinx(
        Family.XCUP,
        "AMD DS890, UltraScale architecture overview",
        ("xcku3p", 162_720, 360, 1_368, 48, "ffvb676-1-e"),
        ("xcku5p", 216_960, 480, 1_824, 64, "ffvb676-1-e"),
        ("xcku15p", 522_720, 984, 1_968, 128, "ffve1517-1-e"),
        ("xcvu9p", 1_182_240, 2_160, 6_840, 960, "flga2104-1-e"),
        ("xcvu13p", 1_728_000, 2_688, 12_288, 1_280, "fhga2104-1-e"),
    ),
    *_xilinx(
        Family.XCUP,
        "AMD DS962, Alveo U200 and U250 data sheet",
        ("xcu200", 1_182_240, 2_160, 6_840, 960, "fsgd2104-2-e"),
        ("xcu250", 1_728_000, 2_688, 12_288, 1_280, "figd2104-2L-e"),
    ),
    *_xilinx(Family.XCUP, "AMD DS965, Alveo U50 data sheet", ("xcu50", 871_680, 1_344, 5_952, 640, "fsvh2104-2L-e")),
    *_xilinx(
        Family.XCUP, "AMD DS963, Alveo U280 data sheet", ("xcu280", 1_303_680, 2_016, 9_024, 960, "fsvh2892-2L-e")
    ),
    *_xilinx(
        Family.XCUP, "AMD DS978, Alveo U55C data sheet", ("xcu55c", 1_303_680, 2_016, 9_024, 960, "fsvh2892-2L-e")
    ),
    *_ecp5(
        *(
            (f"{series}-{size}f", luts, blocks, dsps)
            for size, luts, blocks, dsps in ((25, 24_288, 56, 28), (45, 43_848, 108, 72), (85, 83_640, 208, 156))
            for series in ("lfe5u", "lfe5um", "lfe5um5g")
        ),
    ),
)

BOARDS = {
    "minized": "xc7z007sclg225-1",
    "zybo": "xc7z010clg400-1",
    "zybo-z7-10": "xc7z010clg400-1",
    "microzed-7010": "xc7z010clg400-1",
    "pynq-z1": "xc7z020clg400-1",
    "pynq-z2": "xc7z020clg400-1",
    "zedboard": "xc7z020clg484-1",
    "zybo-z7-20": "xc7z020clg400-1",
    "arty-z7-20": "xc7z020clg400-1",
    "zc702": "xc7z020clg484-1",
    "microzed-7020": "xc7z020clg400-1",
    "zc706": "xc7z045ffg900-2",
    "cmod-a7-15t": "xc7a15tcpg236-1",
    "basys3": "xc7a35tcpg236-1",
    "arty-a7-35": "xc7a35ticsg324-1L",
    "cmod-a7-35t": "xc7a35tcpg236-1",
    "arty-a7-100": "xc7a100tcsg324-1",
    "nexys-a7-100t": "xc7a100tcsg324-1",
    "nexys-video": "xc7a200tsbg484-1",
    "kc705": "xc7k325tffg900-2",
    "genesys2": "xc7k325tffg900-2",
    "vc707": "xc7vx485tffg1761-2",
    "vc709": "xc7vx690tffg1761-2",
    "zub1cg": "xczu1cg-sbva484-1-e",
    "ultra96": "xczu3eg-sbva484-1-e",
    "ultra96-v2": "xczu3eg-sbva484-1-i",
    "genesys-zu-3eg": "xczu3eg-sfvc784-1-e",
    "genesys-zu-5ev": "xczu5ev-sfvc784-1-e",
    "zcu104": "xczu7ev-ffvc1156-2-e",
    "zcu106": "xczu7ev-ffvc1156-2-e",
    "zcu102": "xczu9eg-ffvb1156-2-e",
    "zcu111": "xczu28dr-ffvg1517-2-e",
    "rfsoc2x2": "xczu28dr-ffvg1517-2-e",
    "rfsoc4x2": "xczu48dr-ffvg1517-2-e",
    "zcu208": "xczu48dr-fsvg1517-2-e",
    "kd240": "xck24-ubva530-2LV-c",
    "kv260": "xck26-sfvc784-2LV-c",
    "kr260": "xck26-sfvc784-2LV-c",
    "kcu116": "xcku5p-ffvb676-2-e",
    "vcu118": "xcvu9p-flga2104-2L-e",
    "u200": "xcu200-fsgd2104-2-e",
    "u250": "xcu250-figd2104-2L-e",
    "u50": "xcu50-fsvh2104-2L-e",
    "u280": "xcu280-fsvh2892-2L-e",
    "u55c": "xcu55c-fsvh2892-2L-e",
    "ulx3s-25f": "lfe5u-25f",
    "colorlight-i5": "lfe5u-25f",
    "orangecrab-25f": "lfe5u-25f",
    "ulx3s-45f": "lfe5u-45f",
    "ulx3s-85f": "lfe5u-85f",
    "orangecrab-85f": "lfe5u-85f",
    "ecp5-versa-5g": "lfe5um5g-45f",
    "ecpix-5": "lfe5um5g-85f",
}
"""The part on each board, by its name in lower case: in full, as Vivado's board files or FINN's tables have it."""

STAND_IN = "xc7z020clg400-1"
"""The part that an HLS project names where the design is for a device that Vitis does not know."""

_BEHIND = {
    Family.XC7: re.compile(r"[il]?[a-z]{3}\d{3,4}-[123]l?"),
    Family.XCUP: re.compile(r"-[a-z]{4}\d{3,4}-[123](l|lvi?)?-[ceim](-es\d)?"),
    Family.ECP5: re.compile(r"-[6-9][a-z]+\d+[a-z]*"),
}
"""What follows the device in the full name of a part: package, speed grade and, on UltraScale+, temperatures."""


@dataclass(frozen=True)
class Part:
    """A device in its package and speed grade.

    Attributes:
        name: in full, as tools of the vendor take it: AMD's in lower case but for the letters of the speed grade.
        chosen: what the user named: it, a board that carries it, or its device alone.
    """

    name: str
    device: Device
    chosen: str

    @property
    def vitis(self) -> str:
        """The part that the HLS project names."""
        return STAND_IN if self.device.family is Family.ECP5 else self.name

    @property
    def stood_in(self) -> bool:
        """Whether the HLS project names another part, for Vitis does not know this one."""
        return self.vitis != self.name

    @property
    def completed(self) -> bool:
        """Whether package and speed grade are the default ones, for the user named none."""
        return self.chosen.lower() == self.device.name != self.name


@cache
def part_of(chosen: str) -> Part:
    """The part that a full name ("xc7z020clg400-1"), a device ("xc7z020") or a board ("pynq-z1") stands for.

    Raises:
        ConfigError: no device or board is called so, and the closest are named; or what follows the device is not a
            package and a speed grade.
    """
    wanted = BOARDS.get(chosen.lower(), chosen).lower()
    fitting = [device for device in DEVICES if wanted.startswith(device.name)]
    if not fitting or not _PART.fullmatch(chosen):  # it stands in scripts of tools
        known = [*BOARDS, *(device.name for device in DEVICES)]
        close = difflib.get_close_matches(wanted, known, n=3, cutoff=0)
        found = chosen if _PART.fullmatch(chosen) else repr(chosen)
        raise ConfigError("part", "must be a known FPGA or board", found, f"The closest names are {', '.join(close)}")
    device = max(fitting, key=lambda device: len(device.name))
    if wanted == device.name:
        return Part(device.default_part, device, chosen)
    if not _BEHIND[device.family].fullmatch(wanted.removeprefix(device.name)):
        must = "must name the package and the speed grade behind the device, as the vendor does, or neither"
        example = f"{device.name}-6bg381c".upper() if device.family is Family.ECP5 else device.default_part
        raise ConfigError("part", must, chosen, f"Write {example}, say, or {device.name}")
    if device.family is Family.ECP5:
        return Part(wanted.upper(), device, chosen)
    return Part(re.sub(r"-\dl.*?(?=-|$)", lambda grade: grade[0].upper(), wanted), device, chosen)


def device_of(part: str) -> Device:
    """The device of what `part_of` takes. Raises: ConfigError, as it does."""
    return part_of(part).device
