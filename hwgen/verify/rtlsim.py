"""Simulates an emitted RTL project."""

from __future__ import annotations

from pathlib import Path

from hwgen.backends.rtl import unit_beats
from hwgen.hw.design import Design, Unit
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

    `taps` logs every stream between two units as well, under the name of the unit that writes it. `work` keeps the
    build, so that further runs of the same project only run. For errors see `hwgen.verify.bench.run`.
    """
    return run(rtl_job(design, project, taps=taps), words, work, stalls=stalls, reset_after_beats=reset_after_beats)


def rtl_job(design: Design, project: Path, *, taps: bool) -> Job:
    """What the bench needs to know of an emitted RTL project."""
    files = (project / "files.f").read_text().split()
    return Job(
        dut=design.name,
        sources=tuple((project / name).resolve() for name in files),
        input=design.input,
        output=design.output,
        memories=project / "mem" if (project / "mem").is_dir() else None,
        taps=tuple(_tap(design.name, unit) for unit in design.units[:-1]) if taps else (),
        quiet_limit=_QUIET_CYCLES + 16 * sum(unit.cycles for unit in design.units),
    )


def _tap(module: str, unit: Unit) -> Tap:
    """What `unit` writes, under its name."""
    beats = unit_beats(unit.name)
    return Tap(unit.name, module, unit.output, beats.data, beats.valid, beats.ready)
