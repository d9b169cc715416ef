"""Simulates an emitted RTL project."""

from __future__ import annotations

from pathlib import Path

from hwgen.backends.rtl import stream_beats
from hwgen.hw.address_map import address_map
from hwgen.hw.design import Design
from hwgen.hw.schedule import Selection
from hwgen.verify.bench import Rewrite, Stalls, Trace, Words, run
from hwgen.verify.model import SimulationJob, Tap
from hwgen.verify.sources import rtl_sources

_QUIET_CYCLES = 10_000

_DRAIN = 16
"""Cycles in which a beat too many is seen, and more than any unit's latency."""


def simulate(
    design: Design,
    project: Path,
    words: Words,
    work: Path,
    *,
    stalls: Stalls | None = None,
    input_interval: int = 0,
    reset_after_beats: int | None = None,
    taps: bool = True,
    rewrite: Rewrite | None = None,
    waves: str = "",
) -> Trace:
    """Run the project of `design` in the folder `project` on whole frames of input beats, of each input.

    `taps` logs every stream between two units as well, under its name; `rewrite` writes memories between two frames.
    `work` keeps the build, so that further runs of the same project only run. For `waves` and errors see
    `hwgen.verify.bench.run`.
    """
    return run(
        rtl_job(design, project, taps=taps),
        words,
        work,
        stalls=stalls,
        input_interval=input_interval,
        reset_after_beats=reset_after_beats,
        rewrite=rewrite,
        waves=waves,
    )


def rtl_job(design: Design, project: Path, *, taps: bool) -> SimulationJob:
    """What the bench needs to know of an emitted RTL project. Raises: DataError."""
    control = address_map(design)
    return SimulationJob(
        dut=design.name,
        sources=rtl_sources(project),
        inputs=design.inputs,
        outputs=design.outputs,
        memories=project / "mem" if (project / "mem").is_dir() else None,
        taps=_taps(design) if taps else (),
        quiet_limit=quiet_cycles(design),
        drain_cycles=_drain_cycles(design),
        address_bits=control.address_bits if control else 0,
        memory_ports=design.memory_ports,
        frame_cycles=frame_cycles(design),
    )


def quiet_cycles(design: Design) -> int:
    """Cycles without a beat at either end after which `design` counts as stuck."""
    return _QUIET_CYCLES + 16 * sum(unit.cycles for unit in design.units)


def _drain_cycles(design: Design) -> int:
    """Cycles to run on after the last beat at either end: where beats are dropped, until the last of them is."""
    drops = any(isinstance(unit.schedule, Selection) for unit in design.units)
    return _DRAIN + drops * sum(unit.cycles + _DRAIN for unit in design.units)


def frame_cycles(design: Design) -> int:
    """Cycles that `design` takes for a frame, about."""
    return max(unit.cycles for unit in design.units)


def _taps(design: Design) -> tuple[Tap, ...]:
    """Every stream but those at the edge of the design."""
    found = [
        Tap(f"{prefix}{name}", device.name, stream, beats.data, beats.valid, beats.ready)
        for prefix, device in design.devices.items()
        for name, stream in device.streams.items()
        if name not in device.edge and (beats := stream_beats(device, name))
    ]
    for index, link in enumerate(design.links):
        data, valid, ready = (f"link{index}_{signal}" for signal in ("tdata", "tvalid", "tready"))
        found.append(Tap(link.name, design.name, link, f"{data}[{link.width - 1}:0]", valid, ready))
    return tuple(found)
