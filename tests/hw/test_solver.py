"""The folding solver: targets met and missed, budgets kept, splits, and the explanation of what limits a design."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw import pools
from hwgen.hw.choices import Choices
from hwgen.hw.cost import design_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.explain import Explanation, FasterFolding, explain
from hwgen.hw.folding import folded_layers, following, unfolded
from hwgen.hw.folds import MvtuShape, intervals, mvtu_shape_of
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.matrices import Folding
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.solver import Goal, Solution, fitting, solve
from hwgen.hw.stream import ceil_div, divisors
from hwgen.hw.structures import cheapest_structures, unwired
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.types import DType, IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import (
    PART,
    B,
    concat_net,
    mobilenet_like,
    padded_net,
    random_conv_network,
    random_folding,
    random_image_network,
    random_network,
    resnet_like,
    signal_net,
)
from tests.seeds import fresh
from tests.tiers import tiered

DENSE = integer_network(random_network(np.random.default_rng(0), (24, 16, 12, 4), input_quantiser=True))
MOBILE = integer_network(mobilenet_like(np.random.default_rng(0)))
SEEDS = range(12)
RARE = [seed for seed in SEEDS if seed % 3]
"""Of the long tier alone."""
INT4, UINT2 = IntType(4, signed=True), IntType(2, signed=False)


def problem(seed: int = -1, **wishes: LayerFolding) -> Problem:
    graph = DENSE if seed < 0 else integer_network(random_image_network(np.random.default_rng(seed)))
    return Problem(graph, PART, 100.0, wishes)


def taken(given: Problem, solution: Solution) -> Resources:
    return design_resources(solution.design, device_of(given.part).family)


def share(given: Problem, design: Design) -> float:
    """What the design takes of the part's LUT, BRAM and DSP, summed."""
    has, takes = given.device.capacity, given.resources(design)
    return takes.lut / has.lut + takes.bram / has.bram + takes.dsp / has.dsp


def least(given: Problem) -> int:
    """The shortest interval there is."""
    return given.draft(given.resolve(1)).bound


@pytest.mark.parametrize("seed", tiered(SEEDS, *RARE))
def test_targets_are_met_exactly(seed: int) -> None:
    """The cycle model itself, FIFOs sized, never takes longer than asked for."""
    given = problem(seed)
    for factor in (1, 3, 20):
        solution = solve(given, Goal(factor * least(given)))
        assert solution.design.cycles.interval <= factor * least(given), f"seed {seed}, factor {factor}"


@pytest.mark.parametrize("seed", tiered(SEEDS, *RARE))
def test_budgets_are_kept(seed: int) -> None:
    """With what a solved design takes as the budget, no slower design is found, and none that takes more."""
    given = problem(seed)
    for factor in (1, 5):
        solution = solve(given, Goal(factor * least(given)))
        budget = Budget(lut=taken(given, solution).lut)
        found = solve(given, Goal(None, budget=budget))
        assert budget.fits(taken(given, found)), f"seed {seed}, factor {factor}"
        assert found.design.bound <= solution.design.bound


@pytest.mark.parametrize(("seed", "target"), [(0, 84), (2, 420), (4, 224), (5, 84)])
def test_what_a_target_takes_is_budget_enough_for_it(seed: int, target: int) -> None:
    """Also where only other splits of PE and SIMD bring the design down to the budget, as the last of these."""
    given = problem(seed)
    solution = solve(given, Goal(target))
    found = solve(given, Goal(None, budget=Budget(lut=taken(given, solution).lut)))
    assert found.design.bound <= solution.design.bound


def test_the_same_every_time() -> None:
    assert solve(problem(3), Goal(500)).folding == solve(problem(3), Goal(500)).folding


def test_wishes_are_kept() -> None:
    given = problem(fc0=LayerFolding(pe=2, simd=3), fc1=LayerFolding(pe=6))
    found = solve(given, Goal(64)).folding
    assert (found["fc0"], found["fc1"].pe) == (Folding(2, 3), 6)


def test_a_soft_target_comes_as_near_as_it_can() -> None:
    assert solve(problem(fc0=LayerFolding(pe=1, simd=1)), Goal(5, strict=False)).design.bound == 24 * 16


@pytest.mark.parametrize("seed", tiered(SEEDS, *RARE))
def test_prices_are_those_of_the_cost_model(seed: int) -> None:
    """A problem that has priced many designs still says of each what the cost model says."""
    given = problem(seed)
    rng = np.random.default_rng(seed)
    for _ in range(12):
        chosen = given.pinned({name: Folding(each.pe or 1, each.simd or 1) for name, each in wishes_of(given, rng)})
        design = chosen.draft(chosen.resolve(least(given)))
        assert chosen.prices is given.prices
        assert given.resources(design) == design_resources(design, device_of(PART).family)


def test_prices_do_not_travel() -> None:
    given = problem()
    given.resources(given.draft(given.resolve(least(given))))
    sent = pickle.loads(pickle.dumps(given))
    assert given.prices and not sent.prices and sent.wishes == given.wishes


def wishes_of(given: Problem, rng: np.random.Generator) -> list[tuple[str, LayerFolding]]:
    """A random folding of every product."""
    folding = random_folding(rng, given.graph, most=10**6)
    return [(name, each) for name, each in folding.items() if mvtu_shape_of(given.graph.node(name))]


@pytest.mark.parametrize("seed", tiered(SEEDS, *RARE))
def test_structures_cost_no_more_and_take_no_longer(seed: int) -> None:
    given = problem(seed)
    folding = given.resolve(4 * least(given))
    found = cheapest_structures(given, folding)
    before, after = given.draft(folding), given.draft(found)
    assert after.bound <= before.bound
    assert share(given, after) <= share(given, before)
    for layer in given.graph.nodes:
        product = mvtu_shape_of(layer)
        if product is not None and layer.name in folding:
            others = [folding[layer.name], unfolded(layer), *given.structures(layer, before.bound)]
            assert found[layer.name] in others


def test_structures_follow_the_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing but converters costs, fc1 takes its 12 lanes as 3 x 4 beside the 4 that fc0 writes."""

    def converters(unit: Unit, family: Family) -> Resources:
        return Resources(lut=isinstance(unit, WidthUnit))

    monkeypatch.setattr(pools, "unit_resources", converters)
    given = problem(fc0=LayerFolding(pe=4, simd=24), fc2=LayerFolding(pe=4, simd=3))
    folding = given.pinned({"fc1": Folding(12, 1)}).resolve(16)
    found = cheapest_structures(given, folding)
    assert found["fc1"] == Folding(3, 4)
    assert [given.resources(given.draft(each)).lut for each in (folding, found)] == [2, 0]


SMALL = [
    (sizes, hidden, weight)
    for sizes in ((12, 8, 6), (6, 9, 4), (16, 4, 8))
    for hidden, weight in ((B, B), (B, INT4), (UINT2, B), (UINT2, INT4))
]


def small(sizes: tuple[int, ...], hidden: DType, weight: DType) -> Problem:
    rng = np.random.default_rng(0)
    network = random_network(rng, sizes, hidden=hidden, weight=weight, input_type=hidden)
    return Problem(integer_network(network), PART, 100.0, choices=Choices(wired=False))


def every_folding(given: Problem) -> list[tuple[int, float]]:
    """The interval and the share of the part of every folding by divisors."""
    layers = [(layer.name, mvtu_shape_of(layer)) for layer in folded_layers(given.graph)]
    products = [(name, product) for name, product in layers if product is not None]
    options = [itertools.product(divisors(each.outputs), divisors(each.inputs)) for _, each in products]
    found = []
    for choice in itertools.product(*options):
        pinned = given.pinned({name: Folding(*one) for (name, _), one in zip(products, choice, strict=True)})
        design = pinned.draft(pinned.resolve(1))
        found.append((design.bound, share(given, design)))
    return found


def test_against_every_folding_of_small_networks() -> None:
    """Of the targets of twelve networks the solver meets most with the cheapest folding there is, none far from it."""
    ratios = []
    for each in SMALL:
        given = small(*each)
        known = every_folding(given)
        for target in given.intervals[::2]:
            best = min((cost for bound, cost in known if bound <= target), default=None)
            if best is not None:
                ratios.append(share(given, given.draft(solve(given, Goal(target)).folding)) / best)
    assert min(ratios) >= 1 - 1e-9 and max(ratios) < 1.3
    assert np.mean(np.array(ratios) < 1 + 1e-9) >= 0.7


@pytest.mark.parametrize("seed", tiered(SEEDS[:6], *RARE))
def test_a_faster_folding_that_costs_less_is_taken(seed: int) -> None:
    """No folding of the next three faster intervals is cheaper than the one chosen."""
    given = problem(seed)
    for target in given.intervals[4 :: max(1, len(given.intervals) // 3)]:
        chosen = share(given, given.draft(solve(given, Goal(target, strict=False)).folding))
        for faster in [each for each in given.intervals if least(given) <= each < target][-3:]:
            assert chosen <= share(given, given.draft(cheapest_structures(given, given.resolve(faster)))) + 1e-12


def test_cycles_of_a_product() -> None:
    product = MvtuShape(outputs=12, inputs=8, repeats=5)
    assert product.cycles(Folding(3, 4)) == 5 * 4 * 2
    assert product.cycles(Folding(5, 3)) == 5 * ceil_div(12, 5) * ceil_div(8, 3)


@pytest.mark.parametrize("make", [resnet_like, mobilenet_like, signal_net, padded_net, concat_net])
def test_every_interval_is_a_candidate(make) -> None:
    """Whatever target is asked for, the solved design's interval is in the list that budgets are searched over."""
    graph = integer_network(make(np.random.default_rng(0)))
    given = Problem(graph, PART, 100.0)
    listed = intervals(graph)
    assert list(listed) == sorted(set(listed))
    for target in (1, 50, 333, 4_000, 10**9):
        assert given.draft(given.resolve(target)).bound in listed


def meet_targets(seed: int) -> int:
    """Targets that only whole windows meet: the cycle model, FIFOs sized, never takes longer. How many were tried."""
    rng = np.random.default_rng(seed)
    given = Problem(integer_network((random_image_network, random_conv_network)[seed % 2](rng)), PART, 100.0)
    wider = given.with_whole_windows()
    best, least_whole = least(given), least(wider)
    assert least_whole <= best and set(given.intervals) <= set(wider.intervals)
    targets = {least_whole, (least_whole + best) // 2, best - 1} if least_whole < best else set[int]()
    for target in targets:
        solution = solve(given, Goal(target))
        assert solution.design.cycles.interval <= target, f"seed {seed}: {target}"
        assert "parallel_window" in [unit.stem for unit in solution.design.units]
        assert solution.design.bound in wider.intervals
        for unit in solution.design.layers:
            shape = mvtu_shape_of(given.graph.node(unit.name))
            assert shape is None or shape.cycles(solution.folding[unit.name]) == unit.cycles
    return len(targets)


def test_whole_windows_meet_targets() -> None:
    assert sum(map(meet_targets, range(20))) > 10


@pytest.mark.long
def test_whole_windows_meet_many_targets() -> None:
    assert sum(map(meet_targets, fresh(300))) > 200


def test_fitting() -> None:
    assert fitting(device_of("xc7z020")) == Budget(lut=0.7 * 53_200, bram=0.8 * 140, dsp=0.8 * 220)


def test_budget() -> None:
    has = Resources(lut=100, bram18=3, bram36=2, dsp=5)
    assert has.bram == 3.5
    assert Budget().use(has) == 0 and Budget().fits(has)
    assert Budget(lut=200, bram=7, dsp=20).use(has) == 0.5
    assert Budget(lut=100, bram=3.5, dsp=5).fits(has) and not Budget(bram=3).fits(has)
    assert not Budget(dsp=0).fits(has) and Budget(dsp=0).fits(Resources())
    assert str(Budget(lut=37_240, bram=3.5)) == "37,240 LUT, 3.5 BRAM"
    assert str(has) == "100 LUT, 3.5 BRAM, 5 DSP"


def dense_error(goal: Goal, **wishes: LayerFolding) -> str:
    with pytest.raises(FoldingError) as error:
        solve(problem(**wishes), goal)
    return str(error.value)


def test_out_of_reach_for_a_given_folding() -> None:
    assert dense_error(Goal(10), fc1=LayerFolding(pe=2, simd=2)) == (
        "fc1 (net.fc1): must take at most 10 cycles a frame (10,000,000 frames/s);"
        " found 48 at best (2,083,333 frames/s): its folding is given, PE 2, SIMD 2. Ask for 48 cycles or more."
    )


OUT_OF_REACH = {
    "window": (
        resnet_like,
        "conv0 (net.conv0): must take at most 1 cycles a frame (100,000,000 frames/s);"
        " found 65 at best (1,538,462 frames/s): its window unit scans 65 pixels, one a cycle."
        " Ask for 65 cycles or more.",
    ),
}


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_out_of_reach(name: str) -> None:
    make, message = OUT_OF_REACH[name]
    with pytest.raises(FoldingError) as error:
        solve(Problem(integer_network(make(np.random.default_rng(0))), PART, 100.0), Goal(1))
    assert str(error.value) == message


def test_a_budget_below_the_smallest() -> None:
    """The error names the design that comes closest, which is the one of the fewest LUTs, its FIFOs aside."""
    given = problem()

    def luts(interval: int) -> int:
        draft = given.draft(given.resolve(interval))
        units = tuple(unit for unit in draft.units if not isinstance(unit, FifoUnit))
        return given.resources(replace(draft, units=units)).lut

    smallest = given.sized(given.draft(given.resolve(min(intervals(given.graph), key=luts))))
    assert dense_error(Goal(None, budget=Budget(lut=20))) == (
        f"budget: a design must take at most 20 LUT; found {given.resources(smallest)} at {smallest.bound:,} cycles"
        " a frame as the closest. Allow more; `hwgen explore` also weighs LUT RAM against block RAM."
    )


def test_a_target_and_a_budget() -> None:
    given = problem()
    needs = taken(given, solve(given, Goal(16)))
    assert taken(given, solve(given, Goal(16, budget=Budget(lut=needs.lut)))) == needs
    assert dense_error(Goal(16, budget=Budget(lut=needs.lut - 1))) == (
        f"16 cycles a frame: the design must take at most {needs.lut - 1:,} LUT; found {needs}."
        " Allow more cycles a frame, or a larger budget."
    )


def explained(given: Problem, interval: int) -> Explanation:
    return explain(given, solve(given, Goal(interval, strict=False)).folding)


@pytest.mark.parametrize("seed", tiered(SEEDS, *RARE))
def test_the_next_step_is_the_next(seed: int) -> None:
    """Its folding gives its interval and its resources, and none in between costs less."""
    given = problem(seed)
    folding = solve(given, Goal(6 * least(given))).folding
    found = explain(given, folding)
    design = given.draft(folding)
    fastest = least(given.with_whole_windows())
    assert found.cycles == design.bound and (found.step is None) == (design.bound == fastest)
    if found.step is not None:
        wishes = {name: LayerFolding(**each) for name, each in found.step.folding.items()}
        kept = given.pinned({name: each for name, each in folding.items() if name not in wishes})
        faster = replace(kept, wishes={**kept.wishes, **wishes})
        after = faster.draft(faster.resolve(found.step.interval))
        assert after.bound == found.step.interval < design.bound
        assert (given.resources(design), given.resources(after)) == (found.step.before, found.step.after)
        known = given if least(given) < design.bound else given.with_whole_windows()
        for between in (each for each in known.intervals if found.step.interval < each < design.bound):
            other = known.draft(cheapest_structures(known, known.resolve(between)))
            is_between = found.step.interval < other.bound < design.bound
            assert not is_between or share(given, other) > share(given, after)


def test_a_design_that_cannot_be_faster() -> None:
    found = explained(problem(), 1)
    assert str(found) == "quant sets the interval of 1 cycle; no folding is faster: it takes a frame every cycle"


def test_what_the_next_step_costs() -> None:
    step = FasterFolding(
        28_800, {"conv0": {"pe": 16, "simd": 3}, "pool0": {"pe": 4}}, Resources(lut=20_000), Resources(21_234, bram36=2)
    )
    assert str(Explanation("conv0", 32_400, "", step)) == (
        "conv0 sets the interval of 32,400 cycles; the next step, 28,800 cycles, would take +1,234 LUT (+6 %), +2 BRAM"
        " (conv0: PE 16, SIMD 3; pool0: PE 4)"
    )


def test_the_next_step_moves_what_the_user_fixed() -> None:
    found = explained(problem(fc0=LayerFolding(pe=1, simd=1)), 500)
    assert found.bottleneck == "fc0" and found.step is not None and "fc0" in found.step.folding


def test_layers_follow_as_they_resolve() -> None:
    """Of any folding of one layer: what follows it is what resolving all anew gives."""
    tried = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        graph = integer_network(random_image_network(rng))
        wishes = {name: wish for name, wish in random_folding(rng, graph).items() if rng.random() < 0.3}
        problem = Problem(graph, PART, 100.0, wishes)
        best = problem.resolve(8)
        for layer in (layers := folded_layers(graph)):
            shape = problem.mvtu_shape_of(layer)
            for pe, simd in itertools.product(divisors(shape.outputs), divisors(shape.inputs)) if shape else ():
                changed = {**best, layer.name: Folding(pe, simd)}
                assert following(graph, layers, changed, wishes, 8) == problem.pinned(changed).resolve(8), (
                    f"seed {seed}"
                )
                tried += 1
    assert tried > 100


def test_a_search_makes_only_units_that_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units made while a network is folded, explained and folded again: as many a layer at any depth."""
    made: list[str] = []
    plain = MvtuUnit.of.__func__

    def counted(kind: type[MvtuUnit], node: Node, *rest: Any) -> MvtuUnit:
        made.append(node.name)
        return plain(kind, node, *rest)

    monkeypatch.setattr(MvtuUnit, "of", classmethod(counted))
    each = []
    for depth in (6, 12, 24):
        made.clear()
        graph = random_network(np.random.default_rng(0), (16,) * (depth + 1), input_type=B)
        problem = Problem(integer_network(graph), PART, 100.0)
        explain(problem, solve(problem, Goal(64)).folding)
        each.append(len(made) / depth)
    assert each[2] <= 1.1 * each[0] and each[1] <= 1.1 * each[0]


def test_constants_too_many_to_wire_are_said() -> None:
    """A layer of one word whose weights are too many for a graph of adders keeps its unit, and a warning names it."""
    wide = integer_network(random_network(np.random.default_rng(0), (520, 256, 4), input_type=B))
    small = integer_network(random_network(np.random.default_rng(0), (60, 16, 4), input_type=B))
    found = [Problem(graph, PART, 100.0) for graph in (wide, small)]
    designs = [each.draft(each.resolve(1)) for each in found]
    (said,) = unwired(designs[0])
    assert "131,072 digits" in said and "fc0 (133,120)" in said
    assert unwired(designs[1]) == ()
    assert unwired(replace(designs[0], part="lfe5u-85f")) == ()


@pytest.mark.parametrize(("inputs", "wired"), [(8, True), (64, False)])
def test_a_layer_is_wired_where_that_is_cheaper(inputs: int, wired: bool) -> None:
    """A small layer is unfolded and wired although a slower folding would do; a larger one keeps its memory."""
    graph = integer_network(random_network(np.random.default_rng(1), (inputs, 4), input_type=B))
    solution = solve(Problem(graph, PART, 100.0), Goal(4096))
    assert any(isinstance(unit, WiredUnit) for unit in solution.design.units) == wired
