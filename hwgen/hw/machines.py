"""The recurrences of `schedule.py`, compiled: a function for each kind of schedule.

Each computes as many times of a unit's frame as the times known so far allow. Importing the module takes numba's
start-up time: only runs of networks do.

A time never falls below the one that stands in its place. In a run from reset that is the time of the frame before; in
a schedule that is repaired (`repair.py`), what is known of this one.
"""

from __future__ import annotations

from hwgen.hw.columns import column_scan
from hwgen.hw.compiled import inner
from hwgen.hw.elastic import pipelined
from hwgen.hw.moves import after, room_for, send, take
from hwgen.hw.streamed import external
from hwgen.hw.tables import (
    BLOCKED,
    COLUMN_SCAN,
    FIRED,
    GEARBOX,
    GROUPS,
    INPUT,
    LINE_BUFFER,
    MEMORY_READS,
    NEXT_END,
    OWED,
    PIPELINED,
    POOL_TILES,
    QUEUE,
    ROW,
    SELECTION,
    SLOT,
    STARVED,
    STREAMED_LOOP,
    TAKEN,
    UNKNOWN,
    VECTOR,
    VECTOR_LOOP,
    ProcessTable,
    StreamTimes,
)
from hwgen.ir.types import IntArray


@inner
def _waited(state: IntArray, starved: int, blocked: int) -> None:
    state[STARVED] += starved
    state[BLOCKED] += blocked


@inner
def _arrivals(streams: StreamTimes, sources: IntArray, time: int) -> int:
    """First cycle from `time` on in which the next beats of all `sources` but the first can be read."""
    for index in range(1, len(sources)):
        source = sources[index]
        beat = streams.read[source]
        if beat >= streams.sent[source]:
            return UNKNOWN
        time = max(time, streams.visible[streams.first[source] + beat])
    return time


@inner
def _is_dry(streams: StreamTimes, source: int) -> bool:
    """Whether it is not known when the next beat can be read."""
    return bool(streams.read[source] >= streams.sent[source])


@inner
def _vector_loop(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A slot a cycle; a reading slot waits for its beats, one that ends an output beat for its credit."""
    slots, reads, period, latency, credits, kept = unit[0], unit[1], unit[2], unit[3], unit[4], unit[5]
    source, sink, inputs = sources[0], sinks[0], len(sources)
    into, read, arrived = streams.first[source], streams.read[source], streams.sent[source]
    out, sent, gone = streams.first[sink], streams.sent[sink], streams.read[sink]
    beats, past, moved = streams.first[sink + 1] - out, streams.past_end[sink], sent + read
    slot, last, starved, blocked = state[SLOT], state[FIRED], 0, 0
    left = period - 1 - slot % period
    while sent < beats:
        reading, freed = slot < reads, sent - credits
        if left and not reading:  # slots that wait for nothing
            slot, last, left = slot + left, last + left, 0
        if (reading and read >= arrived) or (not left and freed >= gone):
            break
        time = ready = _arrivals(streams, sources, max(last + 1, streams.visible[into + read])) if reading else last + 1
        if ready == UNKNOWN:
            break
        if not left:
            time = max(ready, after(streams, out, past, freed))
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last, slot = time, slot + 1
        if reading:
            last = max(last, streams.taken[into + read])
            streams.taken[into + read] = last
            read += 1
            for index in range(1, inputs if slot == slots else inputs - kept):
                take(streams, sources[index], last)
        if left:
            left -= 1
        else:
            streams.visible[out + sent] = max(last + latency, streams.visible[out + sent])
            sent, left = sent + 1, period - 1
        slot = slot if slot < slots else 0
    streams.read[source], streams.sent[sink] = read, sent
    state[SLOT], state[FIRED] = slot, last
    _waited(state, starved, blocked)
    return bool(sent + read > moved)


@inner
def _gated_loop(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A vector loop that drops closed vectors; the beats they owe end beside its slots."""
    reads, beats, latency, credits, active = unit[0], unit[1], unit[2], unit[3], unit[4:]
    vectors, gates, sink = sources[0], sources[1], sinks[0]
    slot, last, start = state[SLOT], state[FIRED], streams.sent[sink] + streams.read[vectors]
    end = streams.first[sink + 1] - streams.first[sink]
    while streams.sent[sink] < end:
        room = room_for(streams, sink, streams.sent[sink] - credits)
        if state[OWED] and room != UNKNOWN:
            paid = max(room, state[NEXT_END])
            send(streams, sink, paid + latency)
            state[OWED], state[NEXT_END] = state[OWED] - 1, paid + 1
            continue
        reading, left = slot < reads, reads - 1 - slot % reads
        if not reading and left:  # slots that wait for nothing
            slot, last, left = slot + left, last + left, 0
        decides, ready = reading and not left, last + 1
        dry = (reading and _is_dry(streams, vectors)) or (decides and _is_dry(streams, gates))
        if dry or (not left and (state[OWED] or room == UNKNOWN)):
            break
        if reading:
            ready = max(ready, streams.visible[streams.first[vectors] + streams.read[vectors]])
        ready = _arrivals(streams, sources, ready) if decides else ready
        time = ready if left else max(ready, room, state[NEXT_END])
        _waited(state, ready - last - 1, time - ready)
        last = time
        if reading:
            last = max(last, streams.taken[streams.first[vectors] + streams.read[vectors]])
            take(streams, vectors, last)
        if not left:
            send(streams, sink, last + latency)
            state[NEXT_END] = last + 1
        slot = (slot + 1) % (reads * beats)
        if decides:
            take(streams, gates, last)
            if not active[state[VECTOR]]:
                slot, state[OWED] = 0, beats - 1
            state[VECTOR] = (state[VECTOR] + 1) % len(active)
    state[SLOT], state[FIRED] = slot, last
    return bool(streams.sent[sink] + streams.read[vectors] > start)


@inner
def _pool_tiles(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A vector loop whose every slot reads; the slots of a tile's last pixel end a beat."""
    height, width, columns, pixel_beats, latency, credits = unit[0], unit[1], unit[2], unit[3], unit[4], unit[5]
    source, sink, across = sources[0], sinks[0], columns * width
    into, read, arrived = streams.first[source], streams.read[source], streams.sent[source]
    out, past, gone = streams.first[sink], streams.past_end[sink], streams.read[sink]
    slot, last, sent, starved, blocked, start = state[SLOT], state[FIRED], streams.sent[sink], 0, 0, read
    pixel, beat = slot // pixel_beats, slot % pixel_beats
    while read < arrived:
        ends = pixel >= (height - 1) * across and pixel % width == width - 1
        ready, room, freed = max(last + 1, streams.visible[into + read]), UNKNOWN, sent - credits
        if ends:
            if freed >= gone:
                break
            room = after(streams, out, past, freed)
        time = max(ready, room)
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = max(time, streams.taken[into + read])
        streams.taken[into + read] = last
        read += 1
        if ends:
            streams.visible[out + sent] = max(last + latency, streams.visible[out + sent])
            sent += 1
        beat += 1
        if beat == pixel_beats:
            pixel, beat = (pixel + 1) % (height * across), 0
    streams.read[source], streams.sent[sink] = read, sent
    state[SLOT], state[FIRED] = pixel * pixel_beats + beat, last
    _waited(state, starved, blocked)
    return bool(read > start)


@inner
def _gearbox(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last, while at most `limit` groups are held."""
    in_beats, push, last_push, pull, limit = unit[0], unit[1], unit[2], unit[3], unit[4]
    source, sink = sources[0], sinks[0]
    into, read, arrived = streams.first[source], streams.read[source], streams.sent[source]
    out, past, gone = streams.first[sink], streams.past_end[sink], streams.read[sink]
    beat, last, pushed, sent = state[SLOT], state[FIRED], state[GROUPS], streams.sent[sink]
    starved, blocked, start = 0, 0, read
    while read < arrived:
        freed = (pushed - limit + pull - 1) // pull - 1  # this beat must have left so that at most `limit` are held
        if freed >= gone:
            break
        room = after(streams, out, past, freed)
        ready = max(last + 1, streams.visible[into + read])
        time = max(ready, room)
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = max(time, streams.taken[into + read])
        streams.taken[into + read] = last
        read, beat = read + 1, beat + 1
        pushed += push if beat < in_beats else last_push
        while (sent + 1) * pull <= pushed:
            streams.visible[out + sent] = max(last + 1, streams.visible[out + sent])
            sent += 1
        if beat == in_beats:
            beat = 0
    streams.read[source], streams.sent[sink] = read, sent
    state[SLOT], state[FIRED], state[GROUPS] = beat, last, pushed
    _waited(state, starved, blocked)
    return bool(read > start)


@inner
def _fifo(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A queue of one input and one output."""
    depth, source, sink, last = unit[0], sources[0], sinks[0], state[FIRED]
    into, read, arrived = streams.first[source], streams.read[source], streams.sent[source]
    out, past = streams.first[sink], streams.past_end[sink]
    starved, blocked, start, stop = 0, 0, read, min(arrived, streams.read[sink] + depth)
    while read < stop:
        freed = read - depth
        room = after(streams, out, past, freed)
        ready = max(last + 1, streams.visible[into + read])
        time = max(ready, room)
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = max(time, streams.taken[into + read])
        streams.taken[into + read] = last
        streams.visible[out + read] = max(last + 1, streams.visible[out + read])
        read += 1
    streams.read[source] = streams.sent[sink] = read
    state[FIRED] = last
    _waited(state, starved, blocked)
    return bool(read > start)


@inner
def _queue(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last, while fewer than `depth` are held; beats[i] from input i, in order."""
    if len(sources) == 1 and len(sinks) == 1:
        return _fifo(unit, state, streams, sources, sinks)
    depth, beats = unit[0], unit[1:]
    beat, last, chosen, fired = state[SLOT], state[FIRED], state[INPUT], False
    while True:
        source = sources[chosen]
        read = streams.read[source]
        if read >= streams.sent[source]:
            break
        ready, room = max(last + 1, streams.visible[streams.first[source] + read]), last + 1
        for index in range(len(sinks)):
            other = room_for(streams, sinks[index], streams.sent[sinks[index]] - depth)
            room = UNKNOWN if min(room, other) == UNKNOWN else max(room, other)
        if room == UNKNOWN:
            break
        time = max(ready, room)
        _waited(state, ready - last - 1, time - ready)
        last = max(time, streams.taken[streams.first[source] + read])
        take(streams, source, last)
        for index in range(len(sinks)):
            send(streams, sinks[index], last + 1)
        beat, fired = beat + 1, True
        if beat == beats[chosen]:
            beat, chosen = 0, (chosen + 1) % len(beats)
    state[SLOT], state[FIRED], state[INPUT] = beat, last, chosen
    return fired


@inner
def _selection(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken one cycle after the last; one that is kept while fewer than `depth` of them are held."""
    depth, period, kept = unit[0], unit[1], unit[2:]
    source, sink, place, last, fired = sources[0], sinks[0], state[SLOT], state[FIRED], False
    while not _is_dry(streams, source):
        ready = max(last + 1, streams.visible[streams.first[source] + streams.read[source]])
        room = room_for(streams, sink, streams.sent[sink] - depth) if kept[place] else ready
        if room == UNKNOWN:
            break
        time = max(ready, room)
        _waited(state, ready - last - 1, time - ready)
        last, fired = max(time, streams.taken[streams.first[source] + streams.read[source]]), True
        take(streams, source, last)
        if kept[place]:
            send(streams, sink, last + 1)
        place = place + 1 if place + 1 < period else 0
    state[SLOT], state[FIRED] = place, last
    return fired


@inner
def _line_buffer(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A row is taken while there is room for it; a row of windows leaves once its rows are held.

    The unit's second source is its ring: a beat for each row of the image, taken when the row is released.
    """
    fired = _rows_in(unit, state, streams, sources)
    while _rows_out(unit, state, streams, sources, sinks[0]):
        fired = True
        if not _rows_in(unit, state, streams, sources):
            break
    return fired


@inner
def _rows_in(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray) -> bool:
    """A beat is taken one cycle after the last, while fewer than `rows` whole rows are held."""
    row_beats, rows, source, ring = unit[0], unit[1], sources[0], sources[1]
    into, read, arrived, last = streams.first[source], streams.read[source], streams.sent[source], state[TAKEN]
    row, beat, start = read // row_beats, read % row_beats, read
    while read < arrived:
        freed = row - rows
        room = room_for(streams, ring, freed)
        if room == UNKNOWN:
            break
        last = max(last + 1, room, streams.visible[into + read], streams.taken[into + read])
        streams.taken[into + read] = last
        read, beat = read + 1, beat + 1
        if beat == row_beats:
            row, beat = row + 1, 0
    streams.read[source], state[TAKEN] = read, last
    return bool(read > start)


@inner
def _rows_out(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sink: int) -> bool:
    """A beat a cycle while there is a credit; a row's first waits for `needed` rows, its last releases `released`."""
    row_beats, out_row_beats, latency, credits = unit[0], unit[2], unit[3], unit[4]
    out_rows = (len(unit) - 5) // 2
    needed, released = unit[5 : 5 + out_rows], unit[5 + out_rows :]
    source, ring = sources[0], sources[1]
    out, sent, left, past = streams.first[sink], streams.sent[sink], streams.read[sink], streams.past_end[sink]
    beat, last, row, starved, blocked, start = state[SLOT], state[FIRED], state[ROW], 0, 0, sent
    while row < out_rows:
        freed, ready = sent - credits, last + 1
        if freed >= left:
            break
        if beat == 0:
            seen = (streams.read[ring] + needed[row]) * row_beats
            if seen > streams.read[source]:
                break
            if seen:
                ready = max(ready, streams.taken[streams.first[source] + seen - 1] + 1)
        time = max(ready, after(streams, out, past, freed))
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = time
        streams.visible[out + sent] = max(last + latency, streams.visible[out + sent])
        sent, beat = sent + 1, beat + 1
        if beat == out_row_beats:
            for _ in range(released[row]):
                take(streams, ring, last)
            beat, row = 0, row + 1
    streams.sent[sink] = sent
    state[SLOT], state[FIRED], state[ROW] = beat, last, row
    _waited(state, starved, blocked)
    return bool(sent > start)


@inner
def fire(units: ProcessTable, streams: StreamTimes, unit: int) -> bool:
    """Compute as many times of a unit as the known times allow; whether there were any."""
    kind, state = units.kind[unit], units.state[unit]
    parameters = units.parameters.flat[units.parameters.at[unit] : units.parameters.at[unit + 1]]
    sources = units.sources.flat[units.sources.at[unit] : units.sources.at[unit + 1]]
    sinks = units.sinks.flat[units.sinks.at[unit] : units.sinks.at[unit + 1]]
    if kind == VECTOR_LOOP:
        return _vector_loop(parameters, state, streams, sources, sinks)
    if kind == QUEUE:
        return _queue(parameters, state, streams, sources, sinks)
    if kind == LINE_BUFFER:
        return _line_buffer(parameters, state, streams, sources, sinks)
    if kind == COLUMN_SCAN:
        return column_scan(parameters, state, streams, sources, sinks)
    if kind == PIPELINED:
        return pipelined(parameters, state, streams, sources, sinks)
    if kind in (STREAMED_LOOP, MEMORY_READS):
        return external(kind, parameters, state, streams, sources, sinks)
    if kind == SELECTION:
        return _selection(parameters, state, streams, sources, sinks)
    if kind == POOL_TILES:
        return _pool_tiles(parameters, state, streams, sources, sinks)
    if kind == GEARBOX:
        return _gearbox(parameters, state, streams, sources, sinks)
    return _gated_loop(parameters, state, streams, sources, sinks)
