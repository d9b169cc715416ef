"""Where FIFOs stand and how deep they are.

A dense unit that folds its neurons reads a vector in one burst of SF beats and then computes on it for (NF - 1) * SF
cycles. A FIFO in front of it takes the next vector meanwhile, so the unit before it need not wait. Where branches
meet, a FIFO on each holds what the faster branch gives until the slower one has caught up. A width converter takes its
beats unevenly where neither lane count divides the other; a short FIFO evens that out. A sliding window unit brings
its own line buffer.

More depth never makes a network slower: times are maxima over what has gone before, and depth only takes terms away.
So the fewest beats that keep the interval are found for one buffer after the other by bisection, and no buffer of the
result can be shallower by itself: those found later only got tighter. To take a FIFO out is another matter, as its
cycle of delay goes with it; all buffers are tried again after that.

Where gates drop vectors, units are fast and slow by turns, and their speeds even out as far as the buffers in between
hold. All that is done for the slowest case, every gate open, so that no gate can make the network stuck; on top each
FIFO and line buffer gets a share of a frame of its stream, `SLACK`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from hwgen.errors import ConfigError, DeadlockError
from hwgen.hw.cycles import keeps
from hwgen.hw.design import Design, Unit, rejoined
from hwgen.hw.kernels.fifo import SHORT, FifoUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit, rows_for
from hwgen.hw.stream import ceil_div

_LARGEST_FACTOR = 8

SLACK = 4
"""A gated design's buffers hold the SLACK-th part of a frame more than it needs with every gate open."""


def deepen(design: Design, fixed: Mapping[str, int] | None = None, *, round_up: bool = False) -> Design:
    """The design with the shallowest FIFOs and line buffers with which its slowest unit alone sets the interval.

    FIFOs that are not needed are taken out. Where no depth lets the slowest unit set the interval, the shortest
    interval found is kept.

    Args:
        fixed: depths of FIFOs that the user chose, by name; 0 for none.
        round_up: make every other FIFO as deep as the memory that it takes anyway.

    Raises:
        ConfigError: `fixed` names no FIFO.
        DeadlockError: the fixed depths, or the units themselves, leave the network waiting for ever.
    """
    try:
        sized = _sized(design, fixed or {})
    except DeadlockError as error:
        raise _blamed(design, dict(fixed or {})) or error from None
    return _rounded(sized, frozenset(fixed or ())) if round_up else sized


def _sized(design: Design, fixed: Mapping[str, int]) -> Design:
    """See `deepen`. Raises: DeadlockError, which blames nothing."""
    chosen = frozenset(fixed)
    smallest, interval = _deep_enough(_fix(design, fixed), chosen)
    units = 0
    while len(smallest.units) != units:
        units = len(smallest.units)
        for buffer in sorted(_buffers(smallest, chosen), key=lambda unit: -unit.memory.bits):
            smallest = _smallest(smallest, buffer, interval)
    return _slackened(design, smallest, fixed) if smallest.gated else smallest


def _slackened(design: Design, sized: Design, fixed: Mapping[str, int]) -> Design:
    """The design whose buffers hold more than `sized` says, but for those that the user chose."""
    sizes = {**sizes_of(sized), **fixed}
    for unit in _buffers(design, frozenset(fixed)):
        frame = unit.output.beats if isinstance(unit, FifoUnit) else unit.height
        sizes[unit.name] = sizes.get(unit.name, 0) + ceil_div(frame, SLACK)
    return with_sizes(design, sizes)


def sizes_of(design: Design) -> dict[str, int]:
    """Depths of FIFOs and rows of line buffers, by name."""
    return {
        unit.name: unit.depth if isinstance(unit, FifoUnit) else unit.rows for unit in _buffers(design, frozenset())
    }


def with_sizes(design: Design, sizes: Mapping[str, int]) -> Design:
    """The design that `lower` made with just these FIFOs and line buffers (see `sizes_of`)."""
    places = [unit for unit in _buffered(design, frozenset()).units if isinstance(unit, FifoUnit)]
    design = _fix(design, {fifo.name: sizes.get(fifo.name, 0) for fifo in places})
    for unit in design.units:
        if isinstance(unit, WindowUnit):
            design = _with_rows(design, unit.name, sizes[unit.name])
    return design


Buffer = FifoUnit | WindowUnit


def _fix(design: Design, fixed: Mapping[str, int]) -> Design:
    """The design with the depths that the user chose."""
    buffered = _buffered(design, frozenset())
    known = [unit.name for unit in buffered.units if isinstance(unit, FifoUnit)]
    for name in fixed:
        if name not in known:
            raise ConfigError("fifo_depths", f"must name FIFOs ({', '.join(known) or 'there are none'})", name)
    design = _buffered(design, frozenset(known) - fixed.keys())
    for name, depth in fixed.items():
        design = with_depth(design, name, depth)
    return design


def _blamed(design: Design, fixed: dict[str, int]) -> DeadlockError | None:
    """The error that says which chosen depth stops the network, and what would do, if any alone does."""
    for name, depth in fixed.items():
        try:
            sized = _sized(design, {other: beats for other, beats in fixed.items() if other != name})
        except DeadlockError:
            continue
        enough = next((unit.depth for unit in sized.units if isinstance(unit, FifoUnit) and unit.name == name), depth)
        deeper = range(depth + 1, enough)
        enough = depth + 1 + bisect_left(deeper, True, key=partial(_flows_with, design, fixed, name))
        must = f"must hold at least {enough} beats for the branches to meet"
        return DeadlockError(name, must, f"{depth} in fifo_depths", f"Give it {enough} or more, or leave it out")
    return None


def _flows_with(design: Design, fixed: dict[str, int], name: str, depth: int) -> bool:
    """Whether the network flows if one chosen depth is another."""
    chosen = fixed | {name: depth}
    try:
        _deep_enough(_fix(design, chosen), frozenset(chosen))
    except DeadlockError:
        return False
    return True


def _deep_enough(design: Design, fixed: frozenset[str]) -> tuple[Design, int]:
    """A design with deeper buffers, and its interval: the slowest unit's, or the shortest that was found.

    Depths (and rows of line buffers) are doubled step by step, each step with and without a short FIFO in front of
    every width converter.
    """
    best: tuple[int, Design] | None = None
    stuck: DeadlockError | None = None
    for each in _deeper(design, fixed):
        try:
            interval = each.cycles.interval
        except DeadlockError as error:
            stuck = error.with_traceback(None)  # it would keep all the times of the run
            continue
        if best is None or interval < best[0]:
            best = interval, each
        if interval == design.bound:
            break
    if best is None:
        assert stuck is not None
        raise stuck
    return best[1], best[0]


def _deeper(design: Design, fixed: frozenset[str]) -> Iterator[Design]:
    """Designs with more and more depth, the same never twice."""
    tried = []
    factor = 1
    while factor <= _LARGEST_FACTOR:
        deeper = replace(design, units=tuple(_scaled(unit, factor, fixed) for unit in design.units))
        for each in (deeper, _buffered(deeper, fixed)):
            if each.network not in tried:  # no FIFO to scale, no converter to put one in front of
                tried.append(each.network)
                yield each
        factor *= 2


def _scaled(unit: Unit, factor: int, fixed: frozenset[str]) -> Unit:
    match unit:
        case FifoUnit() if unit.name not in fixed:
            return replace(unit, depth=unit.depth * factor)
        case WindowUnit():
            return replace(unit, rows=unit.rows * factor)
        case _:
            return unit


def _buffers(design: Design, fixed: frozenset[str]) -> list[Buffer]:
    return [unit for unit in design.units if isinstance(unit, FifoUnit | WindowUnit) and unit.name not in fixed]


def _smallest(design: Design, buffer: Buffer, interval: int) -> Design:
    """The design with as little of one buffer as keeps the interval; a line buffer holds what a row of windows sees."""
    if isinstance(buffer, FifoUnit):
        without = with_depth(design, buffer.name, 0)
        if _keeps(without, interval):  # tried apart: a FIFO of one beat is slower than none
            return without
        few, enough = 1, buffer.depth
    else:
        few, enough = min(buffer.rows, _least_rows(design, buffer, interval)), buffer.rows
    change = with_depth if isinstance(buffer, FifoUnit) else _with_rows
    if few == enough or not _keeps(change(design, buffer.name, enough - 1), interval):
        return design
    enough -= 1
    while few < enough:
        middle = (few + enough) // 2
        if _keeps(change(design, buffer.name, middle), interval):
            enough = middle
        else:
            few = middle + 1
    return change(design, buffer.name, enough)


def _least_rows(design: Design, window: WindowUnit, interval: int) -> int:
    """The fewest rows with which a window unit and its reader keep the interval, if nobody else holds them up."""
    reader = next(unit for unit in design.units if window.output.name in [stream.name for stream in unit.inputs])
    return rows_for(window, reader.cycles // (window.out_height * window.out_width), interval)


def _keeps(design: Design, interval: int) -> bool:
    return keeps(design.network, design.slowest.name, interval)


def with_depth(design: Design, name: str, depth: int) -> Design:
    """The design with another depth of one FIFO, or without it."""
    fifo = next(unit for unit in design.units if unit.name == name)
    assert isinstance(fifo, FifoUnit)
    if depth:
        return replace(
            design, units=tuple(replace(fifo, depth=depth) if unit is fifo else unit for unit in design.units)
        )
    units = (rejoined(unit, fifo.output, fifo.input) for unit in design.units if unit is not fifo)
    return replace(design, units=tuple(units))


def _with_rows(design: Design, name: str, rows: int) -> Design:
    units = (replace(u, rows=rows) if u.name == name and isinstance(u, WindowUnit) else u for u in design.units)
    return replace(design, units=tuple(units))


def _rounded(design: Design, fixed: frozenset[str]) -> Design:
    units = (
        replace(unit, depth=unit.memory.free_depth) if isinstance(unit, FifoUnit) and unit.name not in fixed else unit
        for unit in design.units
    )
    return replace(design, units=tuple(units))


def _buffered(design: Design, without: frozenset[str]) -> Design:
    """The design with a short FIFO in front of every width converter, but none of those named in `without`."""
    units: list[Unit] = []
    for unit in design.units:
        name = f"{unit.name}_fifo"
        if isinstance(unit, WidthUnit) and name not in without:
            held = replace(unit.input, name=name)
            units += [FifoUnit(name, unit.origin, unit.input, held, SHORT), replace(unit, input=held)]
        else:
            units.append(unit)
    return replace(design, units=tuple(units))
