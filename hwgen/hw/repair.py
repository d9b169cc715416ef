"""A schedule that repeats every I cycles, compiled: the times of one frame are repaired until no recurrence raises one.

A network's interval is I at most exactly if such times exist: x[j] >= x[i] + delay - I * frames for every time j that
depends on a time i of so many frames before. Repairing goes in passes, each of one frame of the units that may be
wrong. If all times settle, they are such a schedule. If not, there is a circle of dependences that is too long, and in
the end its times grow by the same number of cycles in every pass. That is proof: let no time have grown more than d
cycles in the last pass and none more in this one, and let those that grew d be the same in both. Each of them has its
time from one that grew at least as much, in this pass or the last, so from one of them; so they grow for ever.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hwgen.hw.compiled import entry, inner
from hwgen.hw.frames import advance, begin, finish
from hwgen.hw.tables import COLUMN_SCAN, GATED_LOOP, LINE_BUFFER, PIPELINED, ProcessTable, StreamTimes
from hwgen.ir.types import BoolArray, IntArray

SETTLED, TOO_SLOW, STUCK, UNDECIDED = range(4)
"""Verdicts: the times are a schedule; a circle is too long; one without a frame, a deadlock; none so far."""

PASS, GROWTH, GREW, LOOKED_AT = range(4)
"""Numbers of a question: of its passes; the most cycles by which a time grew in the last one, and how many did. And the
times that all passes of all questions looked at."""


class Repair(NamedTuple):
    """What a question keeps beside the times.

    Row i of the times is times[row[i]:row[i + 1]]: for S streams, row s is when beats of stream s can be read, row
    S + s when they are taken, row 2 * S + u the end of unit u.

    Attributes:
        touched: rows that units have run since the question was asked; `saved`: what stood there.
        before: the times before the last pass; `grew`: those that grew most in it, in rows of which `grew_in` says so.
        dirty: units that may be wrong; `running`: those of the last pass.
        writer, reader: the unit of each stream; -1 for none.
    """

    row: IntArray
    touched: IntArray
    saved: IntArray
    before: IntArray
    grew: BoolArray
    grew_in: IntArray
    dirty: IntArray
    running: IntArray
    writer: IntArray
    reader: IntArray
    awake: IntArray
    queue: IntArray
    rows: IntArray
    numbers: IntArray

    def save(self, row: int, streams: StreamTimes) -> None:
        """Keep a row of times that is about to change."""
        start, stop = self.row[row], self.row[row + 1]
        self.saved[start:stop] = streams.times[start:stop]
        self.touched[row] = 1


def repair_of(units: ProcessTable, streams: StreamTimes) -> Repair:
    """Nothing touched, nothing dirty."""
    count, total, beats = len(units.kind), len(streams.held), len(streams.visible)
    row = np.concatenate([streams.first[:-1], beats + streams.first[:-1], 2 * beats + np.arange(count + 1)])
    ends = np.full((2, total), -1, dtype=np.int64)
    for ragged, unit_of in ((units.sinks, ends[0]), (units.sources, ends[1])):
        unit_of[ragged.flat] = np.repeat(np.arange(count), np.diff(ragged.at))
    for kind in (LINE_BUFFER, COLUMN_SCAN, PIPELINED):
        owners = np.flatnonzero(units.kind == kind)
        ends[0, units.sources.flat[units.sources.at[owners + 1] - 1]] = owners  # a ring, a scan, a pipeline
    return Repair(
        row=row,
        touched=_zeros(len(row)),
        saved=_zeros(len(streams.times)),
        before=_zeros(len(streams.times)),
        grew=np.zeros(len(streams.times), dtype=np.bool_),
        grew_in=_zeros(len(row)),
        dirty=_zeros(count),
        running=_zeros(count),
        writer=ends[0],
        reader=ends[1],
        awake=_zeros(count),
        queue=_zeros(count),
        rows=_zeros(len(row)),
        numbers=_zeros(4),
    )


def _zeros(count: int) -> IntArray:
    return np.zeros(count, dtype=np.int64)


@entry
def settle(
    units: ProcessTable, streams: StreamTimes, repair: Repair, allowed: IntArray, period: int, passes: int
) -> int:
    """Repair the times in passes over dirty units that are `allowed`; the verdict.

    UNDECIDED after so many passes, or where only units are dirty that are not allowed.
    """
    for _ in range(passes):
        runs = False
        for unit in range(len(units.kind)):
            repair.running[unit] = repair.dirty[unit] and allowed[unit]
            if repair.running[unit]:
                repair.dirty[unit], runs = 0, True
        if not runs:
            break
        count = _start(units, streams, repair, period)
        advance(units, streams, repair.running, repair.awake, repair.queue)
        for unit in range(len(units.kind)):
            if repair.running[unit] and not finish(units, streams, unit):
                return STUCK
        _find_dirty(units, streams, repair, count)
        if _grows_for_ever(streams, repair, count):
            return TOO_SLOW
    for unit in range(len(units.kind)):
        if repair.dirty[unit]:
            return UNDECIDED
    return SETTLED


@inner
def _start(units: ProcessTable, streams: StreamTimes, repair: Repair, period: int) -> int:
    """Let the running units start their frame; how many rows of times they will run, listed in `repair.rows`."""
    count, total = 0, len(streams.held)
    for unit in range(len(units.kind)):
        if not repair.running[unit]:
            continue
        begin(units, streams, unit, period)
        repair.rows[count] = 2 * total + unit
        count += 1
        for place in range(units.sources.at[unit], units.sources.at[unit + 1]):
            repair.rows[count] = total + units.sources.flat[place]
            count += 1
        for place in range(units.sinks.at[unit], units.sinks.at[unit + 1]):
            repair.rows[count] = units.sinks.flat[place]
            count += 1
    for index in range(count):
        row = repair.rows[index]
        start, stop = repair.row[row], repair.row[row + 1]
        repair.numbers[LOOKED_AT] += stop - start
        _copy(streams.times, repair.before, start, stop)
        if not repair.touched[row]:
            repair.touched[row] = 1
            _copy(streams.times, repair.saved, start, stop)
    for stream in range(total):
        writer = repair.writer[stream]
        if writer >= 0 and repair.running[writer]:
            _look_back(streams, stream, period)
    return count


@inner
def _copy(source: IntArray, target: IntArray, start: int, stop: int) -> None:
    for place in range(start, stop):  # a slice would be copied twice, lest the two be one array
        target[place] = source[place]


@inner
def _look_back(streams: StreamTimes, stream: int, period: int) -> None:
    """When beats of the frames before were taken: `period` cycles a frame earlier than those of this one."""
    first, end = streams.first[stream], streams.past_end[stream]
    beats = streams.first[stream + 1] - first
    beat, late = beats, 0
    for back in range(1, streams.held[stream] + 1):
        if beat == beats:
            beat, late = 0, late + period
        beat += 1
        streams.past[end - back] = streams.taken[first + beats - beat] - late


@inner
def _grows_for_ever(streams: StreamTimes, repair: Repair, count: int) -> bool:
    """Whether just the times that grew most in the last pass grew so again, and none grew more."""
    numbers, most, again, grew = repair.numbers, 0, 0, 0
    for index in range(count):
        row = repair.rows[index]
        for place in range(repair.row[row], repair.row[row + 1]):
            most = max(most, streams.times[place] - repair.before[place])
    for index in range(count):
        row = repair.rows[index]
        known = repair.grew_in[row] == numbers[PASS]
        for place in range(repair.row[row], repair.row[row + 1]):
            grows = streams.times[place] - repair.before[place] == most
            again += grows and known and repair.grew[place]
            grew += grows
            repair.grew[place] = grows
        repair.grew_in[row] = numbers[PASS] + 1
    proven = 0 < most == numbers[GROWTH] and again == grew == numbers[GREW]
    numbers[PASS], numbers[GROWTH], numbers[GREW] = numbers[PASS] + 1, most, grew
    return bool(proven)


@inner
def _find_dirty(units: ProcessTable, streams: StreamTimes, repair: Repair, count: int) -> None:
    """Mark units that have not seen a time that moved: of another unit, or of the frame before."""
    total = len(streams.held)
    for index in range(count):
        row = repair.rows[index]
        start, stop = repair.row[row], repair.row[row + 1]
        last = stop
        while last > start and streams.times[last - 1] == repair.before[last - 1]:
            last -= 1
        if last == start:  # nothing moved
            continue
        if row >= 2 * total:
            repair.dirty[row - 2 * total] = 1
        elif row >= total:
            stream = row - total
            writer, reader = repair.writer[stream], repair.reader[stream]
            if writer >= 0 and (not repair.running[writer] or last > stop - streams.held[stream]):
                repair.dirty[writer] = 1
            kind = units.kind[reader]
            if last == stop and kind in (LINE_BUFFER, COLUMN_SCAN):  # its next beat waits for this one
                repair.dirty[reader] = 1
        else:
            reader, writer = repair.reader[row], repair.writer[row]
            if reader >= 0 and not repair.running[reader]:
                repair.dirty[reader] = 1
            if last == stop and units.kind[writer] == GATED_LOOP:
                repair.dirty[writer] = 1


@entry
def look_back(streams: StreamTimes, period: int) -> None:
    """Let the frames before be as the one whose times are there, `period` cycles a frame earlier."""
    for stream in range(len(streams.held)):
        _look_back(streams, stream, period)


@entry
def undo(streams: StreamTimes, repair: Repair) -> None:
    """Put the times back that stood there before the question, all of them known."""
    for row in range(len(repair.touched)):
        if repair.touched[row]:
            _copy(repair.saved, streams.times, repair.row[row], repair.row[row + 1])
    for stream in range(len(streams.held)):
        streams.sent[stream] = streams.read[stream] = streams.first[stream + 1] - streams.first[stream]
