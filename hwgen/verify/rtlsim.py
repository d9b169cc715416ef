"""Simulates an emitted RTL project."""

from __future__ import annotations

from pathlib import Path

from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify.bench import Job, Stalls, Tap, Trace, run

_QUIET_CYCLES = 10_000


def simulate(
    design: Design,
    project: Path,
    words: Bytes,
    work: Path,
    *,
    stalls: Stalls | None = None,
    reset_after_beats: int | None = None,
    taps: bool = True,
) -> Trace:
    """Run the project of `design` in the folder `project` on whole frames of input beats.

    `taps` logs every stream between two units as well. `work` keeps the build, so that further runs of the same
    project only run. For errors see `hwgen.verify.bench.run`.
    """
    return run(rtl_job(design, project, taps=taps), words, work, stalls=stalls, reset_after_beats=reset_after_beats)


def rtl_job(design: Design, project: Path, *, taps: bool) -> Job:
    """What the bench needs to know of an emitted RTL project."""
    files = (project / "files.f").read_text().split()
    inner = [unit.output for unit in design.units[:-1]] if taps else []
    return Job(
        dut=design.name,
        sources=tuple((project / name).resolve() for name in files),
        input=design.input,
        output=design.output,
        memories=project / "mem" if (project / "mem").is_dir() else None,
        taps=tuple(
            Tap(
                module=design.name,
                stream=stream,
                data=f"{stream.name}_data",
                valid=f"{stream.name}_valid",
                ready=f"{stream.name}_ready",
            )
            for stream in inner
        ),
        quiet_limit=_QUIET_CYCLES + 16 * sum(unit.cycles for unit in design.units),
    )
