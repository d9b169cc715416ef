"""Weights from an external memory, compiled: the recurrences of `MemoryReads` and `StreamedLoop` (`schedule.py`)."""

from __future__ import annotations

from hwgen.hw.compiled import inner
from hwgen.hw.moves import after, room_for
from hwgen.hw.tables import BLOCKED, FIRED, MEMORY_READS, SLOT, STARVED, UNKNOWN, StreamTimes
from hwgen.ir.types import IntArray


@inner
def _memory_reads(unit: IntArray, state: IntArray, streams: StreamTimes, sink: int) -> bool:
    """Words come at the memory's rate, those of a burst `latency` cycles after it was asked for at the soonest."""
    round_beats, burst, depth, latency, interval = unit[0], unit[1], unit[2], unit[3], unit[4]
    out, start, last = streams.first[sink], streams.sent[sink], state[FIRED]
    beats, sent = streams.first[sink + 1] - out, start
    while sent < beats:
        first_of_burst = sent - sent % round_beats % burst
        room = room_for(streams, sink, first_of_burst + burst - depth - 1)
        if room == UNKNOWN:
            break
        pace = sent * interval // beats - (sent - 1) * interval // beats
        ready = last + pace
        last = max(ready, room + 1 + latency)
        state[BLOCKED] += last - ready
        streams.visible[out + sent] = max(last + 1, streams.visible[out + sent])
        sent += 1
    streams.sent[sink], state[FIRED] = sent, last
    return bool(sent > start)


@inner
def _streamed_loop(unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray) -> bool:
    """A slot a cycle, once its word is there, where it reads its beat, and where it ends a beat its credit."""
    slots, reads, period, latency, credits = unit[0], unit[1], unit[2], unit[3], unit[4]
    vectors, words, sink = sources[0], sources[1], sinks[0]
    into, read, arrived = streams.first[vectors], streams.read[vectors], streams.sent[vectors]
    held, met, there = streams.first[words], streams.read[words], streams.sent[words]
    out, sent, gone = streams.first[sink], streams.sent[sink], streams.read[sink]
    past, slot, last, start = streams.past_end[sink], state[SLOT], state[FIRED], met
    left, starved, blocked = period - 1 - slot % period, 0, 0
    while met < there:
        reading, freed = slot < reads, sent - credits
        if (reading and read >= arrived) or (not left and freed >= gone):
            break
        ready = max(last + 1, streams.visible[held + met])
        if reading:
            ready = max(ready, streams.visible[into + read])
        time = ready if left else max(ready, after(streams, out, past, freed))
        starved, blocked = starved + ready - last - 1, blocked + time - ready
        last = max(time, streams.taken[held + met])
        if reading:
            last = max(last, streams.taken[into + read])
            streams.taken[into + read] = last
            read += 1
        streams.taken[held + met] = last
        met, slot = met + 1, slot + 1
        if left:
            left -= 1
        else:
            streams.visible[out + sent] = max(last + latency, streams.visible[out + sent])
            sent, left = sent + 1, period - 1
        slot = slot if slot < slots else 0
    streams.read[vectors], streams.read[words], streams.sent[sink] = read, met, sent
    state[SLOT], state[FIRED] = slot, last
    state[STARVED] += starved
    state[BLOCKED] += blocked
    return bool(met > start)


@inner
def external(
    kind: int, unit: IntArray, state: IntArray, streams: StreamTimes, sources: IntArray, sinks: IntArray
) -> bool:
    """Compute as many times as the known times allow of a reader of weights, or of a unit that they stream into."""
    if kind == MEMORY_READS:
        return _memory_reads(unit, state, streams, sinks[0])
    return _streamed_loop(unit, state, streams, sources, sinks)
