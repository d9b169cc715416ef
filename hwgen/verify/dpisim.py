"""The emitted HLS C++ itself, compiled into Verilator behind the ports of the RTL, on the same bench."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen.backends import external
from hwgen.backends.edge import AxisPort, axis_port, declarations, fragments, listed, word_type
from hwgen.backends.hls import word_flags
from hwgen.backends.render import asset, render
from hwgen.hw.design import Design
from hwgen.verify.bench import Stalls, Trace, Words, run
from hwgen.verify.csim import UNITS, units_key
from hwgen.verify.headers import include_flags, precompiled
from hwgen.verify.model import SimulationJob
from hwgen.verify.rtlsim import frame_cycles
from hwgen.verify.sources import OWN, copied

_FLAGS = ("-std=c++14", "-w")


@dataclass(frozen=True)
class DpiContext:
    """The shell around a design and its glue.

    Attributes:
        ports, sources, sinks: of the shell, rendered.
        words: the C++ types of the beats of all ports; `beats` of a frame at each.
        harness, callee: the header and the function of its streams alone.
    """

    name: str
    digest: str
    inputs: tuple[AxisPort, ...]
    outputs: tuple[AxisPort, ...]
    input_count: int
    ports: str
    sources: str
    sinks: str
    words: str
    beats: str
    harness: str
    callee: str


def simulate(
    design: Design,
    project: Path,
    words: Words,
    work: Path,
    *,
    stalls: Stalls | None = None,
    input_interval: int = 0,
    reset_after_beats: int | None = None,
) -> Trace:
    """Run the emitted HLS `project` on whole frames of input beats (frames * beats, bytes of tdata).

    The trace's cycles are those of the shell, which takes a beat a cycle; they say nothing of the hardware. `work`
    keeps the build. For errors see `hwgen.verify.bench.run`.
    """
    job = dpi_job(design, project, work)
    return run(job, words, work, stalls=stalls, input_interval=input_interval, reset_after_beats=reset_after_beats)


def dpi_job(design: Design, project: Path, work: Path) -> SimulationJob:
    """What the bench needs to know of an emitted HLS project; writes the shell and copies into `work`.

    Raises:
        DataError: a source cannot be read.
    """
    folder = (work / "dpi").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    context = _context(design)
    shell, glue = folder / f"{design.name}.sv", folder / f"{design.name}_dpi.cpp"
    shell.write_text(render("hls/dpi_shell.sv.j2", context), encoding="utf-8", newline="\n")
    glue.write_text(render("hls/dpi_glue.cpp.j2", context), encoding="utf-8", newline="\n")
    source = folder / OWN / "src"
    bench = ("tb",) if design.memory_ports else ()
    copied(project, ("src", *bench), folder / OWN)
    includes = (source, source / "lib", asset("sim") / "hls", *(folder / OWN / each for each in bench))
    # One translation unit: reading the headers takes longer than compiling what a unit adds to them.
    units = folder / f"{design.name}_units.cpp"
    units.write_bytes(b"".join(path.read_bytes() for path in sorted(source.glob("*.cpp"))))
    return SimulationJob(
        dut=design.name,
        sources=(shell,),
        inputs=design.inputs,
        outputs=design.outputs,
        include_dirs=includes,
        cpp_sources=(glue, units),
        cpp_flags=(*_FLAGS, *word_flags(design), *map(str, include_flags())),
        cpp_header=precompiled,
        cpp_kept=(UNITS, units_key(project)),
        frame_cycles=frame_cycles(design),
        memories=project / "tb" if design.memory_ports else None,
    )


def _context(design: Design) -> DpiContext:
    inputs = len(design.inputs)
    ports = tuple(axis_port(design, place) for place in range(len(design.ports)))
    streams = (
        fragments("edge/dpi_input.sv.j2", ports[:inputs]),
        fragments("edge/dpi_output.sv.j2", ports[inputs:]),
    )
    words = (word_type(port.stream, tlast=design.tlast) for port in design.ports)
    return DpiContext(
        name=design.name,
        digest=design.digest,
        inputs=ports[:inputs],
        outputs=ports[inputs:],
        input_count=inputs,
        ports=declarations(design),
        sources=streams[0],
        sinks=streams[1],
        words=listed(words),
        beats=", ".join(str(port.stream.beats) for port in design.ports),
        harness=external.harness(design),
        callee=external.callee(design),
    )
