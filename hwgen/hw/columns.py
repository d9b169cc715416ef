"""Scans over columns, compiled: the recurrences of `ColumnScan` (`scan.py`).

The unit's second source is its scan: a beat for each slot, taken when the slot fires.
"""

from __future__ import annotations

from hwgen.hw.compiled import inlined, inner
from hwgen.hw.moves import after, room_for
from hwgen.hw.tables import BLOCKED, FIRED, STARVED, TAKEN, UNKNOWN, StreamTimes
from hwgen.ir.types import IntArray


@inner
def column_scan(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A beat is taken where another was freed; a slot fires once its beat is there, and a credit if it needs one."""
    fired = _beats_in(unit, state, streams, sources)
    while _slots(unit, state, streams, sources, sinks[0]):
        fired = True
        if not _beats_in(unit, state, streams, sources):
            break
    return fired


@inner
def _beats_in(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray) -> bool:
    """A beat is taken one cycle after the last, once the one `rows` rows before it is free."""
    row_beats, rows, height, source, scan = unit[0], unit[1], unit[2], sources[0], sources[1]
    into, read, arrived, last = streams.first[source], streams.read[source], streams.sent[source], state[TAKEN]
    start = read
    while read < arrived:
        room = room_for(streams, scan, _freeing_slot(unit, read - rows * row_beats, row_beats, height))
        if room == UNKNOWN:
            break
        last = max(last + 1, room, streams.visible[into + read], streams.taken[into + read])
        streams.taken[into + read] = last
        read += 1
    streams.read[source], state[TAKEN] = read, last
    return bool(read > start)


@inlined
def _freeing_slot(unit: IntArray, beat: int, row_beats: int, height: int) -> int:
    """The slot that frees `beat`; of the frames before where both are negative."""
    row_slots, slots, out_rows = unit[4], unit[5], unit[11]
    frames = beat // (height * row_beats)
    beat -= frames * height * row_beats
    row = unit[12 + out_rows + beat // row_beats]
    end = slots if row == out_rows - 1 else (row + 1) * row_slots
    return int(min(row * row_slots + beat % row_beats, end - 1) + frames * slots)


@inner
def _slots(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sink: int) -> bool:
    """A slot a cycle, each once the beat of the lowest row is there; one that ends a beat waits for a credit."""
    row_beats, pixel_beats, row_slots, slots, first = unit[0], unit[3], unit[4], unit[5], unit[6]
    step, columns, latency, credits, out_rows = unit[7], unit[8], unit[9], unit[10], unit[11]
    source, scan = sources[0], sources[1]
    into, arrived, fired = streams.first[source], streams.read[source], streams.first[scan]
    out, sent, left, past = streams.first[sink], streams.sent[sink], streams.read[sink], streams.past_end[sink]
    slot, last, starved, blocked = streams.read[scan], state[FIRED], 0, 0
    start = slot
    while slot < slots:
        row = min(slot // row_slots, out_rows - 1)
        seen = unit[12 + row] * row_beats + min(slot - row * row_slots, row_beats - 1)
        if seen >= arrived:
            break
        time = ready = max(last + 1, streams.taken[into + seen] + 1)
        place = (slot - first) % row_slots
        ends = slot >= first and place // step < columns and place % step < pixel_beats
        if ends:
            freed = sent - credits
            if freed >= left:
                break
            time = max(ready, after(streams, out, past, freed))
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = max(time, streams.taken[fired + slot])
        streams.taken[fired + slot] = last
        slot += 1
        if ends:
            streams.visible[out + sent] = max(last + latency, streams.visible[out + sent])
            sent += 1
    streams.read[scan], streams.sent[sink] = slot, sent
    state[FIRED] = last
    state[STARVED] += starved
    state[BLOCKED] += blocked
    return bool(slot > start)
