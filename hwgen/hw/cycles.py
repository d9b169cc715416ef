"""The cycles of a process network: of any number of frames from reset, and in steady state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.hw.network import ProcessNetwork
from hwgen.hw.periodic import PeriodicSchedule, least_interval
from hwgen.hw.simulation import FrameRun, State, beat_times
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray

_FIRST_FRAMES, _FIRST_BEATS = (4, 4096), 1 << 24
"""Frames from reset in which a queue may hold more beats than in steady state: at least, at most, and their beats.

Half a second of a run; most repeat themselves sooner."""


@dataclass(frozen=True)
class Cycles:
    """Cycles of a run of back-to-back frames.

    Attributes:
        interval: between the last output beats of the last two frames; None for a single frame.
        latency: from the first input beat taken, of any input, to the last output beat of the first frame, of all
            outputs.
        total: cycles from the first input beat to the last output beat, both counted.
    """

    interval: int | None
    latency: int
    total: int


def ends_of(output_times: Sequence[IntArray], frames: int) -> IntArray:
    """The cycle in which each frame has left by all outputs, of the times of the beats of each."""
    ends: IntArray = np.max([times.reshape(frames, -1)[:, -1] for times in output_times], axis=0)
    return ends


def cycles_of(input_times: Sequence[IntArray], output_times: Sequence[IntArray], frames: int) -> Cycles:
    """The cycles of a run from the times of the beats of each input and each output, predicted or simulated."""
    ends = ends_of(output_times, frames)
    interval = int(ends[-1] - ends[-2]) if frames > 1 else None
    start = min(int(times[0]) for times in input_times)
    return Cycles(interval, int(ends[0]) - start, int(ends[-1]) - start + 1)


@dataclass(frozen=True)
class Waits:
    """Cycles that a unit waits: for beats to read (starved), and for room to write (blocked).

    Those of a window unit are of the side that emits windows.
    """

    starved: int
    blocked: int


class Repetition:
    """A run of frames until it repeats itself, or of so many frames.

    Attributes:
        begin: cycle in which the first beat is taken.
        cycles, frames: all comes again after `frames` frames, `cycles` cycles later; 0 where the run ends before that.
        waits, peaks: of so many frames in steady state, see `FrameRun`.
        highest: peaks of all frames.
    """

    def __init__(self, run: FrameRun, most: int | None = None) -> None:
        self._run, self._ends, self.begin = run, list[int](), 0
        self.cycles = self.frames = 0
        self.highest = np.zeros(len(run.network.beats), dtype=np.int64)
        run.start()
        before = run.state
        self._keep(before)
        while not self.frames and len(self._ends) != most:
            run.finish()
            self._note_frame()
            run.start()
            state = run.state
            if not self._is_lap(state) and (self._is_old() or _later(before, state) is not None):
                self._keep(state)
            before = state

    def end(self, frame: int) -> int:
        """Cycle in which the last output beat of a frame is taken, extrapolated where it was not run."""
        rounds = ceil_div(max(0, frame - len(self._ends) + 1), self.frames) if self.frames else 0
        return self._ends[frame - rounds * self.frames] + rounds * self.cycles

    def _note_frame(self) -> None:
        run, network = self._run, self._run.network
        if not self._ends:
            self.begin = min(int(run.taken(name)[0]) for name in network.inputs)
        self._ends.append(max(int(run.taken(name)[-1]) for name in network.outputs))
        self._starved |= any(np.any(run.taken(name) == run.visible(name)) for name in network.inputs)
        run.raise_peaks(self.peaks)
        np.maximum(self.highest, self.peaks, out=self.highest)

    def _keep(self, state: State) -> None:
        """Compare the frames to come with this one."""
        self._kept, self._kept_at, self._waits = state, len(self._ends), self._run.waits.copy()
        self._starved, self.peaks = False, np.zeros(len(self._run.network.beats), dtype=np.int64)

    def _is_old(self) -> bool:
        """Whether to keep another frame: the distance doubles, so that it exceeds any period."""
        return len(self._ends) >= 2 * self._kept_at

    def _is_lap(self, state: State) -> bool:
        """Whether all that comes is as it was from the kept frame on.

        A source that is faster than the network must not have held it up: it will come ever earlier.
        """
        cycles, frames = _later(self._kept, state), len(self._ends) - self._kept_at
        if cycles is None or (self._starved and cycles != frames * self._run.input_interval):
            return False
        self.cycles, self.frames, self.waits = cycles, frames, self._run.waits - self._waits
        return True


def _later(before: State, state: State) -> int | None:
    """The cycles by which a state is another one, later; None where they differ otherwise."""
    cycles = state[0] - before[0]
    same = np.all(cycles == cycles[0]) and np.array_equal(state[1], before[1])
    return int(cycles[0]) if same else None


def peak_occupancies(network: ProcessNetwork, frames: int, input_interval: int = 0) -> dict[str, int]:
    """The most beats that a queue on each stream holds in the first frames, by the stream's name."""
    return _by_name(network, Repetition(FrameRun(network, input_interval), frames).highest)


def _by_name(network: ProcessNetwork, peaks: IntArray) -> dict[str, int]:
    """Of every stream but the chip's inputs, in front of which there is no queue."""
    return {name: peak for name, peak in zip(network.beats, peaks.tolist(), strict=True) if name not in network.inputs}


@dataclass(frozen=True)
class CycleModel:
    """The cycles of a network in steady state, and those of any number of frames from its start.

    Attributes:
        interval: cycles a frame in steady state, the mean rounded up where frames alternate.
        bottleneck: the unit before which all others have the lead that back-pressure gives them in the end.
        input_interval: cycles a frame at which the source offers them (see `FrameRun`).
    """

    network: ProcessNetwork
    interval: int
    bottleneck: str
    input_interval: int = 0

    @property
    def period_cycles(self) -> int:
        """The steady-state period: cycles after which the times of `period_frames` frames repeat."""
        return self._steady.cycles

    @property
    def period_frames(self) -> int:
        """1 where all frames take the same; networks with shallow FIFOs may alternate, say 8, 6, 8, 6."""
        return self._steady.frames

    @property
    def waits(self) -> Mapping[str, Waits]:
        """Cycles that each unit waits in `period_frames` frames of the steady state, by its name."""
        rows = zip(self.network.processes, self._steady.waits.tolist(), strict=True)
        return {process.name: Waits(*row) for process, row in rows}

    @cached_property
    def peak_occupancy(self) -> Mapping[str, int]:
        """The most beats that a queue on each stream holds, by the stream's name.

        The maximum over the frames from reset until they repeat themselves, or the first of them, and the steady state
        in which all queues upstream of the slowest unit are full.
        """
        frames = int(np.clip(_FIRST_BEATS // sum(self.network.beats.values()), *_FIRST_FRAMES))
        start = peak_occupancies(self.network, frames, self.input_interval)
        return {name: max(start[name], peak) for name, peak in _by_name(self.network, self._steady.peaks).items()}

    def predict(self, frames: int) -> Cycles:
        """Cycles of a run of `frames` frames from reset.

        Run in full, or until the steady state and extrapolated from there: buffers fill by the difference between a
        unit's cycles and the slowest unit's, which can take hundreds of frames.
        """
        run = Repetition(FrameRun(self.network, self.input_interval), frames)
        last = run.end(frames - 1)
        interval = last - run.end(frames - 2) if frames > 1 else None
        return Cycles(interval, run.end(0) - run.begin, last - run.begin + 1)

    @cached_property
    def _steady(self) -> Repetition:
        if self.input_interval >= self.interval:  # the source sets it
            return Repetition(FrameRun(self.network, self.input_interval))
        if self.network.drops_vectors:  # not always in the same places of a frame
            return Repetition(FrameRun(self.network))
        return Repetition(_late_start(self.network, self.interval, self.bottleneck))


def cycle_model(network: ProcessNetwork, slowest: str, input_interval: int = 0) -> CycleModel:
    """The cycle model of a network whose slowest unit is `slowest`.

    Raises:
        DeadlockError: the network is in a deadlock.
    """
    if network.drops_vectors:
        run = Repetition(FrameRun(network))
        interval: int | None = ceil_div(run.cycles, run.frames)
    else:
        interval = least_interval(network)
    if interval is None:
        beat_times(network, 1)  # raises the error that names the FIFO
        raise AssertionError("a deadlock in every frame is one in the first")
    return CycleModel(network, max(interval, input_interval), slowest, input_interval)


def _late_start(network: ProcessNetwork, interval: int, bottleneck: str) -> FrameRun:
    """A run in which unit `bottleneck` starts when back-pressure has stopped all units upstream of it.

    A unit without inputs, which reads memory, starts when its output can be read.
    That is a schedule which repeats itself and whose times are the earliest if the unit begins a frame in cycle 0.
    """
    schedule = PeriodicSchedule(network, interval)
    read = next((*each.inputs, *each.outputs)[0] for each in network.processes if each.name == bottleneck)
    return FrameRun(network, after=schedule if schedule.starts_with(read) else None)
