"""Pipeline registers of units with weights: where they stand, and how many a clock needs.

Registers cut three paths: from the operands to the lane sums, through the adder levels of a lane sum to the
accumulator, and from the accumulator through the comparisons to the code. No register shortens the feedback of the
accumulator, which is used in the next cycle, or the control of slots. `docs/timing.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.pipeline import NO_SPAN, PipelineRegisters
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Unit, Weighted
from hwgen.ir.types import Bipolar

_INDEX_BITS = 4
"""Of a table of codes, that a LUT of ECP5 reads; more are a level of LUTs each."""


@dataclass(frozen=True)
class PipelineRequest:
    """The pipeline registers that a user asks for.

    Attributes:
        most: rows of registers that a unit may have beyond those it always has; None for as many as help.
        clock_mhz: the clock to reach; 0 for the fastest.
    """

    family: Family
    most: int | None = None
    clock_mhz: float = 0.0

    def __repr__(self) -> str:
        """A part of the digest of a design (`design_digest`): with another text, existing projects would not match."""
        return f"Pipeline(family={self.family!r}, most={self.most!r}, clock_mhz={self.clock_mhz!r})"


@dataclass(frozen=True)
class Delays:
    """Delays of a path's parts in ns, wires included.

    Attributes:
        register: a path's start, its end and what every path has.
        block: more than `register` for a word out of block RAM.
        choice: between an operand from the stream and one that was kept.
        adder: of a lane sum, or the accumulator's.
        row: of an adder right behind another one on a chain of pairs, whose low bits it need not wait for.
        product: of two numbers of more than one bit.
        comparison: of a sum with a threshold, its bits aside.
        bit: of a comparison.
        count: of reached thresholds, for each bit of the count.
        control: the path that no register shortens.
    """

    register: float
    block: float
    choice: float
    adder: float
    row: float
    product: float
    comparison: float
    bit: float
    count: float
    control: float


_XC7 = Delays(1.1, 1.6, 0.6, 1.35, 0.95, 3.0, 0.9, 0.03, 0.6, 3.0)

DELAYS: Mapping[Family, Delays] = {
    Family.ECP5: Delays(2.9, 4.5, 0.7, 1.6, 1.2, 4.0, 1.6, 0.05, 1.0, 4.8),
    Family.XC7: _XC7,
    Family.XCUP: Delays(*(0.6 * each for each in vars(_XC7).values())),
}
"""ECP5: speed grade 6, placed and routed by nextpnr (`benchmarks/fmax.py`). The others are estimates, as no open tool
places and routes them. xc7: an adder and a row by Yosys's `sta` and 0.5 ns of wire, the rest in proportion to ECP5's.
UltraScale+: 0.6 of that."""


def pipelined(unit: Unit, pipeline: PipelineRequest) -> Unit:
    """The unit with the registers that `pipeline` asks for, if it is one with weights."""
    return unit if unit.weighted is None else unit.with_registers(registers_for(unit.weighted, pipeline))


def registers_for(unit: Weighted, pipeline: PipelineRequest) -> PipelineRegisters:
    """The fewest registers that reach the clock, or else those that come nearest to it."""
    wanted = 1e3 / pipeline.clock_mhz if pipeline.clock_mhz else 0.0

    def price(registers: PipelineRegisters) -> tuple[float, int, int]:
        period = period_ns(unit, registers, pipeline.family)
        return max(wanted, period), registers.cycles(unit.adder_levels), registers.operands

    most = pipeline.most
    allowed = (each for each in _choices(unit) if most is None or each.cycles(unit.adder_levels) <= most)
    return min(allowed, key=price)


def missed_clock(design: Design, *, deepest: bool) -> tuple[str, ...]:
    """A warning about the unit that is furthest from the clock of `design`, if any does not reach it.

    Args:
        deepest: whether units have all the pipeline registers that help.
    """
    family, weighted = device_of(design.part).family, [unit.weighted for unit in design.units]
    clocks = {unit.name: 1e3 / period_ns(unit, unit.registers, family) for unit in weighted if unit is not None}
    slowest = min(clocks, key=clocks.__getitem__, default=None)
    if slowest is None or clocks[slowest] >= design.clock_mhz:
        return ()
    reached, wanted = f"about {clocks[slowest]:.0f} MHz", f"{design.clock_mhz:g} MHz are wanted"
    if deepest:
        return (f"pipeline registers take {slowest} to {reached}, and {wanted}: lower the clock",)
    return (f"{slowest} is estimated to reach {reached}, and {wanted}: build with --pipeline auto or a lower clock",)


def _choices(unit: Weighted) -> Iterator[PipelineRegisters]:
    """All choices that differ for `unit`, those with longer spans first."""
    levels = unit.adder_levels
    spans = (NO_SPAN, *range(max(levels.before, levels.after), 0, -1))
    for operands, span, thresholds in product((0, 1), spans, (0, 1) if unit.activation else (0,)):
        yield PipelineRegisters(operands, span, thresholds)


def period_ns(unit: Weighted, registers: PipelineRegisters, family: Family) -> float:
    """The longest path of `unit` with `registers`, by the delays of `family`."""
    delays = DELAYS[family]
    loaded = delays.register + _block(unit.weight_rom, delays)
    if unit.vector_memory is not None:
        loaded = max(loaded, delays.register + _block(unit.vector_memory, delays) + delays.choice)
    start = delays.register if registers.operands else loaded
    levels, span = unit.adder_levels, registers.span
    further = delays.row if unit.arithmetic is Arithmetic.PAIRS else delays.adder
    first = _first_level(unit, delays) + (min(span, levels.before + 1) - 1) * further
    behind = max(min(span, levels.after), levels.after % span + 1) * delays.adder
    return max(delays.control, loaded, start + first, delays.register + behind, _ending(unit, registers, delays))


def _first_level(unit: Weighted, delays: Delays) -> float:
    """The delay of a product of numbers; other products take an adder at most."""
    signs = isinstance(unit.weight_type, Bipolar) or isinstance(unit.input.dtype, Bipolar)
    return delays.adder if signs or unit.arithmetic is Arithmetic.PAIRS else delays.product


def _ending(unit: Weighted, registers: PipelineRegisters, delays: Delays) -> float:
    """The delay from the accumulator to the code."""
    if unit.activation is None:
        return delays.register + delays.adder
    line = unit.activation.scaling
    if line is not None:
        multiplied = delays.register + _block(unit.threshold_rom, delays) + delays.product * line.depth + delays.adder
        clipped = delays.comparison + unit.output.dtype.bits * delays.bit
        return max(multiplied, delays.register + clipped) if registers.thresholds else multiplied + clipped
    bits = max(unit.sum_type.bits, unit.activation.type.bits)
    compared = delays.register + _block(unit.threshold_rom, delays) + delays.comparison + bits * delays.bit
    entries = unit.activation.codes.size
    looked_up = ceil_div((entries - 1).bit_length(), _INDEX_BITS) if entries else 0
    counted = (unit.activation.levels.bit_length() + looked_up) * delays.count
    return max(compared, delays.register + counted) if registers.thresholds else compared + counted


def _block(memory: Memory | None, delays: Delays) -> float:
    return delays.block if memory is not None and memory.style is MemoryStyle.BLOCK else 0.0
