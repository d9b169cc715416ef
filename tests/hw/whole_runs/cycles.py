"""The cycles of a process network: of any number of frames from reset, and in steady state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.schedule import GatedLoop, Gearbox, LineBuffer, Merge, PoolTiles, Queue, VectorLoop
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray
from tests.hw.whole_runs.runs import Run, Waits, run_frames


@dataclass(frozen=True)
class Cycles:
    """Cycles of a run of back-to-back frames.

    Attributes:
        interval: between the last output beats of the last two frames; None for a single frame.
        latency: from the first input beat taken to the last output beat of the first frame.
        total: cycles from the first input beat to the last output beat, both counted.
    """

    interval: int | None
    latency: int
    total: int


def cycles_of(input_times: IntArray, output_times: IntArray, frames: int) -> Cycles:
    """The cycles of a run from the times of its input beats and output beats, predicted or simulated."""
    ends = output_times.reshape(frames, -1)[:, -1]
    interval = int(ends[-1] - ends[-2]) if frames > 1 else None
    start = int(input_times[0])
    return Cycles(interval, int(ends[0]) - start, int(ends[-1]) - start + 1)


@dataclass(frozen=True)
class CycleModel:
    """The cycles of a network in steady state, and those of any number of frames from its start.

    Attributes:
        period_cycles: the steady-state period: cycles after which the times of `period_frames` frames repeat.
        period_frames: 1 where all frames take the same; networks with shallow FIFOs may alternate, say 8, 6, 8, 6.
        frames: after which the steady state is reached, if all units upstream of `bottleneck` have a lead.
        input_interval: cycles a frame at which the source offers them (see `beat_times`).
    """

    network: ProcessNetwork
    period_cycles: int
    period_frames: int
    frames: int
    bottleneck: str | None
    input_interval: int = 0

    @property
    def interval(self) -> int:
        """Cycles a frame in steady state, the mean rounded up where frames alternate."""
        return ceil_div(self.period_cycles, self.period_frames)

    def predict(self, frames: int) -> Cycles:
        """Cycles of a run of `frames` frames from reset.

        Run in full, or until the steady state and extrapolated from there: buffers fill by the difference between a
        unit's cycles and the slowest unit's, which can take hundreds of frames.
        """
        tried = min(frames, _history_frames(self.network) + 2)
        while True:
            run = run_frames(self.network, tried, self.input_interval)
            times = run.taken(self.network.input), run.taken(self.network.output)
            if tried == frames:
                return cycles_of(*times, frames)
            steady = _steady(run, self.input_interval)
            if steady is not None:
                return _extrapolated(*times, (tried, frames), *steady)
            tried = min(frames, 2 * tried)
            del run, times  # frees their memory

    @cached_property
    def waits(self) -> Mapping[str, Waits]:
        """Cycles that each unit waits in `period_frames` frames of the steady state, by its name."""
        before, after = self._run(self.frames).waits, self._run(self.frames + self.period_frames).waits
        return {
            name: Waits(waits.starved - before[name].starved, waits.blocked - before[name].blocked)
            for name, waits in after.items()
        }

    @cached_property
    def peak_occupancy(self) -> Mapping[str, int]:
        """The most beats that a queue on each stream ever holds, by the stream's name.

        The maximum over the first frames from reset and the steady state, when all queues upstream of the slowest unit
        are full.
        """
        start = peak_occupancies(run_frames(self.network, min(4, self.frames), self.input_interval))
        return {name: max(start[name], beats) for name, beats in peak_occupancies(self._run(self.frames)).items()}

    def _run(self, frames: int) -> Run:
        """A run that ends in steady state."""
        return run_frames(self.network, frames, self.input_interval, self.bottleneck)


def peak_occupancies(run: Run) -> dict[str, int]:
    """The most beats that a queue on each stream holds in a run, by the stream's name."""
    from tests.hw.whole_runs.machines import peak_occupancy as most

    names = (name for name in run.network.beats if name != run.network.input)
    return {name: int(most(run.visible(name), run.taken(name))) for name in names}


def _extrapolated(
    input_times: IntArray, output_times: IntArray, frames: tuple[int, int], period_cycles: int, period_frames: int
) -> Cycles:
    """The cycles of more frames than were run, `frames` = (run, wanted), the run having reached its steady state."""
    run, wanted = frames
    ends = output_times.reshape(run, -1)[:, -1]

    def end(frame: int) -> int:
        rounds = ceil_div(max(0, frame - run + 1), period_frames)
        return int(ends[frame - rounds * period_frames]) + rounds * period_cycles

    start = int(input_times[0])
    return Cycles(end(wanted - 1) - end(wanted - 2), int(ends[0]) - start, end(wanted - 1) - start + 1)


def cycle_model(network: ProcessNetwork, slowest: str, input_interval: int = 0) -> CycleModel:
    """Run a network until its steady state.

    The steady state's interval does not depend on the initial state (times are maxima of sums). So all units upstream
    of the unit `slowest` start with the lead that back-pressure gives them in the end, unless the source is slower.

    Raises:
        DeadlockError: the network is in a deadlock.
    """
    model = _until_steady(network, slowest, 0)
    if input_interval > model.interval:
        return _until_steady(network, None, input_interval)
    return replace(model, input_interval=input_interval)


def _until_steady(network: ProcessNetwork, bottleneck: str | None, input_interval: int) -> CycleModel:
    frames = _history_frames(network) + 2
    while True:
        steady = _steady(run_frames(network, frames, input_interval, bottleneck), input_interval)
        if steady is not None:
            return CycleModel(network, *steady, frames, bottleneck, input_interval)
        frames *= 2


def meets_interval(network: ProcessNetwork, slowest: str, interval: int) -> bool:
    """Whether a network's interval is `interval` at most; False also for a network in a deadlock.

    Decided before the interval is known: in steady state all streams have the period of the slowest cycle of the
    constraint graph (its maximum cycle ratio). Once each stream is periodic by itself, the longest of their periods is
    that of a cycle: a time that advances by it depends on a time that advances by no less.
    """
    frames = _history_frames(network) + 2
    while True:
        try:
            run = run_frames(network, frames, bottleneck=slowest)
        except DeadlockError:
            return False
        steady = _steady(run)
        if steady is not None:
            period_cycles, period_frames = steady
            return period_cycles <= interval * period_frames
        periods = _stream_periods(run, 1)
        if None not in periods and max(filter(None, periods)) > interval:
            return False
        frames *= 2


def _steady(run: Run, input_interval: int = 0) -> tuple[int, int] | None:
    """`period_cycles` and `period_frames` of the last frames; None where their times are not periodic.

    A recurrence looks back `_history_frames` frames at most. Once all times of so many frames lie `period_cycles` after
    those `period_frames` frames before, all later times do, if the source offers its beats no slower.
    """
    for period_frames in range(1, (run.frames - _history_frames(run.network)) // 2 + 1):
        periods = set(_stream_periods(run, period_frames))
        period_cycles = periods.pop()
        if not periods and period_cycles is not None and period_cycles >= input_interval * period_frames:
            return period_cycles, period_frames
    return None


def _stream_periods(run: Run, period_frames: int) -> list[int | None]:
    """For each stream the cycles between its last frames and those `period_frames` before; None where they differ."""
    from tests.hw.whole_runs.machines import UNKNOWN, stream_periods

    periods = np.empty(len(run.number), dtype=np.int64)
    stream_periods(
        run.streams.first, run.streams.taken, run.frames, _history_frames(run.network), period_frames, periods
    )
    return [None if cycles == UNKNOWN else int(cycles) for cycles in periods]


def _history_frames(network: ProcessNetwork) -> int:
    """Frames that recurrences look back at most."""
    return 1 + max(_process_history(process, network.beats) for process in network.processes)


def _process_history(process: Process, beats: Mapping[str, int]) -> int:
    """Frames that a unit's recurrence looks back at most."""
    match process.schedule:
        case (
            VectorLoop(credits=held)
            | GatedLoop(credits=held)
            | PoolTiles(credits=held)
            | Queue(depth=held)
            | Merge(depth=held)
        ):
            return ceil_div(held, beats[process.outputs[0]]) + 1
        case Gearbox():
            return 3  # holds less than three output beats
        case LineBuffer(rows=rows, height=height, credits=held):
            return max(ceil_div(rows, height), ceil_div(held, beats[process.outputs[0]])) + 1
