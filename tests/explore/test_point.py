"""Points, their figures, and the front."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hwgen.explore.point import Figures, Point, figures_of, pareto_front, point_of, representatives
from hwgen.hw.kernel import Folding, MemoryStyle
from hwgen.hw.resources import Resources


def figures(interval: int, lut: int, bram: int = 0, dsp: int = 0) -> Figures:
    return Figures(interval, Resources(lut=lut, bram36=bram, dsp=dsp))


def random_places(seed: int, count: int = 60) -> list[tuple[int, Figures]]:
    rng = np.random.default_rng(seed)
    return [(number, figures(*map(int, rng.integers(1, 12, 4)))) for number in range(count)]


def no_worse(one: Figures, other: Figures) -> bool:
    return all(a <= b for a, b in zip(one.objectives, other.objectives, strict=True))


def test_round_trip() -> None:
    point = Point((("conv0", Folding(4, 3)), ("pool0", Folding(2))), (("conv0", MemoryStyle.BLOCK),))
    assert point_of(json.loads(json.dumps(point.to_json()))) == point
    for latency in (None, 77):
        each = Figures(5, Resources(lut=1, ff=2, bram18=3, bram36=4, dsp=5, uram=6), latency)
        assert figures_of(json.loads(json.dumps(each.to_json()))) == each


@pytest.mark.parametrize("seed", range(20))
def test_the_front(seed: int) -> None:
    """Nothing on it is beaten, everything off it is, and of equals the first is on it."""
    places = random_places(seed)
    front = pareto_front(places)
    for number, mine in places:
        better = [other for other, theirs in places if theirs != mine and no_worse(theirs, mine)]
        equal_before = [other for other, theirs in places if theirs == mine and other < number]
        assert ((number, mine) in front) == (not better and not equal_before), f"seed {seed}, point {number}"
    assert [each.interval for _, each in front] == sorted(each.interval for _, each in front)


def test_each_figure_counts() -> None:
    best = figures(10, 10, 10, 10)
    for other in (figures(9, 99, 99, 99), figures(99, 9, 99, 99), figures(99, 99, 9, 99), figures(99, 99, 99, 9)):
        assert len(pareto_front([("a", best), ("b", other)])) == 2
    assert pareto_front([("b", figures(10, 10, 10, 11)), ("a", best)]) == [("a", best)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("most", [1, 3, 8, 100])
def test_representatives(seed: int, most: int) -> None:
    front = pareto_front(random_places(seed))
    kept = representatives(front, most)
    assert 1 <= len(kept) <= most and [each for each in front if each in kept] == kept
    assert kept[0][1].interval == front[0][1].interval  # the fastest is among them
    if len(front) <= most:
        assert kept == front
