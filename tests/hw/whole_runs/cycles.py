"""The cycles of a process network: of any number of frames from reset, and in steady state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.cycles import Waits
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import GatedLoop, Gearbox, LineBuffer, Merge, PoolTiles, Queue, Selection, VectorLoop
from hwgen.hw.stream import ceil_div
from tests.hw.whole_runs.machines import UNKNOWN, peak_occupancy, stream_periods
from tests.hw.whole_runs.runs import Run, run_frames


@dataclass(frozen=True)
class CycleModel:
    """The cycles of a network in steady state, and those of any number of frames from its start.

    Attributes:
        period_cycles: the steady-state period: cycles after which the times of `period_frames` frames repeat.
        period_frames: 1 where all frames take the same; networks with shallow FIFOs may alternate, say 8, 6, 8, 6.
        frames: after which the steady state is reached, if all units upstream of `bottleneck` have a lead.
    """

    network: ProcessNetwork
    period_cycles: int
    period_frames: int
    frames: int
    bottleneck: str

    @property
    def interval(self) -> int:
        """Cycles a frame in steady state, the mean rounded up where frames alternate."""
        return ceil_div(self.period_cycles, self.period_frames)

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
        start = peak_occupancies(run_frames(self.network, min(4, self.frames)))
        return {name: max(start[name], beats) for name, beats in peak_occupancies(self._run(self.frames)).items()}

    def _run(self, frames: int) -> Run:
        """A run that ends in steady state."""
        return run_frames(self.network, frames, bottleneck=self.bottleneck)


def peak_occupancies(run: Run) -> dict[str, int]:
    """The most beats that a queue on each stream holds in a run, by the stream's name."""
    names = (name for name in run.network.beats if name not in run.network.inputs)
    return {name: int(peak_occupancy(run.visible(name), run.taken(name))) for name in names}


def cycle_model(network: ProcessNetwork, slowest: str) -> CycleModel:
    """Run a network until its steady state.

    The steady state's interval does not depend on the initial state (times are maxima of sums). So all units upstream
    of the unit `slowest` start with the lead that back-pressure gives them in the end.

    Raises:
        DeadlockError: the network is in a deadlock.
    """
    frames = _history_frames(network) + 2
    while True:
        steady = _steady(run_frames(network, frames, bottleneck=slowest))
        if steady is not None:
            return CycleModel(network, *steady, frames, slowest)
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


def _steady(run: Run) -> tuple[int, int] | None:
    """`period_cycles` and `period_frames` of the last frames; None where their times are not periodic.

    A recurrence looks back `_history_frames` frames at most. Once all times of so many frames lie `period_cycles` after
    those `period_frames` frames before, all later times do.
    """
    for period_frames in range(1, (run.frames - _history_frames(run.network)) // 2 + 1):
        periods = set(_stream_periods(run, period_frames))
        period_cycles = periods.pop()
        if not periods and period_cycles is not None:
            return period_cycles, period_frames
    return None


def _stream_periods(run: Run, period_frames: int) -> list[int | None]:
    """For each stream the cycles between its last frames and those `period_frames` before; None where they differ."""
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
            | Selection(depth=held)
        ):
            return ceil_div(held, beats[process.outputs[0]]) + 1
        case Gearbox():
            return 3  # holds less than three output beats
        case LineBuffer(credits=held) | ColumnScan(credits=held):
            rows, height = process.schedule.rows, process.schedule.height
            return max(ceil_div(rows, height), ceil_div(held, beats[process.outputs[0]])) + 1
