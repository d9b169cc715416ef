"""A process network as arrays of 64-bit integers, which compiled functions run.

Streams and units have numbers for names; a unit's parameters, its state and the numbers of its streams are rows. The
times of one frame are kept, and of the frames before what the recurrences look back at: when the last beats of each
stream were taken, and when each unit fired last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hwgen.errors import FoldingError
from hwgen.host_memory import free_bytes
from hwgen.hw.loop import Pipelined
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import (
    GatedLoop,
    Gearbox,
    LineBuffer,
    MemoryReads,
    Merge,
    PoolTiles,
    Queue,
    Schedule,
    Selection,
    StreamedLoop,
    VectorLoop,
)
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray

(
    VECTOR_LOOP,
    POOL_TILES,
    GEARBOX,
    QUEUE,
    LINE_BUFFER,
    GATED_LOOP,
    PIPELINED,
    SELECTION,
    COLUMN_SCAN,
    STREAMED_LOOP,
    MEMORY_READS,
) = range(11)
"""Kinds of schedules; a Merge is a QUEUE of several inputs, the sink at an output of the chip one without a reader."""

SLOT, FIRED, COUNTER, STARVED, BLOCKED, OWED, NEXT_END, VECTOR, TAKEN, STATE_SIZE = range(10)
"""State of a unit: slot or beat in the vector or row, cycle of the last one, a counter of the kind, cycles waited for
beats and for room; of a gated loop the beats owed, the first cycle in which one of them may end, and the vector in its
sequence of gates; of a line buffer and a scan the cycle of the last beat taken."""

GROUPS = INPUT = ROW = COUNTER
"""Groups taken by a gearbox in this frame, input of a merge, row of windows of a line buffer."""

UNKNOWN = -(1 << 62)
"""Stands for a time that is not known yet."""

_BYTES, _LITTLE = 144, 1 << 24
"""Bytes for each beat of a frame that sizing and the cycle model keep at most; so many of which need no asking.

Measured by `tracemalloc`: 116 in sizing, 131 with the steady state, of MobileNetV1 on 96x96 pixels."""

LONG_AGO = -(1 << 50)
"""A time before all others."""


class RaggedRows(NamedTuple):
    """Rows of any length: row i is flat[at[i]:at[i + 1]]."""

    flat: IntArray
    at: IntArray


class StreamTimes(NamedTuple):
    """Two times of every beat of a frame: beat b of stream s can be read at visible[first[s] + b], is at taken[...].

    The first `sent[s]` and `read[s]` of them are known; stream s has first[s + 1] - first[s] beats. Beat -b, of the
    frames before, was taken at past[past_end[s] - b]; the last `held[s]` of them matter. The frame's last slot of unit
    u is at ends[u]. The three are parts of `times`.
    """

    first: IntArray
    sent: IntArray
    read: IntArray
    times: IntArray
    visible: IntArray
    taken: IntArray
    ends: IntArray
    past: IntArray
    past_end: IntArray
    held: IntArray


class ProcessTable(NamedTuple):
    """The units: kind, parameters, state, input and output streams of each, and its neighbours (`near`).

    A line buffer has one more input, its ring: a beat for each row of the image, taken when the row is released. So has
    a scan: a beat for each slot, taken when the slot fires; and a pipelined loop, its pipeline: a beat for each slot
    that writes, taken when the slot leaves.
    """

    kind: IntArray
    parameters: RaggedRows
    state: IntArray
    sources: RaggedRows
    sinks: RaggedRows
    near: RaggedRows


def tables(network: ProcessNetwork) -> tuple[ProcessTable, StreamTimes]:
    """The processes and the sinks, and the times before the first frame: nothing was ever taken.

    Raises:
        FoldingError: the times of a frame do not fit the computer's memory.
    """
    _must_fit(network)
    number = {name: index for index, name in enumerate(network.beats)}
    leaving = [(QUEUE, (1, 1)) for _ in network.outputs]  # takes the chip's output at once
    kinds, parameters = zip(*(packed(process.schedule) for process in network.processes), *leaving, strict=True)
    sources = [[number[name] for name in process.inputs] for process in network.processes]
    sinks = [[number[name] for name in process.outputs] for process in network.processes]
    for name in network.outputs:
        sources.append([number[name]])
        sinks.append([])
    near = neighbours(sources, sinks)
    beats, held = [*network.beats.values()], [1] * len(number)
    for process, ends in zip(network.processes, sinks, strict=False):
        for end, beats_held in zip(ends, _held(process.schedule, len(ends)), strict=True):
            held[end] = beats_held
    for process, ends in zip(network.processes, sources, strict=False):
        if isinstance(process.schedule, LineBuffer):
            ends.append(len(beats))
            beats.append(process.schedule.height)
            held.append(process.schedule.rows)
        if isinstance(process.schedule, ColumnScan):
            ends.append(len(beats))
            beats.append(process.schedule.slots)
            held.append(process.schedule.slots * ceil_div(process.schedule.rows, process.schedule.height))
        if isinstance(process.schedule, Pipelined):
            ends.append(len(beats))
            beats.append(network.beats[process.outputs[0]])
            held.append(1)
    state = np.zeros((len(kinds), STATE_SIZE), dtype=np.int64)
    units = ProcessTable(_numbers(kinds), ragged(parameters), state, ragged(sources), ragged(sinks), ragged(near))
    return units, _nothing_taken(beats, held, len(kinds))


def _must_fit(network: ProcessNetwork) -> None:
    """Raises: FoldingError."""
    beats = sum(network.beats.values())
    if beats * _BYTES > _LITTLE and beats * _BYTES > (free := free_bytes()):
        largest = max(network.beats, key=lambda name: network.beats[name])
        share = f"of {beats:,} beats of a frame {network.beats[largest]:,} are on stream {largest}"
        found = f"{beats * _BYTES / 2**30:,.1f} GiB to keep and {free / 2**30:,.1f} GiB left: {share}"
        change = "Give its layer more lanes (PE, SIMD), take smaller images, or use a computer with more memory"
        raise FoldingError("cycle model", "the times of a frame must fit memory", found, change)


def places(network: ProcessNetwork, streams: StreamTimes) -> dict[str, slice]:
    """Where the times of each stream's beats stand in `visible` and `taken`, by the stream's name."""
    return {name: slice(*ends) for name, ends in zip(network.beats, pairwise(streams.first.tolist()), strict=False)}


def _nothing_taken(beats: Sequence[int], held: Sequence[int], units: int) -> StreamTimes:
    """Streams before the first frame."""
    first, past_end, total = _numbers(np.cumsum([0, *beats])), _numbers(np.cumsum(held)), sum(beats)
    times, past = np.full(2 * total + units, -1, dtype=np.int64), np.full(past_end[-1], -1, dtype=np.int64)
    parts = times, times[:total], times[total : 2 * total], times[2 * total :]
    return StreamTimes(first, _numbers(beats), _numbers(beats), *parts, past, past_end, _numbers(held))


def packed(schedule: Schedule) -> tuple[int, tuple[int, ...]]:
    """Kind and parameters of a schedule."""
    match schedule:
        case VectorLoop() as s:
            return VECTOR_LOOP, (s.slots, s.reads, s.slots_per_beat, s.latency, s.credits, s.kept)
        case StreamedLoop() | MemoryReads() as s:
            return _packed_external(s)
        case GatedLoop() as s:
            return GATED_LOOP, (s.reads, s.beats, s.latency, s.credits, *s.active)
        case PoolTiles() as s:
            return POOL_TILES, (s.height, s.width, s.columns, s.pixel_beats, s.latency, s.credits)
        case Gearbox() as s:
            return GEARBOX, (s.in_beats, s.push, s.last_push, s.pull, s.limit)
        case Queue() | Merge() as s:
            return QUEUE, (s.depth, *(s.beats if isinstance(s, Merge) else (1,)))
        case Selection() as s:
            kept = np.isin(np.arange(s.period), s.kept).astype(np.int64)
            return SELECTION, (s.depth, s.period, *kept.tolist())
        case Pipelined() as s:
            return PIPELINED, _pipelined(s)
        case LineBuffer() | ColumnScan() as s:
            return _packed_windows(s)


def _packed_external(s: StreamedLoop | MemoryReads) -> tuple[int, tuple[int, ...]]:
    if isinstance(s, MemoryReads):
        return MEMORY_READS, (s.beats, s.burst, s.depth, s.latency, s.interval)
    return STREAMED_LOOP, (s.slots, s.reads, s.slots_per_beat, s.latency, s.credits)


def _packed_windows(s: LineBuffer | ColumnScan) -> tuple[int, tuple[int, ...]]:
    if isinstance(s, LineBuffer):
        return LINE_BUFFER, (s.row_beats, s.rows, s.out_row_beats, s.latency, s.credits, *s.needed, *s.released)
    sizes = s.row_beats, s.rows, s.height, s.pixel_beats, s.row_slots, s.slots, s.first, s.step, s.columns
    return COLUMN_SCAN, (*sizes, s.latency, s.credits, len(s.lowest), *s.lowest, *s.freed)


def _pipelined(schedule: Pipelined) -> tuple[int, ...]:
    """Depth, slots, room of each output, and where the slots of each stream stand in what follows."""
    loop = schedule.loop
    write = loop.writes[0]
    assert all(access == write for access in loop.writes), "a loop writes all its outputs in the same slots"
    ends = (*loop.reads, write)
    head = [schedule.depth, loop.slots, len(loop.reads), len(loop.writes), *schedule.room]
    start = len(head) + 3 * len(ends)
    for access in ends:
        head += [start, len(access.slots), access.stride]
        start += len(access.slots)
    return *head, *(slot for access in ends for slot in access.slots)


def _held(schedule: Schedule, outputs: int) -> tuple[int, ...]:
    """The most beats of each output that have been sent and not yet taken."""
    match schedule:
        case Pipelined(room=held):
            return held
        case Queue(depth=each) | Merge(depth=each) | Selection(depth=each) | MemoryReads(depth=each):
            pass
        case Gearbox() as s:
            each = (s.limit + max(s.push, s.last_push)) // s.pull + 2
        case _:
            each = schedule.credits
    return (each,) * outputs


def neighbours(sources: Sequence[Sequence[int]], sinks: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each process its neighbours: those that share a stream with it."""
    writers: Mapping[int, int] = {stream: unit for unit, ends in enumerate(sinks) for stream in ends}
    near: list[set[int]] = [set() for _ in sources]
    for reader, ends in enumerate(sources):
        for writer in (writers[stream] for stream in ends if stream in writers):
            near[reader].add(writer)
            near[writer].add(reader)
    return [sorted(units) for units in near]


def ragged(rows: Sequence[Sequence[int]]) -> RaggedRows:
    """Rows of any length as arrays."""
    return RaggedRows(_numbers([each for row in rows for each in row]), _numbers(np.cumsum([0, *map(len, rows)])))


def _numbers(values: Sequence[int] | IntArray) -> IntArray:
    return np.array(values, dtype=np.int64)
