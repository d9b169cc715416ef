"""Simulate a design on a back end and hold every stream against the golden model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.errors import ConfigError
from hwgen.golden.execute import Frames, trace
from hwgen.golden.matmul import Codes
from hwgen.hw.cycles import Cycles, cycles_of
from hwgen.hw.design import Design, Port
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.packing import Bytes, from_words, to_words
from hwgen.hw.simulation import beat_times, times_from_entry
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntArray
from hwgen.verify import bounded, csim, dpisim, hlsrtl, rtlsim
from hwgen.verify.bench import Stalls
from hwgen.verify.bounded import BoundedRun
from hwgen.verify.compare import Mismatch, Mistimed, compare_times, compare_words
from hwgen.verify.hlsrtl import Verilog
from hwgen.verify.progress import stage
from hwgen.verify.skipping import Skipping, gates_of, skipping, traced


class Backend(Enum):
    """The back end that computes the frames."""

    GOLDEN = "golden"
    CSIM = "csim"
    RTL = "rtl"
    DPI = "dpi"
    HLS_RTL = "hls-rtl"


@dataclass(frozen=True)
class Conditions:
    """How source and sink behave, and what else a run is told; see `hwgen.Accelerator.simulate`.

    Attributes:
        waves: the kind of file that gets all signals of an RTL simulation (`hwgen.verify.bench.run`); empty for none.
    """

    stalls: Stalls | None = None
    input_interval: int = 0
    reset_after_beats: int | None = None
    pipeline_depths: tuple[int, ...] = ()
    waves: str = ""


@dataclass(frozen=True)
class Outcome:
    """The result of a simulation.

    Attributes:
        answers: codes (frames, elements) that left the design, by the name of the output.
        mismatches: the first difference of each stream that differs from golden, in stream order.
        checked: names of the streams compared.
        cycles: as simulated; None where the back end has no clock of the design's own.
        predicted: by the cycle model, for the same number of frames at the same input interval and no stalls.
        beats_timed: beats, of all streams, whose cycle was compared with the predicted one.
        mistimed: the first beat of each stream that moved in another cycle than predicted.
        input_interval: cycles a frame at which the source offered them; 0 for as fast as they are taken.
        stalled: whether source or sink paused at random, so that cycles are not comparable.
        build_s, run_s: wall time in seconds.
        skipping: the effect of gates; None where there are none.
        bounded: cycles of the HLS project in bounded C simulation, by the depth of its pipelines.
        bounded_interval: the interval that the estimate states for it.
    """

    backend: Backend
    frames: int
    answers: Mapping[str, Codes]
    mismatches: tuple[Mismatch, ...]
    checked: tuple[str, ...]
    cycles: Cycles | None
    predicted: Cycles
    beats_timed: int
    mistimed: tuple[Mistimed, ...]
    input_interval: int
    stalled: bool
    build_s: float
    run_s: float
    skipping: Skipping | None = None
    bounded: tuple[BoundedRun, ...] = ()
    bounded_interval: int | None = None

    @property
    def outputs(self) -> Codes:
        """Codes of the only output, or of the first."""
        return next(iter(self.answers.values()))

    @property
    def mismatch_count(self) -> int:
        return sum(mismatch.count for mismatch in self.mismatches)

    @property
    def passed(self) -> bool:
        """No mismatch, and where cycles are comparable they are the predicted ones, beat for beat."""
        timed = self.cycles is not None and not self.stalled
        right = not (self.mismatches or self.mistimed) and (not timed or self.cycles == self.predicted)
        return right and not self.slower

    @property
    def slower(self) -> tuple[BoundedRun, ...]:
        """Runs of the HLS project that took longer for a frame than the estimate states."""
        most = None if self.stalled else self.bounded_interval
        return tuple(run for run in self.bounded if most is not None and (run.cycles.interval or 0) > most)

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        found = self.cycles
        return {
            "backend": self.backend.value,
            "frames": self.frames,
            "mismatches": self.mismatch_count,
            "first_mismatches": [vars(mismatch) for mismatch in self.mismatches],
            "streams_checked": list(self.checked),
            **_in_json(found),
            "predicted": _in_json(self.predicted),
            "beats_timed": self.beats_timed,
            "mistimed": [vars(each) for each in self.mistimed],
            "input_interval": self.input_interval,
            "stalls": self.stalled,
            "stated_interval_cycles": self.bounded_interval if self.bounded else None,
            "bounded": [{"depth": run.depth, **_in_json(run.cycles)} for run in self.bounded],
            "skipping": self.skipping.to_json() if self.skipping else None,
            "wall_s": {"build": round(self.build_s, 3), "run": round(self.run_s, 3)},
        }


def _in_json(cycles: Cycles | None) -> dict[str, int | None]:
    """Cycles by name, all None where there are none."""
    return {
        "interval_cycles": cycles.interval if cycles else None,
        "latency_cycles": cycles.latency if cycles else None,
        "total_cycles": cycles.total if cycles else None,
    }


def simulate(
    graph: Graph,
    design: Design,
    backend: Backend,
    codes: Frames,
    *,
    project: Path | Verilog,
    work: Path,
    conditions: Conditions | None = None,
) -> Outcome:
    """Run frames, as `golden.execute.trace` takes them, through `design` as emitted under `project` (`rtl`, `hls`).

    For HLS_RTL `project` is the Verilog that an HLS tool made of it. `work` is an empty folder for builds and logs.

    Raises: ToolError where a tool is missing or fails, MismatchError where the design hangs, ConfigError.
    """
    with stage("golden model"):
        golden = trace(graph, codes)
    return compared(golden, design, backend, project=project, work=work, conditions=conditions)


def compared(
    golden: Mapping[str, Codes],
    design: Design,
    backend: Backend,
    *,
    project: Path | Verilog,
    work: Path,
    conditions: Conditions | None = None,
) -> Outcome:
    """`simulate` on a trace of the golden model, of which only the tensors of the design's streams matter."""
    frames = len(golden[design.input.tensor])
    network = traced(design, gates := gates_of(design, golden))
    chosen = conditions or Conditions()
    run, input_interval = _run(golden, design, backend, project, work, chosen), chosen.input_interval
    found = {**run.taps, **{port.stream.name: each for port, each in zip(design.outputs, run.answers, strict=True)}}
    return Outcome(
        backend=backend,
        frames=frames,
        answers={port.name: from_words(found[port.stream.name], port.stream) for port in design.outputs},
        mismatches=_mismatches(golden, design, found),
        checked=tuple(name for name in found if design.streams[name].tensor),
        cycles=run.cycles,
        predicted=_predicted(design, network, frames, input_interval),
        beats_timed=sum(len(times) for times in run.times.values()),
        mistimed=_mistimed(network, frames, input_interval, run.times),
        input_interval=input_interval,
        stalled=chosen.stalls is not None,
        build_s=run.build_s,
        run_s=run.run_s,
        bounded=run.bounded,
        bounded_interval=design.hls.interval if design.hls else None,
        skipping=skipping(design, gates, frames, run.times, input_interval),
    )


@dataclass(frozen=True, eq=False)
class _BackendRun:
    """Beats that left the design and ran inside it (`taps`, by stream), cycles where the design's clock was run.

    `times` are the cycles of all beats by stream, from the first that entered; none where it was stalled.
    """

    answers: tuple[Bytes, ...]
    build_s: float
    run_s: float
    taps: Mapping[str, Bytes] = field(default_factory=dict)
    times: Mapping[str, IntArray] = field(default_factory=dict)
    cycles: Cycles | None = None
    bounded: tuple[BoundedRun, ...] = ()


def _run(
    golden: Mapping[str, Codes],
    design: Design,
    backend: Backend,
    project: Path | Verilog,
    work: Path,
    chosen: Conditions,
) -> _BackendRun:
    """Run the golden model's own input of the design on `backend`. Raises: ConfigError."""
    if isinstance(project, Verilog) != (backend is Backend.HLS_RTL):
        must = "must come with the Verilog of an HLS tool, and no other back end"
        raise ConfigError("backend hls-rtl", must, backend.value, "Give --verilog FOLDER --top-module MODULE")
    if backend is Backend.GOLDEN:
        return _BackendRun(_words(golden, design.outputs), 0.0, 0.0)
    words = _words(golden, design.inputs)
    options: dict[str, Any] = {"stalls": chosen.stalls, "input_interval": chosen.input_interval}
    options["reset_after_beats"] = chosen.reset_after_beats
    if isinstance(project, Verilog):
        run = hlsrtl.simulate(design, project, words, work, **options)
        return _BackendRun(run.answers, run.build_s, run.run_s)
    if backend is Backend.CSIM:
        return _run_csim(design, project / "hls", words, work, chosen)
    if backend is Backend.DPI:
        run = dpisim.simulate(design, project / "hls", words, work, **options)
        return _BackendRun(run.answers, run.build_s, run.run_s)
    run = rtlsim.simulate(design, project / "rtl", words, work, waves=chosen.waves, **options)
    frames = len(words[0]) // design.input.beats
    found = cycles_of(run.entered, run.left, frames)
    edge = zip(design.ports, (*run.entered, *run.left), strict=True)
    cycles = {**run.tap_cycles, **{port.stream.name: each for port, each in edge}}
    flowing, start = chosen.stalls is None, min(int(each[0]) for each in run.entered)
    counted = {name: each[: _most_beats(design, name, frames)] for name, each in cycles.items()}
    times = {name: each - start for name, each in counted.items()} if flowing else {}
    return _BackendRun(run.answers, run.build_s, run.run_s, run.taps, times, found)


def _words(golden: Mapping[str, Codes], ports: Sequence[Port]) -> tuple[Bytes, ...]:
    """Beats of the golden model at each of `ports`."""
    return tuple(to_words(_flat(golden, port.stream.tensor), port.stream) for port in ports)


def _run_csim(design: Design, project: Path, words: tuple[Bytes, ...], work: Path, chosen: Conditions) -> _BackendRun:
    """C simulation: bounded, where pipelines have depths."""
    if chosen.pipeline_depths:
        told = bounded.simulate(design, project, words, work, chosen.pipeline_depths, chosen.stalls)
        return _BackendRun(told.answers, told.build_s, told.run_s, bounded=told.runs)
    result = csim.simulate(design, project, words, work)
    return _BackendRun(result.answers, result.build_s, result.run_s)


def _predicted(design: Design, network: ProcessNetwork, frames: int, input_interval: int) -> Cycles:
    """The cycles of a run: extrapolated, or run in full where gates make frames differ."""
    if not design.gated:
        return design.cycles_at(input_interval).predict(frames)
    times = beat_times(network, frames, input_interval)
    entered, left = ([times[name] for name in ports] for ports in (network.inputs, network.outputs))
    return cycles_of(entered, left, frames)


def _most_beats(design: Design, name: str, frames: int) -> int | None:
    """Beats of a stream that belong to the frames of a run; None where all do: external memories are read ahead."""
    return frames * design.streams[name].beats if name in design.read_ahead else None


def _mistimed(
    network: ProcessNetwork, frames: int, input_interval: int, found: Mapping[str, IntArray]
) -> tuple[Mistimed, ...]:
    """The first beat of each stream in another cycle than the cycle model says."""
    if not found:
        return ()
    predicted = times_from_entry(network, frames, input_interval)
    checks = [compare_times(name, predicted[name], times) for name, times in found.items()]
    return tuple(check for check in checks if check is not None)


def _mismatches(golden: Mapping[str, Codes], design: Design, found: Mapping[str, Bytes]) -> tuple[Mismatch, ...]:
    """The first difference on each stream of `found` (beats by the stream's name) that differs from golden.

    Streams without a tensor of the network, those of sliding window units, are checked by way of the units behind them.
    """
    streams = design.streams
    checks = [
        compare_words(name, _flat(golden, streams[name].tensor), beats, streams[name])
        for name, beats in found.items()
        if streams[name].tensor
    ]
    return tuple(check for check in checks if check is not None)


def _flat(golden: Mapping[str, Codes], name: str) -> np.typing.NDArray[np.integer]:
    return golden[name].reshape(golden[name].shape[0], -1)
