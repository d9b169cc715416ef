"""Where FIFOs stand and how deep they are.

A dense unit that folds its neurons reads a vector in one burst of SF beats and then computes on it for (NF - 1) * SF
cycles. A FIFO in front of it takes the next vector meanwhile, so that the unit upstream need not wait. Where branches
join, a FIFO on each holds the beats of the faster branch until the slower one has caught up. A width converter takes
beats at an uneven rate where neither lane count divides the other; a short FIFO in front of it compensates. A sliding
window unit has a line buffer of its own.

More depth never makes a network slower: times are maxima over earlier times, and depth only removes terms from them.
So the fewest beats that keep the interval are found in growing steps, one buffer after the other, and no buffer of the
result can be shallower by itself: buffers that are sized later only lose depth. Removing a FIFO also removes its cycle
of delay, which is not monotone; after a removal all buffers are tried again. In a network of ImageNet's size, once
trials have taken `EFFORT`, a buffer loses no depth that would not save a memory, and none is tried again.

Where gates drop vectors, the cycles of a vector vary, and the buffers between units average them. The sizes are those
of the slowest case, every gate open, so that no gate can cause a deadlock; on top each FIFO and line buffer gets a
share of a frame of its stream, `SLACK`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from hwgen.errors import ConfigError, DeadlockError
from hwgen.hw.dataflow import dataflow
from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import SHORT, FifoUnit
from hwgen.hw.periodic import PeriodicSchedule, least_interval
from hwgen.hw.simulation import beat_times
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Buffer, Unit

_LARGEST_FACTOR = 8

EFFORT = 1 << 25
"""Times of beats that trials look at, for some seconds, before only memories count; most networks take a tenth."""

_QUARTER = 4
"""A step leaves out a quarter of the sizes in question at most, as "yes" is found ten times faster than "no"."""

SLACK = 4
"""A gated design's buffers hold the SLACK-th part of a frame more than it needs with every gate open."""


def size_fifos(
    design: Design,
    fixed: Mapping[str, int] | None = None,
    *,
    round_up: bool = False,
    until: Callable[[Design], bool] | None = None,
) -> Design:
    """The design with the shallowest FIFOs and line buffers with which its slowest unit alone sets the interval.

    FIFOs that are not needed are taken out. Where no depth lets the slowest unit set the interval, the shortest
    interval found is kept.

    Args:
        fixed: depths of FIFOs that the user chose, by name; 0 for none.
        round_up: make every other FIFO as deep as the memory that it takes anyway.
        until: whether a design is small enough: no buffer becomes shallower then, nor by less than a memory. Not asked
            where gates need slack.

    Raises:
        ConfigError: `fixed` names no FIFO.
        DeadlockError: the fixed depths, or the units themselves, cause a deadlock.
    """
    try:
        sized = _sized(design, fixed or {}, until)
    except DeadlockError as error:
        raise _blamed(design, dict(fixed or {})) or error from None
    return _rounded(sized, frozenset(fixed or ())) if round_up else sized


def _sized(design: Design, fixed: Mapping[str, int], until: Callable[[Design], bool] | None = None) -> Design:
    """See `size_fifos`. Raises: DeadlockError, which names no chosen depth."""
    chosen = frozenset(fixed)
    smallest, schedule = _deep_enough(_fix(design, fixed), chosen)
    units = 0
    while len(smallest.units) != units:
        units = len(smallest.units)
        for name, _ in sorted(_buffers(smallest, chosen).items(), key=lambda each: -each[1].memory.bits):
            if until and not design.gated and until(smallest):
                return smallest
            to_a_word = until is None and schedule.effort < EFFORT
            smallest = _smallest(smallest, schedule, name, to_a_word=to_a_word)
        if schedule.effort >= EFFORT:
            break
    return _slackened(design, smallest, fixed) if smallest.gated else smallest


def _slackened(design: Design, sized: Design, fixed: Mapping[str, int]) -> Design:
    """The design whose buffers hold more than `sized` says, but for those that the user chose."""
    sizes = {**sizes_of(sized), **fixed}
    for name, buffer in _buffers(design, frozenset(fixed)).items():
        sizes[name] = sizes.get(name, 0) + ceil_div(buffer.frame, SLACK)
    return with_sizes(design, sizes)


def sizes_of(design: Design) -> dict[str, int]:
    """Depths of FIFOs and rows of line buffers, by name."""
    return {name: buffer.size for name, buffer in _buffers(design, frozenset()).items()}


def with_sizes(design: Design, sizes: Mapping[str, int]) -> Design:
    """The design that `lower` made with just these FIFOs and line buffers (see `sizes_of`)."""
    design = _fix(design, {name: sizes.get(name, 0) for name in _fifos(_buffered(design, frozenset()))})
    for unit in design.units:
        if unit.lines is not None:
            design = _resized(design, unit.name, sizes[unit.name])
    return design


def _fix(design: Design, fixed: Mapping[str, int]) -> Design:
    """The design with the depths that the user chose."""
    buffered = _buffered(design, frozenset())
    known = _fifos(buffered)
    if others := [name for name in fixed if name not in known]:
        _require_streams(design, known, others)
    design = _buffered(design, frozenset(known) - fixed.keys())
    for name, depth in fixed.items():
        if name in known:
            design = with_depth(design, name, depth)
    return design


def _require_streams(design: Design, fifos: list[str], names: list[str]) -> None:
    """Names that are no FIFO's must be those of streams of the HLS project. Raises: ConfigError."""
    streams = dataflow(design).streams
    for name in names:
        if name not in streams:
            known = ", ".join(fifos) or "there are none"
            must = f"must name FIFOs ({known}), or streams of the HLS project ({', '.join(streams)})"
            raise ConfigError("fifo_depths", must, name)


def _blamed(design: Design, fixed: dict[str, int]) -> DeadlockError | None:
    """The error that names a chosen depth which causes a deadlock alone, and the least that does not; None without."""
    for name, depth in fixed.items():
        try:
            sized = _sized(design, {other: beats for other, beats in fixed.items() if other != name})
        except DeadlockError:
            continue
        enough = sizes_of(sized).get(name, depth)
        deeper = range(depth + 1, enough)
        enough = depth + 1 + bisect_left(deeper, True, key=partial(_flows_with, design, fixed, name))
        must = f"must hold at least {enough} beats for the branches to meet"
        return DeadlockError(name, must, f"{depth} in fifo_depths", f"Give it {enough} or more, or leave it out")
    return None


def _flows_with(design: Design, fixed: dict[str, int], name: str, depth: int) -> bool:
    """Whether the network is free of deadlock with another value of one chosen depth."""
    chosen = fixed | {name: depth}
    try:
        _deep_enough(_fix(design, chosen), frozenset(chosen))
    except DeadlockError:
        return False
    return True


def _deep_enough(design: Design, fixed: frozenset[str]) -> tuple[Design, PeriodicSchedule]:
    """A design with deeper buffers, and a schedule of it: at the slowest unit's interval, or the shortest there is.

    Depths (and rows of line buffers) are doubled repeatedly, each time with and without FIFOs in front of all width
    converters; these grow faster, as a pool leaves the beats of a pixel in a burst. The deepest buffers tell the
    shortest interval: more depth never makes a network slower.

    Raises:
        DeadlockError: all of them are in a deadlock.
    """
    tried = []
    for each in _deeper(design, fixed):
        schedule = PeriodicSchedule(each.network, design.bound)
        if schedule.exists():
            return each, schedule
        tried.append(each)
    deepest = [interval for each in tried[-2:] if (interval := least_interval(each.network)) is not None]
    if not deepest:
        beat_times(tried[-1].network, 1)  # raises what is wrong
    found = ((each, PeriodicSchedule(each.network, min(deepest))) for each in tried)
    return next((each, schedule) for each, schedule in found if schedule.exists())


def _deeper(design: Design, fixed: frozenset[str]) -> Iterator[Design]:
    """Designs of increasing depth, all different."""
    tried = []
    factor = 1
    while factor <= _LARGEST_FACTOR:
        deeper = replace(design, units=tuple(_scaled(unit, factor, fixed) for unit in design.units))
        for each in (deeper, _buffered(deeper, fixed, SHORT * factor**2)):
            if each.network not in tried:  # no FIFO to scale, no converter to put one in front of
                tried.append(each.network)
                yield each
        factor *= 2


def _scaled(unit: Unit, factor: int, fixed: frozenset[str]) -> Unit:
    return unit if unit.buffer is None or unit.name in fixed else unit.resized(unit.buffer.size * factor)


def _buffers(design: Design, fixed: frozenset[str]) -> dict[str, Buffer]:
    """FIFOs and line buffers by name, but for those in `fixed`."""
    return {unit.name: unit.buffer for unit in design.units if unit.buffer is not None and unit.name not in fixed}


def _fifos(design: Design) -> list[str]:
    """Names of FIFOs."""
    return [unit.name for unit in design.units if unit.fifo_depth is not None]


def _smallest(design: Design, schedule: PeriodicSchedule, name: str, to_a_word: bool) -> Design:
    """The design with the smallest size of one buffer that keeps the interval of `schedule`, which follows.

    Unless `to_a_word`, a size whose memory is as large as that of the smallest, as far as its neighbours tell.
    """
    unit, enough = _unit(design, name), _buffers(design, frozenset())[name].size
    few = min(enough, unit.least_buffer(_reader(design, unit).cycles, schedule.interval))
    size = _to_a_word(unit, few, enough, schedule) if to_a_word else _to_a_memory(unit, few, enough, schedule)
    return with_depth(design, name, size) if unit.fifo_depth is not None else _resized(design, name, size)


def _to_a_word(unit: Unit, few: int, enough: int, schedule: PeriodicSchedule) -> int:
    """The smallest size from `few` to `enough` that keeps the interval, as `enough` does; 0 for no FIFO."""
    keeps = partial(schedule.keeps, unit.name)
    if unit.fifo_depth is not None and keeps(0):  # tried apart: a FIFO of one beat is slower than none
        return 0
    if few == enough or not keeps(enough - 1):
        return enough
    enough, step, likely, refused = enough - 1, 1, 0, (0, 0)
    while few < enough:
        tried = likely if few <= likely < enough else enough - min(step, ceil_div(enough - few, _QUARTER))
        if keeps(tried):
            enough, step = tried, 1 if tried == likely else 2 * step
        else:
            few, before, refused = tried + 1, refused, (tried, schedule.excess)
            likely = _enough(before, refused)
    return enough


def _to_a_memory(unit: Unit, few: int, enough: int, schedule: PeriodicSchedule) -> int:
    """The largest size of the fewest memories, for `few` to `enough`, that keep the interval, as `enough` does.

    Most buffers can lose no memory, so that is asked first. No FIFO at all, 0, is tried where the fewest memories do.
    """
    keeps, sizes = partial(schedule.keeps, unit.name, far=False), [enough]
    while not _same_memory(unit, few, enough):
        sizes.insert(-1, _whole_memory(unit, few))
        few = sizes[-2] + 1
    if len(sizes) > 1 and keeps(sizes[-2]):
        sizes = sizes[: bisect_left(sizes, True, hi=len(sizes) - 2, key=keeps) + 1]
    fewest = len(sizes) == 1
    return 0 if fewest and unit.fifo_depth is not None and keeps(0) else sizes[-1]


def _whole_memory(unit: Unit, size: int) -> int:
    """The largest size of a buffer for which it takes as many memories as for `size`."""
    buffer = unit.resized(size).buffer
    assert buffer is not None
    return buffer.size * buffer.memory.free_depth // buffer.memory.depth


def _enough(less: tuple[int, int], more: tuple[int, int]) -> int:
    """The size that is likely enough, of two that are not and the excess of their circles; 0 if unknown."""
    (few, much), (many, little) = less, more
    return many + ceil_div(little * (many - few), much - little) if much > little > 0 else 0


def _same_memory(unit: Unit, few: int, enough: int) -> bool:
    """Whether a buffer takes as many memories for `few` as for `enough`, the larger size."""
    fewer, more = unit.resized(few).buffer, unit.resized(enough).buffer
    assert fewer is not None and more is not None
    return fewer.memory.style is more.memory.style and fewer.memory.free_depth >= more.memory.depth


def _unit(design: Design, name: str) -> Unit:
    return next(unit for unit in design.units if unit.name == name)


def _reader(design: Design, unit: Unit) -> Unit:
    """The first unit that reads what `unit` writes, or itself at the chip's output."""
    return next((each for each in design.units if unit.output in each.inputs), unit)


def with_depth(design: Design, name: str, depth: int) -> Design:
    """The design with another depth of one FIFO, or without it."""
    fifo = _unit(design, name)
    assert fifo.fifo_depth is not None
    if depth:
        return _resized(design, name, depth)
    units = (unit.with_input(fifo.output, fifo.input) for unit in design.units if unit is not fifo)
    return replace(design, units=tuple(units))


def _resized(design: Design, name: str, size: int) -> Design:
    """The design with another size of one buffer."""
    return replace(design, units=tuple(unit.resized(size) if unit.name == name else unit for unit in design.units))


def _rounded(design: Design, fixed: frozenset[str]) -> Design:
    return replace(design, units=tuple(unit if unit.name in fixed else _free(unit) for unit in design.units))


def _free(unit: Unit) -> Unit:
    """A FIFO as deep as its memory; any other unit as it is."""
    if unit.fifo_depth is None or unit.buffer is None:
        return unit
    return unit.resized(unit.buffer.memory.free_depth)


def _buffered(design: Design, without: frozenset[str], depth: int = SHORT) -> Design:
    """The design with a FIFO in front of every width converter, but none of those named in `without`."""
    units: list[Unit] = []
    for unit in design.units:
        name = f"{unit.name}_fifo"
        if unit.is_uneven and name not in without:
            held = replace(unit.input, name=name)
            units += [FifoUnit(name, unit.origin, (unit.input,), (held,), depth), unit.with_input(unit.input, held)]
        else:
            units.append(unit)
    return replace(design, units=tuple(units))
