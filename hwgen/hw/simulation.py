"""The network's cycle model: the control part of every unit and FIFO, with no data and no clock.

Units are joined by streams into a graph. Each unit computes as many of its times as the times known so far allow; when
no unit can go on, all are known, or the network is stuck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.schedule import Engine, Gearbox, Lines, Queue, Schedule, Tiles, Turns
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray


@dataclass(frozen=True)
class Control:
    """One unit's schedule, and the names of the streams it reads and writes."""

    name: str
    schedule: Schedule
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Channel:
    """Times of the beats of one stream: when each can first be read, and when it was."""

    __slots__ = ("taken", "visible")

    def __init__(self) -> None:
        self.visible: list[int] = []
        self.taken: list[int] = []


class Machine(Protocol):
    """The state of one unit: `advance` fires all that can be known, and says whether anything was."""

    def advance(self) -> bool: ...


class _EngineMachine:
    def __init__(self, schedule: Engine, sources: Sequence[Channel], sinks: Sequence[Channel]) -> None:
        self.schedule, self.sources, self.sink = schedule, sources, sinks[0]
        self.slot, self.last = 0, -1

    def advance(self) -> bool:
        unit, sources = self.schedule, self.sources
        slots, reads, period, latency, credits = unit.slots, unit.reads, unit.period, unit.latency, unit.credits
        visible, taken = self.sink.visible, self.sink.taken
        slot, last, fired = self.slot, self.last, False
        while True:
            time, left = last + 1, period - 1 - slot % period
            reading = slot < reads
            if reading:
                if any(len(source.taken) == len(source.visible) for source in sources):
                    break
                for source in sources:
                    time = max(time, source.visible[len(source.taken)])
            else:
                slot, time, left = slot + left, time + left, 0
            if left == 0:
                freed = len(visible) - credits
                if freed >= 0:
                    if freed >= len(taken):
                        break
                    time = max(time, taken[freed] + 1)
                visible.append(time + latency)
            if reading:
                for source in sources:
                    source.taken.append(time)
            slot, last, fired = (slot + 1) % slots, time, True
            self.slot, self.last = slot, last
        return fired


class _TilesMachine:
    def __init__(self, schedule: Tiles, sources: Sequence[Channel], sinks: Sequence[Channel]) -> None:
        self.schedule, self.source, self.sink = schedule, sources[0], sinks[0]
        self.ends = [schedule.ends(slot) for slot in range(schedule.slots)]
        self.slot, self.last = 0, -1

    def advance(self) -> bool:
        latency, credits = self.schedule.latency, self.schedule.credits
        arrived, read = self.source.visible, self.source.taken
        visible, taken = self.sink.visible, self.sink.taken
        fired = False
        while len(read) < len(arrived):
            time = max(self.last + 1, arrived[len(read)])
            if self.ends[self.slot]:
                freed = len(visible) - credits
                if freed >= 0:
                    if freed >= len(taken):
                        break
                    time = max(time, taken[freed] + 1)
                visible.append(time + latency)
            read.append(time)
            self.slot, self.last, fired = (self.slot + 1) % len(self.ends), time, True
        return fired


class _GearboxMachine:
    def __init__(self, schedule: Gearbox, sources: Sequence[Channel], sinks: Sequence[Channel]) -> None:
        self.schedule, self.source, self.sink = schedule, sources[0], sinks[0]
        self.beat, self.pushed = 0, 0

    def advance(self) -> bool:
        unit, sink = self.schedule, self.sink
        arrived, taken = self.source.visible, self.source.taken
        limit, pull = unit.limit, unit.pull
        fired = False
        while len(taken) < len(arrived):
            # Beats that must have left so that at most `limit` groups are held.
            left = ceil_div(max(0, self.pushed - limit), pull)
            if left > len(sink.taken):
                break
            time = max(arrived[len(taken)], taken[-1] + 1 if taken else 0)
            if left:
                time = max(time, sink.taken[left - 1] + 1)
            taken.append(time)
            self.beat += 1
            self.pushed += unit.push if self.beat < unit.in_beats else unit.last_push
            self.beat %= unit.in_beats
            ready = self.pushed // pull - len(sink.visible)
            sink.visible.extend([time + 1] * ready)
            fired = True
        return fired


class _QueueMachine:
    """Queue and Turns: one or several inputs in turn, one or several readers at once."""

    def __init__(self, schedule: Queue | Turns, sources: Sequence[Channel], sinks: Sequence[Channel]) -> None:
        self.depth, self.sinks = schedule.depth, sinks
        turns = schedule.beats if isinstance(schedule, Turns) else (1,)
        self.order = [source for source, beats in zip(sources, turns, strict=True) for _ in range(beats)]
        self.index, self.last = 0, -1

    def advance(self) -> bool:
        fired = False
        while True:
            source = self.order[self.index % len(self.order)]
            beat, freed = len(source.taken), self.index - self.depth
            if beat == len(source.visible):
                break
            time = max(source.visible[beat], self.last + 1)
            if freed >= 0:
                if any(freed >= len(sink.taken) for sink in self.sinks):
                    break
                time = max(time, *(sink.taken[freed] + 1 for sink in self.sinks))
            source.taken.append(time)
            for sink in self.sinks:
                sink.visible.append(time + 1)
            self.index, self.last, fired = self.index + 1, time, True
        return fired


class _LinesMachine:
    def __init__(self, schedule: Lines, sources: Sequence[Channel], sinks: Sequence[Channel]) -> None:
        self.schedule, self.source, self.sink = schedule, sources[0], sinks[0]
        self.released: list[int] = []
        """When each row of the image was let go."""
        self.out_row, self.out_beat, self.last = 0, 0, -1

    def advance(self) -> bool:
        fired = self._read()
        while self._emit():
            fired = self._read() or True
        return fired

    def _read(self) -> bool:
        """Take every beat whose room is known."""
        unit, arrived, taken = self.schedule, self.source.visible, self.source.taken
        start = len(taken)
        while len(taken) < len(arrived):
            row, beat = divmod(len(taken), unit.row_beats)
            time = max(arrived[len(taken)], taken[-1] + 1 if taken else 0)
            if beat == 0 and row >= unit.rows:
                if row - unit.rows >= len(self.released):
                    break
                time = max(time, self.released[row - unit.rows] + 1)
            taken.append(time)
        return len(taken) > start

    def _emit(self) -> bool:
        """Send what is left of the current row of windows, as far as known; True where the row ended."""
        unit, visible, taken = self.schedule, self.sink.visible, self.sink.taken
        place = self.out_row % len(unit.needed)
        time, latency, credits = self.last + 1, unit.latency, unit.credits
        if self.out_beat == 0:
            whole = len(self.released) + unit.needed[place]
            if whole * unit.row_beats > len(self.source.taken):
                return False
            if whole:
                time = max(time, self.source.taken[whole * unit.row_beats - 1] + 1)
        for beat in range(self.out_beat, unit.out_row_beats):
            freed = len(visible) - credits
            if freed >= 0:
                if freed >= len(taken):
                    self.out_beat, self.last = beat, max(self.last, time - 1)
                    return False
                time = max(time, taken[freed] + 1)
            visible.append(time + latency)
            time += 1
        self.out_row, self.out_beat, self.last = self.out_row + 1, 0, time - 1
        self.released.extend([self.last] * unit.released[place])
        return True


def _machine(control: Control, channels: Mapping[str, Channel]) -> Machine:
    sources = [channels[name] for name in control.inputs]
    sinks = [channels[name] for name in control.outputs]
    match control.schedule:
        case Engine() as schedule:
            return _EngineMachine(schedule, sources, sinks)
        case Tiles() as schedule:
            return _TilesMachine(schedule, sources, sinks)
        case Gearbox() as schedule:
            return _GearboxMachine(schedule, sources, sinks)
        case Queue() | Turns() as schedule:
            return _QueueMachine(schedule, sources, sinks)
        case Lines() as schedule:
            return _LinesMachine(schedule, sources, sinks)


@dataclass(frozen=True)
class Network:
    """Units joined by streams; `input` comes in, `input_beats` a frame, and `output` leaves.

    `beats` counts those of a frame on every stream.
    """

    controls: tuple[Control, ...]
    input: str
    output: str
    beats: Mapping[str, int]


def beat_times(network: Network, frames: int) -> dict[str, IntArray]:
    """Cycle in which each beat of every stream is taken, for `frames` back-to-back frames, by the stream's name.

    The source always has a beat to offer, the sink is always ready; cycle 0 takes the first beat.

    Raises:
        DeadlockError: some unit waits for ever; the message names the fullest stream that nobody reads.
    """
    return {name: np.array(channel.taken, dtype=np.int64) for name, channel in _run(network, frames).items()}


def _run(network: Network, frames: int) -> dict[str, Channel]:
    """The channels of all streams after `frames` frames. Raises: DeadlockError."""
    channels = {name: Channel() for name in network.beats}
    channels[network.input].visible = [0] * (network.beats[network.input] * frames)
    machines = [_machine(control, channels) for control in network.controls]
    output = channels[network.output]
    progress = True
    while progress:
        progress = False
        for machine in machines:
            progress |= machine.advance()
        while (index := len(output.taken)) < len(output.visible):
            output.taken.append(max(output.visible[index], output.taken[-1] + 1 if index else 0))
            progress = True
    if len(output.taken) < network.beats[network.output] * frames:
        raise _stuck(network, channels)
    return channels


def _stuck(network: Network, channels: Mapping[str, Channel]) -> DeadlockError:
    waiting = {name: len(c.visible) - len(c.taken) for name, c in channels.items() if name != network.input}
    fullest = max(waiting, key=lambda name: waiting[name])
    found = f"a deadlock: {waiting[fullest]} beats wait on stream {fullest}"
    return DeadlockError(network.output, "every beat must arrive", found, "Deepen the FIFO of that stream's reader")


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
    """The cycles of a network for any number of frames: `ends` of the first, the last `period` of which repeat.

    Attributes:
        span: cycles after which the pattern of the last `period` frames comes again.
        held: the most beats that ever wait on each stream, by name.
        period: 1 where every frame takes the same; networks with shallow FIFOs may alternate, say 8, 6, 8, 6.
    """

    ends: tuple[int, ...]
    span: int
    held: Mapping[str, int]
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


def cycle_model(network: Network) -> CycleModel:
    """Run a network until it repeats itself.

    Every recurrence looks back at most `reach` frames; once all times of `reach` frames lie one and the same span
    after those of `period` frames before, they do so for ever.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    reach = 1 + max(_reach(control, network.beats) for control in network.controls)
    frames = reach + 2
    while True:
        channels = _run(network, frames)
        times = [np.array(channel.taken, dtype=np.int64).reshape(frames, -1) for channel in channels.values()]
        for period in range(1, (frames - reach) // 2 + 1):
            steps = np.concatenate([(t[-reach:] - t[-reach - period : -period]).ravel() for t in times])
            if np.all(steps == steps[0]):
                ends = np.array(channels[network.output].taken).reshape(frames, -1)[:, -1]
                held = {name: _held(channel) for name, channel in channels.items() if name != network.input}
                return CycleModel(tuple(int(end) for end in ends), int(steps[0]), held, period)
        frames *= 2


def _held(channel: Channel) -> int:
    """Beats that a queue in front of the reader must hold, a beat written while another is read counted."""
    taken, written = np.array(channel.taken), np.array(channel.visible[: len(channel.taken)]) - 1
    return int((np.arange(len(taken)) + 1 - np.searchsorted(taken, written, side="left")).max())


def _reach(control: Control, beats: Mapping[str, int]) -> int:
    """Frames that a unit's recurrence looks back over its streams."""
    match control.schedule:
        case Engine(credits=held) | Tiles(credits=held) | Queue(depth=held) | Turns(depth=held):
            return ceil_div(held, beats[control.outputs[0]]) + 1
        case Gearbox():
            return 3  # holds less than three output beats
        case Lines(rows=rows, height=height, credits=held):
            return max(ceil_div(rows, height), ceil_div(held, beats[control.outputs[0]])) + 1
