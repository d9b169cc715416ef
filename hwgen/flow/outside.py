"""Weights in an external memory by the solver's choice: where a design's block RAM ends, and what is said of it."""

from __future__ import annotations

from hwgen.config import Settings
from hwgen.flow.goal import goal_of, problem_of
from hwgen.hw.design import Design
from hwgen.hw.external import EXTERNAL
from hwgen.hw.offload import offload
from hwgen.hw.resources import Budget
from hwgen.ir.graph import Graph


def with_external(network: Graph, chosen: Settings) -> Settings:
    """`chosen`, with layers beside those named put into the external memory where it says so and the rest fits then.

    They are chosen for the folding of the target, or for the slowest where there is none.

    Raises:
        FoldingError: the folding does not fit the network.
        ConfigError: another setting is not valid.
    """
    if chosen.external == "named":
        return chosen
    problem, goal = problem_of(network, chosen), goal_of(chosen)
    has, asked = problem.device.capacity, goal.budget
    budget = Budget(
        asked.lut or has.lut,
        has.bram if asked.bram is None else asked.bram,
        has.dsp if asked.dsp is None else asked.dsp,
    )
    interval = max(goal.interval, problem.least_interval) if goal.interval else problem.intervals[-1]
    folding = problem.resolve(interval)
    if budget.fits(problem.resources(problem.draft(folding))):
        return chosen
    moved = offload(problem, folding, budget)
    return (
        chosen
        if moved is None
        else chosen.overridden({"memory": {**chosen.memory, **dict.fromkeys(moved.layers, EXTERNAL)}})
    )


def moved_outside(chosen: Settings, design: Design) -> tuple[str, ...]:
    """A warning where the solver may have put weights into an external memory: which lie there."""
    if chosen.external == "named" or not design.memory_ports:
        return ()
    names = ", ".join(port.layer for port in design.memory_ports)
    bound = (
        f", and its bandwidth sets the interval of {design.bound:,} cycles" if design.slowest in design.readers else ""
    )
    return (f"the weights of {names} lie in an external memory, as the chip has not room for all{bound}",)
