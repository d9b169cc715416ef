"""Designs on residual planes: units, cycles, foldings and cost, in parallel and folded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.config import settings
from hwgen.errors import ConfigError
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.choices import Choices, choices_for
from hwgen.hw.cost import unit_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.explain import explain
from hwgen.hw.folding import resolve
from hwgen.hw.folds import intervals, mvtu_shape_of
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.lower import design_digest, lower
from hwgen.hw.problem import Problem
from hwgen.hw.solver import Goal, solve
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType, smallest_int
from hwgen.passes.pipeline import integer_network
from tests.builders import PART
from tests.plane_nets import random_plane_network
from tests.rtl_lib.planes import planes_unit

LAYERS = frozenset({"conv0", "conv1", "fc0"})


def network(seed: int = 0) -> Graph:
    return integer_network(random_plane_network(np.random.default_rng(seed)))


def design_of(graph: Graph, folded_planes: frozenset[str], target: int = 400) -> Design:
    folding = resolve(graph, {}, target, folded_planes)
    return lower(graph, folding, part=PART, clock_mhz=100.0, choices=Choices(folded_planes=folded_planes))


def mvtus(design: Design) -> list[MvtuUnit]:
    return [unit for unit in design.units if isinstance(unit, MvtuUnit)]


@pytest.mark.parametrize("seed", range(6))
def test_units(seed: int) -> None:
    """Types and cycles of both ways; padded codes have one more bit, and none of it is part of the image."""
    graph = network(seed)
    folding = resolve(graph, {}, 400)
    beside, folded = (
        lower(graph, folding, part=PART, clock_mhz=100.0, choices=Choices(folded_planes=folded_planes))
        for folded_planes in (frozenset[str](), LAYERS)
    )
    for one, other in zip(mvtus(beside), mvtus(folded), strict=True):
        planes = graph.node(one.name).op.planes.tolist()
        assert list(one.planes) == list(other.planes) == planes
        assert (one.arithmetic, other.arithmetic) == (Arithmetic.PARALLEL_PLANES, Arithmetic.FOLDED_PLANES)
        assert other.cycles == len(planes) * one.cycles
        assert other.weight_rom == one.weight_rom and other.schedule.reads == one.schedule.reads
        assert one.padded_bipolar == (one.input.dtype.bits == len(planes) + 1)
        most = one.fan_in * sum(planes) * (2 if one.padded_bipolar else 1)
        assert one.sum_type == other.sum_type == smallest_int(0, most)
        assert other.vector_memory is not None or len(planes) == 1
    for unit in beside.units:
        if isinstance(unit, WindowUnit) and unit.geometry.pads:
            order = unit.input.dtype.bits
            assert unit.marks and unit.output.dtype == IntType(order + 1, signed=False)
            assert np.all(unit.pad == 1 << order)
        elif isinstance(unit, WindowUnit):
            assert not unit.marks and unit.output.dtype == unit.input.dtype


def test_a_vector_that_is_read_again_has_a_fifo() -> None:
    graph = network(1)
    order = int(graph.node("fc0").op.planes.size)
    whole = {**resolve(graph, {}, 400), "fc0": resolve(graph, {}, 1)["fc0"]}
    for folded_planes, fifos in ((frozenset[str](), []), (LAYERS, ["fc0_fifo"])):
        design = lower(graph, whole, part=PART, clock_mhz=100.0, choices=Choices(folded_planes=folded_planes))
        assert order > 1
        assert [unit.name for unit in design.units if isinstance(unit, FifoUnit) and "fc0" in unit.name] == fifos


@pytest.mark.parametrize("seed", range(4))
def test_turns_count_in_foldings(seed: int) -> None:
    """A target is met as without plane folds, every interval is listed, and a product's cycles are its unit's."""
    graph = network(seed)
    listed = intervals(graph, LAYERS)
    for target in listed[:: max(1, len(listed) // 8)]:
        folding = resolve(graph, {}, target, LAYERS)
        design = lower(graph, folding, part=PART, clock_mhz=100.0, choices=Choices(folded_planes=LAYERS))
        assert design.bound in listed
        if target >= min(listed[-1], design_of(graph, LAYERS, 1).bound):
            assert design.bound <= target
        for unit in mvtus(design):
            product = mvtu_shape_of(graph.node(unit.name), LAYERS)
            assert product is not None and product.cycles(folding[unit.name]) == unit.cycles


def test_the_solver_counts_turns() -> None:
    graph = network(2)
    beside, folded = (
        Problem(graph, PART, 100.0, choices=Choices(folded_planes=folded_planes))
        for folded_planes in (frozenset[str](), LAYERS)
    )
    goal = Goal(max(problem.draft(problem.resolve(1)).bound for problem in (beside, folded)))
    lanes = []
    for problem in (beside, folded):
        solution = solve(problem, goal)
        assert solution.design.bound <= (goal.interval or 0)
        lanes.append(sum(unit.output.lanes * unit.simd for unit in mvtus(solution.design)))
        assert explain(problem, solution.folding).cycles == solution.design.bound
    assert lanes[1] > lanes[0]


def test_the_digest_knows_the_turns() -> None:
    graph = network()
    folding = resolve(graph, {}, 400)
    memory = Choices(folded_planes=frozenset({"fc0"}))
    digests = {design_digest(graph, folding, choices) for choices in (None, memory, Choices(folded_planes=LAYERS))}
    assert len(digests) == 3


def test_choices() -> None:
    graph = network()
    chosen = choices_for(graph, {}, {"conv0": "serial", "fc0": "parallel"})
    assert chosen == Choices(folded_planes=frozenset({"conv0"}))
    with pytest.raises(ConfigError) as error:
        choices_for(graph, {}, {"conv7": "serial"})
    assert str(error.value) == "planes: must name layers with weights (conv0, conv1, fc0); found conv7."
    plain = replace(graph.node("fc0"), op=replace(graph.node("fc0").op, planes=[]))
    graph = replace(graph, nodes=tuple(plain if node.name == "fc0" else node for node in graph.nodes))
    with pytest.raises(ConfigError) as error:
        choices_for(graph, {}, {"fc0": "serial"})
    found = plain.inputs[0].type.dtype
    assert str(error.value) == f"planes: fc0 must read residual planes; found inputs of {found}. Leave it out."


MEASURED = {
    # factors, (PE, SIMD): LUTs side by side and in turn of 64 inputs to 16 outputs of two bits
    ((5, 3), (4, 16)): (447, 410),
    ((21, 13), (4, 16)): (521, 501),
    ((21, 13, 8, 5), (4, 16)): (822, 541),
    ((21, 13), (8, 64)): (1397, 1207),
}
"""Yosys 0.70 (`synth_xilinx -family xc7`), units of `tests.rtl_lib.planes`."""


@pytest.mark.parametrize(("case", "luts"), MEASURED.items(), ids=str)
def test_cost(case: tuple[tuple[int, ...], tuple[int, int]], luts: tuple[int, int]) -> None:
    """Within 15 % of what Yosys makes of it."""
    betas, folding = case
    for folded, measured in enumerate(luts):
        unit = planes_unit(betas, (64, 16), folding, folded=bool(folded), result=IntType(2, signed=False))
        found = unit_resources(unit, Family.XC7)
        assert found.dsp == 0 and abs(found.lut / measured - 1) < 0.15


def test_settings() -> None:
    assert settings(planes={"conv0": "serial"}).planes == {"conv0": "serial"}
    with pytest.raises(ConfigError) as error:
        settings(planes={"conv0": "sideways"})
    assert str(error.value) == "settings: planes.conv0: should be 'parallel' or 'serial'; found 'sideways'."
