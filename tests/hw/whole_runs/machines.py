"""The recurrences of `schedule.py`, compiled: a function for each kind of schedule, and one that runs a network.

The units are those of `hwgen.hw.tables`, but for their state; a line buffer has one more output for its ring, with the
cycle in which each row of the image is released, a scan one with the cycle of each slot. Every time of a run is kept.
"""

from __future__ import annotations

from typing import NamedTuple

from hwgen.hw.compiled import entry, inner
from hwgen.hw.tables import COLUMN_SCAN, GATED_LOOP, GEARBOX, POOL_TILES, QUEUE, SELECTION, VECTOR_LOOP, ProcessTable
from hwgen.ir.types import IntArray

SLOT, LAST_FIRED, STARVED, BLOCKED, COUNTER, OWED, NEXT_END, STATE_SIZE = range(8)
"""State of a unit: slot or beat in the vector or row, cycle of the last one, cycles waited for beats and for room, a
counter of the kind; of a gated loop the beats owed, and the first cycle in which one of them may end."""

GROUPS = INPUT = ROW = VECTOR = COUNTER
"""Groups taken by a gearbox, input of a merge, row of windows of a line buffer, vector of a gated loop's sequence."""

UNKNOWN = -1
"""Stands for a time that is not known yet."""


class StreamTimes(NamedTuple):
    """Two times of every beat: beat b of stream s can be read at visible[first[s] + b] and is at taken[first[s] + b].

    The first `sent[s]` and `read[s]` of them are known; stream s has first[s + 1] - first[s] beats.
    """

    first: IntArray
    sent: IntArray
    read: IntArray
    visible: IntArray
    taken: IntArray


@inner
def _arrival(streams: StreamTimes, source: int) -> int:
    """First cycle in which the next beat of `source` can be read."""
    beat = streams.read[source]
    return streams.visible[streams.first[source] + beat] if beat < streams.sent[source] else UNKNOWN


@inner
def _arrivals(streams: StreamTimes, sources: IntArray) -> int:
    """First cycle in which the next beats of all `sources` can be read."""
    time = _arrival(streams, sources[0])
    for index in range(1, len(sources)):
        other = _arrival(streams, sources[index])
        time = max(time, other) if min(time, other) != UNKNOWN else UNKNOWN
    return time


@inner
def _room(streams: StreamTimes, sink: int, held: int) -> int:
    """First cycle in which the next beat into `sink` finds fewer than `held` there."""
    freed = streams.sent[sink] - held
    if freed < 0:
        return 0
    return streams.taken[streams.first[sink] + freed] + 1 if freed < streams.read[sink] else UNKNOWN


@inner
def _rooms(streams: StreamTimes, sinks: IntArray, held: int) -> int:
    """First cycle in which the next beat into all `sinks` finds fewer than `held` there."""
    time = 0
    for index in range(len(sinks)):
        other = _room(streams, sinks[index], held)
        time = max(time, other) if min(time, other) != UNKNOWN else UNKNOWN
    return time


@inner
def _send(streams: StreamTimes, sink: int, time: int) -> None:
    """Send the next beat; one beyond the frames that are run is left out, as no time of theirs depends on it."""
    place = streams.first[sink] + streams.sent[sink]
    if place < streams.first[sink + 1]:
        streams.visible[place] = time
        streams.sent[sink] += 1


@inner
def _take(streams: StreamTimes, source: int, time: int) -> None:
    streams.taken[streams.first[source] + streams.read[source]] = time
    streams.read[source] += 1


@inner
def _fires(state: IntArray, last: int, arrived: int, room: int) -> int:
    """The cycle of the slot after `last`; adds the cycles that it waits to the state."""
    ready = max(last + 1, arrived)
    time = max(ready, room)
    state[STARVED] += ready - last - 1
    state[BLOCKED] += time - ready
    return time


@inner
def _vector_loop(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A slot a cycle; a reading slot waits for its beats, one that ends an output beat for its credit."""
    slots, reads, period, latency, credits, kept = unit[0], unit[1], unit[2], unit[3], unit[4], unit[5]
    sink, slot, last, fired = sinks[0], state[SLOT], state[LAST_FIRED], False
    while True:
        reading, left = slot < reads, period - 1 - slot % period
        if not reading and left:  # slots that wait for nothing
            slot, last, left = slot + left, last + left, 0
        arrived = _arrivals(streams, sources) if reading else 0
        room = 0 if left else _room(streams, sink, credits)
        if min(arrived, room) == UNKNOWN:
            break
        last = _fires(state, last, arrived, room)
        if reading:
            for index in range(len(sources) if slot == slots - 1 else len(sources) - kept):
                _take(streams, sources[index], last)
        if not left:
            _send(streams, sink, last + latency)
        slot, fired = (slot + 1) % slots, True
    state[SLOT], state[LAST_FIRED] = slot, last
    return fired


@inner
def _gated_loop(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A vector loop that drops closed vectors; the beats they owe end beside its slots."""
    reads, beats, latency, credits, active = unit[0], unit[1], unit[2], unit[3], unit[4:]
    sink, slot, last, fired = sinks[0], state[SLOT], state[LAST_FIRED], False
    while True:
        room = _room(streams, sink, credits)
        if state[OWED] and room != UNKNOWN:
            paid = max(room, state[NEXT_END])
            _send(streams, sink, paid + latency)
            state[OWED], state[NEXT_END], fired = state[OWED] - 1, paid + 1, True
            continue
        reading, left = slot < reads, reads - 1 - slot % reads
        if not reading and left:  # slots that wait for nothing
            slot, last, left = slot + left, last + left, 0
        decides = reading and not left
        arrived = (_arrivals(streams, sources) if decides else _arrival(streams, sources[0])) if reading else 0
        if arrived == UNKNOWN or (not left and (state[OWED] or room == UNKNOWN)):
            break
        last, fired = _fires(state, last, arrived, 0 if left else max(room, state[NEXT_END])), True
        if reading:
            _take(streams, sources[0], last)
        if not left:
            _send(streams, sink, last + latency)
            state[NEXT_END] = last + 1
        slot = (slot + 1) % (reads * beats)
        if decides:
            _take(streams, sources[1], last)
            if not active[state[VECTOR]]:
                slot, state[OWED] = 0, beats - 1
            state[VECTOR] = (state[VECTOR] + 1) % len(active)
    state[SLOT], state[LAST_FIRED] = slot, last
    return fired


@inner
def _pool_tiles(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A vector loop whose every slot reads; the slots of a tile's last pixel end a beat."""
    height, width, columns, pixel_beats, latency, credits = unit[0], unit[1], unit[2], unit[3], unit[4], unit[5]
    source, sink, across = sources[0], sinks[0], columns * width
    slot, last, fired = state[SLOT], state[LAST_FIRED], False
    while True:
        pixel = slot // pixel_beats
        ends = pixel >= (height - 1) * across and pixel % width == width - 1
        arrived = _arrival(streams, source)
        room = _room(streams, sink, credits) if ends else 0
        if min(arrived, room) == UNKNOWN:
            break
        last = _fires(state, last, arrived, room)
        _take(streams, source, last)
        if ends:
            _send(streams, sink, last + latency)
        slot, fired = (slot + 1) % (height * across * pixel_beats), True
    state[SLOT], state[LAST_FIRED] = slot, last
    return fired


@inner
def _gearbox(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last, while at most `limit` groups are held."""
    in_beats, push, last_push, pull, limit = unit[0], unit[1], unit[2], unit[3], unit[4]
    beat, last, pushed, fired = state[SLOT], state[LAST_FIRED], state[GROUPS], False
    source, sink = sources[0], sinks[0]
    while True:
        arrived = _arrival(streams, source)
        # Beats that must have left so that at most `limit` groups are held.
        left = (max(0, pushed - limit) + pull - 1) // pull
        if arrived == UNKNOWN or left > streams.read[sink]:
            break
        room = streams.taken[streams.first[sink] + left - 1] + 1 if left else 0
        last = _fires(state, last, arrived, room)
        _take(streams, source, last)
        sent = pushed // pull
        pushed += push if beat < in_beats - 1 else last_push
        for _ in range(pushed // pull - sent):
            _send(streams, sink, last + 1)
        beat, fired = (beat + 1) % in_beats, True
    state[SLOT], state[LAST_FIRED], state[GROUPS] = beat, last, pushed
    return fired


@inner
def _queue(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last, while fewer than `depth` are held; beats[i] from input i, in order."""
    depth, beats = unit[0], unit[1:]
    beat, last, chosen, fired = state[SLOT], state[LAST_FIRED], state[INPUT], False
    while True:
        source = sources[chosen]
        arrived, room = _arrival(streams, source), _rooms(streams, sinks, depth)
        if min(arrived, room) == UNKNOWN:
            break
        last = _fires(state, last, arrived, room)
        _take(streams, source, last)
        for index in range(len(sinks)):
            _send(streams, sinks[index], last + 1)
        beat, fired = beat + 1, True
        if beat == beats[chosen]:
            beat, chosen = 0, (chosen + 1) % len(beats)
    state[SLOT], state[LAST_FIRED], state[INPUT] = beat, last, chosen
    return fired


@inner
def _selection(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last; one that is kept while fewer than `depth` of them are held."""
    depth, kept, slot, last, fired = unit[0], unit[2:], state[SLOT], state[LAST_FIRED], False
    while True:
        arrived, room = _arrival(streams, sources[0]), _room(streams, sinks[0], depth) if kept[slot] else 0
        if min(arrived, room) == UNKNOWN:
            break
        last = _fires(state, last, arrived, room)
        _take(streams, sources[0], last)
        if kept[slot]:
            _send(streams, sinks[0], last + 1)
        slot, fired = (slot + 1) % len(kept), True
    state[SLOT], state[LAST_FIRED] = slot, last
    return fired


@inner
def _line_buffer(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A row is taken while there is room for it; a row of windows leaves once its rows are held.

    The unit's second sink holds the cycle in which each row of the image is released.
    """
    fired = _rows_in(unit, streams, sources[0], sinks[1])
    while _rows_out(unit, state, streams, sources[0], sinks):
        fired = True
        if not _rows_in(unit, streams, sources[0], sinks[1]):
            break
    return fired


@inner
def _rows_in(unit: IntArray, streams: StreamTimes, source: int, gone: int) -> bool:
    """A beat is taken one cycle after the last, while fewer than `rows` whole rows are held."""
    row_beats, rows = unit[0], unit[1]
    first, fired = streams.first[source], False
    while True:
        beat, arrived = streams.read[source], _arrival(streams, source)
        freed = beat // row_beats - rows
        if arrived == UNKNOWN or freed >= streams.sent[gone]:
            break
        room = streams.visible[streams.first[gone] + freed] + 1 if freed >= 0 else 0
        after = streams.taken[first + beat - 1] + 1 if beat else 0
        _take(streams, source, max(after, arrived, room))
        fired = True
    return fired


@inner
def _rows_out(unit: IntArray, state: IntArray, streams: StreamTimes, source: int, sinks: IntArray) -> bool:
    """A beat a cycle while there is a credit; a row's first waits for `needed` rows, its last releases `released`."""
    row_beats, out_row_beats, latency, credits = unit[0], unit[2], unit[3], unit[4]
    out_rows = (len(unit) - 5) // 2
    needed, released = unit[5 : 5 + out_rows], unit[5 + out_rows :]
    beat, last, row, fired = state[SLOT], state[LAST_FIRED], state[ROW], False
    sink, gone = sinks[0], sinks[1]
    beats = streams.first[sink + 1] - streams.first[sink]
    while streams.sent[sink] < beats:
        room = _room(streams, sink, credits)
        seen = (streams.sent[gone] + needed[row]) * row_beats if beat == 0 else 0
        if room == UNKNOWN or seen > streams.read[source]:
            break
        whole = streams.taken[streams.first[source] + seen - 1] + 1 if seen else 0
        last = _fires(state, last, whole, room)
        _send(streams, sink, last + latency)
        beat, fired = beat + 1, True
        if beat == out_row_beats:
            for _ in range(released[row]):
                _send(streams, gone, last)
            beat, row = 0, (row + 1) % out_rows
    state[SLOT], state[LAST_FIRED], state[ROW] = beat, last, row
    return fired


@inner
def _column_scan(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken where another was freed; a slot fires once its beat is there, and a credit if it needs one."""
    fired, moves = False, True
    while moves:
        moves = _scanned_in(unit, streams, sources[0], sinks[1])
        moves |= _scan(unit, state, streams, sources[0], sinks)
        fired |= moves
    return fired


@inner
def _scanned_in(unit: IntArray, streams: StreamTimes, source: int, scan: int) -> bool:
    """A beat is taken one cycle after the last, once the slot that frees its place has fired."""
    row_beats, rows, height, row_slots, slots, out_rows = unit[0], unit[1], unit[2], unit[4], unit[5], unit[11]
    first, fired = streams.first[source], False
    while True:
        beat, arrived = streams.read[source], _arrival(streams, source)
        freed, room = beat - rows * row_beats, 0
        if arrived == UNKNOWN:
            return fired
        if freed >= 0:
            frame, row, place = freed // (height * row_beats), freed // row_beats % height, freed % row_beats
            by = unit[12 + out_rows + row]
            end = slots if by == out_rows - 1 else (by + 1) * row_slots
            slot = frame * slots + min(by * row_slots + place, end - 1)
            if slot >= streams.sent[scan]:
                return fired
            room = streams.visible[streams.first[scan] + slot] + 1
        after = streams.taken[first + beat - 1] + 1 if beat else 0
        _take(streams, source, max(after, arrived, room))
        fired = True


@inner
def _scan(unit: IntArray, state: IntArray, streams: StreamTimes, source: int, sinks: IntArray) -> bool:
    """A slot a cycle, each once the beat of the lowest row is there; one that ends a beat waits for a credit."""
    row_beats, height, pixel_beats, row_slots, slots, first = unit[0], unit[2], unit[3], unit[4], unit[5], unit[6]
    step, columns, latency, credits, out_rows = unit[7], unit[8], unit[9], unit[10], unit[11]
    sink, scan, fired = sinks[0], sinks[1], False
    while streams.sent[scan] < streams.first[scan + 1] - streams.first[scan]:
        frame, slot = streams.sent[scan] // slots, streams.sent[scan] % slots
        row = min(slot // row_slots, out_rows - 1)
        seen = (frame * height + unit[12 + row]) * row_beats + min(slot - row * row_slots, row_beats - 1)
        place = (slot - first) % row_slots
        ends = slot >= first and place // step < columns and place % step < pixel_beats
        room = _room(streams, sink, credits) if ends else 0
        if seen >= streams.read[source] or room == UNKNOWN:
            break
        arrived = streams.taken[streams.first[source] + seen] + 1
        state[LAST_FIRED] = _fires(state, state[LAST_FIRED], arrived, room)
        _send(streams, scan, state[LAST_FIRED])
        if ends:
            _send(streams, sink, state[LAST_FIRED] + latency)
        fired = True
    return fired


@inner
def _fire(units: ProcessTable, streams: StreamTimes, unit: int) -> bool:
    """Compute as many times of a unit as the known times allow; whether there were any."""
    kind, state = units.kind[unit], units.state[unit]
    parameters = units.parameters.flat[units.parameters.at[unit] : units.parameters.at[unit + 1]]
    sources = units.sources.flat[units.sources.at[unit] : units.sources.at[unit + 1]]
    sinks = units.sinks.flat[units.sinks.at[unit] : units.sinks.at[unit + 1]]
    if kind == VECTOR_LOOP:
        return _vector_loop(parameters, state, streams, sources, sinks)
    if kind == GATED_LOOP:
        return _gated_loop(parameters, state, streams, sources, sinks)
    if kind == POOL_TILES:
        return _pool_tiles(parameters, state, streams, sources, sinks)
    if kind == GEARBOX:
        return _gearbox(parameters, state, streams, sources, sinks)
    if kind == SELECTION:
        return _selection(parameters, state, streams, sources, sinks)
    if kind == COLUMN_SCAN:
        return _column_scan(parameters, state, streams, sources, sinks)
    if kind == QUEUE:
        return _queue(parameters, state, streams, sources, sinks)
    return _line_buffer(parameters, state, streams, sources, sinks)


@entry
def advance(units: ProcessTable, streams: StreamTimes, asleep: int, awake: IntArray, queue: IntArray) -> None:
    """Compute the times of every unit but `asleep` until none can go on; a unit that went on wakes its neighbours.

    `awake` and `queue` are working arrays of one entry a unit.
    """
    count = len(units.kind)
    for unit in range(count):
        queue[unit], awake[unit] = unit, 1
    head, waiting = 0, count
    while waiting:
        unit = queue[head]
        head, waiting, awake[unit] = (head + 1) % count, waiting - 1, 0
        if unit == asleep or not _fire(units, streams, unit):
            continue
        for place in range(units.near.at[unit], units.near.at[unit + 1]):
            other = units.near.flat[place]
            if not awake[other]:
                queue[(head + waiting) % count] = other
                waiting, awake[other] = waiting + 1, 1


@entry
def stream_periods(
    first: IntArray, taken: IntArray, frames: int, history: int, period_frames: int, periods: IntArray
) -> None:
    """For each stream the cycles between the beats of its last `history` frames and those `period_frames` before.

    UNKNOWN where they differ within a stream. Stream s has the times taken[first[s]:first[s + 1]] of `frames` frames,
    and its result goes to periods[s].
    """
    for stream in range(len(periods)):
        end = first[stream + 1]
        beats = (end - first[stream]) // frames
        periods[stream] = taken[end - 1] - taken[end - 1 - period_frames * beats]
        for beat in range(end - history * beats, end):
            if taken[beat] - taken[beat - period_frames * beats] != periods[stream]:
                periods[stream] = UNKNOWN
                break


@entry
def peak_occupancy(visible: IntArray, taken: IntArray) -> int:
    """The most beats in a queue in front of the reader; a beat written while another is read counts."""
    most, gone = 0, 0
    for beat in range(len(taken)):
        while taken[gone] < visible[beat] - 1:
            gone += 1
        most = max(most, beat + 1 - gone)
    return most
