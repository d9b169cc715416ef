"""The search: round by round, the neighbours of the best points so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hwgen.explore.point import Figures, Point, pareto_front
from hwgen.explore.space import Space
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget

ROUND = 200
"""Points that are drawn before the front is computed again."""

Evaluate = Callable[[Sequence[Point]], Iterator[Figures]]
"""Gives the figures of points, in their order."""


def search(problem: Problem, count: int, seed: int, evaluate: Evaluate) -> Iterator[tuple[Point, Figures]]:
    """Up to `count` points and their figures, in an order that depends on nothing but the problem and the seed.

    The first ones are the foldings of all intervals; then each round draws neighbours of the Pareto front. Ends early
    where there are no more points.
    """
    space = Space(problem)
    found: dict[Point, Figures] = {}
    batch = list(space.seeds[:count])
    turn = 0
    while batch:
        for point, figures in zip(batch, evaluate(batch), strict=True):
            found[point] = figures
            yield point, figures
        parents = [point for point, _ in best(problem, list(found.items()))]
        batch = space.neighbours(parents, min(ROUND, count - len(found)), set(found), (seed, turn))
        turn += 1


def best(problem: Problem, places: Sequence[tuple[Point, Figures]]) -> list[tuple[Point, Figures]]:
    """The Pareto front of the points that the part holds; of all points, where it holds none."""
    fitting = [place for place in places if fits(problem, place[1])]
    return pareto_front(fitting or places)


def fits(problem: Problem, figures: Figures) -> bool:
    """Whether the part holds the design."""
    has = problem.device.capacity
    return Budget(has.lut, has.bram, has.dsp).fits(figures.resources)
