"""Verilog that an HLS tool made of the emitted C++, on the bench of the RTL: its values, not its cycles.

Ports are found by the names that Vitis HLS and PandA-Bambu give them; a user may name others.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hwgen.backends.render import render
from hwgen.errors import ConfigError, DataError
from hwgen.hw.design import Design
from hwgen.verify.bench import Stalls, Trace, Words, run
from hwgen.verify.model import SimulationJob
from hwgen.verify.rtlsim import frame_cycles
from hwgen.verify.sources import cleared

_OPTIONAL = ("start", "done", "out_last")

ROLES = (
    *("clock", "reset", "start", "done", "in_data", "in_valid", "in_ready"),
    *("out_data", "out_valid", "out_ready", "out_last"),
)
"""What a port is for; those of `_OPTIONAL` may be missing."""

_NAMES = {
    "clock": ("ap_clk", "clock", "clk"),
    "reset": ("ap_rst_n", "!ap_rst", "reset", "rst_n"),
    "start": ("ap_start", "start_port"),
    "done": ("done_port",),
}
"""Names by role, the first that is there; a `!` before a reset that is active high."""

_STREAMS = {
    "in": (("_TDATA", "_TVALID", "_TREADY"), ("_dout", "_empty_n", "_read")),
    "out": (("_TDATA", "_TVALID", "_TREADY"), ("_din", "_write", "_full_n")),
}
"""Ends of the names of data, valid and ready: AXI4-Stream, and the FIFO ports of a function that is no top."""

_SOURCES, _MEMORIES = (".v", ".sv", ".svh", ".vh"), (".dat", ".mem", ".hex", ".txt")
_QUIET_CYCLES, _SLOWER = 100_000, 64
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_PORT = re.compile(
    r"\b(input|output)\b\s*(?:(?:wire|reg|logic|signed)\b\s*)*(?:\[[^\]]*\]\s*)?"
    r"((?!input|output|inout)[\w$]+(?:\s*,\s*(?!input\b|output\b|inout\b)[\w$]+)*)"
)


@dataclass(frozen=True)
class Verilog:
    """What an HLS tool wrote: a folder of sources and memory files, its top module, ports by role (of ROLES)."""

    folder: Path
    top: str
    ports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ShellContext:
    """The shell around the tool's top: `in_width` and `out_width` are those of tdata, `out_bits` those of a beat.

    Attributes:
        counts_beats: whether the shell counts the beats of a frame for TLAST, as the top has no such port.
        finished: the signal that is high where the top has done a frame; constant where it does not say so.
    """

    name: str
    digest: str
    top: str
    in_width: int
    out_width: int
    out_bits: int
    out_beats: int
    counts_beats: bool
    finished: str
    connections: tuple[str, ...]


def simulate(
    design: Design,
    verilog: Verilog,
    words: Words,
    work: Path,
    *,
    stalls: Stalls | None = None,
    input_interval: int = 0,
    reset_after_beats: int | None = None,
) -> Trace:
    """Run the `verilog` that was made of `design` on whole frames of input beats (frames * beats, bytes of tdata).

    `work` keeps the build. For errors see `hwgen.verify.bench.run`.

    Raises:
        DataError: the folder does not hold the top module.
        ConfigError: a port cannot be found, or is not there; or the design has several inputs or outputs, or reads
            external memories.
    """
    if design.memory_ports:
        must, found = "must have all weights on the chip", ", ".join(port.name for port in design.memory_ports)
        raise ConfigError("backend hls-rtl", must, found, "Simulate on csim, dpi or rtl")
    if len(design.ports) > 2:
        found = ", ".join(port.axis for port in design.ports)
        raise ConfigError(
            "backend hls-rtl", "must have one input and one output", found, "Simulate on csim, dpi or rtl"
        )
    job = hls_job(design, verilog, work)
    return run(job, words, work, stalls=stalls, input_interval=input_interval, reset_after_beats=reset_after_beats)


def hls_job(design: Design, verilog: Verilog, work: Path) -> SimulationJob:
    """What the bench needs to know; writes the shell and the memory files into `work`."""
    sources = _files(verilog.folder, _SOURCES)
    ports = _declared(verilog, sources)
    roles = _roles(verilog, ports)
    shell, memories = work.resolve() / f"{verilog.top}_shell.sv", work.resolve() / "hwgen_memories"
    cleared(memories)  # a file of an earlier run would stand in for a missing one
    for path in _files(verilog.folder, _MEMORIES):
        shutil.copyfile(path, memories / path.name)
    context = ShellContext(
        name=design.name,
        digest=design.digest,
        top=verilog.top,
        in_width=design.input.axis_width,
        out_width=design.output.axis_width,
        out_bits=design.output.width,
        out_beats=design.output.beats,
        counts_beats="out_last" not in roles,
        finished="done" if "done" in roles else "1'b0",
        connections=_connections(roles, ports),
    )
    shell.write_text(render("hls/rtl_shell.sv.j2", context), encoding="utf-8", newline="\n")
    return SimulationJob(
        dut=f"{verilog.top}_shell",
        sources=(*(path for path in sources if path.suffix in (".v", ".sv")), shell),
        inputs=design.inputs,
        outputs=design.outputs,
        memories=memories,
        include_dirs=tuple({path.parent: None for path in sources}),
        quiet_limit=_QUIET_CYCLES + _SLOWER * sum(unit.cycles for unit in design.units),
        frame_cycles=frame_cycles(design),
    )


def _files(folder: Path, suffixes: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(sorted(path.resolve() for path in folder.rglob("*") if path.suffix in suffixes and path.is_file()))


def _declared(verilog: Verilog, sources: tuple[Path, ...]) -> dict[str, str]:
    """Direction of each port of the top module by name. Raises: DataError."""
    for path in sources:
        text = _COMMENT.sub(" ", path.read_text(encoding="utf-8", errors="replace"))
        found = re.search(rf"\bmodule\s+{re.escape(verilog.top)}\b(.*?)\bendmodule\b", text, re.S)
        if found:
            names = ((each[1], name.strip()) for each in _PORT.finditer(found[1]) for name in each[2].split(","))
            return {name: direction for direction, name in names}
    count = f"{len(sources)} Verilog files without it"
    raise DataError(str(verilog.folder), f"must hold the module {verilog.top}", count, "Give the top by --top-module")


def _roles(verilog: Verilog, ports: Mapping[str, str]) -> dict[str, str]:
    """Port by role: the user's, else those of a tool's names. Raises: ConfigError."""
    unknown = [role for role in verilog.ports if role not in ROLES]
    if unknown:
        raise ConfigError("--port", f"must name one of {', '.join(ROLES)}", unknown[0])
    found: dict[str, str] = {}
    for role, names in _NAMES.items():
        found[role] = next((name for name in names if name.removeprefix("!") in ports), "")
    for end, direction in (("in", "input"), ("out", "output")):
        found |= _stream(end, direction, ports)
    found |= verilog.ports
    for role in ROLES:
        name = found.get(role, "").removeprefix("!")
        if name not in ports and (name or role not in _OPTIONAL):
            change = f"Name it: --port {role}=PORT; the module has {', '.join(ports)}"
            raise ConfigError(f"{verilog.top}, port of {role}", "must be found by its name", name or "none", change)
    return {role: name for role, name in found.items() if name}


def _stream(end: str, direction: str, ports: Mapping[str, str]) -> dict[str, str]:
    """The ports of the only stream that goes in or out; none where there are several or none."""
    for data, valid, ready in _STREAMS[end]:
        stems = [name.removesuffix(data) for name, way in ports.items() if name.endswith(data) and way == direction]
        if len(stems) == 1:
            found = {f"{end}_data": stems[0] + data, f"{end}_valid": stems[0] + valid, f"{end}_ready": stems[0] + ready}
            last = f"{stems[0]}_TLAST"
            return found | ({"out_last": last} if end == "out" and last in ports else {})
    return {}


def _connections(roles: Mapping[str, str], ports: Mapping[str, str]) -> tuple[str, ...]:
    """`.port(signal)` for every port: what has no role is held at 0, but a handshake's `ap_continue` at 1."""
    pulsed = roles.get("start") != "ap_start"
    signals = {
        "clock": "ap_clk",
        "reset": "!ap_rst_n" if roles["reset"].startswith("!") else "ap_rst_n",
        "start": "start_q" if pulsed else "1'b1",
        "done": "done",
        "in_data": "s_axis_tdata",
        "in_valid": "s_axis_tvalid",
        "in_ready": "s_axis_tready",
        "out_data": "result",
        "out_valid": "m_axis_tvalid",
        "out_ready": "m_axis_tready",
        "out_last": "m_axis_tlast",
    }
    joined = {name.removeprefix("!"): signals[role] for role, name in roles.items()}
    idle = {name: "1'b1" if name == "ap_continue" else "'0" for name, way in ports.items() if way == "input"}
    return tuple(f".{name}({joined.get(name, idle.get(name, ''))})" for name in ports)
