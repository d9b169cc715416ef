"""Where FIFOs stand and how deep they are.

A dense unit that folds its neurons reads a vector in one burst of SF beats and then computes on it for (NF - 1) * SF
cycles. A FIFO of one vector in front of it takes the next vector meanwhile, so the unit before it never waits. Where
branches meet, a FIFO on each holds what the faster branch gives until the slower one has caught up. A sliding window
unit brings its own line buffer.
"""

from __future__ import annotations

from dataclasses import replace

from hwgen.errors import DeadlockError
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.fifo import MIN_DEPTH, Fifo
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.kernels.window import SlidingWindow
from hwgen.hw.simulation import Network

_LARGEST_FACTOR = 8


def deepen(design: Design) -> Design:
    """The design with FIFOs deep enough that its slowest unit alone sets the interval.

    Depths (and rows of line buffers) are doubled step by step, each step with and without a short FIFO in front of
    every width converter: a converter takes its beats unevenly where neither lane count divides the other. Should no
    step reach the slowest unit's cycles, the first of the shortest interval is taken. In the end the FIFOs shrink to
    what they hold, and line buffers one by one to the fewest rows, as far as that keeps the interval.

    Raises:
        DeadlockError: no step ends a deadlock.
    """
    best: tuple[int, Design] | None = None
    tried: list[Network] = []
    stuck: DeadlockError | None = None
    factor = 1
    while factor <= _LARGEST_FACTOR:
        deeper = replace(design, units=tuple(_scaled(unit, factor) for unit in design.units))
        for each in (deeper, _buffered(deeper)):
            if each.network in tried:  # no FIFO to scale, no converter to put one in front of
                continue
            tried.append(each.network)
            try:
                interval = each.cycles.interval
            except DeadlockError as error:
                stuck = error.with_traceback(None)  # it would keep all the times of the run
                continue
            if best is None or interval < best[0]:
                best = interval, each
            if interval == design.bound:
                return _trimmed(_shrunk(each, interval), design, interval)
        factor *= 2
    if best is None:
        assert stuck is not None
        raise stuck
    return _trimmed(_shrunk(best[1], best[0]), design, best[0])


def _scaled(unit: Unit, factor: int) -> Unit:
    match unit:
        case Fifo():
            return replace(unit, depth=unit.depth * factor)
        case SlidingWindow():
            return replace(unit, rows=unit.rows * factor)
        case _:
            return unit


def _shrunk(design: Design, interval: int) -> Design:
    """The design with FIFOs of what they hold in its first frames, where that keeps the interval."""
    if not any(isinstance(unit, Fifo) and unit.depth > MIN_DEPTH for unit in design.units):
        return design
    held = design.cycles.held()
    units = (
        replace(unit, depth=max(MIN_DEPTH, min(unit.depth, held[unit.output.name]))) if isinstance(unit, Fifo) else unit
        for unit in design.units
    )
    smaller = replace(design, units=tuple(units))
    return smaller if smaller.network != design.network and _keeps(smaller, interval) else design


def _trimmed(design: Design, least: Design, interval: int) -> Design:
    """The design with line buffers of as few rows as keep the interval, but no fewer than in `least`."""
    rows = {unit.name: unit.rows for unit in least.units if isinstance(unit, SlidingWindow)}
    for unit in design.units:
        if isinstance(unit, SlidingWindow):
            few, enough = rows[unit.name], unit.rows
            while few < enough:
                middle = (few + enough) // 2
                if _keeps(_with_rows(design, unit, middle), interval):
                    enough = middle
                else:
                    few = middle + 1
            design = _with_rows(design, unit, enough)
    return design


def _with_rows(design: Design, window: SlidingWindow, rows: int) -> Design:
    changed = replace(window, rows=rows)
    return replace(design, units=tuple(changed if unit.name == window.name else unit for unit in design.units))


def _keeps(design: Design, interval: int) -> bool:
    try:
        return design.cycles.interval == interval
    except DeadlockError:
        return False


def _buffered(design: Design) -> Design:
    """The design with a short FIFO in front of every width converter."""
    units: list[Unit] = []
    for unit in design.units:
        if isinstance(unit, WidthConverter):
            held = replace(unit.input, name=f"{unit.name}_fifo")
            units += [Fifo(held.name, unit.origin, unit.input, held, MIN_DEPTH), replace(unit, input=held)]
        else:
            units.append(unit)
    return replace(design, units=tuple(units))
