"""The first frames of a dataflow in rigid pipelines, which judge stream depths (`clocked.py` says how they run)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hwgen.hw.clocked import (
    END_SIZE,
    FRAMES,
    MODE,
    NEVER,
    NUMBERS,
    STANDS,
    STATE_SIZE,
    STEADY,
    STEPS,
    WANTS,
    Functions,
    run,
)
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.tables import RaggedRows, packed, ragged
from hwgen.ir.types import IntArray


class Wiring(NamedTuple):
    """What does not change from run to run of a network: parameters of its functions, and their streams."""

    parameters: RaggedRows
    sources: RaggedRows
    sinks: RaggedRows
    writer: IntArray
    reader: IntArray


def wiring_of(network: ProcessNetwork) -> Wiring:
    """The wiring of a network of `Pipelined` processes."""
    number = {name: index for index, name in enumerate(network.beats)}
    writer, reader = (np.full(len(number), -1, dtype=np.int64) for _ in range(2))
    for which, process in enumerate(network.processes):
        writer[[number[name] for name in process.outputs]] = which
        reader[[number[name] for name in process.inputs]] = which
    return Wiring(
        ragged([packed(process.schedule)[1] for process in network.processes]),
        ragged([[number[name] for name in process.inputs] for process in network.processes]),
        ragged([[number[name] for name in process.outputs] for process in network.processes]),
        writer,
        reader,
    )


class RigidRun:
    """The first frames of a dataflow in rigid pipelines of `depth` stages.

    Args:
        network: of `Pipelined` processes, whose own depths and rooms are not looked at.
        room: beats of each stream between two functions.
        most: cycles from frame to frame that end the run.
        wiring: of the network, where it is at hand.

    Attributes:
        ends: cycles of the last output beats of the frames; fewer than `frames` in a deadlock, or where one left more
            than `most` cycles after the one before.
        used: the depths of the streams by name with which the run is the same.
        is_steady: whether the time between the last two frames is that of all later ones.
        steps: what the run took: how often a function was looked at.
    """

    def __init__(
        self,
        network: ProcessNetwork,
        depth: int,
        room: Mapping[str, int],
        frames: int,
        most: int = NEVER,
        wiring: Wiring | None = None,
    ) -> None:
        self._network, self._names = network, list(network.beats)
        number = {name: index for index, name in enumerate(self._names)}
        count, inputs = len(network.processes), max(len(process.inputs) for process in network.processes)
        self._functions = Functions(
            *(wiring or wiring_of(network)),
            state=_zeros(count, STATE_SIZE),
            wakes=_zeros(count),
            ends=_zeros(count, inputs + 1, END_SIZE),
            flight=_zeros(count, depth + 1),
            held=_zeros(len(number)),
            moved=_zeros(len(number)),
            used=_zeros(len(number)),
            beats=np.array(list(network.beats.values()), dtype=np.int64),
            room=np.array([room.get(name, 1) for name in number], dtype=np.int64),
            changed=_zeros(2 * len(number) + 1),
            seen=_zeros(count * (depth + inputs + 5) + len(number)),
        )
        sources, sinks = (np.array([number[each] for each in ports]) for ports in (network.inputs, network.outputs))
        self._functions.held[sources] = self._functions.room[sinks] = NEVER
        self._sinks, self._depth, self._told = sinks, depth, _zeros(NUMBERS)
        self.ends = _zeros(0)
        self.go_on(frames, most)

    def go_on(self, frames: int, most: int = NEVER) -> None:
        """Run on from where the run ended until `frames` have left in all: it is then as if made for so many."""
        ends = _zeros(frames)
        ends[: len(self.ends)] = self.ends
        run(self._functions, self._sinks, self._depth, most, ends, self._told)
        self.ends = ends[: self._told[FRAMES]]
        self.steps, self.is_steady = int(self._told[STEPS]), bool(self._told[STEADY])
        self.used = dict(zip(self._names, self._functions.used.tolist(), strict=True))

    @property
    def short(self) -> set[str]:
        """Streams that the end of the run shows to be too short: of a deadlock those on the circle without room.

        Else those without room whose readers, or the readers of what those have no room in, wait for a beat.
        """
        if self.is_stuck:
            return {stream for _, stream, for_room in self.circle() if for_room}
        found = set[str]()
        for which in range(len(self._network.processes)):
            path, wait = list[str](), self._wait(which)
            while wait and wait[1]:
                path.append(wait[0])
                wait = self._wait(self._other_end(path[-1], wait[1]))
            found.update(path if wait else ())
        return found

    @property
    def is_stuck(self) -> bool:
        """Whether the run ended in a deadlock."""
        return bool(self._functions.wakes.min() == NEVER)

    def circle(self) -> list[tuple[str, str, bool]]:
        """Functions that wait for each other at the end of a deadlock: name, stream, whether for room in it."""
        path, which = dict[int, tuple[str, bool]](), int(np.flatnonzero(self._functions.state[:, MODE] == STANDS)[0])
        while which not in path and (wait := self._wait(which)):
            path[which], which = wait, self._other_end(*wait)
        on_it = list(path)[list(path).index(which) :]
        return [(self._network.processes[each].name, *path[each]) for each in on_it]

    def _wait(self, which: int) -> tuple[str, bool] | None:
        """The stream that a function waits for, and whether for room; None where it waits for no other."""
        wanted = self._functions.state[which, WANTS]
        return (self._names[wanted], bool(self._functions.writer[wanted] == which)) if wanted >= 0 else None

    def _other_end(self, stream: str, for_room: bool) -> int:
        """The function that would end a wait."""
        functions = self._functions
        return int((functions.reader if for_room else functions.writer)[self._names.index(stream)])


def _zeros(*shape: int) -> IntArray:
    return np.zeros(shape, dtype=np.int64)
