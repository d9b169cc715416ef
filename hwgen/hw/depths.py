"""How deep the streams of an HLS project are: for every pipeline depth no deadlock, and one interval.

An HLS tool chooses how deep a function's pipeline is, so the streams must do for all of `DEPTHS`. Rigid pipelines, run
to the cycle, judge: streams that they show to be too short become deeper until all depths keep the interval, and then
each as shallow as they still do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.dataflow import DEFAULT_DEPTH, Dataflow
from hwgen.hw.loop import DEPTHS, HlsTimes

if TYPE_CHECKING:
    from hwgen.hw.rigid import RigidRun

_FRAMES = 6, 12
"""Frames that a judge runs where no steady state shows sooner: in a search, and at its end."""

_EFFORT = 50_000_000
"""Steps of functions that the runs of a search may take: some seconds. Streams that are not reached stay deeper."""

_THOROUGH = 100_000_000
"""The same where that is enough to search to the end, as in a network of at most `_LITTLE` beats a frame."""

_LITTLE, _MANY = 15_000, 128
"""And of at most `_MANY` functions."""

_SHORT = 400_000
"""Cycles of a frame times functions up to which pipelines of every depth judge, as where a search goes to the end."""

_MORE = 64
"""Beats that all streams get at first where a run takes seconds and they are too short."""

_DEEPEST, _SHALLOWEST = DEPTHS[-1], DEPTHS[0]


def hls_times(flow: Dataflow, fixed: Mapping[str, int] | None = None) -> HlsTimes:
    """Stream depths, and the interval and latency that they keep.

    The interval is that of the slowest function in the deepest pipeline, or the shortest that `fixed` depths allow.

    Args:
        fixed: depths of streams that the user chose, by name.

    Raises:
        DeadlockError: the chosen depths cause a deadlock.
    """
    search = _Search(flow, fixed or {})
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
        self._room = {name: fixed.get(name, DEFAULT_DEPTH + flow.queued.get(name, 0)) for name in flow.streams}
        self._used = dict(self._room)
        functions = len(flow.processes)
        thorough = functions <= _MANY and sum(flow.beats.values()) <= _LITTLE
        every = thorough or (functions <= _MANY and functions * self._interval <= _SHORT)
        self._frames = _FRAMES[0]
        self._effort = _THOROUGH if thorough else _EFFORT
        self._judged = range(_SHALLOWEST, _DEEPEST + 1) if every else DEPTHS
        self._first_more = 1 if every else _MORE
        self._most = 2 * max(flow.beats.values()) + 2 * _DEEPEST
        self._hard = [_DEEPEST, _SHALLOWEST]
        self._runs: dict[int, RigidRun] = {}
        """Of the depths in `_room`, by the depth of the pipelines."""

    def deepen(self) -> None:
        """More beats for the streams that some rigid pipelines show to be too short, until those of all depths do.

        Where chosen depths forbid the interval, the shortest found is kept. Raises: DeadlockError.
        """
        before = dict(self._room)
        more, all_more = dict.fromkeys(self._free, 0), 0
        while failed := self._taken(self._room, dict.fromkeys((*self._hard, *DEPTHS))):
            if all_more > self._most:
                self._interval = max(self._interval_of(depth) for depth in self._judged)
                continue
            short = [name for name in failed.short.intersection(self._free) if more[name] <= self._most]
            if not failed.is_stuck or not short:
                all_more = max(self._first_more, 2 * all_more)
            more |= {name: max(1, 2 * more[name]) for name in short}
            self._room |= {name: before[name] + max(more[name], all_more) for name in self._free}
        for name in self._free:
            if more[name] > all_more:
                self._lessen(name)
        self._halve(self._free, before)

    def _interval_of(self, depth: int) -> int:
        """The longest time between two frames. Raises: DeadlockError."""
        run = self._run(self._room, depth, 4 * _FRAMES[0])
        if run.is_stuck:
            told = (f"{name} for {'room in' if room else 'a beat of'} {stream}" for name, stream, room in run.circle())
            found = f"in pipelines of depth {depth} {', '.join(told)} wait for each other"
            must = "must let every frame out of the HLS project"
            raise DeadlockError("fifo_depths", must, found, "Give the streams named more beats, or leave them out")
        return int(np.diff(run.ends).max())

    def _halve(self, names: Sequence[str], before: Mapping[str, int]) -> None:
        """Give streams the depth back that they had, as many at once as rigid pipelines allow."""
        names = [name for name in names if self._room[name] > before[name]]
        if not names or self._tried(self._room | {name: before[name] for name in names}):
            return
        if len(names) > 1:
            self._halve(names[: len(names) // 2], before)
            self._halve(names[len(names) // 2 :], before)

    def trim(self) -> None:
        """Each stream as shallow as rigid pipelines keep the interval, and then for longer and at all depths."""
        self._lessen_all()
        self._frames = _FRAMES[1]
        while slow := self._slow():
            self._hard += [depth for depth in slow if depth not in self._hard]
            self.deepen()
            self._lessen_all()

    def _slow(self) -> list[int]:
        """The two deepest pipelines that do not keep the interval; what they take is no effort of a search."""
        effort = max(self._effort, _EFFORT // 4)
        steady = {depth for depth, run in self._runs.items() if run.is_steady}  # and so for as long as one asks
        asked = (depth for depth in reversed(self._judged) if depth not in steady)
        slow = islice((depth for depth in asked if not self._keeps(self._longer(depth))), 2)
        found = sorted(slow)
        self._effort = effort
        return found

    def _lessen_all(self) -> None:
        for name in self._free:
            self._lessen(name)

    def _lessen(self, name: str) -> None:
        """Bisect for the smallest depth of one stream that does, from what was used; a quarter less is tried first."""
        enough = self._room[name] = min(self._room[name], self._used[name])
        if enough <= DEFAULT_DEPTH or not self._tried(self._room | {name: enough - max(1, enough // 4)}):
            return
        few = DEFAULT_DEPTH
        while few < self._room[name]:
            middle = (few + self._room[name]) // 2
            if not self._tried(self._room | {name: middle}):
                few = middle + 1

    def _tried(self, room: dict[str, int]) -> bool:
        """Whether depths do for the pipelines that most others follow; they are taken if so."""
        return self._effort > 0 and self._taken(room, self._hard) is None

    def _taken(self, room: dict[str, int], depths: Iterable[int]) -> RigidRun | None:
        """The first run of pipelines of these depths that does not keep the interval; without one, `room` is taken."""
        used, runs = dict.fromkeys(self._free, DEFAULT_DEPTH), {}
        for depth in list(depths):
            run = runs[depth] = self._judge(room, depth)
            if not self._keeps(run):
                self._hard.sort(key=lambda each: each != depth)  # first to be asked next time
                return run
            used = {name: max(beats, run.used[name]) for name, beats in used.items()}
        self._room, self._used, self._runs = room, used, runs
        return None

    def _judge(self, room: Mapping[str, int], depth: int) -> RigidRun:
        """A run of rigid pipelines that ends where the interval is not kept."""
        run = self._run(room, depth, self._frames, self._interval)
        self._effort -= run.steps
        return run

    def _longer(self, depth: int) -> RigidRun:
        """The run of the depths in `_room` for as many frames as a judge asks for, from where it ended."""
        run = self._runs.get(depth)
        if run is None:
            return self._judge(self._room, depth)
        run.go_on(self._frames, self._interval)
        return run

    def _keeps(self, run: RigidRun) -> bool:
        """Whether a judge's run kept the interval from the first frames on."""
        return len(run.ends) == self._frames

    def _run(self, room: Mapping[str, int], depth: int, frames: int, most: int = 1 << 60) -> RigidRun:
        from hwgen.hw.rigid import RigidRun

        return RigidRun(self._network, depth, room, frames, most, self._wiring)

    def times(self) -> HlsTimes:
        """What was found."""
        runs = (self._runs.get(depth) or self._run(self._room, depth, 1) for depth in DEPTHS)
        ends = [int(run.ends[0]) + 1 for run in runs]
        deep = {name: depth for name, depth in self._room.items() if depth > DEFAULT_DEPTH}
        return HlsTimes(self._interval, (min(ends), max(ends)), deep)
