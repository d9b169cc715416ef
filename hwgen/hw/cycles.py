"""The cycles of a network: of any number of frames from its start, and in the long run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.schedule import Engine, Gated, Gearbox, Lines, Queue, Tiles, Turns
from hwgen.hw.simulation import Control, Network, Run, Waits, run_frames
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray


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
        frames: after which it does, if everything before the unit `late` has a lead.
        pace: cycles a frame at which the source offers them (see `beat_times`).
    """

    network: Network
    span: int
    period: int
    frames: int
    late: str | None
    pace: int = 0

    @property
    def interval(self) -> int:
        """Cycles a frame in steady state, the mean rounded up where frames alternate."""
        return ceil_div(self.span, self.period)

    def predict(self, frames: int) -> Cycles:
        """Cycles of a run of `frames` frames from reset.

        Run in full, or until it repeats itself: buffers fill by the difference between a unit's cycles and the slowest
        unit's, which can take hundreds of frames.
        """
        tried = min(frames, _reach(self.network) + 2)
        while True:
            run = run_frames(self.network, tried, self.pace)
            times = run.taken(self.network.input), run.taken(self.network.output)
            if tried == frames:
                return cycles_of(*times, frames)
            steady = _steady(run, self.pace)
            if steady is not None:
                return _extrapolated(*times, (tried, frames), *steady)
            tried = min(frames, 2 * tried)
            del run, times  # their memory

    @cached_property
    def waits(self) -> Mapping[str, Waits]:
        """What each unit waits in steady state, in cycles of `period` frames, by its name."""
        before, after = self._run(self.frames).waits, self._run(self.frames + self.period).waits
        return {
            name: Waits(waits.starved - before[name].starved, waits.blocked - before[name].blocked)
            for name, waits in after.items()
        }

    @cached_property
    def held(self) -> Mapping[str, int]:
        """The most beats that a queue on each stream ever holds, by the stream's name: its high-water mark.

        Looked for in the first frames from reset and in the steady state, when all before the slowest unit is full.
        """
        start = most_held(run_frames(self.network, min(4, self.frames), self.pace))
        return {name: max(start[name], beats) for name, beats in most_held(self._run(self.frames)).items()}

    def _run(self, frames: int) -> Run:
        """A run that ends in steady state."""
        return run_frames(self.network, frames, self.pace, self.late)


def most_held(run: Run) -> dict[str, int]:
    """The most beats that a queue on each stream holds in a run, by the stream's name."""
    from hwgen.hw.machines import most_held as most

    names = (name for name in run.network.beats if name != run.network.input)
    return {name: int(most(run.visible(name), run.taken(name))) for name in names}


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


def cycle_model(network: Network, slowest: str, pace: int = 0) -> CycleModel:
    """Run a network until it repeats itself.

    The interval in the end does not depend on how a network starts (times are maxima of sums). So everything before
    the unit `slowest` gets a lead, which is where back-pressure takes it sooner or later; unless the source is slower.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    model = _until_steady(network, slowest, 0)
    if pace > model.interval:
        return _until_steady(network, None, pace)
    return replace(model, pace=pace)


def _until_steady(network: Network, late: str | None, pace: int) -> CycleModel:
    frames = _reach(network) + 2
    while True:
        steady = _steady(run_frames(network, frames, pace, late), pace)
        if steady is not None:
            return CycleModel(network, *steady, frames, late, pace)
        frames *= 2


def keeps(network: Network, slowest: str, interval: int) -> bool:
    """Whether a network's interval is `interval` at most; False also where it waits for ever.

    This is sooner known than the interval: once every stream repeats itself, each with a span of its own, the longest
    span will be everyone's. A time that moves on by it cannot come from one that moves on by less, so the times that
    do so hold each other up.
    """
    frames = _reach(network) + 2
    while True:
        try:
            run = run_frames(network, frames, late=slowest)
        except DeadlockError:
            return False
        steady = _steady(run)
        if steady is not None:
            span, period = steady
            return span <= interval * period
        spans = _spans(run, 1)
        if None not in spans and max(filter(None, spans)) > interval:
            return False
        frames *= 2


def _steady(run: Run, pace: int = 0) -> tuple[int, int] | None:
    """Span and period with which the last frames repeat; None where they do not.

    Every recurrence looks back at most `reach` frames; once all times of `reach` frames lie one and the same span
    after those of `period` frames before, they do so for ever, if the source offers its beats no slower.
    """
    for period in range(1, (run.frames - _reach(run.network)) // 2 + 1):
        spans = set(_spans(run, period))
        span = spans.pop()
        if not spans and span is not None and span >= pace * period:
            return span, period
    return None


def _spans(run: Run, period: int) -> list[int | None]:
    """Of each stream the cycles by which its last frames lie after those of `period` frames before, if all do alike."""
    from hwgen.hw.machines import UNKNOWN, shifts

    spans = np.empty(len(run.number), dtype=np.int64)
    shifts(run.streams.first, run.streams.taken, run.frames, _reach(run.network), period, spans)
    return [None if span == UNKNOWN else int(span) for span in spans]


def _reach(network: Network) -> int:
    """Frames that a recurrence looks back, over the longest-looking unit."""
    return 1 + max(_look_back(control, network.beats) for control in network.controls)


def _look_back(control: Control, beats: Mapping[str, int]) -> int:
    """Frames that a unit's recurrence looks back over its streams."""
    match control.schedule:
        case Engine(credits=held) | Gated(credits=held) | Tiles(credits=held) | Queue(depth=held) | Turns(depth=held):
            return ceil_div(held, beats[control.outputs[0]]) + 1
        case Gearbox():
            return 3  # holds less than three output beats
        case Lines(rows=rows, height=height, credits=held):
            return max(ceil_div(rows, height), ceil_div(held, beats[control.outputs[0]])) + 1
