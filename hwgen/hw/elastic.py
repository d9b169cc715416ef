"""Elastic pipelines, compiled: the recurrences of `Pipelined` (`loop.py`).

A slot that writes has two times: the cycle in which it starts, and the one in which it leaves. The unit's last source
is its pipeline: a beat for each such slot, which can be read once the slot has gone through all stages, and is taken
when it leaves.
"""

from __future__ import annotations

from hwgen.hw.compiled import inlined, inner
from hwgen.hw.loop import RESTART
from hwgen.hw.moves import room_for, send, slot_of, take
from hwgen.hw.tables import COUNTER, FIRED, NEXT_END, SLOT, TAKEN, UNKNOWN, StreamTimes
from hwgen.ir.types import IntArray

GONE, LAST_OUT, LEFT = COUNTER, NEXT_END, TAKEN
"""State beside SLOT and FIRED, the last slot that started and when: slots that must have left before the next starts,
and the last slot that left and when."""


@inner
def pipelined(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """Slots start and leave."""
    fired = False
    while True:
        moved = _start_slots(unit, state, streams, sources, sinks)
        if _let_slots_leave(unit, state, streams, sources[unit[2]], sinks):
            moved = True
        if not moved:
            return fired
        fired = True


@inner
def _start_slots(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A slot a cycle, once its beats are there and the slot `depth - 1` before it leaves; in a single stage, itself."""
    depth, slots, inputs, fired = unit[0], unit[1], unit[2], False
    pipe = sources[inputs]
    while True:
        started = streams.sent[pipe]
        write = slot_of(unit, inputs, started) if started < streams.first[pipe + 1] - streams.first[pipe] else slots
        slot = min(write, _next_read(unit, streams, sources))
        if slot == slots:
            return fired
        time = _after_those_before(unit, state, streams, pipe, slot)
        time = time if time == UNKNOWN else _once_there(unit, streams, sources, slot, time)
        if depth == 1 and slot == write and time != UNKNOWN:
            room = _room_in_all(unit, streams, sinks, started)
            time = UNKNOWN if room == UNKNOWN else max(time, room)
        if time == UNKNOWN:
            return fired
        for index in range(inputs):
            if _reads(unit, streams, sources, index, slot):
                take(streams, sources[index], time)
        if slot == write:
            send(streams, pipe, time + depth - 1)
        state[SLOT], state[FIRED], fired = slot, time, True


@inlined
def _reads(unit: IntArray, streams: StreamTimes, sources: IntArray, index: int, slot: int) -> bool:
    """Whether the next beat of an input is read in `slot`."""
    read, source = streams.read[sources[index]], sources[index]
    return bool(read < streams.first[source + 1] - streams.first[source] and slot_of(unit, index, read) == slot)


@inlined
def _next_read(unit: IntArray, streams: StreamTimes, sources: IntArray) -> int:
    """The next slot that reads; the number of slots if none does."""
    slot = unit[1]
    for index in range(unit[2]):
        read, source = streams.read[sources[index]], sources[index]
        if read < streams.first[source + 1] - streams.first[source]:
            slot = min(slot, slot_of(unit, index, read))
    return int(slot)


@inlined
def _after_those_before(unit: IntArray, state: IntArray, streams: StreamTimes, pipe: int, slot: int) -> int:
    """First cycle in which the pipeline takes `slot`; UNKNOWN where a slot must leave first of which that is."""
    inputs, leaving, time = unit[2], slot - unit[0] + 1, state[FIRED] + slot - state[SLOT]
    while state[GONE] < streams.sent[pipe] and slot_of(unit, inputs, state[GONE]) <= leaving:
        state[GONE] += 1
    if state[GONE] > streams.read[pipe]:
        time = UNKNOWN
    elif state[GONE]:
        behind = leaving - slot_of(unit, inputs, state[GONE] - 1)
        time = max(time, streams.taken[streams.first[pipe] + state[GONE] - 1] + behind)
    return int(time)


@inlined
def _once_there(unit: IntArray, streams: StreamTimes, sources: IntArray, slot: int, time: int) -> int:
    """First cycle from `time` on in which all beats that `slot` reads are there."""
    for index in range(unit[2]):
        if time != UNKNOWN and _reads(unit, streams, sources, index, slot):
            place = streams.first[sources[index]] + streams.read[sources[index]]
            known = streams.read[sources[index]] < streams.sent[sources[index]]
            time = max(time, streams.visible[place], streams.taken[place]) if known else UNKNOWN
    return int(time)


@inlined
def _room_in_all(unit: IntArray, streams: StreamTimes, sinks: IntArray, beat: int) -> int:
    """First cycle in which every output has room for `beat`."""
    room = room_for(streams, sinks[0], beat - unit[4])
    for index in range(1, len(sinks)):
        other = room_for(streams, sinks[index], beat - unit[4 + index])
        room = UNKNOWN if min(room, other) == UNKNOWN else max(room, other)
    return int(room)


@inner
def _let_slots_leave(unit: IntArray, state: IntArray, streams: StreamTimes, pipe: int, sinks: IntArray) -> bool:
    """In order, no closer than slots are apart, once there is room in all outputs."""
    inputs, first, fired = unit[2], streams.first[pipe], False
    while streams.read[pipe] < streams.sent[pipe]:
        beat = streams.read[pipe]
        slot, room = slot_of(unit, inputs, beat), _room_in_all(unit, streams, sinks, beat)
        if room == UNKNOWN:
            break
        time = max(room, streams.visible[first + beat], state[LEFT] + slot - state[LAST_OUT])
        take(streams, pipe, time)
        time = streams.taken[first + beat]
        for index in range(len(sinks)):
            send(streams, sinks[index], time + 1)
        state[LAST_OUT], state[LEFT], fired = slot, time, True
    return fired


@inner
def ends_at(unit: IntArray, state: IntArray) -> int:
    """The cycle before the one in which a pipelined loop may start its next frame."""
    depth, slots = unit[0], unit[1]
    drained = max(state[FIRED] + slots - 1 - state[SLOT] + depth - 1, state[LEFT] + slots - 1 - state[LAST_OUT])
    return int(drained + RESTART - 1)
