"""What a project's folder remembers of the runs made of it: simulation, accuracy, synthesis, an HLS tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from hwgen.config import Natural, Positive
from hwgen.hw.cycles import Cycles
from hwgen.hw.resources import Resources
from hwgen.report.vitis import HlsReport

BACKENDS = {
    "rtl": "RTL simulation",
    "csim": "C simulation",
    "dpi": "simulation of the HLS C++ under DPI-C",
    "hls-rtl": "simulation of an HLS tool's Verilog",
    "golden": "golden model alone",
}
"""Who computed the frames of a run, in words."""


@dataclass(frozen=True)
class Simulated:
    """The last simulation of the whole design.

    Attributes:
        cycles: as simulated; None where the back end has no clock of the design's own.
        predicted: by the cycle model, for as many frames.
        beats_timed, mistimed: beats whose cycle was compared with the predicted one, and those that differ.
        spaced: whether the source offered frames at an input interval, and not as fast as they were taken.
        stalled: whether source or sink paused at random, so that cycles are not comparable.
        mean_interval: cycles a frame over the run, of a design whose gates skip pixels; None of others.
    """

    backend: str
    frames: Positive
    mismatches: Natural
    streams: tuple[str, ...]
    cycles: Cycles | None
    predicted: Cycles
    beats_timed: Natural
    mistimed: Natural
    spaced: bool
    stalled: bool
    mean_interval: float | None = None

    @property
    def measured(self) -> Cycles | None:
        """The design's own cycles: None if its bits were wrong or source or sink held it back."""
        return None if self.mismatches or self.stalled or self.spaced else self.cycles

    def to_json(self) -> dict[str, Any]:
        """The run as plain JSON values."""
        found = asdict(self)
        mean = found.pop("mean_interval")
        for name, cycles in (("cycles", self.cycles), ("predicted", self.predicted)):
            found[name] = {f"{key}_cycles": value for key, value in asdict(cycles).items()} if cycles else None
        return {**found, "streams": list(self.streams), "mean_interval_cycles": mean}


@dataclass(frozen=True)
class Evaluated:
    """The last accuracy: images whose class is their label."""

    backend: str
    frames: Positive
    correct: Natural


@dataclass(frozen=True)
class Synthesised:
    """The last synthesis: what `tool` made of the whole design on an FPGA of `family`."""

    tool: str
    family: str
    total: Resources


@dataclass(frozen=True)
class ProvedUnit:
    """A library module with its parameters, what is claimed of it in a sentence, and what was found.

    Attributes:
        verdict: `proved`, `bounded`, `refuted` or `none`.
        message: what is wrong, or why it is not proved; empty where it is.
        cycles: of the bound or of the counterexample.
        seconds: CPU seconds of the run that found it.
    """

    module: str
    parameters: dict[str, int | str]
    verdict: str
    sentence: str
    message: str
    cycles: Natural | None
    seconds: float


@dataclass(frozen=True)
class Proved:
    """The last proofs of all units, by `tool`, of the SystemVerilog that the project has.

    Attributes:
        streams, files: how many were looked at beside the units.
        faults: a line for each of those that is not as the network has it.
    """

    tool: str
    units: tuple[ProvedUnit, ...]
    streams: Natural
    files: Natural
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """Recorded runs; None for a run that was not made of this very design."""

    simulated: Simulated | None = None
    evaluated: Evaluated | None = None
    synthesised: Synthesised | None = None
    hls: HlsReport | None = None
    proved: Proved | None = None


def simulated(values: Mapping[str, Any]) -> Simulated:
    """Read `simulate.json`. Raises KeyError, TypeError or ValueError where it is not what `hwgen simulate` writes."""
    if values["backend"] not in BACKENDS:
        raise ValueError(f"back end {values['backend']}")
    spared = values.get("skipping")
    return Simulated(
        backend=values["backend"],
        frames=int(values["frames"]),
        mismatches=int(values["mismatches"]),
        streams=tuple(values["streams_checked"]),
        cycles=None if values["latency_cycles"] is None else _cycles(values),
        predicted=_cycles(values["predicted"]),
        beats_timed=int(values["beats_timed"]),
        mistimed=sum(int(stream["count"]) for stream in values["mistimed"]),
        spaced=bool(values["input_interval"]),
        stalled=bool(values["stalls"]),
        mean_interval=spared["mean_interval_cycles"] if spared else None,
    )


def evaluated(values: Mapping[str, Any]) -> Evaluated:
    """Read `evaluate.json`. Raises as `simulated` does."""
    return Evaluated(str(values["backend"]), int(values["frames"]), int(values["correct"]))


def synthesised(values: Mapping[str, Any]) -> Synthesised:
    """Read `synth.json`. Raises as `simulated` does."""
    return Synthesised(str(values["tool"]), str(values["family"]), Resources(**values["measured"]))


def proved(values: Mapping[str, Any]) -> Proved:
    """Read `prove.json`. Raises as `simulated` does."""
    names = [field.name for field in fields(ProvedUnit)]
    units = tuple(ProvedUnit(*(unit[name] for name in names)) for unit in values["units"])
    streams, files = values["streams"], values["files"]
    faults = tuple(each["message"] for each in (*streams, *files) if each["message"])
    return Proved(values["tool"], units, len(streams), len(files), faults)


def _cycles(values: Mapping[str, Any]) -> Cycles:
    interval = values["interval_cycles"]
    latency, total = int(values["latency_cycles"]), int(values["total_cycles"])
    return Cycles(None if interval is None else int(interval), latency, total)
