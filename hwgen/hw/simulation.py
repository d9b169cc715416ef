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
        """Fire to the end of an output beat, then to the end of the next, as far as beats and credits are known."""
        unit, slot, last = self.schedule, self.slot, self.last
        while True:
            ending = self.slot - self.slot % unit.period + unit.period - 1
            if self.slot >= unit.reads:
                done = self._end(self.last + 1 + ending - self.slot)
            else:
                done = self._read(ending) and self._arrived() and self._end(self._arrival(), reading=True)
            if not done:
                return (self.slot, self.last) != (slot, last)
            self.slot = (ending + 1) % unit.slots

    def _read(self, ending: int) -> bool:
        """Take the beats before slot `ending`; False where some are not known."""
        if len(self.sources) > 1:
            return self.slot == ending  # an adder's every slot ends a beat
        arrived, read = self.sources[0].visible, self.sources[0].taken
        index = len(read)
        time, append = self.last, read.append
        for visible in arrived[index : index + ending - self.slot]:
            time = visible if visible > time else time + 1
            append(time)
        self.slot, self.last = self.slot + len(read) - index, time
        return self.slot == ending

    def _arrived(self) -> bool:
        return all(len(source.taken) < len(source.visible) for source in self.sources)

    def _arrival(self) -> int:
        return max(self.last + 1, *(source.visible[len(source.taken)] for source in self.sources))

    def _end(self, time: int, *, reading: bool = False) -> bool:
        """Fire a slot that ends an output beat, no sooner than `time`; False where its credit is not known."""
        visible, taken = self.sink.visible, self.sink.taken
        freed = len(visible) - self.schedule.credits
        if freed >= 0:
            if freed >= len(taken):
                return False
            time = max(time, taken[freed] + 1)
        visible.append(time + self.schedule.latency)
        if reading:
            for source in self.sources:
                source.taken.append(time)
        self.last = time
        return True


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
        self.beat, self.pushed, self.limit = 0, 0, schedule.limit

    def advance(self) -> bool:
        unit, sink = self.schedule, self.sink
        arrived, taken = self.source.visible, self.source.taken
        limit, pull = self.limit, unit.pull
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
        before = len(self.source.taken) + len(self.sink.visible)
        self._read()
        while self._emit():
            self._read()
        return len(self.source.taken) + len(self.sink.visible) > before

    def _read(self) -> None:
        """Take every beat whose room is known."""
        unit, arrived, taken = self.schedule, self.source.visible, self.source.taken
        time, append = taken[-1] if taken else -1, taken.append
        while len(taken) < len(arrived):
            row, beat = divmod(len(taken), unit.row_beats)
            if beat == 0 and row >= unit.rows:
                if row - unit.rows >= len(self.released):
                    break
                time = max(time, self.released[row - unit.rows])
            for visible in arrived[len(taken) : len(taken) + unit.row_beats - beat]:
                time = visible if visible > time else time + 1
                append(time)

    def _emit(self) -> bool:
        """Send what is left of the current row of windows, as far as known; True where the row ended."""
        unit, visible, taken = self.schedule, self.sink.visible, self.sink.taken
        place = self.out_row % len(unit.needed)
        time, latency, append = self.last, unit.latency, visible.append
        if self.out_beat == 0:
            whole = len(self.released) + unit.needed[place]
            if whole * unit.row_beats > len(self.source.taken):
                return False
            if whole:
                time = max(time, self.source.taken[whole * unit.row_beats - 1])
        while self.out_beat < unit.out_row_beats and len(visible) < unit.credits:
            time += 1
            append(time + latency)
            self.out_beat += 1
        freed = len(visible) - unit.credits
        for read in taken[freed : freed + unit.out_row_beats - self.out_beat] if freed >= 0 else ():
            time = read + 1 if read > time else time + 1
            append(time + latency)
        self.out_beat += len(visible) - unit.credits - freed
        self.last = max(self.last, time) if self.out_beat else self.last
        if self.out_beat < unit.out_row_beats:
            return False
        self.out_row, self.out_beat = self.out_row + 1, 0
        self.released.extend([time] * unit.released[place])
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


def _run(network: Network, frames: int, late: str | None = None) -> dict[str, Channel]:
    """The channels of all streams after `frames` frames.

    Unit `late` does not start before all before it are as far as they can get without it.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    channels = {name: Channel() for name in network.beats}
    channels[network.input].visible = [0] * (network.beats[network.input] * frames)
    sink = _Sink(channels[network.output])
    machines = {control.name: _machine(control, channels) for control in network.controls} | {_SINK: sink}
    if late is not None:
        _advance(network, {name: machine for name, machine in machines.items() if name != late})
        start = max((channel.taken[-1] for channel in channels.values() if channel.taken), default=0)
        held = next(control.inputs for control in network.controls if control.name == late)
        for name in held:
            channels[name].visible = [max(time, start) for time in channels[name].visible]
    _advance(network, machines)
    if len(sink.source.taken) < network.beats[network.output] * frames:
        raise _stuck(network, channels)
    return channels


_SINK = ""


class _Sink:
    """The chip's output, taken at once."""

    def __init__(self, source: Channel) -> None:
        self.source = source

    def advance(self) -> bool:
        visible, taken = self.source.visible, self.source.taken
        start, time = len(taken), taken[-1] if taken else -1
        for when in visible[start:]:
            time = when if when > time else time + 1
            taken.append(time)
        return len(taken) > start


def _advance(network: Network, machines: Mapping[str, Machine]) -> None:
    """Let every machine go on until none can; one that moved wakes those it is joined to."""
    ends = [(c.name, c.inputs, c.outputs) for c in network.controls] + [(_SINK, (network.output,), ())]
    writers = {name: unit for unit, _, outputs in ends for name in outputs}
    joined: dict[str, set[str]] = {unit: set() for unit in machines}
    for reader, inputs, _ in ends:
        for writer in (writers[name] for name in inputs if name in writers):
            if reader in joined and writer in joined:
                joined[reader].add(writer)
                joined[writer].add(reader)
    order = {unit: sorted(near) for unit, near in joined.items()}
    awake = dict.fromkeys(machines)
    while awake:
        unit = next(iter(awake))
        del awake[unit]
        if machines[unit].advance():
            awake.update(dict.fromkeys(order[unit]))


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
    ends = output_times.reshape(frames, -1)[:, -1]
    interval = int(ends[-1] - ends[-2]) if frames > 1 else None
    start = int(input_times[0])
    return Cycles(interval, int(ends[0]) - start, int(ends[-1]) - start + 1)


@dataclass(frozen=True)
class CycleModel:
    """The cycles of a network in steady state, and those of any number of frames from its start.

    Attributes:
        span: cycles after which the pattern of `period` frames comes again.
        period: 1 where every frame takes the same; networks with shallow FIFOs may alternate, say 8, 6, 8, 6.
    """

    network: Network
    span: int
    period: int

    @property
    def interval(self) -> int:
        """Cycles a frame in steady state, the mean rounded up where frames alternate."""
        return ceil_div(self.span, self.period)

    def predict(self, frames: int) -> Cycles:
        """Cycles of a run of `frames` back-to-back frames from reset.

        Run in full, or until it repeats itself: buffers fill by the difference between a unit's cycles and the slowest
        unit's, which can take hundreds of frames.
        """
        tried = min(frames, _reach(self.network) + 2)
        while True:
            channels = _run(self.network, tried)
            times = [np.array(channels[name].taken) for name in (self.network.input, self.network.output)]
            if tried == frames:
                return cycles_of(times[0], times[1], frames)
            steady = _steady(self.network, channels, tried)
            if steady is not None:
                return _extrapolated(times[0], times[1], (tried, frames), *steady)
            tried = min(frames, 2 * tried)

    def held(self, frames: int = 4) -> Mapping[str, int]:
        """The most beats that a queue on each stream holds in the first frames, by the stream's name."""
        channels = _run(self.network, frames)
        return {name: _held(channel) for name, channel in channels.items() if name != self.network.input}


def _extrapolated(
    input_times: IntArray, output_times: IntArray, frames: tuple[int, int], span: int, period: int
) -> Cycles:
    """The cycles of more frames than were run, (run, wanted), the last `period` of which repeat every `span`."""
    run, wanted = frames
    ends = output_times.reshape(run, -1)[:, -1]

    def end(frame: int) -> int:
        rounds = ceil_div(max(0, frame - run + 1), period)
        return int(ends[frame - rounds * period]) + rounds * span

    start = int(input_times[0])
    return Cycles(end(wanted - 1) - end(wanted - 2), int(ends[0]) - start, end(wanted - 1) - start + 1)


def cycle_model(network: Network, slowest: str) -> CycleModel:
    """Run a network until it repeats itself.

    The interval in the end does not depend on how a network starts (times are maxima of sums). So everything before
    the unit `slowest` gets a lead, which is where back-pressure takes it sooner or later.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    frames = _reach(network) + 2
    while True:
        steady = _steady(network, _run(network, frames, late=slowest), frames)
        if steady is not None:
            return CycleModel(network, *steady)
        frames *= 2


def _steady(network: Network, channels: Mapping[str, Channel], frames: int) -> tuple[int, int] | None:
    """Span and period with which the last frames repeat; None where they do not.

    Every recurrence looks back at most `reach` frames; once all times of `reach` frames lie one and the same span
    after those of `period` frames before, they do so for ever.
    """
    reach = _reach(network)
    times = [np.array(channel.taken, dtype=np.int64).reshape(frames, -1) for channel in channels.values()]
    for period in range(1, (frames - reach) // 2 + 1):
        steps = np.concatenate([(t[-reach:] - t[-reach - period : -period]).ravel() for t in times])
        if np.all(steps == steps[0]):
            return int(steps[0]), period
    return None


def _held(channel: Channel) -> int:
    """Beats that a queue in front of the reader must hold, a beat written while another is read counted."""
    taken, written = np.array(channel.taken), np.array(channel.visible[: len(channel.taken)]) - 1
    return int((np.arange(len(taken)) + 1 - np.searchsorted(taken, written, side="left")).max())


def _reach(network: Network) -> int:
    """Frames that a recurrence looks back, over the longest-looking unit."""
    return 1 + max(_look_back(control, network.beats) for control in network.controls)


def _look_back(control: Control, beats: Mapping[str, int]) -> int:
    """Frames that a unit's recurrence looks back over its streams."""
    match control.schedule:
        case Engine(credits=held) | Tiles(credits=held) | Queue(depth=held) | Turns(depth=held):
            return ceil_div(held, beats[control.outputs[0]]) + 1
        case Gearbox():
            return 3  # holds less than three output beats
        case Lines(rows=rows, height=height, credits=held):
            return max(ceil_div(rows, height), ceil_div(held, beats[control.outputs[0]])) + 1
