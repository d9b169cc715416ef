"""Boards with an FPGA that open tools place and route: what sits on them, and on which pins."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from enum import Enum

from hwgen.backends.board.pll import Pll, ecp5_pll, gatemate_pll, gowin_pll, ice40_pll
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

_LOOPS = {
    Chips.ECP5: ecp5_pll,
    Chips.ICE40: ice40_pll,
    Chips.GOWIN: gowin_pll,
    Chips.GATEMATE: gatemate_pll,
}
"""What sets their phase-locked loops."""


@dataclass(frozen=True)
class Chip:
    """An FPGA in its package.

    Attributes:
        size: its name or option of nextpnr.
        part: the device of hwgen's that stands for it in estimates.
        die: of a Gowin, by its name in Project Apicula.
        has: its elements; those of `part` where None.
    """

    family: Chips
    name: str
    size: str
    package: str
    part: str
    die: str = ""
    has: Resources | None = None

    @property
    def capacity(self) -> Resources:
        """What a design may be folded for."""
        return self.has or device_of(self.part).capacity


@dataclass(frozen=True)
class Board:
    """A board.

    Attributes:
        oscillator_mhz: what it brings; it clocks the accelerator where there is no `pll`.
        baud: bits a second of the serial line: the oscillator divides by it without rest.
        clock, rx, tx, led: pins; the FPGA listens on `rx` and talks on `tx`.
        led_low: the LED shines when its pin is low.
        led_io: how its pin drives, by the volts of its bank; the others are LVCMOS33.
        source: the public document that the pins are from.
        loader: its name for openFPGALoader.
    """

    name: str
    chip: Chip
    oscillator_mhz: int
    clock: str
    rx: str
    tx: str
    led: str
    led_low: bool
    source: str
    loader: str
    baud: int = 1_000_000
    led_io: str = "LVCMOS33"
    pll: Pll | None = None

    @property
    def clock_mhz(self) -> float:
        """The accelerator's clock."""
        return self.pll.clock_mhz if self.pll else self.oscillator_mhz

    def clocked(self, wanted_mhz: float) -> Board:
        """The board with the accelerator at `wanted_mhz`, as near as its phase-locked loop comes.

        Raises:
            ConfigError: that is out of its reach.
        """
        if wanted_mhz == self.oscillator_mhz:
            return replace(self, pll=None)
        pll = _LOOPS[self.chip.family](self.oscillator_mhz, wanted_mhz)
        if pll is None:
            must = f"must be a clock that the {self.chip.name} makes of {self.oscillator_mhz} MHz, within 0.5 %"
            raise ConfigError("clock-mhz", must, f"{wanted_mhz:g}", f"{self.name} runs at its own without the option")
        return replace(self, pll=pll)


def _ecp5(size: str, package: str) -> Chip:
    """An ECP5 of `size` thousand look-up tables. The 12F is a 25F under another name."""
    return Chip(Chips.ECP5, f"LFE5U-{size}F", f"--{size}k", package, f"lfe5u-{'25' if size == '12' else size}f")


_STANDS_IN = "lfe5u-25f"
"""The device whose cost model other families borrow: of those with one, its LUTs and block RAM are the nearest."""

_UP5K = Resources(lut=5_280, ff=5_280, bram18=10, dsp=8)
"""The 30 blocks of an iCE40UP5K, of 4 kbit each, stand for 10 of 18 kbit: memories are wide more often than deep, so
that TFC takes 16 of them for 6 of an ECP5."""

_GW1NR_9 = Resources(lut=8_640, ff=6_480, bram18=26, dsp=20)
_GW2A_18 = Resources(lut=20_736, ff=15_552, bram18=46, dsp=48)
"""Gowin DS117 and DS102; the multipliers are those of 18 by 18 bits."""


_CCGM1A1 = Resources(lut=40_960, ff=40_960, bram18=64)
"""Cologne Chip DS1001: 20,480 elements of two LUT trees of four inputs and two flip-flops, 32 blocks of two times 20
kbit."""


def _gowin(name: str, size: str, package: str, die: str, has: Resources) -> Chip:
    return Chip(Chips.GOWIN, name, size, package, _STANDS_IN, die, has)


_ULX3S = "ULX3S manual and constraint file, boards 2.x and 3.x"
_COLORLIGHT = "Colorlight i5 7.0 on its extension board, as its pin-out sheet has it"
_ORANGECRAB = "OrangeCrab 0.2, schematic; the serial line is pins 0 (in) and 1 (out) of the header"
_CRAB_PINS = ("A9", "N17", "M18", "K4")
_ICEBREAKER = "iCEBreaker 1.0, constraint file of its examples"
_NANO_9K = "Sipeed Tang Nano 9K, platform file of LiteX-Boards"
_NANO_20K = "Sipeed Tang Nano 20K, platform file of LiteX-Boards"
_GATEMATE_A1 = "Olimex GateMateA1-EVB, platform file of LiteX-Boards; the serial line is that of its RP2040"
_PRIMER_20K = "Sipeed Tang Primer 20K on its Dock, platform file of LiteX-Boards"

BOARDS = (
    *(
        Board(f"ulx3s-{size}f", _ecp5(size, "CABGA381"), 25, "G2", "M1", "L4", "B2", False, _ULX3S, "ulx3s")
        for size in ("12", "25", "45", "85")
    ),
    Board("colorlight-i5", _ecp5("25", "CABGA381"), 25, "P3", "H18", "J17", "U16", True, _COLORLIGHT, "colorlight-i5"),
    *(
        Board(f"orangecrab-{size}f", _ecp5(size, "CSFBGA285"), 48, *_CRAB_PINS, True, _ORANGECRAB, "orangeCrab")
        for size in ("25", "85")
    ),
    Board(
        "icebreaker",
        Chip(Chips.ICE40, "iCE40UP5K", "--up5k", "sg48", _STANDS_IN, has=_UP5K),
        12, "35", "6", "9", "11", True, _ICEBREAKER, "ice40_generic",
    ),
    Board(
        "tang-nano-9k",
        _gowin("GW1NR-9", "GW1NR-LV9QN88PC6/I5", "QN88P", "GW1N-9C", _GW1NR_9),
        27, "52", "18", "17", "10", True, _NANO_9K, "tangnano9k", led_io="LVCMOS18",
    ),
    Board(
        "tang-nano-20k",
        _gowin("GW2AR-18", "GW2AR-LV18QN88C8/I7", "QN88", "GW2A-18C", _GW2A_18),
        27, "4", "70", "69", "15", True, _NANO_20K, "tangnano20k",
    ),
    Board(
        "tang-primer-20k",
        _gowin("GW2A-18", "GW2A-LV18PG256C8/I7", "PBGA256", "GW2A-18C", _GW2A_18),
        27, "H11", "T13", "M11", "L16", True, _PRIMER_20K, "tangprimer20k", led_io="LVCMOS18",
    ),
    Board(
        "gatemate-a1-evb",
        Chip(Chips.GATEMATE, "CCGM1A1", "CCGM1A1", "FBGA324", _STANDS_IN, has=_CCGM1A1),
        10, "IO_SB_A8", "IO_SA_A6", "IO_SA_B6", "IO_SB_B6", True, _GATEMATE_A1, "olimex_gatemateevb",
    ),
)  # fmt: skip


def board_of(name: str) -> Board:
    """The board called `name`. Raises: ConfigError, which names those that come closest."""
    known = {board.name: board for board in BOARDS}
    if name.lower() in known:
        return known[name.lower()]
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0)
    change = f"The closest names are {', '.join(close)}; `hwgen boards` lists all"
    raise ConfigError("board", "must be a known board", name, change)
