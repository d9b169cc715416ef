"""Beats taken and sent, and when there is room for more, compiled: what all schedules do to the times of streams."""

from __future__ import annotations

from hwgen.hw.compiled import inner
from hwgen.hw.tables import UNKNOWN, StreamTimes
from hwgen.ir.types import IntArray


@inner
def take(streams: StreamTimes, source: int, time: int) -> None:
    """Take the next beat of `source` in cycle `time`, or later if that is known."""
    place = streams.first[source] + streams.read[source]
    streams.taken[place] = max(time, streams.taken[place])
    streams.read[source] += 1


@inner
def send(streams: StreamTimes, sink: int, time: int) -> None:
    """Let the next beat of `sink` be there to be read from cycle `time` on, or later if that is known."""
    place = streams.first[sink] + streams.sent[sink]
    streams.visible[place] = max(time, streams.visible[place])
    streams.sent[sink] += 1


@inner
def room_for(streams: StreamTimes, sink: int, beat: int) -> int:
    """First cycle in which there is room because `beat` of `sink` was taken; a negative one is of the frames before."""
    if beat >= streams.read[sink]:
        return UNKNOWN
    return after(streams, streams.first[sink], streams.past_end[sink], beat)


@inner
def after(streams: StreamTimes, first: int, past: int, beat: int) -> int:
    """The cycle after the one in which a beat was taken, of a stream whose times start at `first` and end at `past`."""
    return int((streams.taken[first + beat] if beat >= 0 else streams.past[past + beat]) + 1)


@inner
def slot_of(unit: IntArray, end: int, beat: int) -> int:
    """The slot of a frame in which a pipelined loop moves `beat` of an input, or of its outputs (`end` after those)."""
    place = 4 + unit[3] + 3 * end
    start, count, stride = unit[place], unit[place + 1], unit[place + 2]
    return int(beat // count * stride + unit[start + beat % count])
