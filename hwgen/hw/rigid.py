"""A dataflow of rigid pipelines, cycle by cycle, compiled: what `loop.py` says of an HLS project, to the letter.

A pipeline that stands still does so as a whole, so an early beat can make a later one late: no constraint graph says
that, and a clock is stepped here. What it takes grows with cycles times functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hwgen.hw.compiled import entry, inlined
from hwgen.hw.loop import RESTART
from hwgen.hw.moves import slot_of
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.tables import RaggedRows, packed, ragged
from hwgen.ir.types import IntArray

SLOT, ACTIVE, RESUME, HEAD, WAITING, STATE_SIZE = range(6)
"""State of a function: the next slot of its frame; cycles in which its pipeline moved; the cycle in which the next
frame may start; the first and the number of the slots in its pipeline that matter."""


_NEVER = 1 << 60


class Functions(NamedTuple):
    """Functions and streams by number.

    Attributes:
        parameters: of a function, as `tables.packed` has them.
        state: of a function; `flight`: for each slot in its pipeline that writes or is a frame's last, the number of
            `ACTIVE` at which it leaves, twice over, plus 1 for the last one and doubled again plus 1 for one that
            writes.
        done: beats of each input read in this frame, and then of the outputs started; `next`: the slots of those that
            come next, -1 for none.
        held: beats of a stream that can be read; `moved`: what this cycle adds.
        beats, room: of a frame of each stream, and its depth.
    """

    parameters: RaggedRows
    sources: RaggedRows
    sinks: RaggedRows
    state: IntArray
    flight: IntArray
    done: IntArray
    next: IntArray
    held: IntArray
    moved: IntArray
    beats: IntArray
    room: IntArray


@inlined
def _move_on(functions: Functions, which: int, unit: IntArray, end: int, stream: int) -> None:
    """A beat of an input, or of the outputs, has moved."""
    done = functions.done[which, end] + 1
    functions.done[which, end] = done
    functions.next[which, end] = slot_of(unit, end, done) if done < functions.beats[stream] else -1


@inlined
def _begin(functions: Functions, which: int) -> None:
    """Let a function start a frame."""
    unit = functions.parameters.flat[functions.parameters.at[which] : functions.parameters.at[which + 1]]
    start, inputs = functions.sources.at[which], unit[2]
    functions.done[which] = -1
    for end in range(inputs):
        _move_on(functions, which, unit, end, functions.sources.flat[start + end])
    _move_on(functions, which, unit, inputs, functions.sinks.flat[functions.sinks.at[which]])
    functions.state[which, SLOT] = 0


@inlined
def _step(functions: Functions, which: int, now: int, depth: int) -> bool:
    """One cycle of a function; whether anything moves."""
    state, flight = functions.state[which], functions.flight[which]
    moves = state[WAITING] > 0
    if moves and flight[state[HEAD]] >> 2 == state[ACTIVE] and not _leave(functions, which, now):
        return False
    if now < state[RESUME]:
        state[ACTIVE] += 1
        return True
    if _is_starved(functions, which):
        state[ACTIVE] += 1
        return bool(moves)
    inputs = functions.sources.at[which + 1] - functions.sources.at[which]
    writes = functions.next[which, inputs] == state[SLOT]
    if depth == 1 and writes and not _have_room(functions, which):
        return bool(moves)
    _start_slot(functions, which, depth, writes)
    if depth == 1 and state[WAITING]:
        _leave(functions, which, now)
    state[ACTIVE] += 1
    return True


@inlined
def _start_slot(functions: Functions, which: int, depth: int, writes: bool) -> None:
    """Read what the next slot reads; a slot that writes, and a frame's last, wait in the pipeline."""
    unit = functions.parameters.flat[functions.parameters.at[which] : functions.parameters.at[which + 1]]
    state, flight, start = functions.state[which], functions.flight[which], functions.sources.at[which]
    slot, inputs = state[SLOT], unit[2]
    for index in range(inputs):
        if functions.next[which, index] == slot:
            stream = functions.sources.flat[start + index]
            functions.moved[stream] -= 1
            _move_on(functions, which, unit, index, stream)
    if writes:
        _move_on(functions, which, unit, inputs, functions.sinks.flat[functions.sinks.at[which]])
    is_last = slot == unit[1] - 1
    state[SLOT] = slot + 1
    if is_last:
        _begin(functions, which)
        state[RESUME] = _NEVER
    if writes or is_last:
        place = state[HEAD] + state[WAITING]
        leaves = state[ACTIVE] + depth - 1
        flight[place if place < len(flight) else place - len(flight)] = 4 * leaves + 2 * writes + is_last
        state[WAITING] += 1


@inlined
def _is_starved(functions: Functions, which: int) -> bool:
    """Whether an input lacks a beat that the next slot reads."""
    start, slot = functions.sources.at[which], functions.state[which, SLOT]
    for index in range(functions.sources.at[which + 1] - start):
        if functions.next[which, index] == slot and functions.held[functions.sources.flat[start + index]] == 0:
            return True
    return False


@inlined
def _have_room(functions: Functions, which: int) -> bool:
    """Whether every output has room."""
    for place in range(functions.sinks.at[which], functions.sinks.at[which + 1]):
        stream = functions.sinks.flat[place]
        if functions.held[stream] >= functions.room[stream]:
            return False
    return True


@inlined
def _leave(functions: Functions, which: int, now: int) -> bool:
    """Let the first slot of a pipeline leave; False where an output has no room."""
    state, flight = functions.state[which], functions.flight[which]
    kind = flight[state[HEAD]]
    if kind & 2:
        if not _have_room(functions, which):
            return False
        for place in range(functions.sinks.at[which], functions.sinks.at[which + 1]):
            functions.moved[functions.sinks.flat[place]] += 1
    state[HEAD] = state[HEAD] + 1 if state[HEAD] + 1 < len(flight) else 0
    state[WAITING] -= 1
    if kind & 1:
        state[RESUME] = now + RESTART
    return True


@inlined
def _frames_gone(functions: Functions, sinks: IntArray, left: IntArray) -> int:
    """Frames that have left by all sinks; adds the beats of this cycle to those that have `left`."""
    gone = _NEVER
    for place in range(len(sinks)):
        left[place] += functions.moved[sinks[place]]
        gone = min(gone, left[place] // functions.beats[sinks[place]])
    return gone


@inlined
def _end_cycle(functions: Functions, sources: IntArray, sinks: IntArray) -> None:
    """Let what has moved be there in the next cycle."""
    for stream in range(len(functions.held)):
        functions.held[stream] += functions.moved[stream]
        functions.moved[stream] = 0
    for place in range(len(sources)):
        functions.held[sources[place]] = 1
    for place in range(len(sinks)):
        functions.held[sinks[place]] = 0


@entry
def run(
    functions: Functions, sources: IntArray, sinks: IntArray, left: IntArray, depth: int, most: int, ends: IntArray
) -> int:
    """Run until a frame has left by all `sinks` for each of `ends`, which get the cycles of their last beats.

    Sources always have a beat, sinks always take one; `left` counts the beats of each sink. Returns the frames that
    left: fewer in a deadlock, or where one takes more than `most` cycles after the one before.
    """
    frames, now = 0, 0
    for which in range(len(functions.state)):
        _begin(functions, which)
    while frames < len(ends):
        moves = False
        for which in range(len(functions.state)):
            if _step(functions, which, now, depth):
                moves = True
        if not moves or (frames and now - ends[frames - 1] > most):
            break
        if _frames_gone(functions, sinks, left) > frames:
            ends[frames], frames = now, frames + 1
        _end_cycle(functions, sources, sinks)
        now += 1
    return frames


class Wiring(NamedTuple):
    """What does not change from run to run of a network: parameters of its functions, and their streams."""

    parameters: RaggedRows
    sources: RaggedRows
    sinks: RaggedRows


def wiring_of(network: ProcessNetwork) -> Wiring:
    """The wiring of a network of `Pipelined` processes."""
    number = {name: index for index, name in enumerate(network.beats)}
    return Wiring(
        ragged([packed(process.schedule)[1] for process in network.processes]),
        ragged([[number[name] for name in process.inputs] for process in network.processes]),
        ragged([[number[name] for name in process.outputs] for process in network.processes]),
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
    """

    def __init__(
        self,
        network: ProcessNetwork,
        depth: int,
        room: Mapping[str, int],
        frames: int,
        most: int = _NEVER,
        wiring: Wiring | None = None,
    ) -> None:
        self._network, self._names = network, list(network.beats)
        number = {name: index for index, name in enumerate(self._names)}
        count, inputs = len(network.processes), max(len(process.inputs) for process in network.processes)
        self._functions = Functions(
            *(wiring or wiring_of(network)),
            state=np.zeros((count, STATE_SIZE), dtype=np.int64),
            flight=np.zeros((count, depth + 1), dtype=np.int64),
            done=np.zeros((count, inputs + 1), dtype=np.int64),
            next=np.zeros((count, inputs + 1), dtype=np.int64),
            held=np.zeros(len(number), dtype=np.int64),
            moved=np.zeros(len(number), dtype=np.int64),
            beats=np.array(list(network.beats.values()), dtype=np.int64),
            room=np.array([room.get(name, 1) for name in number], dtype=np.int64),
        )
        sources, sinks = (np.array([number[each] for each in ports]) for ports in (network.inputs, network.outputs))
        self._functions.held[sources] = 1
        ends = np.zeros(frames, dtype=np.int64)
        self.ends: IntArray = ends[: run(self._functions, sources, sinks, np.zeros_like(sinks), depth, most, ends)]

    def circle(self) -> list[tuple[str, str, bool]]:
        """Functions that wait for each other at the end of a deadlock: name, stream, whether for room in it."""
        processes = self._network.processes
        waits = [self._wait(which) for which in range(len(processes))]
        ends: dict[str, list[int]] = {name: [] for name in self._names}
        for which, process in enumerate(processes):
            for name in (*process.inputs, *process.outputs):
                ends[name].append(which)
        path, which = list[int](), next(which for which, (_, for_room) in enumerate(waits) if for_room)
        while which not in path:
            path.append(which)
            stream, _ = waits[which]
            which = next((other for other in ends[stream] if other != which), which)
        return [(processes[each].name, *waits[each]) for each in path[path.index(which) :]]

    def _wait(self, which: int) -> tuple[str, bool]:
        """The stream that a function waits for, and whether for room."""
        functions, process = self._functions, self._network.processes[which]
        slot, inputs = functions.state[which, SLOT], len(process.inputs)
        full = [name for name in process.outputs if self._is_full(name)]
        writes = functions.state[which, WAITING] or functions.next[which, inputs] == slot
        dry = [
            name
            for index, name in enumerate(process.inputs)
            if functions.next[which, index] == slot and not functions.held[self._names.index(name)]
        ]
        if full and writes and (functions.state[which, WAITING] or not dry):
            return full[0], True
        return (dry or list(process.inputs))[0], False

    def _is_full(self, name: str) -> bool:
        index = self._names.index(name)
        return bool(self._functions.held[index] >= self._functions.room[index])
