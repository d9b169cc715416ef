"""When units move beats: the one statement of every unit's handshake behaviour, and the network's cycle model.

A beat on a stream has two times: when it becomes visible to the reader, and when the reader takes it. Three kinds of
control decide them, each a recurrence over maxima of earlier times, so the times do not depend on the order in which
they are computed, and a network's cycles come out exactly without stepping a clock:

    Engine   slot i fires no sooner than one cycle after slot i-1; a reading slot waits for its beat; a slot that ends
             an output beat waits until fewer than `credits` beats are on their way or waiting at the output.
    Gearbox  a beat is taken one cycle after the last, while at most `limit` groups are held.
    Queue    a beat is taken one cycle after the last, while fewer than `depth` are held.

Space freed in one cycle can be used in the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray


@dataclass(frozen=True)
class Engine:
    """A computing unit: `slots` a frame, the first `reads` of them take a beat, every `period`-th ends an output beat.

    The beat ended by a slot at cycle t can be read at t + `latency`.
    """

    slots: int
    reads: int
    period: int
    latency: int
    credits: int


@dataclass(frozen=True)
class Gearbox:
    """A width converter: a beat in adds `push` groups (`last_push` at the end of a frame), a beat out drops `pull`."""

    in_beats: int
    out_beats: int
    push: int
    last_push: int
    pull: int

    @property
    def limit(self) -> int:
        """Groups that may be held when a beat is taken: two beats out less one, and the zero-fill of a last beat.

        With fewer the converter would pause at some lane counts; with these it never does (tested for all up to 25).
        """
        return 2 * self.pull - 1 + max(0, self.last_push - self.push)


@dataclass(frozen=True)
class Queue:
    """A FIFO of `depth` beats."""

    depth: int


Schedule = Engine | Gearbox | Queue


def credits_for(latency: int, period: int) -> int:
    """Depth of an output queue that lets a beat leave every `period` cycles: a credit is away for latency + 1."""
    return max(2, ceil_div(latency + 1, period))


class _Channel:
    """Times of the beats of one stream: when each can first be read, and when it was."""

    def __init__(self) -> None:
        self.visible: list[int] = []
        self.taken: list[int] = []


class _EngineState:
    def __init__(self, schedule: Engine) -> None:
        self.schedule = schedule
        self.slot = 0
        self.last = -1

    def advance(self, source: _Channel, sink: _Channel) -> bool:
        """Fire every slot whose beat and credit are known; True if any was."""
        unit = self.schedule
        fired = False
        while True:
            slot, time = self.slot, self.last + 1
            if slot >= unit.reads:
                ending = slot - slot % unit.period + unit.period - 1
                slot, time = ending, time + ending - slot
            reads, ends = slot < unit.reads, slot % unit.period == unit.period - 1
            if reads:
                if len(source.taken) == len(source.visible):
                    return fired
                time = max(time, source.visible[len(source.taken)])
            if ends:
                freed = len(sink.visible) - unit.credits
                if freed >= len(sink.taken):
                    return fired
                if freed >= 0:
                    time = max(time, sink.taken[freed] + 1)
                sink.visible.append(time + unit.latency)
            if reads:
                source.taken.append(time)
            self.slot, self.last, fired = (slot + 1) % unit.slots, time, True


class _GearboxState:
    def __init__(self, schedule: Gearbox) -> None:
        self.schedule = schedule
        self.beat = 0
        self.pushed = 0

    def advance(self, source: _Channel, sink: _Channel) -> bool:
        """Take every beat whose room is known; True if any was."""
        unit = self.schedule
        fired = False
        while len(source.taken) < len(source.visible):
            # Beats that must have left so that at most `limit` groups are held.
            left = ceil_div(max(0, self.pushed - unit.limit), unit.pull)
            if left > len(sink.taken):
                break
            taken = source.taken
            time = max(source.visible[len(taken)], taken[-1] + 1 if taken else 0)
            if left:
                time = max(time, sink.taken[left - 1] + 1)
            taken.append(time)
            self.beat += 1
            self.pushed += unit.push if self.beat < unit.in_beats else unit.last_push
            self.beat %= unit.in_beats
            ready = self.pushed // unit.pull - len(sink.visible)
            sink.visible.extend([time + 1] * ready)
            fired = True
        return fired


class _QueueState:
    def __init__(self, schedule: Queue) -> None:
        self.schedule = schedule

    def advance(self, source: _Channel, sink: _Channel) -> bool:
        """Take every beat whose room is known; True if any was."""
        fired = False
        while (index := len(source.taken)) < len(source.visible):
            freed = index - self.schedule.depth
            if freed >= len(sink.taken):
                break
            time = max(source.visible[index], source.taken[-1] + 1 if index else 0)
            if freed >= 0:
                time = max(time, sink.taken[freed] + 1)
            source.taken.append(time)
            sink.visible.append(time + 1)
            fired = True
        return fired


_UnitState = _EngineState | _GearboxState | _QueueState


def _state(schedule: Schedule) -> _UnitState:
    match schedule:
        case Engine():
            return _EngineState(schedule)
        case Gearbox():
            return _GearboxState(schedule)
        case Queue():
            return _QueueState(schedule)


def beat_times(schedules: Sequence[Schedule], input_beats: int, frames: int) -> list[IntArray]:
    """Cycle in which each beat is taken, per stream, for a chain of units and `frames` back-to-back frames.

    The source always has a beat to offer, the sink is always ready; cycle 0 takes the first beat. Returns one array
    for the chain's input and one for the output of each unit, beats of all frames in order.
    """
    channels = [_Channel() for _ in range(len(schedules) + 1)]
    channels[0].visible = [0] * (input_beats * frames)
    states = [_state(schedule) for schedule in schedules]
    output = channels[-1]
    progress = True
    while progress:
        progress = False
        for state, source, sink in zip(states, channels[:-1], channels[1:], strict=True):
            progress |= state.advance(source, sink)
        while len(output.taken) < len(output.visible):
            index = len(output.taken)
            output.taken.append(max(output.visible[index], output.taken[-1] + 1 if index else 0))
    return [np.array(channel.taken, dtype=np.int64) for channel in channels]


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
    start = int(input_times[0])
    ends = output_times.reshape(frames, -1)[:, -1] - start
    interval = int(ends[-1] - ends[-2]) if frames > 1 else None
    return Cycles(interval, int(ends[0]), int(ends[-1]) + 1)


@dataclass(frozen=True)
class CycleModel:
    """The cycles of a chain for any number of frames: `ends` of the first frames, the last `period` of which repeat.

    Attributes:
        span: cycles after which the pattern of the last `period` frames comes again.
        period: 1 where every frame takes the same; chains with shallow FIFOs may alternate, say 8, 6, 8, 6.
    """

    ends: tuple[int, ...]
    span: int
    period: int = 1

    @property
    def interval(self) -> int:
        """Cycles a frame in steady state, the mean rounded up where frames alternate."""
        return ceil_div(self.span, self.period)

    def predict(self, frames: int) -> Cycles:
        """Cycles of a run of `frames` back-to-back frames."""
        interval = None if frames < 2 else self._end(frames - 1) - self._end(frames - 2)
        return Cycles(interval, self.ends[0], self._end(frames - 1) + 1)

    def _end(self, frame: int) -> int:
        rounds = ceil_div(max(0, frame - len(self.ends) + 1), self.period)
        return self.ends[frame - rounds * self.period] + rounds * self.span


def cycle_model(schedules: Sequence[Schedule], input_beats: int) -> CycleModel:
    """Run a chain until it repeats itself.

    Every recurrence looks back at most `reach` frames; once all times of `reach` frames lie one and the same span
    after those of `period` frames before, they do so for ever.
    """
    frames = 8
    while True:
        times = [t.reshape(frames, -1) for t in beat_times(schedules, input_beats, frames)]
        reach = 1 + max(_reach(s, t.shape[1]) for s, t in zip(schedules, times[1:], strict=True))
        for period in range(1, (frames - reach) // 2 + 1):
            steps = np.concatenate([(t[-reach:] - t[-reach - period : -period]).ravel() for t in times])
            if np.all(steps == steps[0]):
                return CycleModel(tuple(int(end) for end in times[-1][:, -1]), int(steps[0]), period)
        frames *= 2


def _reach(schedule: Schedule, output_beats: int) -> int:
    """Frames that a unit's recurrence looks back over its output stream."""
    match schedule:
        case Engine(credits=held) | Queue(depth=held):
            return ceil_div(held, output_beats) + 1
        case Gearbox():
            return 3  # holds less than three output beats
