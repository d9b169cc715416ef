"""The network's cycle model: the control part of every unit and FIFO, with no data and no clock.

Units are joined by streams into a graph. Each unit computes as many of its times as the times known so far allow; when
no unit can go on, all are known, or the network is stuck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.schedule import Engine, Gearbox, Lines, Queue, Schedule, Tiles, Turns
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray

if TYPE_CHECKING:
    from hwgen.hw.machines import Rows, Streams, Units


@dataclass(frozen=True)
class Control:
    """One unit's schedule, and the names of the streams it reads and writes."""

    name: str
    schedule: Schedule
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


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
    run = _run(network, frames)
    return {name: run.taken(name).copy() for name in network.beats}


@dataclass(frozen=True)
class _Run:
    """A network while it runs: its streams by number, those of the network first, and the number of each name."""

    network: Network
    frames: int
    streams: Streams
    number: Mapping[str, int]

    def taken(self, name: str) -> IntArray:
        """When each beat of a stream was taken, as far as known."""
        stream = self.number[name]
        first = self.streams.first[stream]
        return self.streams.taken[first : first + self.streams.read[stream]]

    def visible(self, name: str) -> IntArray:
        """When each beat of a stream could first be read, as far as known."""
        stream = self.number[name]
        first = self.streams.first[stream]
        return self.streams.visible[first : first + self.streams.sent[stream]]


def _run(network: Network, frames: int, late: str | None = None) -> _Run:
    """All times of `frames` frames.

    Unit `late` does not start before all before it are as far as they can get without it.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    from hwgen.hw.machines import UNKNOWN, advance

    run, units = _reset(network, frames), _units(network)
    scratch = np.empty((2, len(units.kind)), dtype=np.int64)
    if late is not None:
        place = next(index for index, control in enumerate(network.controls) if control.name == late)
        advance(units, run.streams, place, *scratch)
        start = max((int(times[-1]) for times in map(run.taken, network.beats) if len(times)), default=0)
        for name in network.controls[place].inputs:
            np.maximum(run.visible(name), start, out=run.visible(name))
    advance(units, run.streams, UNKNOWN, *scratch)
    if len(run.taken(network.output)) < network.beats[network.output] * frames:
        raise _stuck(run)
    return run


def _reset(network: Network, frames: int) -> _Run:
    """Streams on which nothing has moved; the chip's input has every beat to offer at once."""
    from hwgen.hw.machines import Streams

    rows = [control.schedule.height for control in network.controls if isinstance(control.schedule, Lines)]
    beats = np.array([*network.beats.values(), *rows], dtype=np.int64) * frames
    first = np.concatenate([[0], np.cumsum(beats)]).astype(np.int64)
    sent, read = np.zeros(len(beats), dtype=np.int64), np.zeros(len(beats), dtype=np.int64)
    visible, taken = np.empty(first[-1], dtype=np.int64), np.empty(first[-1], dtype=np.int64)
    run = _Run(network, frames, Streams(first, sent, read, visible, taken), _numbers(network))
    source = run.number[network.input]
    sent[source] = beats[source]
    run.visible(network.input)[:] = 0
    return run


def _numbers(network: Network) -> dict[str, int]:
    return {name: number for number, name in enumerate(network.beats)}


def _units(network: Network) -> Units:
    """The controls and the sink as arrays."""
    from hwgen.hw.machines import QUEUE, STATE, Units

    number = _numbers(network)
    sink = QUEUE, (1, 1)  # takes the chip's output at once
    kinds, parameters = zip(*(_packed(control.schedule) for control in network.controls), sink, strict=True)
    sources = [[number[name] for name in control.inputs] for control in network.controls]
    sinks = [[number[name] for name in control.outputs] for control in network.controls]
    near = _near([*sources, [number[network.output]]], [*sinks, []])
    inner = len(number)
    for control, ends in zip(network.controls, sinks, strict=True):
        if isinstance(control.schedule, Lines):
            ends.append(inner)
            inner += 1
    state = np.zeros((len(kinds), STATE), dtype=np.int64)
    state[:, 1] = -1  # the cycle of the last slot
    ends_of = _rows([*sources, [number[network.output]]]), _rows([*sinks, []])
    return Units(np.array(kinds, dtype=np.int64), _rows(parameters), state, *ends_of, _rows(near))


def _packed(schedule: Schedule) -> tuple[int, tuple[int, ...]]:
    """Kind and parameters of a unit."""
    from hwgen.hw.machines import ENGINE, GEARBOX, LINES, QUEUE, TILES

    match schedule:
        case Engine() as s:
            return ENGINE, (s.slots, s.reads, s.period, s.latency, s.credits)
        case Tiles() as s:
            return TILES, (s.height, s.width, s.columns, s.pixel_beats, s.latency, s.credits)
        case Gearbox() as s:
            return GEARBOX, (s.in_beats, s.push, s.last_push, s.pull, s.limit)
        case Queue() as s:
            return QUEUE, (s.depth, 1)
        case Turns() as s:
            return QUEUE, (s.depth, *s.beats)
        case Lines() as s:
            return LINES, (s.row_beats, s.rows, s.out_row_beats, s.latency, s.credits, *s.needed, *s.released)


def _near(sources: Sequence[Sequence[int]], sinks: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each unit those that it is joined to by a stream."""
    writers = {stream: unit for unit, ends in enumerate(sinks) for stream in ends}
    near: list[set[int]] = [set() for _ in sources]
    for reader, ends in enumerate(sources):
        for writer in (writers[stream] for stream in ends if stream in writers):
            near[reader].add(writer)
            near[writer].add(reader)
    return [sorted(units) for units in near]


def _rows(rows: Sequence[Sequence[int]]) -> Rows:
    from hwgen.hw.machines import Rows

    at = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return Rows(np.array([each for row in rows for each in row], dtype=np.int64), at)


def _stuck(run: _Run) -> DeadlockError:
    waiting = {name: len(run.visible(name)) - len(run.taken(name)) for name in run.number if name != run.network.input}
    fullest = max(waiting, key=lambda name: waiting[name])
    found = f"a deadlock: {waiting[fullest]} beats wait on stream {fullest}"
    return DeadlockError(run.network.output, "every beat must arrive", found, "Deepen the FIFO of that stream's reader")


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
            run = _run(self.network, tried)
            times = run.taken(self.network.input), run.taken(self.network.output)
            if tried == frames:
                return cycles_of(*times, frames)
            steady = _steady(run)
            if steady is not None:
                return _extrapolated(*times, (tried, frames), *steady)
            tried = min(frames, 2 * tried)
            del run, times  # their memory

    def held(self, frames: int = 4) -> Mapping[str, int]:
        """The most beats that a queue on each stream holds in the first frames, by the stream's name."""
        from hwgen.hw.machines import most_held

        run = _run(self.network, frames)
        names = (name for name in self.network.beats if name != self.network.input)
        return {name: most_held(run.visible(name), run.taken(name)) for name in names}


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
        steady = _steady(_run(network, frames, late=slowest))
        if steady is not None:
            return CycleModel(network, *steady)
        frames *= 2


def _steady(run: _Run) -> tuple[int, int] | None:
    """Span and period with which the last frames repeat; None where they do not.

    Every recurrence looks back at most `reach` frames; once all times of `reach` frames lie one and the same span
    after those of `period` frames before, they do so for ever.
    """
    from hwgen.hw.machines import UNKNOWN, shift

    reach, first = _reach(run.network), run.streams.first[: len(run.number) + 1]
    for period in range(1, (run.frames - reach) // 2 + 1):
        span = shift(first, run.streams.taken, run.frames, reach, period)
        if span != UNKNOWN:
            return int(span), period
    return None


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
