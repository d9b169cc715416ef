"""Schedules that repeat: whether a network's interval is I at most, asked again and again while its buffers change.

The times of one frame are kept from question to question and repaired from the unit that changed (`repair.py`), first
among its neighbours, where most questions end, then everywhere. So a question costs a few passes over part of a frame.
What forbids a size is a circle of dependences, which smaller sizes only make longer: as long as its units are there,
the size is not asked about again.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, count, islice
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hwgen.hw.network import ProcessNetwork
from hwgen.hw.stream import ceil_div
from hwgen.hw.tables import COLUMN_SCAN, LINE_BUFFER, LONG_AGO, places, tables
from hwgen.ir.types import IntArray

if TYPE_CHECKING:
    from hwgen.hw.repair import Repair

_NEAR = ((3, 0), (8, 2), (14, 2))
"""How far from a changed unit times are repaired at first, and then, and with how many windows of passes."""

_FEW = 8
"""Passes over what may be wrong, most often enough: a pass over all that may take part costs several of them."""


class _Circle(NamedTuple):
    """What forbids a schedule: the units of a circle of dependences, and the cycles by which it grows in a pass.

    A circle that waits for itself within a frame, a deadlock, has an excess of 0.
    """

    units: set[int]
    excess: int


_NO_CIRCLE = _Circle(set(), 0)


class PeriodicSchedule:
    """One frame of times of a network, each of which recurs every `interval` cycles, as its buffers change.

    A schedule exists if and only if the network's interval is `interval` at most.
    """

    def __init__(self, network: ProcessNetwork, interval: int) -> None:
        from hwgen.hw.repair import repair_of

        self.interval = interval
        self.units, self.streams = tables(network)
        self._number = {process.name: index for index, process in enumerate(network.processes)}
        self._repair: Repair = repair_of(self.units, self.streams)
        self._everyone = np.ones(len(self.units.kind), dtype=np.int64)
        self._places = places(network, self.streams)
        for name in network.inputs:  # its source always has a beat
            self.streams.visible[self._places[name]] = LONG_AGO
        self._circle = _NO_CIRCLE
        self._refused: dict[tuple[int, int], _Circle] = {}
        """The circle that is too long with this size of a buffer, by the buffer's unit and the size."""

    def exists(self) -> bool:
        """Whether there is a schedule; from now on its times are known. False also for a deadlock."""
        from hwgen.hw.repair import SETTLED

        self._ask()
        self._repair.dirty[:] = self._everyone
        return self._answer(self._everyone) == SETTLED

    def starts_with(self, stream: str) -> bool:
        """Let the times be the earliest of a schedule in which the first beat of `stream` can be read in cycle 0.

        False where some do not depend on that one.
        """
        from hwgen.hw.repair import look_back

        streams, first = self.streams, self._places[stream].start
        streams.times[:] = LONG_AGO
        streams.visible[first] = 0
        assert self.exists()
        streams.visible[first] = LONG_AGO
        look_back(streams, self.interval)
        return bool(min(streams.taken.min(), streams.ends.min()) > LONG_AGO // 2)

    @property
    def excess(self) -> int:
        """Cycles, rounded up, by which the circle that forbade a schedule last grows in a pass; 0 for a deadlock."""
        return self._circle.excess

    @property
    def effort(self) -> int:
        """Times that all questions so far have looked at."""
        from hwgen.hw.repair import LOOKED_AT

        return int(self._repair.numbers[LOOKED_AT])

    def keeps(self, name: str, size: int, *, far: bool = True) -> bool:
        """Whether there is a schedule with a smaller size of one buffer, which then has it.

        Args:
            size: beats of a FIFO, 0 to take it out, or rows of a line buffer.
            far: look further than the neighbours for a schedule; else False where they alone do not decide.
        """
        from hwgen.hw.repair import undo

        unit = self._number[name]
        if circle := self._known_circle(unit, size):
            self._circle = circle
            return False
        self._ask()
        before = [array.copy() for array in self._wiring]
        changed = self._resize(unit, size) if size else self._bypass(unit)
        kept = changed < 0 or self._keeps_all_but(changed, far=far)
        if not kept:
            self._refused[unit, size] = self._circle
            undo(self.streams, self._repair)
            for array, values in zip(self._wiring, before, strict=True):
                array[:] = values
        elif not size:
            self._refused = {key: circle for key, circle in self._refused.items() if unit not in circle.units}
        return kept

    @property
    def _wiring(self) -> tuple[IntArray, ...]:
        """What a change of a buffer changes, beside times."""
        units, repair = self.units, self._repair
        ends = units.parameters.flat, units.sources.flat, units.near.flat, repair.writer, repair.reader
        return *ends, self.streams.held, self._everyone, units.state

    def _ask(self) -> None:
        """Begin a question."""
        from hwgen.hw.repair import GROWTH

        self._repair.touched[:] = 0
        self._repair.dirty[:] = 0
        self._repair.numbers[GROWTH] = 0

    def _settle(self, allowed: IntArray, passes: int) -> int:
        from hwgen.hw.repair import STUCK, TOO_SLOW, settle

        verdict = int(settle(self.units, self.streams, self._repair, allowed, self.interval, passes))
        if verdict in (TOO_SLOW, STUCK):
            self._circle = self._growing() if verdict == TOO_SLOW else _Circle(set(np.flatnonzero(allowed)), 0)
        return verdict

    def _growing(self) -> _Circle:
        """That of the times that grew most in the last pass."""
        from hwgen.hw.repair import GROWTH, PASS

        repair = self._repair
        owners = np.concatenate([repair.writer, repair.reader, np.arange(len(self.units.kind))])
        rows = np.flatnonzero(repair.grew_in == repair.numbers[PASS])
        units = {int(owners[row]) for row in rows if repair.grew[repair.row[row] : repair.row[row + 1]].any()}
        return _Circle(units, int(repair.numbers[GROWTH]))

    def _known_circle(self, unit: int, size: int) -> _Circle | None:
        """One that forbids this size of a buffer, found before with no smaller one; no buffer at all is no size."""
        for (buffer, refused), circle in self._refused.items():
            if buffer == unit and (size == refused or 0 < size <= refused):
                return circle
        return None

    def _keeps_all_but(self, unit: int, *, far: bool) -> bool:
        """Whether there is a schedule, `unit` alone being wrong: among its neighbours, then everywhere if `far`."""
        from hwgen.hw.repair import SETTLED, UNDECIDED

        self._repair.dirty[unit] = 1
        for hops, windows in _NEAR:
            verdict = self._answer(self._neighbourhood(unit, hops), windows)
            if verdict != UNDECIDED:
                return verdict == SETTLED
        if not far:
            self._circle = _Circle(set(np.flatnonzero(self._everyone)), 0)
            return False
        return self._answer(self._everyone) == SETTLED

    def _answer(self, allowed: IntArray, most: int | None = None) -> int:
        """The verdict on `allowed` units, UNDECIDED where others are wrong or `most` windows of passes do not show it.

        A circle over n frames grows evenly over a window of n passes or any multiple, so a window that is a multiple of
        all numbers up to n ends the search if no shorter one does.
        """
        from hwgen.hw.repair import UNDECIDED

        verdict = self._settle(allowed, _FEW)
        for window in islice(accumulate(count(1), lcm), most):
            if verdict != UNDECIDED or not self._repair.dirty[allowed > 0].any():
                break
            verdict = self._watched(allowed, window)
        return verdict

    def _watched(self, allowed: IntArray, window: int) -> int:
        """The verdict after twice as many passes over all `allowed` units.

        If no time grew more in the second half than the most in the first, and all that grew so do again, they grow for
        ever (see `repair.py`).
        """
        from hwgen.hw.repair import TOO_SLOW, UNDECIDED

        seen: list[IntArray] = []
        for passes in range(2 * window + 1):
            if passes % window == 0 and window > 1:
                seen.append(self._times_of(allowed))
                if len(seen) > 1:  # how much they grew; in place, as there are many
                    np.subtract(seen[-1], seen[-2], out=seen[-2])
            if passes < 2 * window:
                self._repair.dirty[allowed > 0] = 1
                verdict = self._settle(allowed, 1)
                if verdict != UNDECIDED:
                    return verdict
        if window == 1:  # `settle` looks at every two passes
            return UNDECIDED
        first, second, _ = seen
        most = first.max()
        if not 0 < most == second.max() or np.any((first == most) & (second < most)):
            return UNDECIDED
        self._circle = _Circle(set(np.flatnonzero(allowed)), ceil_div(int(most), window))
        return TOO_SLOW

    def _times_of(self, allowed: IntArray) -> IntArray:
        """All times that the `allowed` units set."""
        units, total, row = self.units, len(self.streams.held), self._repair.row
        rows = [2 * total + np.flatnonzero(allowed)]
        for ends, first in ((units.sources, total), (units.sinks, 0)):
            rows += [first + ends.flat[ends.at[unit] : ends.at[unit + 1]] for unit in np.flatnonzero(allowed)]
        return np.concatenate([self.streams.times[row[each] : row[each + 1]] for each in np.concatenate(rows)])

    def _resize(self, unit: int, size: int) -> int:
        """Give a FIFO or a line buffer another size; the unit that may be wrong now."""
        units = self.units
        lines = units.kind[unit] in (LINE_BUFFER, COLUMN_SCAN)
        stream = units.sources.flat[units.sources.at[unit] + 1] if lines else units.sinks.flat[units.sinks.at[unit]]
        units.parameters.flat[units.parameters.at[unit] + lines] = size
        if units.kind[unit] != COLUMN_SCAN:  # that holds slots, no more for fewer rows
            self.streams.held[stream] = size
        return unit

    def _bypass(self, fifo: int) -> int:
        """Let the reader of a FIFO read the FIFO's own input; the unit that may be wrong now, -1 for none."""
        units, streams, repair = self.units, self.streams, self._repair
        into, out = (ends.flat[ends.at[fifo]] for ends in (units.sources, units.sinks))
        writer, reader = repair.writer[into], repair.reader[out]
        inputs = units.sources.flat[units.sources.at[reader] : units.sources.at[reader + 1]]
        inputs[inputs == out] = into
        for unit, other in ((writer, reader), (reader, writer)):
            if unit >= 0:
                near = units.near.flat[units.near.at[unit] : units.near.at[unit + 1]]
                near[near == fifo] = other if other >= 0 else unit
        repair.reader[into], repair.reader[out], repair.writer[out] = reader, -1, -1
        self._everyone[fifo] = 0
        repair.save(len(streams.held) + into, streams)
        streams.taken[streams.first[into] : streams.first[into + 1]] = streams.taken[
            streams.first[out] : streams.first[out + 1]
        ]
        return int(writer)

    def _neighbourhood(self, unit: int, hops: int) -> IntArray:
        """1 for the units within so many hops of `unit`."""
        near, found = self.units.near, np.zeros_like(self._everyone)
        edge = {unit}
        for _ in range(hops):
            found[list(edge)] = 1
            edge = {int(each) for one in edge for each in near.flat[near.at[one] : near.at[one + 1]]}
        found[list(edge)] = 1
        return found


def least_interval(network: ProcessNetwork) -> int | None:
    """The fewest cycles a frame for which there is a schedule; None for a deadlock.

    What a circle grows by in a pass is mostly what a frame lacks; less, where the circle spans more frames than passes.
    """
    slow = enough = max(process.busy_cycles(network.beats) for process in network.processes)
    while not (schedule := PeriodicSchedule(network, enough)).exists():
        if not schedule.excess:
            return None
        slow, enough = enough, enough + schedule.excess

    def suffices(interval: int) -> bool:
        return PeriodicSchedule(network, interval).exists()

    if enough == slow or not suffices(enough - 1):
        return enough
    return slow + 1 + bisect_left(range(slow + 1, enough - 1), True, key=suffices)
