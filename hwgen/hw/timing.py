"""Pipeline registers: where they stand, and how many a clock needs.

In a unit with weights they cut three paths: from the operands to the lane sums, through the adder levels of a lane sum
to the accumulator, and from the accumulator through the comparisons to the code. No register shortens the feedback of
the accumulator, which is used in the next cycle, or the control of slots. Other units say their longest path, and what
registers they can have, themselves. `docs/timing.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.delays import DELAYS, Delays
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.kernels import coding
from hwgen.hw.kernels.packed import PackedSize, is_packed
from hwgen.hw.pipeline import NO_SPAN, PipelineRegisters
from hwgen.hw.unit import Unit, Weighted
from hwgen.ir.types import Bipolar


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

    @property
    def wanted_ns(self) -> float:
        """The period to reach; 0 for the shortest."""
        return 1e3 / self.clock_mhz if self.clock_mhz else 0.0

    def __repr__(self) -> str:
        """A part of the digest of a design (`design_digest`): with another text, existing projects would not match."""
        return f"Pipeline(family={self.family!r}, most={self.most!r}, clock_mhz={self.clock_mhz!r})"


def pipelined(unit: Unit, pipeline: PipelineRequest | None) -> Unit:
    """The unit with the registers that `pipeline` asks for, if it does and the unit can have any."""
    if pipeline is None:
        return unit
    if unit.weighted is not None:
        return unit.with_registers(registers_for(unit.weighted, pipeline))
    choices = [(0, unit), *unit.pipelines]
    allowed = [each for each in choices if pipeline.most is None or each[0] <= pipeline.most]
    return min(allowed, key=lambda each: (max(pipeline.wanted_ns, longest_ns(each[1], pipeline.family)), each[0]))[1]


def longest_ns(unit: Unit, family: Family) -> float:
    """The longest path of `unit` by the delays of `family`."""
    if unit.weighted is not None:
        return period_ns(unit.weighted, unit.weighted.registers, family)
    return unit.path_ns(DELAYS[family])


def late_ns(units: Sequence[Unit], pipeline: PipelineRequest | None, paths: dict[Unit, float]) -> float:
    """What the longest path of all units has beyond the period that registers are for; 0 without registers.

    Args:
        paths: the longest of units that were looked at before; those of others are added.
    """
    if pipeline is None or not pipeline.wanted_ns:
        return 0.0
    for unit in units:
        if unit not in paths:
            paths[unit] = longest_ns(unit, pipeline.family)
    return max(0.0, max(map(paths.__getitem__, units)) - pipeline.wanted_ns)


def registers_for(unit: Weighted, pipeline: PipelineRequest) -> PipelineRegisters:
    """The fewest registers that reach the clock, or else those that come nearest to it."""
    levels, most = unit.adder_levels, pipeline.most
    fewest, *others = sorted(_choices(unit), key=lambda each: (each.cycles(levels), -each.span, each.operands))
    found, shortest = fewest, period_ns(unit, fewest, pipeline.family)
    for each in others:
        if shortest <= pipeline.wanted_ns or (most is not None and each.cycles(levels) > most):
            break
        period = period_ns(unit, each, pipeline.family)
        if period < shortest:
            found, shortest = each, period
    return found


def missed_clock(design: Design, *, deepest: bool) -> tuple[str, ...]:
    """A warning about the unit that is furthest from the clock of `design`, if any does not reach it.

    Args:
        deepest: whether units have all the pipeline registers that help.
    """
    family = device_of(design.part).family
    clocks = {unit: 1e3 / longest_ns(unit, family) for unit in design.units}
    slowest = min(clocks, key=clocks.__getitem__, default=None)
    if slowest is None or clocks[slowest] >= design.clock_mhz:
        return ()
    reached, wanted = f"about {clocks[slowest]:.0f} MHz", f"{design.clock_mhz:g} MHz are wanted"
    has_registers = slowest.weighted is not None or slowest.pipelines
    if deepest and has_registers:
        return (f"pipeline registers take {slowest.name} to {reached}, and {wanted}: lower the clock",)
    advice = "build with --pipeline auto or a lower clock" if has_registers else "lower the clock"
    return (f"{slowest.name} is estimated to reach {reached}, and {wanted}: {advice}",)


def _choices(unit: Weighted) -> Iterator[PipelineRegisters]:
    """All choices that differ for `unit`, those with longer spans first."""
    levels = unit.adder_levels
    spans = (NO_SPAN, *range(max(levels.before, levels.after), 0, -1), *(0,) * levels.front)
    for operands, span, thresholds in product((0, 1), spans, range(coding.most_stages(unit.activation) + 1)):
        yield PipelineRegisters(operands, span, thresholds)


def period_ns(unit: Weighted, registers: PipelineRegisters, family: Family) -> float:
    """The longest path of `unit` with `registers`, by the delays of `family`."""
    delays = DELAYS[family]
    loaded = delays.register + delays.word(unit.weight_rom)
    if unit.vector_memory is not None:
        loaded = max(loaded, delays.register + delays.word(unit.vector_memory) + delays.choice)
    start = delays.register if registers.operands else loaded
    levels, span = unit.adder_levels, max(1, registers.span)
    steps, further = levels.before + 1, _further_level(unit, delays)
    first = start + _first_level(unit, delays) + (delays.front if levels.front and registers.span else 0.0)
    first += (min(span, steps) - 1) * further
    if is_packed(unit) and 1 < span < steps:  # each row of registers has products of its own behind it
        first = max(first, delays.register + delays.product + min(span, steps - span) * further)
    behind = max(min(span, levels.after), levels.after % span + 1) * delays.adder
    return max(delays.control, loaded, first, delays.register + behind, _ending(unit, registers, delays))


def _first_level(unit: Weighted, delays: Delays) -> float:
    """The delay of a product of numbers; other products take an adder at most.

    Beside those in shared blocks inputs are added up, for what a chain begins with.
    """
    signs = isinstance(unit.weight_type, Bipolar) or isinstance(unit.input.dtype, Bipolar)
    if is_packed(unit):
        return max(delays.product, (PackedSize.of(unit).rows - 1).bit_length() * delays.adder)
    return delays.adder if signs or unit.arithmetic is Arithmetic.PAIRS else delays.product


def _further_level(unit: Weighted, delays: Delays) -> float:
    """The delay of an adder behind it, in front of the registers that every lane sum has."""
    if is_packed(unit):
        return delays.cascade
    return delays.row if unit.arithmetic is Arithmetic.PAIRS else delays.adder


def _ending(unit: Weighted, registers: PipelineRegisters, delays: Delays) -> float:
    """The delay from the accumulator to the code."""
    if unit.activation is None:
        return delays.register + delays.adder
    bits, code, stages = unit.sum_type.bits, unit.output.dtype.bits, registers.thresholds
    return delays.register + coding.path_ns(unit.activation, bits, code, unit.threshold_rom, stages, delays)
