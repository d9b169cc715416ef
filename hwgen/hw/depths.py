"""How deep the streams of an HLS project are: for every pipeline depth no deadlock, and one interval.

An HLS tool chooses how deep a function's pipeline is, so the streams must do for all of `DEPTHS`. A constraint graph of
elastic pipelines proposes their depths, with the sizing of `periodic.py`: it is faster than any rigid pipeline, so what
it does not keep is too little. Rigid pipelines, run cycle by cycle, judge: all streams become deeper until those keep
the interval, and then each as shallow as they still do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.dataflow import DEFAULT_DEPTH, Dataflow
from hwgen.hw.loop import DEPTHS, HlsTimes
from hwgen.hw.periodic import PeriodicSchedule

if TYPE_CHECKING:
    from hwgen.hw.rigid import RigidRun

_FRAMES = 4, 6, 12
"""Frames that a judge runs: at least, in a search, and at its end; buffers fill in the first ones."""

_QUESTIONS = 20_000_000
"""Questions to the constraint graph times beats of a frame that a search may take, and"""

_EFFORT = 250_000_000
"""cycles times functions that its judges may run: a second or two. Streams that are not reached stay deeper."""

_THOROUGH = 1_000_000_000
"""The same for a network of which that is `_ENOUGH` runs, and which has no more than `_MANY` functions: to the end."""

_ENOUGH, _MANY = 400, 128

_DEEPEST, _SHALLOWEST = DEPTHS[-1], DEPTHS[0]


class StreamSchedule(PeriodicSchedule):
    """A schedule of elastic pipelines of one depth, whose streams become shallower."""

    def __init__(self, flow: Dataflow, depth: int, room: Mapping[str, int], interval: int) -> None:
        network = flow.network(depth, room)
        super().__init__(network, interval)
        self._writer = {
            name: (unit, output)
            for unit, process in enumerate(network.processes)
            for output, name in enumerate(process.outputs)
        }

    def keeps(self, name: str, size: int) -> bool:
        """Whether there is a schedule with a smaller depth of one stream, which then has it."""
        from hwgen.hw.repair import undo

        before = self.resize(name, size)
        self._ask()
        kept = self._keeps_all_but(self._writer[name][0])
        if not kept:
            undo(self.streams, self._repair)
            self.resize(name, before)
        return kept

    def resize(self, name: str, size: int) -> int:
        """Set the depth of a stream without a question; what it was."""
        unit, output = self._writer[name]
        stream = self.units.sinks.flat[self.units.sinks.at[unit] + output]
        before = int(self.streams.held[stream])
        self.units.parameters.flat[self.units.parameters.at[unit] + 4 + output] = self.streams.held[stream] = size
        return before


def hls_times(flow: Dataflow, fixed: Mapping[str, int] | None = None) -> HlsTimes:
    """Stream depths, and the interval and latency that they keep.

    The interval is that of the slowest function in the deepest pipeline, or the shortest that `fixed` depths allow.

    Args:
        fixed: depths of streams that the user chose, by name.

    Raises:
        DeadlockError: the chosen depths cause a deadlock.
    """
    search = _Search(flow, fixed or {})
    search.propose()
    search.deepen()
    search.trim()
    return search.times()


class _Search:
    """Depths of a network's streams while they are sought."""

    def __init__(self, flow: Dataflow, fixed: Mapping[str, int]) -> None:
        from hwgen.hw.rigid import wiring_of

        self._flow, self._interval = flow, flow.bound
        self._network = flow.network(1, {})
        self._wiring = wiring_of(self._network)
        self._free = [name for name in sorted(flow.streams, key=lambda name: -flow.widths[name]) if name not in fixed]
        self._room = {name: fixed.get(name, DEFAULT_DEPTH) for name in flow.streams}
        self._functions = len(flow.processes)
        self._frames = self._affordable(_FRAMES[1])
        run = self._frames * self._interval * self._functions
        thorough = self._functions <= _MANY and _ENOUGH * run <= _THOROUGH
        self._effort, self._questions = _THOROUGH if thorough else _EFFORT, _QUESTIONS
        self._judged = range(_SHALLOWEST, _DEEPEST + 1) if thorough else DEPTHS
        self._most = 2 * max(flow.beats.values()) + 2 * _DEEPEST
        self._hard = [_DEEPEST, _SHALLOWEST]

    def _affordable(self, frames: int) -> int:
        """So many frames, or fewer in a large network."""
        return min(frames, max(_FRAMES[0], _EFFORT // (len(DEPTHS) * self._interval * self._functions)))

    def propose(self) -> None:
        """Depths that elastic pipelines keep: those of the RTL's FIFOs, or the smallest above that will do.

        The widest streams come first.
        """
        schedules, least = self._deep_enough(), self._least

        def keep(name: str, size: int) -> bool:
            if self._questions <= 0:
                return False
            self._questions -= sum(self._flow.beats.values())
            before = self._room[name]
            for count, schedule in enumerate(schedules):
                if not schedule.keeps(name, size):
                    for other in schedules[:count]:
                        other.resize(name, before)
                    return False
            self._room[name] = size
            return True

        for name in self._free:
            if self._room[name] > least[name] and not keep(name, least[name]):
                _lessen(name, self._room, least[name] + 1, keep)

    @property
    def _least(self) -> dict[str, int]:
        """The depths to begin with."""
        return {name: DEFAULT_DEPTH + self._flow.queued.get(name, 0) for name in self._free}

    def _deep_enough(self) -> Sequence[StreamSchedule]:
        """Schedules with ever more beats in all streams, until there are such; none where chosen depths forbid it."""
        more = 0
        while more <= self._most:
            self._room |= {name: beats + more for name, beats in self._least.items()}
            schedules = [StreamSchedule(self._flow, each, self._room, self._interval) for each in self._hard]
            if all(schedule.exists() for schedule in schedules):
                return schedules
            more = max(4, 4 * more)
        return ()

    def deepen(self) -> None:
        """As many more beats for all streams as rigid pipelines of all depths need.

        Where chosen depths forbid the interval, the shortest found is kept. Raises: DeadlockError.
        """
        proposed, more = dict(self._room), 0
        while not all(self._runs(self._room, depth) for depth in {*DEPTHS, *self._hard}):
            more = max(1, 2 * more)
            if more > self._most:
                self._interval = max(self._interval_of(depth) for depth in self._judged)
                break
            self._room |= {name: proposed[name] + more for name in self._free}
        self._halve(self._free, proposed)

    def _interval_of(self, depth: int) -> int:
        """The longest time between two frames. Raises: DeadlockError."""
        run = self._run(self._room, depth, 4 * self._frames)
        if len(run.ends) < 4 * self._frames:
            told = (f"{name} for {'room in' if room else 'a beat of'} {stream}" for name, stream, room in run.circle())
            found = f"in pipelines of depth {depth} {', '.join(told)} wait for each other"
            must = "must let every frame out of the HLS project"
            raise DeadlockError("fifo_depths", must, found, "Give the streams named more beats, or leave them out")
        return int(np.diff(run.ends).max())

    def _halve(self, names: Sequence[str], proposed: Mapping[str, int]) -> None:
        """Give streams their proposed depth back, as many at once as rigid pipelines allow."""
        names = [name for name in names if self._room[name] > proposed[name]]
        if not names or self._tried(self._room | {name: proposed[name] for name in names}):
            return
        if len(names) > 1:
            self._halve(names[: len(names) // 2], proposed)
            self._halve(names[len(names) // 2 :], proposed)

    def trim(self) -> None:
        """Each stream as shallow as rigid pipelines keep the interval, and then for longer and at all depths."""
        self._lessen_all()
        self._frames = self._affordable(_FRAMES[2])
        while slow := self._slow():
            self._hard += [depth for depth in slow if depth not in self._hard]
            self.deepen()
            self._lessen_all()

    def _slow(self) -> list[int]:
        """The depths that do not keep the interval, the deepest two of them; what it takes is no effort of a search."""
        effort = max(self._effort, _EFFORT // 4)
        slow = [depth for depth in self._judged if not self._runs(self._room, depth)]
        self._effort = effort
        return slow[-2:]

    def _lessen_all(self) -> None:
        for name in self._free:
            _lessen(name, self._room, DEFAULT_DEPTH, lambda name, size: self._tried(self._room | {name: size}))

    def _tried(self, room: dict[str, int]) -> bool:
        """Whether depths do for the pipelines that most others follow; they are taken if so."""
        if self._effort <= 0 or not all(self._runs(room, depth) for depth in self._hard):
            return False
        self._room = room
        return True

    def _runs(self, room: Mapping[str, int], depth: int) -> bool:
        """Whether rigid pipelines of this depth keep the interval, from the first frames on."""
        ends = self._run(room, depth, self._frames, 2 * self._interval).ends
        self._effort -= (int(ends[-1]) if len(ends) else self._interval) * self._functions
        return len(ends) == self._frames and int(np.diff(ends).max()) <= self._interval

    def _run(self, room: Mapping[str, int], depth: int, frames: int, most: int = 1 << 60) -> RigidRun:
        from hwgen.hw.rigid import RigidRun

        return RigidRun(self._network, depth, room, frames, most, self._wiring)

    def times(self) -> HlsTimes:
        """What was found."""
        ends = [int(self._run(self._room, depth, 1).ends[0]) + 1 for depth in DEPTHS]
        deep = {name: depth for name, depth in self._room.items() if depth > DEFAULT_DEPTH}
        return HlsTimes(self._interval, (min(ends), max(ends)), deep)


def _lessen(name: str, room: Mapping[str, int], least: int, keeps: Callable[[str, int], bool]) -> None:
    """Bisect for the smallest depth of one stream that is kept; a quarter less is tried first, then the least."""
    enough = room[name]
    if enough <= least or not keeps(name, enough - max(1, enough // 4)):
        return
    enough -= max(1, enough // 4)
    if enough > least and keeps(name, least):
        return
    few = least + 1
    while few < enough:
        middle = (few + enough) // 2
        if keeps(name, middle):
            enough = middle
        else:
            few = middle + 1
