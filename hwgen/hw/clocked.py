"""Rigid pipelines, to the cycle, compiled: what `loop.py` says of an HLS project, to the letter.

A pipeline that stands still does so as a whole, so an early beat can make a later one late: no constraint graph says
that, and a clock runs here. A function sleeps through the cycles in which it moves no beat, so what a run takes grows
with the beats. Once everything stands as it did a frame before, all later frames take as long: the run ends.
"""

from __future__ import annotations

from typing import NamedTuple

from hwgen.hw.compiled import entry, inlined, inner
from hwgen.hw.loop import RESTART
from hwgen.hw.tables import RaggedRows
from hwgen.ir.types import IntArray

SLOT, ACTIVE, SEEN, MODE, RESUME, HEAD, WAITING, EVENT, WANTS, STATE_SIZE = range(10)
"""State of a function: the next slot of its frame; cycles in which its pipeline moved; the cycle up to which those two
count, and what it does from there on; the cycle in which the next frame may start; the first and the number of the
slots in its pipeline that matter; the next slot that moves a beat or ends the frame; the stream without which
it waits for a beat or for room, -1 for none."""

STANDS, DRAINS, RUNS = range(3)
"""What a function does: its pipeline stands still, moves while no slot starts, or starts a slot a cycle."""

DONE, PLACE, ROUND, DUE, END_SIZE = range(5)
"""Of each input, and then of the outputs, beats that have moved in this frame; where the next one stands in its round
of slots, and the slot in which that round begins; its slot."""

FRAMES, STEPS, STEADY, NOW, NUMBERS = range(5)
"""What a run tells: frames that left; how often a function was looked at; whether all other frames follow as late; the
cycle in which it goes on."""

NEVER = 1 << 60


class Functions(NamedTuple):
    """Functions and streams by number.

    Attributes:
        parameters: of a function, as `tables.packed` has them.
        writer, reader: the function at each end of a stream; -1 for none.
        state: of a function; `wakes`: the cycle in which it must be looked at next; `ends`: of its inputs and outputs.
        flight: for each slot in its pipeline that writes or is a frame's last, four times the number of `ACTIVE` at
            which it leaves, plus 2 for one that writes and 1 for the last one.
        held: beats of a stream that can be read, or that have left the chip; `moved`: what this cycle adds.
        used: the depth of a stream with which the run would be the same so far.
        beats, room: of a frame of each stream, and its depth.
        changed: streams whose beats moved in this cycle.
        seen: how everything stood at the end of a frame.
    """

    parameters: RaggedRows
    sources: RaggedRows
    sinks: RaggedRows
    writer: IntArray
    reader: IntArray
    state: IntArray
    wakes: IntArray
    ends: IntArray
    flight: IntArray
    held: IntArray
    moved: IntArray
    used: IntArray
    beats: IntArray
    room: IntArray
    changed: IntArray
    seen: IntArray


@inlined
def _unit(functions: Functions, which: int) -> IntArray:
    """The parameters of a function."""
    return functions.parameters.flat[functions.parameters.at[which] : functions.parameters.at[which + 1]]


@inlined
def _move_on(functions: Functions, which: int, unit: IntArray, end: int, stream: int) -> None:
    """A beat of an input, or of the outputs, has moved."""
    row, head = functions.ends[which, end], 4 + unit[3] + 3 * end
    row[DONE] += 1
    row[PLACE] += 1
    if row[PLACE] == unit[head + 1]:
        row[PLACE] = 0
        row[ROUND] += unit[head + 2]
    row[DUE] = row[ROUND] + unit[unit[head] + row[PLACE]] if row[DONE] < functions.beats[stream] else NEVER


@inner
def _begin(functions: Functions, which: int) -> None:
    """Let a function start a frame."""
    unit, start = _unit(functions, which), functions.sources.at[which]
    for end in range(unit[2] + 1):
        functions.ends[which, end, DONE] = functions.ends[which, end, PLACE] = -1
        functions.ends[which, end, ROUND] = 0
        stream = (
            functions.sources.flat[start + end] if end < unit[2] else functions.sinks.flat[functions.sinks.at[which]]
        )
        _move_on(functions, which, unit, end, stream)
    functions.state[which, SLOT] = 0


@inlined
def _next_event(functions: Functions, which: int, unit: IntArray) -> int:
    """The next slot that moves a beat or ends the frame."""
    slot = unit[1] - 1
    for end in range(unit[2] + 1):
        slot = min(slot, functions.ends[which, end, DUE])
    return int(slot)


@inlined
def _without_beat(functions: Functions, which: int) -> int:
    """An input that lacks a beat that the next slot reads; -1 for none."""
    start, slot = functions.sources.at[which], functions.state[which, SLOT]
    for end in range(functions.sources.at[which + 1] - start):
        stream = functions.sources.flat[start + end]
        if functions.ends[which, end, DUE] == slot and functions.held[stream] == 0:
            return int(stream)
    return -1


@inlined
def _without_room(functions: Functions, which: int) -> int:
    """An output that has no room; -1 for none."""
    for place in range(functions.sinks.at[which], functions.sinks.at[which + 1]):
        stream = functions.sinks.flat[place]
        if functions.held[stream] >= functions.room[stream]:
            return int(stream)
    return -1


@inlined
def _step(functions: Functions, which: int, now: int, depth: int) -> int:
    """The cycle `now` of a function; that in which it must be looked at next."""
    state = functions.state[which]
    _catch_up(state, now)
    state[SEEN], state[WANTS] = now + 1, -1
    if state[WAITING] and functions.flight[which, state[HEAD]] >> 2 == state[ACTIVE]:
        state[WANTS] = _leave(functions, which, now)
        if state[WANTS] >= 0:
            state[MODE] = STANDS
            return NEVER
    state[MODE] = RUNS if now >= state[RESUME] else DRAINS
    if state[MODE] == RUNS and state[SLOT] == state[EVENT]:
        _start_event(functions, which, now, depth)
        if state[MODE] == STANDS:
            return NEVER
    elif state[MODE] == RUNS:
        state[SLOT] += 1
    state[ACTIVE] += 1
    wakes = NEVER
    if state[WAITING]:
        wakes = now + 1 + (functions.flight[which, state[HEAD]] >> 2) - state[ACTIVE]
    if state[RESUME] > now + 1:
        state[MODE] = DRAINS
        wakes = min(wakes, state[RESUME])
    elif state[MODE] == RUNS:
        wakes = min(wakes, now + 1 + state[EVENT] - state[SLOT])
    return int(wakes)


@inlined
def _catch_up(state: IntArray, now: int) -> None:
    """Let a function do what it did up to the cycle before `now`."""
    if state[MODE] != STANDS:
        state[ACTIVE] += now - state[SEEN]
        if state[MODE] == RUNS:
            state[SLOT] += now - state[SEEN]
    state[SEEN] = now


@inlined
def _start_event(functions: Functions, which: int, now: int, depth: int) -> None:
    """Start a slot that moves a beat or ends the frame, or wait for a beat, or in a single stage for room."""
    state, unit = functions.state[which], _unit(functions, which)
    writes = functions.ends[which, unit[2], DUE] == state[SLOT]
    state[WANTS] = _without_beat(functions, which)
    if state[WANTS] >= 0:
        state[MODE] = DRAINS
        return
    if depth == 1 and writes:
        state[WANTS] = _without_room(functions, which)
        if state[WANTS] >= 0:
            state[MODE] = STANDS
            return
    _start_slot(functions, which, depth, unit, writes)
    if depth == 1 and state[WAITING]:
        _leave(functions, which, now)


@inlined
def _start_slot(functions: Functions, which: int, depth: int, unit: IntArray, writes: bool) -> None:
    """Read what the next slot reads; a slot that writes, and a frame's last, wait in the pipeline."""
    state, flight, start = functions.state[which], functions.flight[which], functions.sources.at[which]
    slot, inputs = state[SLOT], unit[2]
    for index in range(inputs):
        if functions.ends[which, index, DUE] == slot:
            stream = functions.sources.flat[start + index]
            _move(functions, stream, -1)
            _move_on(functions, which, unit, index, stream)
    if writes:
        _move_on(functions, which, unit, inputs, functions.sinks.flat[functions.sinks.at[which]])
    is_last = slot == unit[1] - 1
    state[SLOT] = slot + 1
    if is_last:
        _begin(functions, which)
        state[RESUME] = NEVER
    state[EVENT] = _next_event(functions, which, unit)
    if writes or is_last:
        place = state[HEAD] + state[WAITING]
        leaves = state[ACTIVE] + depth - 1
        flight[place if place < len(flight) else place - len(flight)] = 4 * leaves + 2 * writes + is_last
        state[WAITING] += 1


@inlined
def _move(functions: Functions, stream: int, beats: int) -> None:
    """Let beats be in a stream, or no longer, at the end of the cycle."""
    functions.moved[stream] += beats
    if beats > 0:
        functions.used[stream] = max(functions.used[stream], functions.held[stream] + 1)
    functions.changed[1 + functions.changed[0]] = stream
    functions.changed[0] += 1


@inlined
def _leave(functions: Functions, which: int, now: int) -> int:
    """Let the first slot of a pipeline leave: -1, or an output that has no room."""
    state, flight = functions.state[which], functions.flight[which]
    kind = flight[state[HEAD]]
    if kind & 2:
        full = _without_room(functions, which)
        if full >= 0:
            return int(full)
        for place in range(functions.sinks.at[which], functions.sinks.at[which + 1]):
            _move(functions, functions.sinks.flat[place], 1)
    state[HEAD] = state[HEAD] + 1 if state[HEAD] + 1 < len(flight) else 0
    state[WAITING] -= 1
    if kind & 1:
        state[RESUME] = now + RESTART
    return -1


@inlined
def _end_cycle(functions: Functions, now: int) -> bool:
    """Let what has moved be there in the next cycle, and wake who wants it; whether anybody does."""
    wakes = False
    for index in range(functions.changed[0]):
        stream = functions.changed[1 + index]
        held = functions.held[stream] + functions.moved[stream]
        functions.held[stream], functions.moved[stream] = held, 0
        writer, reader = functions.writer[stream], functions.reader[stream]
        for which, wanted in ((writer, held < functions.room[stream]), (reader, held > 0)):
            if which >= 0 and wanted and functions.state[which, WANTS] == stream:
                functions.wakes[which], wakes = now + 1, True
    functions.changed[0] = 0
    return wakes


@inner
def _is_as_before(functions: Functions, now: int, frames: int) -> bool:
    """Whether everything stands, in the cycle before `now`, as it did when this was asked last."""
    place, as_before = 0, True
    for which in range(len(functions.state)):
        state, flight = functions.state[which], functions.flight[which]
        _catch_up(state, now)
        for each in range(len(flight) + 2 + functions.sources.at[which + 1] - functions.sources.at[which] + 1):
            index = each - len(flight)
            if index < 0:
                at = state[HEAD] + each
                now_there = flight[at if at < len(flight) else at - len(flight)] - 4 * state[ACTIVE]
                value = now_there if each < state[WAITING] else -1
            elif index < 2:
                value = state[SLOT] if index == 0 else max(0, min(state[RESUME] - now, RESTART))
            else:
                value = functions.ends[which, index - 2, DONE]
            as_before = as_before and functions.seen[place] == value
            functions.seen[place] = value
            place += 1
    for stream in range(len(functions.held)):
        value = functions.held[stream] if functions.writer[stream] >= 0 else 0
        if functions.reader[stream] < 0:
            value -= frames * functions.beats[stream]
        as_before = as_before and functions.seen[place] == value
        functions.seen[place] = value
        place += 1
    return as_before


@inlined
def _has_left(functions: Functions, sinks: IntArray, frames: int) -> bool:
    """Whether so many frames have left by all sinks."""
    left = True
    for place in range(len(sinks)):
        left = left and functions.held[sinks[place]] >= frames * functions.beats[sinks[place]]
    return left


@entry
def run(functions: Functions, sinks: IntArray, depth: int, most: int, ends: IntArray, told: IntArray) -> None:
    """Run until a frame has left by all `sinks` for each of `ends`, which get the cycles of their last beats.

    Sources always have a beat, sinks always take one. `told` gets what is told: fewer frames in a deadlock, or where
    one takes more than `most` cycles after the one before. A run that told of fewer frames than there are `ends` now
    goes on; one that tells nothing yet begins.
    """
    now, frames, steps = told[NOW], told[FRAMES], told[STEPS]
    for which in range(len(functions.state) if now == 0 else 0):
        _begin(functions, which)
        functions.state[which, EVENT] = _next_event(functions, which, _unit(functions, which))
    while not told[STEADY] and frames < len(ends) and now < NEVER and (frames == 0 or now - ends[frames - 1] <= most):
        later = NEVER
        for which in range(len(functions.state)):
            if functions.wakes[which] <= now:
                functions.wakes[which] = _step(functions, which, now, depth)
                steps += 1
            later = min(later, functions.wakes[which])
        if _end_cycle(functions, now):
            later = now + 1
        if _has_left(functions, sinks, frames + 1):
            ends[frames], frames = now, frames + 1
            if _is_as_before(functions, now + 1, frames) and frames > 1:
                told[STEADY] = 1
        now = later
    for frame in range(frames, len(ends) if told[STEADY] else frames):
        ends[frame] = 2 * ends[frame - 1] - ends[frame - 2]
        frames += 1
    told[FRAMES], told[STEPS], told[NOW] = frames, steps, now
