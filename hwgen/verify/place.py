"""Yosys, nextpnr and a packer: from the sources of a board to its bitstream."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hwgen.backends.board import Board, Chip, Chips
from hwgen.errors import ToolError
from hwgen.verify.chains import CHAINS, JSON, NETLIST, TIMING, packing, routing
from hwgen.verify.process import run
from hwgen.verify.progress import Growth, Update, stage
from hwgen.verify.synth import run_yosys

UNITS = "units.il"

_KINDS = {
    "TRELLIS_COMB": "LUT",
    "ICESTORM_LC": "LUT",
    "TRELLIS_FF": "FF",
    "TRELLIS_RAMW": "LUT RAM",
    "DP16KD": "block RAM",
    "ICESTORM_RAM": "block RAM",
    "MULT18X18D": "DSP",
    "ICESTORM_DSP": "DSP",
    "LUT4": "LUT",
    "ALU": "adder bit",
    "DFF": "FF",
    "RAM16SDP4": "LUT RAM",
    "BSRAM": "block RAM",
    "MULT9X9": "DSP of 9 x 9",
    "MULT18X18": "DSP",
    "CPE_LT": "LUT",
    "CPE_FF": "FF",
    "RAM_HALF": "block RAM",
}
"""Names of elements by nextpnr's names. A block RAM has 18 kbit, on a GateMate 20, on an iCE40 4; there a LUT and its
flip-flop are one element. LUTs of a Gowin count its adder bits and LUT RAM, too."""

_TIMEOUT_S = 7200.0


@dataclass(frozen=True)
class Use:
    """How many there are of a kind of element, and how many are taken."""

    used: int
    available: int

    def __str__(self) -> str:
        return f"{self.used:,} of {self.available:,}"


@dataclass(frozen=True)
class Critical:
    """The slowest path between two registers.

    Attributes:
        start, end: cells.
        delay_ns: of it `routing_ns` on wires.
    """

    start: str
    end: str
    delay_ns: float
    routing_ns: float


@dataclass(frozen=True)
class Placement:
    """The result of nextpnr for a netlist.

    Attributes:
        clock_mhz: that was asked for.
        fmax_mhz: that was reached.
        use: elements by kind.
    """

    clock_mhz: float
    fmax_mhz: float
    critical: Critical
    use: Mapping[str, Use]

    @property
    def meets_timing(self) -> bool:
        return self.fmax_mhz >= self.clock_mhz


def synthesise(
    sources: Sequence[str], top: str, core: str, chip: Chip, work: Path, *, borders: Sequence[str] = ()
) -> None:
    """Synthesise the files `sources` in the folder `work` for `chip`, the module `core` apart from the rest.

    Leaves `NETLIST`, where `core` is a module of its own, and netlist.json, the same flattened. Nets are single bits:
    where one bit of a vector depends on another of it, a simulator sees a loop. Library modules in the modules
    `borders` of `core` stay apart until synthesis is done; `UNITS` has them as they are then.

    Raises:
        ToolError: Yosys is missing or fails.
    """
    chain = CHAINS[chip.family]
    lines = [
        f"read_verilog -sv {' '.join(sources)}",
        f"hierarchy -top {top}",
        *chain.freed,
        f"setattr -mod -set keep_hierarchy 1 {core}",
        *(f"setattr -set keep_hierarchy 1 {owner}/t:*hwgen_*" for owner in borders),
        " ".join([chain.synthesis, *chip.synthesis.split(), "-top", top]),
        *(f"{command} {top}" for command in chain.pads),
        *([f"write_rtlil {UNITS}", "setattr -unset keep_hierarchy */c:*", "flatten"] if borders else []),
        "splitnets",
        f"write_verilog -noattr {NETLIST}",
        "setattr -mod -unset keep_hierarchy *",
        "flatten",
        f"write_json {JSON}",
    ]
    run_yosys("\n".join(lines) + "\n", work, outputs=[work / NETLIST, work / JSON])


def place(board: Board, bitstream: str, work: Path) -> Placement:
    """Place and route netlist.json in the folder `work` and write the file `bitstream`. Timing may fail.

    Raises:
        ToolError: a tool is missing or fails; see also `overfull`.
    """
    route, pack = routing(board), packing(board, bitstream)
    routed = work / CHAINS[board.chip.family].routed
    log = work / "nextpnr.log"
    with stage("place and route") as told:
        watch = _Phases(log, told).look
        run(route, cwd=work, log=log, timeout_s=_TIMEOUT_S, outputs=[work / TIMING, routed], watch=watch)
    with stage("pack the bitstream"):
        run(pack, cwd=work, log=work / "pack.log", timeout_s=_TIMEOUT_S, outputs=[work / bitstream])
    placed = parse_timing((work / TIMING).read_text(encoding="utf-8"))
    if board.chip.family is not Chips.GATEMATE:
        return placed
    return replace(placed, use=packed(log.read_text(encoding="utf-8", errors="replace")))


class _Phases:
    """How far nextpnr is, by its log: connections placed first, then routed, of which it states how many remain."""

    def __init__(self, log: Path, told: Update) -> None:
        self._log, self._told, self._connections = Growth(log), told, 0

    def look(self) -> None:
        """Read what is new."""
        for line in self._log.lines():
            if found := re.match(r"Info: Routing (\d+) arcs", line):
                self._connections = int(found[1])
            left = re.match(r"Info: +\d+ \|[\d ]+\|[\d ]+\| +(\d+)\|", line)
            if left and self._connections:
                self._told(max(0, self._connections - int(left[1])), self._connections, "routing")
            elif "placer" in line or "placement" in line:
                self._told(0, 0, "placing")


def parse_timing(text: str) -> Placement:
    """The report that nextpnr writes as JSON.

    Raises:
        ToolError: it is not the report of a placed design with one clock.
    """
    try:
        report = json.loads(text)
        ((clock, speed),) = report["fmax"].items()
        path = next(each for each in report["critical_paths"] if each["from"] == each["to"] == f"posedge {clock}")
        return Placement(
            clock_mhz=float(speed["constraint"]),
            fmax_mhz=round(float(speed["achieved"]), 2),
            critical=_critical_path(path["path"]),
            use=_uses(report["utilization"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        must = "must report one clock, its critical path and what is taken"
        raise ToolError("nextpnr", must, f"{type(error).__name__}: {error}", "Install nextpnr 0.8 or newer") from error


def _critical_path(steps: Sequence[Mapping[str, Any]]) -> Critical:
    return Critical(
        start=str(steps[0]["from"]["cell"]),
        end=str(steps[-1]["to"]["cell"]),
        delay_ns=round(sum(float(step["delay"]) for step in steps), 3),
        routing_ns=round(sum(float(step["delay"]) for step in steps if step["type"] == "routing"), 3),
    )


def _uses(utilization: Mapping[str, Mapping[str, int]]) -> dict[str, Use]:
    found = {
        _KINDS[name]: Use(int(n["used"]), int(n["available"])) for name, n in utilization.items() if name in _KINDS
    }
    if "LUT" not in found:
        raise KeyError("LUT")
    return found


def packed(log: str) -> dict[str, Use]:
    """What a design takes by nextpnr's log, of the kinds that have a name here.

    Of a GateMate its report counts elements that were joined as one.
    """
    return {_KINDS[name]: use for name, use in _rows(log).items() if name in _KINDS}


def overfull(log: str) -> dict[str, Use]:
    """The elements of which nextpnr's log says that a design takes more than there are."""
    return {_KINDS.get(name, name): use for name, use in _rows(log).items() if use.used > use.available}


def _rows(log: str) -> dict[str, Use]:
    rows = re.findall(r"^Info:\s+(\w+):\s*(\d+)/\s*(\d+)\s+\d+%", log, re.MULTILINE)
    return {name: Use(int(used), int(available)) for name, used, available in rows}
