"""The folding solver: the least hardware for a target, or the fastest design within a budget.

Layers are folded to take at most a common number of cycles a frame, by divisors of their sizes, so that every folding
is legal and the layers are balanced. The intervals to choose from are finite: the cycles that some layer can take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hwgen.config import LayerFolding
from hwgen.errors import ConfigError, FoldingError
from hwgen.hw.design import Design
from hwgen.hw.device import Device
from hwgen.hw.fifo import size_fifos, sizes_of
from hwgen.hw.limits import least_cycles, slowest
from hwgen.hw.matrices import Folding
from hwgen.hw.offload import offload
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget
from hwgen.hw.stream import WIDEST
from hwgen.hw.structures import cheapest_structures, rank
from hwgen.hw.words import widest_bits

FIT = {"lut": 0.70, "bram": 0.80, "dsp": 0.80}
"""Shares of a device that a design may take to fit: what is left lets the router close timing."""

_AHEAD = 3
"""Faster intervals that are tried beside the one asked for."""

_NEARLY = 2.0
"""A folding that takes up to this multiple of the budget is worth a search for cheaper structures."""

_SLOWEST = 1 << 40
"""An interval in which a line buffer of the fewest rows keeps up."""


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
    folding = _cheapest(problem, goal.interval if goal.strict else max(goal.interval, problem.least_interval))
    solution = Solution(folding, problem.sized(problem.draft(folding)))
    if goal.strict and problem.choices.fifo_depths and solution.design.cycles.interval > goal.interval:
        raise _too_shallow(problem, folding, goal.interval, solution.design.cycles.interval)
    taken = problem.resources(solution.design)
    if not goal.budget.fits(taken):
        must = f"the design must take at most {goal.budget}"
        change = f"Allow more cycles a frame, or a larger budget{_outside(problem, folding, goal.budget)}"
        raise FoldingError(f"{goal.interval:,} cycles a frame", must, str(taken), change)
    return solution


def _outside(problem: Problem, folding: Mapping[str, Folding], budget: Budget) -> str:
    """Which layers' weights to put into an external memory, as an end of a message; empty where it does not help."""
    moved = offload(problem, folding, budget)
    return "" if moved is None else f", or put weights into an external memory: {moved.options}"


def _cheapest(problem: Problem, interval: int) -> dict[str, Folding]:
    """The cheapest folding of those for `interval` and a few faster ones, which need not cost more."""
    faster = [each for each in problem.intervals if problem.least_interval <= each < interval]
    tried: list[dict[str, Folding]] = []
    for each in (interval, *faster[: -_AHEAD - 1 : -1]):
        folding = problem.resolve(each)
        if folding not in tried:
            tried.append(folding)
    found = [cheapest_structures(problem, folding) for folding in tried]
    return min(found, key=lambda folding: rank(problem, problem.draft(folding)))


_Use = tuple[float, Mapping[str, Folding]]
"""What a folding uses of a budget at least."""


def _fastest(problem: Problem, budget: Budget) -> Solution:
    """The fastest design within `budget`; with all taps of windows at once where it could not be faster without."""
    uses: list[_Use] = []
    solution = _first_within(problem, budget, uses)
    if solution is None:
        smallest = problem.sized(_closest(problem, budget, uses))
        found = f"{problem.resources(smallest)} at {smallest.bound:,} cycles a frame as the closest"
        outside = _outside(problem, problem.resolve(problem.intervals[-1]), budget)
        change = f"Allow more{outside}; `hwgen explore` also weighs LUT RAM against block RAM"
        raise FoldingError("budget", f"a design must take at most {budget}", found, change)
    bound, wider = solution.design.bound, problem.with_whole_windows()
    if not wider.whole_windows or not problem.misses(bound - 1):
        return solution
    return _first_within(wider, budget, [], below=bound) or solution


def _first_within(problem: Problem, budget: Budget, uses: list[_Use], below: int | None = None) -> Solution | None:
    """The fastest design within `budget`, of less than `below` cycles, and what each uses at least; None for none.

    All are tried in turn: resources need not fall with the speed, as a slower layer may have a deeper memory that goes
    to block RAM.
    """
    tried: list[Mapping[str, Folding]] = []
    for interval in problem.intervals:
        if interval < problem.least_interval or (below and interval >= below):
            continue
        folding = problem.resolve(interval)
        if folding in tried:
            continue
        tried.append(folding)
        outline = problem.outline(folding)
        if widest_bits(outline) > WIDEST and interval != problem.intervals[-1]:
            continue
        uses.append((budget.use(problem.least(lightest(outline))), folding))
        if uses[-1][0] <= _NEARLY:
            solution = _within(problem, budget, cheapest_structures(problem, folding))
            if solution is not None:
                return solution
    return None


def _use(problem: Problem, budget: Budget, design: Design) -> float:
    """The least that `design` may use of the budget."""
    return budget.use(problem.resources(lightest(design)))


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


def lightest(design: Design) -> Design:
    """The design without FIFOs and with the fewest rows of line buffers, the least that sizing may give."""
    kept = (unit for unit in design.units if unit.fifo_depth is None)
    fewest = (unit if unit.lines is None else unit.resized(unit.least_buffer(unit.cycles, _SLOWEST)) for unit in kept)
    return replace(design, units=tuple(fewest))


def _out_of_reach(problem: Problem, interval: int) -> FoldingError:
    """The error that says which layer is too slow, its best and why."""
    best = problem.outline(problem.resolve(1))
    unit, name = slowest(best)
    given = problem.wishes.get(name) if unit.memory_port is None else None
    why = f"its folding is given, {_given(given)}" if given else least_cycles(unit)
    must = f"must take at most {interval:,} cycles a frame ({problem.fps(interval):,.0f} frames/s)"
    found = f"{best.bound:,} at best ({problem.fps(best.bound):,.0f} frames/s): {why}"
    change = f"Ask for {best.bound:,} cycles or more"
    if unit.memory_port is not None:
        change += ", or give the external memory more bandwidth (external_gb_s) or wider ports (external_width)"
    return FoldingError(problem.graph.node(name).label, must, found, change)


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
