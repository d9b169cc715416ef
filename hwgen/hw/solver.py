"""The folding solver: the least hardware for a target, or the fastest design within a budget.

Layers are folded to take at most a common number of cycles a frame, by divisors of their sizes, so that every folding
is legal and the layers are balanced. The intervals to choose from are finite: the cycles that some layer can take.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np

from hwgen.config import LayerFolding
from hwgen.errors import ConfigError, FoldingError
from hwgen.hw.activation import Thresholding
from hwgen.hw.choices import Choices
from hwgen.hw.cost import design_resources, unit_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Device, device_of
from hwgen.hw.fifo import size_fifos, sizes_of
from hwgen.hw.folding import folded_layers, following, resolve
from hwgen.hw.folds import MvtuShape, intervals, mvtu_shape_of
from hwgen.hw.limits import least_cycles, slowest
from hwgen.hw.lower import draft
from hwgen.hw.matrices import Folding
from hwgen.hw.placements import Placements
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.stream import WIDEST
from hwgen.hw.unit import Unit
from hwgen.hw.words import widest
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv

FIT = {"lut": 0.70, "bram": 0.80, "dsp": 0.80}
"""Shares of a device that a design may take to fit: what is left lets the router close timing."""

_AHEAD = 3
"""Faster intervals that are tried beside the one asked for."""

_NEARLY = 1.25
"""A folding that takes up to this multiple of the budget is worth a search for cheaper splits."""

_SLOWEST = 1 << 40
"""An interval in which a line buffer of the fewest rows keeps up."""


@dataclass(frozen=True)
class Problem:
    """An integer network to fold for a part.

    Attributes:
        wishes: PE and SIMD that the user fixed, by layer name.
        whole_windows: names of convolutions that may take all taps of a window at once where that is too slow tap by
            tap.
        prices: what units take that were looked at before; belongs to `graph`.
    """

    graph: Graph
    part: str
    clock_mhz: float
    wishes: Mapping[str, LayerFolding] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    whole_windows: frozenset[str] = frozenset()
    prices: dict[Hashable, Resources] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, object]:
        """Without what is kept: another thread may add to it while the problem is pickled."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"prices": {}}

    @property
    def device(self) -> Device:
        """Raises: ConfigError."""
        return device_of(self.part)

    def resolve(self, interval: int) -> dict[str, Folding]:
        """The folding by `hwgen.hw.folding.resolve`. Raises: FoldingError."""
        return resolve(self.graph, self.wishes, interval, self.choices.folded_planes, self.whole_windows)

    @property
    def intervals(self) -> tuple[int, ...]:
        """Every number of cycles a frame that some layer can take (`hwgen.hw.folds.intervals`)."""
        return intervals(self.graph, self.choices.folded_planes, self.whole_windows)

    def mvtu_shape_of(self, layer: Node) -> MvtuShape | None:
        """The size of a layer with PE and SIMD; None for one that computes channel by channel."""
        return mvtu_shape_of(layer, self.choices.folded_planes)

    def with_whole_windows(self) -> Problem:
        """The problem in which convolutions may take all taps at once, unless a host rewrites their weights."""
        nodes = (node for node in self.graph.nodes if isinstance(node.op, Conv) and not node.op.is_depthwise)
        return replace(self, whole_windows=frozenset(node.name for node in nodes) - self.choices.writable)

    def pinned(self, folding: Mapping[str, Folding]) -> Problem:
        """The problem with the PE and SIMD of `folding` fixed; layers without SIMD stay free to follow."""
        layers = (layer for layer in folded_layers(self.graph) if mvtu_shape_of(layer) and layer.name in folding)
        fixed = {each.name: LayerFolding(pe=folding[each.name].pe, simd=folding[each.name].simd) for each in layers}
        return replace(self, wishes={**self.wishes, **fixed})

    def draft(self, folding: Mapping[str, Folding]) -> Design:
        """The design of a folding, its FIFOs as `lower` places them, without a digest."""
        return draft(
            self.graph,
            folding,
            part=self.part,
            clock_mhz=self.clock_mhz,
            choices=self.choices,
            placements=self._placements,
        )

    def misses(self, interval: int) -> bool:
        """Whether the folding for an interval is slower."""
        return self.outline(self.resolve(interval)).bound > interval

    def outline(self, folding: Mapping[str, Folding]) -> Design:
        """The design of a folding without layers of constants: of the same bound and words, and quickly made."""
        return (self._folded if self.choices.wired else self).draft(folding)

    @cached_property
    def _folded(self) -> Problem:
        return replace(self, choices=replace(self.choices, wired=False))

    @cached_property
    def _placements(self) -> Placements:
        """What designs drafted before were made of."""
        return Placements(self.graph)

    @cached_property
    def _unit_prices(self) -> dict[Unit, Resources]:
        """What the very units of those designs take."""
        return {}

    def sized(self, design: Design, budget: Budget | None = None) -> Design:
        """`design` with its FIFOs sized, around those that the user chose, or until it fits a budget.

        Raises: ConfigError, DeadlockError.
        """
        until = (lambda each: budget.fits(self.resources(each))) if budget is not None else None
        return size_fifos(design, self.choices.fifo_depths, round_up=self.choices.round_fifos, until=until)

    def resources(self, design: Design) -> Resources:
        """What `design` takes of the part."""
        return self._total(design, self._price)

    def least(self, outline: Design) -> Resources:
        """What the design of an outline takes at least, its layers of constants not looked at."""
        return self._total(outline, self._least_price)

    def _total(self, design: Design, price: Callable[[Unit], Resources]) -> Resources:
        edge = design_resources(replace(design, units=()), self.device.family)
        parts = [edge, *map(price, design.units)]
        return Resources(**{kind.name: sum(getattr(part, kind.name) for part in parts) for kind in fields(Resources)})

    def _price(self, unit: Unit) -> Resources:
        """What `unit` takes, kept by its fields without arrays and thresholds: these are alike in all foldings."""
        if unit not in self._unit_prices:
            key = (self.part, unit.stem, *_plain(unit))
            if key not in self.prices:
                self.prices[key] = unit_resources(unit, self.device.family)
            self._unit_prices[unit] = self.prices[key]
        return self._unit_prices[unit]

    def _least_price(self, unit: Unit) -> Resources:
        price = self._price(unit)
        if not self.choices.wired or unit.wired_luts is None:
            return price
        return replace(price, lut=min(price.lut, unit.wired_luts), dsp=0)

    def fps(self, interval: int) -> float:
        """Frames a second."""
        return self.clock_mhz * 1e6 / interval


def _plain(unit: Unit) -> Iterator[Hashable]:
    """Fields that differ between units of one layer: all but arrays and thresholds."""
    for each in fields(unit):
        value = getattr(unit, each.name)
        if isinstance(value, Unit):
            yield from _plain(value)
        elif not isinstance(value, np.ndarray | Thresholding):
            yield value


@dataclass(frozen=True)
class Goal:
    """What a folding is solved for.

    Attributes:
        interval: cycles a frame may take at most; None for the fastest design within `budget`.
        strict: whether an interval out of reach is an error; else the nearest is taken.
        budget: what the design may take.
    """

    interval: int | None
    strict: bool = True
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True)
class Solution:
    """A folding (one entry per layer) and its design, FIFOs sized; the design has no digest yet."""

    folding: Mapping[str, Folding]
    design: Design


def fitting(device: Device) -> Budget:
    """The budget of a design that fits `device` with room to route: 70 % of its LUT, 80 % of its BRAM and DSP."""
    has = device.capacity
    return Budget(FIT["lut"] * has.lut, FIT["bram"] * has.bram, FIT["dsp"] * has.dsp)


def solve(problem: Problem, goal: Goal) -> Solution:
    """The folding for `goal`: the cheapest of a target, else the fastest within the budget.

    Raises:
        FoldingError: the target is out of reach, or nothing fits the budget.
        ConfigError: FIFOs of the user do not keep the target.
        DeadlockError: no FIFO depths let the network run.
    """
    if goal.interval is None:
        return _fastest(problem, goal.budget)
    if goal.strict and problem.misses(goal.interval):
        problem = problem.with_whole_windows()
        if problem.misses(goal.interval):
            raise _out_of_reach(problem, goal.interval)
    folding = _cheapest(problem, goal.interval)
    solution = Solution(folding, problem.sized(problem.draft(folding)))
    if goal.strict and problem.choices.fifo_depths and solution.design.cycles.interval > goal.interval:
        raise _too_shallow(problem, folding, goal.interval, solution.design.cycles.interval)
    taken = problem.resources(solution.design)
    if not goal.budget.fits(taken):
        must = f"the design must take at most {goal.budget}"
        change = "Allow more cycles a frame, or a larger budget"
        raise FoldingError(f"{goal.interval:,} cycles a frame", must, str(taken), change)
    return solution


def _cheapest(problem: Problem, interval: int) -> dict[str, Folding]:
    """The cheapest folding of those for `interval` and a few faster ones, which need not cost more."""
    faster = [each for each in problem.intervals if each < interval]
    tried: list[dict[str, Folding]] = []
    for each in (interval, *faster[: -_AHEAD - 1 : -1]):
        folding = problem.resolve(each)
        if folding not in tried:
            tried.append(folding)
    split = [cheapest_splits(problem, folding) for folding in tried]
    return min(split, key=lambda folding: _rank(problem, problem.draft(folding)))


def cheapest_splits(problem: Problem, folding: Mapping[str, Folding]) -> dict[str, Folding]:
    """`folding` with PE and SIMD of the layers that the user left open split anew, where that costs less.

    A layer's cycles and its lanes, PE * SIMD, stay; layers that follow its lanes follow. From the last layer to the
    first each takes its cheapest split while the others keep theirs, cheapest being the smallest share of the part.
    """
    best = dict(folding)
    design = problem.draft(best)
    bound, cost = design.bound, _rank(problem, design)
    for layer in reversed(folded_layers(problem.graph)):
        shape, wish = problem.mvtu_shape_of(layer), problem.wishes.get(layer.name, LayerFolding())
        if shape is None or wish != LayerFolding():
            continue
        for split in shape.splits(best[layer.name]):
            trial = following(problem.graph, {**best, layer.name: split}, problem.wishes, bound)
            design = problem.draft(trial)
            if design.bound <= bound and (rank := _rank(problem, design)) < cost:
                best, cost = trial, rank
    return best


def _rank(problem: Problem, design: Design) -> tuple[bool, float]:
    """Designs with words that an HLS tool takes come first, then those that take a smaller share of the part."""
    return widest(design).bits > WIDEST, problem.device.share(problem.resources(design))


_Use = tuple[float, Mapping[str, Folding]]
"""What a folding uses of a budget at least."""


def _fastest(problem: Problem, budget: Budget) -> Solution:
    """The fastest design within `budget`; with all taps of windows at once where it could not be faster without."""
    uses: list[_Use] = []
    solution = _first_within(problem, budget, problem.intervals, uses)
    if solution is None:
        smallest = problem.sized(_closest(problem, budget, uses))
        found = f"{problem.resources(smallest)} at {smallest.bound:,} cycles a frame as the closest"
        change = "Allow more; `hwgen explore` also weighs LUT RAM against block RAM"
        raise FoldingError("budget", f"a design must take at most {budget}", found, change)
    bound, wider = solution.design.bound, problem.with_whole_windows()
    if not wider.whole_windows or not problem.misses(bound - 1):
        return solution
    least = wider.outline(wider.resolve(1)).bound
    quicker = [each for each in wider.intervals if least <= each < bound]
    return _first_within(wider, budget, quicker, []) or solution


def _first_within(problem: Problem, budget: Budget, intervals: Sequence[int], uses: list[_Use]) -> Solution | None:
    """The first design within `budget` of those of `intervals`, and what each uses at least; None for none.

    All are tried in turn: resources need not fall with the speed, as a slower layer may have a deeper memory that goes
    to block RAM.
    """
    tried: list[Mapping[str, Folding]] = []
    for interval in intervals:
        folding = problem.resolve(interval)
        if folding in tried:
            continue
        tried.append(folding)
        outline = problem.outline(folding)
        if widest(outline).bits > WIDEST and interval != problem.intervals[-1]:
            continue
        uses.append((budget.use(problem.least(_lightest(outline))), folding))
        if uses[-1][0] <= _NEARLY and _use(problem, budget, problem.draft(folding)) <= _NEARLY:
            solution = _within(problem, budget, cheapest_splits(problem, folding))
            if solution is not None:
                return solution
    return None


def _use(problem: Problem, budget: Budget, design: Design) -> float:
    """The least that `design` may use of the budget."""
    return budget.use(problem.resources(_lightest(design)))


def _closest(problem: Problem, budget: Budget, uses: Sequence[_Use]) -> Design:
    """The design that uses least of the budget, of foldings and what each uses at least."""
    found: tuple[float, Design] | None = None
    for least, folding in sorted(uses, key=lambda each: each[0]):
        if found is not None and found[0] <= least:
            break
        design = problem.draft(folding)
        use = _use(problem, budget, design)
        if found is None or use < found[0]:
            found = use, design
    assert found is not None, "every network has an interval"
    return found[1]


def _within(problem: Problem, budget: Budget, folding: Mapping[str, Folding]) -> Solution | None:
    """The solution of `folding` if it fits with its FIFOs sized."""
    design = problem.draft(folding)
    if _use(problem, budget, design) > 1:
        return None
    sized = problem.sized(design)
    return Solution(folding, sized) if budget.fits(problem.resources(sized)) else None


def _lightest(design: Design) -> Design:
    """The design without FIFOs and with the fewest rows of line buffers, the least that sizing may give."""
    kept = (unit for unit in design.units if unit.fifo_depth is None)
    fewest = (unit if unit.lines is None else unit.resized(unit.least_buffer(unit.cycles, _SLOWEST)) for unit in kept)
    return replace(design, units=tuple(fewest))


def _out_of_reach(problem: Problem, interval: int) -> FoldingError:
    """The error that says which layer is too slow, its best and why."""
    best = problem.outline(problem.resolve(1))
    unit, name = slowest(best)
    given = problem.wishes.get(name)
    why = f"its folding is given, {_given(given)}" if given else least_cycles(unit)
    must = f"must take at most {interval:,} cycles a frame ({problem.fps(interval):,.0f} frames/s)"
    found = f"{best.bound:,} at best ({problem.fps(best.bound):,.0f} frames/s): {why}"
    return FoldingError(problem.graph.node(name).label, must, found, f"Ask for {best.bound:,} cycles or more")


def _too_shallow(problem: Problem, folding: Mapping[str, Folding], interval: int, found: int) -> ConfigError:
    """The error that names the chosen FIFOs which are shallower than they would be without choice, and those depths."""
    enough = sizes_of(size_fifos(problem.draft(folding)))
    chosen = problem.choices.fifo_depths
    shallow = [f"{name} of {depth} ({enough[name]})" for name, depth in chosen.items() if depth < enough.get(name, 0)]
    # A chosen FIFO can be too much, too: it delays each beat by a cycle, where one less would be none.
    named = ", ".join(shallow or [f"{name} of {depth}" for name, depth in chosen.items()])
    change = f"Choose the depths in brackets or leave FIFOs out, or ask for {found:,} cycles or more"
    return ConfigError("fifo_depths", f"must keep {interval:,} cycles a frame", f"{found:,} with {named}", change)


def _given(wish: LayerFolding) -> str:
    return ", ".join(f"{key.upper()} {value}" for key, value in wish.model_dump().items() if value is not None)
