"""One frame of a process network, compiled: its units compute until every time is known, or none can go on."""

from __future__ import annotations

from hwgen.hw.compiled import entry, inner
from hwgen.hw.elastic import ends_at
from hwgen.hw.machines import fire
from hwgen.hw.tables import (
    COLUMN_SCAN,
    COUNTER,
    FIRED,
    GATED_LOOP,
    LINE_BUFFER,
    LONG_AGO,
    NEXT_END,
    OWED,
    PIPELINED,
    SLOT,
    TAKEN,
    ProcessTable,
    StreamTimes,
)
from hwgen.ir.types import IntArray


@inner
def begin(units: ProcessTable, streams: StreamTimes, unit: int, period: int) -> None:
    """Let a unit start a frame, `period` cycles after the one whose times are there."""
    state = units.state[unit]
    state[SLOT] = state[COUNTER] = state[OWED] = 0
    state[FIRED] = streams.ends[unit] - period
    if units.kind[unit] == PIPELINED:
        state[SLOT] = state[NEXT_END] = -1
        state[TAKEN] = LONG_AGO
        streams.sent[units.sources.flat[units.sources.at[unit + 1] - 1]] = 0
    if units.kind[unit] in (LINE_BUFFER, COLUMN_SCAN):
        source = units.sources.flat[units.sources.at[unit]]
        state[TAKEN] = streams.taken[streams.first[source + 1] - 1] - period
    if units.kind[unit] == GATED_LOOP:
        sink, latency = units.sinks.flat[units.sinks.at[unit]], units.parameters.flat[units.parameters.at[unit] + 2]
        state[NEXT_END] = streams.visible[streams.first[sink + 1] - 1] - latency + 1 - period
    for place in range(units.sources.at[unit], units.sources.at[unit + 1]):
        streams.read[units.sources.flat[place]] = 0
    for place in range(units.sinks.at[unit], units.sinks.at[unit + 1]):
        streams.sent[units.sinks.flat[place]] = 0


@inner
def finish(units: ProcessTable, streams: StreamTimes, unit: int) -> bool:
    """Let a unit end its frame; whether it took and sent every beat."""
    end = units.state[unit, FIRED]
    if units.kind[unit] == PIPELINED:
        parameters = units.parameters.flat[units.parameters.at[unit] : units.parameters.at[unit + 1]]
        end = ends_at(parameters, units.state[unit])
    streams.ends[unit] = max(streams.ends[unit], end)
    for place in range(units.sources.at[unit], units.sources.at[unit + 1]):
        stream = units.sources.flat[place]
        if streams.read[stream] < streams.first[stream + 1] - streams.first[stream]:
            return False
    for place in range(units.sinks.at[unit], units.sinks.at[unit + 1]):
        stream = units.sinks.flat[place]
        if streams.sent[stream] < streams.first[stream + 1] - streams.first[stream]:
            return False
    return True


@inner
def advance(units: ProcessTable, streams: StreamTimes, running: IntArray, awake: IntArray, queue: IntArray) -> None:
    """Compute times of the `running` units until none can go on; a unit that went on wakes its neighbours.

    `awake` and `queue` are working arrays of one entry a unit.
    """
    head, waiting, count = 0, 0, len(units.kind)
    for unit in range(count):
        awake[unit] = running[unit]
        if running[unit]:
            queue[waiting] = unit
            waiting += 1
    while waiting:
        unit = queue[head]
        head, waiting, awake[unit] = head + 1 if head + 1 < count else 0, waiting - 1, 0
        if not fire(units, streams, unit):
            continue
        for place in range(units.near.at[unit], units.near.at[unit + 1]):
            other = units.near.flat[place]
            if running[other] and not awake[other]:
                tail = head + waiting
                queue[tail if tail < count else tail - count] = other
                waiting, awake[other] = waiting + 1, 1


@entry
def look_back(streams: StreamTimes) -> None:
    """Let the frame whose times are there be the last of the frames before."""
    for stream in range(len(streams.held)):
        first, beats = streams.first[stream], streams.first[stream + 1] - streams.first[stream]
        end, held = streams.past_end[stream], streams.held[stream]
        for place in range(end - held, end - beats):
            streams.past[place] = streams.past[place + beats]
        for beat in range(1, min(held, beats) + 1):
            streams.past[end - beat] = streams.taken[first + beats - beat]


@entry
def run_frame(units: ProcessTable, streams: StreamTimes, running: IntArray, awake: IntArray, queue: IntArray) -> bool:
    """Run all units through the next frame; False for a deadlock.

    `running` is 1 for every unit. The times at which the input's beats can be read are the caller's.
    """
    for unit in range(len(units.kind)):
        begin(units, streams, unit, 0)
    advance(units, streams, running, awake, queue)
    done = True
    for unit in range(len(units.kind)):
        done &= finish(units, streams, unit)
    return done


@entry
def raise_peaks(streams: StreamTimes, peaks: IntArray) -> None:
    """See `FrameRun.raise_peaks`."""
    for stream in range(len(peaks)):
        first, end, gone = streams.first[stream], streams.past_end[stream], -streams.held[stream]
        for beat in range(streams.first[stream + 1] - first):
            seen = streams.visible[first + beat] - 1
            while (streams.taken[first + gone] if gone >= 0 else streams.past[end + gone]) < seen:
                gone += 1
            peaks[stream] = max(peaks[stream], beat + 1 - gone)
