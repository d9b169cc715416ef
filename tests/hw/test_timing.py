"""Pipeline registers by clock: no fewer reach it, no more than asked for, and the schedule states every one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends.rtl import emit
from hwgen.explore.results import header
from hwgen.flow.goal import problem_of
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.cost import unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.coding import most_stages
from hwgen.hw.kernels.mvtu import LATENCY, MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.pipeline import NO_REGISTERS, NO_SPAN, AdderLevels, PipelineRegisters
from hwgen.hw.stream import Stream
from hwgen.hw.timing import (
    DELAYS,
    Delays,
    PipelineRequest,
    Weighted,
    longest_ns,
    missed_clock,
    period_ns,
    pipelined,
    registers_for,
)
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify.synth import SynthesisJob, synthesise
from tests.builders import random_network
from tests.gated_cases import many_folds
from tests.rtl_lib.planes import planes_unit
from tests.rtl_support import depthwise, design_of, mvtu, pool, thresholding
from tests.wired_cases import LAYERS, drawn

B, U2, I2 = Bipolar(), IntType(2, signed=False), IntType(2, signed=True)


def xnor(simd: int) -> MvtuUnit:
    return mvtu(np.random.default_rng(7), B, B, (2 * simd, 8), (2, simd), result=B)


UNITS: dict[str, Weighted] = {
    "xnor_1": xnor(1),
    "xnor_13": xnor(13),
    "xnor_64": xnor(64),
    "xnor_200": replace(xnor(200), memory_style=MemoryStyle.BLOCK),
    "products": mvtu(np.random.default_rng(7), I2, U2, (32, 8), (2, 16), result=U2),
    "scores": mvtu(np.random.default_rng(7), I2, B, (32, 8), (2, 16)),
    "packed": replace(
        mvtu(np.random.default_rng(7), IntType(8, signed=True), U2, (36, 9), (3, 18)), arithmetic=Arithmetic.PACKED
    ),
    "planes": planes_unit((6, 4, 3), (40, 4), (3, 20), folded=False, result=U2),
    "depthwise": depthwise(np.random.default_rng(7), I2, U2, (5, 4), 2, result=U2),
}
UNITS_OF_ALL = pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS.keys())


def test_steps_of_lane_sums() -> None:
    assert [xnor(simd).adder_levels for simd in (1, 7, 8, 15, 16, 31, 32, 64, 256)] == [
        AdderLevels(*each, front=index > 0)
        for index, each in enumerate(((0, 0), (0, 0), (0, 0), (2, 0), (2, 0), (2, 1), (2, 1), (2, 2), (2, 4)))
    ]
    assert UNITS["products"].adder_levels == AdderLevels(4, 0) and UNITS["depthwise"].adder_levels == AdderLevels(0, 0)
    assert (
        PipelineRegisters(1, 2, 1).cycles(AdderLevels(2, 5)) == 1 + 1 + 2 + 1
        and NO_REGISTERS.cycles(AdderLevels(2, 5, front=True)) == 0
        and PipelineRegisters(0, 0, 0).cycles(AdderLevels(2, 5, front=True)) == 8
    )


@pytest.mark.parametrize("family", Family)
@UNITS_OF_ALL
def test_no_fewer_registers_reach_the_clock(unit: Weighted, family: Family) -> None:
    for clock in (40, 80, 120, 160, 200, 300, 500):
        found = registers_for(unit, PipelineRequest(family, clock_mhz=clock))
        cycles, reached = found.cycles(unit.adder_levels), max(period_ns(unit, found, family), 1e3 / clock)
        for other in _all(unit):
            assert max(period_ns(unit, other, family), 1e3 / clock) >= reached
            if other.cycles(unit.adder_levels) < cycles:
                assert period_ns(unit, other, family) > reached


@UNITS_OF_ALL
def test_a_number_is_the_most(unit: Weighted) -> None:
    periods = []
    for most in range(14):
        found = registers_for(unit, PipelineRequest(Family.ECP5, most=most))
        assert found.cycles(unit.adder_levels) <= most
        periods.append(period_ns(unit, found, Family.ECP5))
    assert periods == sorted(periods, reverse=True) and periods[0] == period_ns(unit, NO_REGISTERS, Family.ECP5)


def _all(unit: Weighted) -> list[PipelineRegisters]:
    thresholds = range(most_stages(unit.activation) + 1)
    spans = (*(0,) * unit.adder_levels.front, *range(1, 9), NO_SPAN)
    return [PipelineRegisters(o, span, t) for o in (0, 1) for span in spans for t in thresholds]


@UNITS_OF_ALL
def test_latency_and_registers(unit: Weighted) -> None:
    """Each register in a row is a cycle, and costs flip-flops."""
    plain = unit_resources(unit, Family.ECP5).ff
    for registers in _all(unit):
        staged = replace(unit, registers=registers)
        cycles = registers.cycles(unit.adder_levels)
        assert staged.schedule.latency == LATENCY + cycles
        assert staged.schedule.credits * staged.schedule.slots_per_beat > LATENCY + cycles
        assert (unit_resources(staged, Family.ECP5).ff > plain) == (cycles > 0)


@pytest.mark.long
@pytest.mark.parametrize(("name", "part"), [("xnor_13", 0), ("xnor_64", 0), ("planes", 0.15), ("products", 0.15)])
def test_registers_are_those_of_yosys(name: str, part: float, tmp_path: Path) -> None:
    """What each choice of registers adds to the flip-flops of a unit: of popcounts all but two, of other sums 15 %."""
    finest = 0 if UNITS[name].adder_levels.front else 1
    choices = [PipelineRegisters(*each) for each in ((), (0, finest, 0), (0, 1, 0), (0, 2, 1), (1, 2, 0))]
    units = [replace(UNITS[name], registers=registers) for registers in choices]
    designs = [replace(design_of(unit), name=f"dut{index}") for index, unit in enumerate(units)]
    made = synthesise([SynthesisJob(each.name, emit(each)) for each in designs], Family.ECP5, tmp_path)
    found = [each.total.ff - made[0].total.ff for each in made]
    model = [unit_resources(unit, Family.ECP5).ff - unit_resources(units[0], Family.ECP5).ff for unit in units]
    assert np.allclose(model, found, rtol=part, atol=2), (model, found)


@pytest.mark.parametrize(("levels", "deeper"), [(9, 1), (40, 2)])
def test_a_table_of_codes_takes_a_level_for_four_bits_of_its_index(levels: int, deeper: int) -> None:
    plain = mvtu(np.random.default_rng(7), IntType(4, True), IntType(4, True), (12, 3), (1, 4), result=IntType(6, True))
    assert plain.activation is not None
    few = replace(plain.activation, thresholds=plain.activation.thresholds[:, :levels])
    rising = replace(plain, activation=few)
    turning = replace(plain, activation=replace(few, codes=np.arange(levels + 1) % 3))
    registers = PipelineRegisters(1, 1, 0)
    periods = [period_ns(unit, registers, Family.ECP5) for unit in (rising, turning)]
    assert periods[1] - periods[0] == pytest.approx(deeper * DELAYS[Family.ECP5].count)


def test_units_without_registers_stay() -> None:
    unit = pool(U2, (4, 4, 3), 1, (2, 2))
    assert pipelined(unit, PipelineRequest(Family.ECP5)) is unit
    gated = many_folds().gated[0]
    found = pipelined(gated, PipelineRequest(Family.ECP5))
    assert isinstance(found, MvtuGatedUnit) and found.schedule.latency == LATENCY + found.product.registers.cycles(
        gated.product.adder_levels
    ) > gated.schedule.latency  # fmt: skip


@pytest.mark.parametrize("family", Family)
def test_registers_of_other_units(family: Family) -> None:
    """Layers of constants and threshold units have the fewest that reach the clock, each a cycle, with flip-flops."""
    activation = thresholding(np.random.default_rng(5), IntType(4, signed=False), 4, (-900, 900))
    streams = (Stream(name, dtype, 4, 2) for name, dtype in (("x", IntType(11, True)), ("y", IntType(4, False))))
    quantiser = ThresholdUnit("th", "th", *((each,) for each in streams), activation)
    for unit in (drawn(max(LAYERS, key=lambda layer: layer.inputs)).unit, quantiser):
        choices = [(0, unit), *unit.pipelines]
        plain = unit_resources(unit, family).ff
        for rows, other in choices[1:]:
            assert other.schedule.latency == unit.schedule.latency + rows and rows > 0
            assert unit_resources(other, family).ff > plain
        assert {rows for rows, _ in choices} > {0, 1}
        for clock in (100, 150, 200, 300):
            found = pipelined(unit, PipelineRequest(family, clock_mhz=clock))
            reached, rows = longest_ns(found, family), found.schedule.latency - unit.schedule.latency
            assert all(longest_ns(each, family) > max(reached, 1e3 / clock) - 1e-9 for r, each in choices if r < rows)
            assert reached <= 1e3 / clock or reached == min(longest_ns(each, family) for _, each in choices)
        assert pipelined(unit, PipelineRequest(family, most=0)) is unit


def test_settings_to_design() -> None:
    graph = random_network(np.random.default_rng(0), (64, 32, 10))
    options = {"target_interval": 32, "clock_mhz": 150.0, "part": "ulx3s-85f"}
    plain, three, fitting = (flow.compile(graph, **options, pipeline=each) for each in (0, 3, "auto"))
    assert flow.compile(graph, **options).design.digest == fitting.design.digest
    assert len({each.design.digest for each in (plain, three, fitting)}) == 3
    for unit in fitting.design.layers:
        assert isinstance(unit, MvtuUnit)
        assert unit.registers == registers_for(unit, PipelineRequest(Family.ECP5, clock_mhz=150.0))
    assert plain.design.cycles.interval == three.design.cycles.interval
    assert plain.design.cycles.predict(1).latency < three.design.cycles.predict(1).latency
    assert flow.variant(fitting, top1=True).settings.pipeline == "auto"
    assert json.loads(json.dumps(header(problem_of(graph, fitting.settings), 1)))["pipeline"]["clock_mhz"] == 150.0


def test_a_missed_clock() -> None:
    slow = replace(design_of(pipelined(xnor(64), PipelineRequest(Family.XC7))), clock_mhz=500.0)
    (warning,) = missed_clock(slow, deepest=True)
    assert warning == "pipeline registers take mv to about 385 MHz, and 500 MHz are wanted: lower the clock"
    assert missed_clock(replace(slow, clock_mhz=300.0), deepest=True) == ()
    source, sink = (Stream("x", IntType(8, signed=False), 40, lanes) for lanes in (7, 5))
    turned = replace(design_of(WidthUnit("wc", "wc", (source,), (sink,))), clock_mhz=200.0)
    (warning,) = missed_clock(turned, deepest=True)
    assert warning == "wc is estimated to reach about 165 MHz, and 200 MHz are wanted: lower the clock"
    plain = replace(design_of(xnor(64)), clock_mhz=200.0)
    (warning,) = missed_clock(plain, deepest=False)
    advice = "build with --pipeline auto or a lower clock"
    assert warning == f"mv is estimated to reach about 174 MHz, and 200 MHz are wanted: {advice}"


def test_top1_of_many_lanes() -> None:
    """Registers between the comparisons of a beat, the fewest that reach the clock."""
    scores, index = Stream("x", IntType(12, signed=True), 32, 16), Stream("i", IntType(5, signed=False), 1, 1)
    plain = ArgmaxUnit("am", "am", (scores,), (index,))
    found = {mhz: pipelined(plain, PipelineRequest(Family.XC7, clock_mhz=mhz)) for mhz in (90.0, 120.0, 200.0, 500.0)}
    assert [unit.span for unit in found.values() if isinstance(unit, ArgmaxUnit)] == [NO_SPAN, 2, 1, 1]
    assert [unit.schedule.latency for unit in found.values()] == [3, 4, 6, 6]
    assert missed_clock(replace(design_of(found[200.0]), clock_mhz=200.0), deepest=True) == ()
    (warning,) = missed_clock(replace(design_of(found[500.0]), clock_mhz=500.0), deepest=True)
    assert warning == "pipeline registers take am to about 279 MHz, and 500 MHz are wanted: lower the clock"


def test_the_delays_of_the_page() -> None:
    """docs/timing.md has every delay, family by family."""
    page = Path(__file__).parents[2].joinpath("docs", "timing.md").read_text()
    rows = page.split("| ns, wires included |")[1].split("\n\n")[0].splitlines()[2:]
    shown = [[float(cell) for cell in row.split("|")[2:-1]] for row in rows]
    families = (Family.ECP5, Family.XC7, Family.XCUP)
    assert shown == [list(each) for each in zip(*(_rounded(DELAYS[family]) for family in families), strict=True)]


def _rounded(delays: Delays) -> list[float]:
    return [round(each, 2) for each in vars(delays).values()]
