"""The emitted HLS C++ itself, compiled into Verilator behind the ports of the RTL, on the same bench."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hwgen.backends.hls import word_flags
from hwgen.backends.hls.context import word_type
from hwgen.backends.render import asset, render
from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify.bench import Stalls, Trace, run
from hwgen.verify.csim import UNITS, units_key
from hwgen.verify.headers import include_flags, precompiled
from hwgen.verify.model import SimulationJob
from hwgen.verify.rtlsim import frame_cycles
from hwgen.verify.sources import OWN, copied

_FLAGS = ("-std=c++14", "-w")


@dataclass(frozen=True)
class DpiContext:
    """The shell around a design: `in_width` and `out_width` are those of tdata, the words the C++ types of beats."""

    name: str
    digest: str
    in_width: int
    in_word: str
    in_beats: int
    out_width: int
    out_word: str
    out_beats: int


def simulate(
    design: Design,
    project: Path,
    words: Bytes,
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
    copied(project, ("src",), folder / OWN)
    includes = (source, source / "lib", asset("sim") / "hls")
    # One translation unit: reading the headers takes longer than compiling what a unit adds to them.
    units = folder / f"{design.name}_units.cpp"
    units.write_bytes(b"".join(path.read_bytes() for path in sorted(source.glob("*.cpp"))))
    return SimulationJob(
        dut=design.name,
        sources=(shell,),
        input=design.input,
        output=design.output,
        include_dirs=includes,
        cpp_sources=(glue, units),
        cpp_flags=(*_FLAGS, *word_flags(design), *map(str, include_flags())),
        cpp_header=precompiled,
        cpp_kept=(UNITS, units_key(project)),
        frame_cycles=frame_cycles(design),
    )


def _context(design: Design) -> DpiContext:
    return DpiContext(
        name=design.name,
        digest=design.digest,
        in_width=design.input.axis_width,
        in_word=word_type(design.input, tlast=design.tlast),
        in_beats=design.input.beats,
        out_width=design.output.axis_width,
        out_word=word_type(design.output, tlast=design.tlast),
        out_beats=design.output.beats,
    )
