"""Boards with an FPGA that open tools place and route: what sits on them, and on which pins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwgen.backends.board.chips import Chip, Chips, chip_of
from hwgen.backends.board.pll import Pll, ecp5_pll, gatemate_pll, gowin_pll, ice40_pll
from hwgen.errors import ConfigError

_LOOPS = {
    Chips.ECP5: ecp5_pll,
    Chips.ICE40: ice40_pll,
    Chips.GOWIN: gowin_pll,
    Chips.GATEMATE: gatemate_pll,
}
"""What sets their phase-locked loops."""


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


_ULX3S = "ULX3S manual and constraint file, boards 2.x and 3.x"
_COLORLIGHT = "Colorlight i5 7.0 on its extension board, as its pin-out sheet has it"
_ORANGECRAB = "OrangeCrab 0.2, schematic; the serial line is pins 0 (in) and 1 (out) of the header"
_ICEBREAKER = "iCEBreaker 1.0, constraint file of its examples"
_NANO_9K = "Sipeed Tang Nano 9K, platform file of LiteX-Boards"
_NANO_20K = "Sipeed Tang Nano 20K, platform file of LiteX-Boards"
_GATEMATE_A1 = "Olimex GateMateA1-EVB, platform file of LiteX-Boards; the serial line is that of its RP2040"
_PRIMER_20K = "Sipeed Tang Primer 20K on its Dock, platform file of LiteX-Boards"

BOARDS = (
    *(
        Board(
            f"ulx3s-{size}f",
            chip_of(f"LFE5U-{size}F", "CABGA381"),
            25, "G2", "M1", "L4", "B2", False, _ULX3S, "ulx3s",
        )
        for size in ("12", "25", "45", "85")
    ),
    Board(
        "colorlight-i5",
        chip_of("LFE5U-25F", "CABGA381"),
        25, "P3", "H18", "J17", "U16", True, _COLORLIGHT, "colorlight-i5",
    ),
    *(
        Board(
            f"orangecrab-{size}f",
            chip_of(f"LFE5U-{size}F", "CSFBGA285"),
            48, "A9", "N17", "M18", "K4", True, _ORANGECRAB, "orangeCrab",
        )
        for size in ("25", "85")
    ),
    Board(
        "icebreaker",
        chip_of("iCE40UP5K", "sg48"),
        12, "35", "6", "9", "11", True, _ICEBREAKER, "ice40_generic",
    ),
    Board(
        "tang-nano-9k",
        chip_of("GW1NR-LV9QN88PC6/I5", "QN88P"),
        27, "52", "18", "17", "10", True, _NANO_9K, "tangnano9k", led_io="LVCMOS18",
    ),
    Board(
        "tang-nano-20k",
        chip_of("GW2AR-LV18QN88C8/I7", "QN88"),
        27, "4", "70", "69", "15", True, _NANO_20K, "tangnano20k",
    ),
    Board(
        "tang-primer-20k",
        chip_of("GW2A-LV18PG256C8/I7", "PBGA256"),
        27, "H11", "T13", "M11", "L16", True, _PRIMER_20K, "tangprimer20k", led_io="LVCMOS18",
    ),
    Board(
        "gatemate-a1-evb",
        chip_of("CCGM1A1", "FBGA324"),
        10, "IO_SB_A8", "IO_SA_A6", "IO_SA_B6", "IO_SB_B6", True, _GATEMATE_A1, "olimex_gatemateevb",
    ),
)  # fmt: skip
