"""Points, their figures, and the front."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hwgen.explore.point import Figures, Point, figures_of, pareto_front, point_of, representatives
from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
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


def beaten(mine: Figures, other: Figures, factor: float, zero: float) -> bool:
    """Whether `other` is, but for a factor, as good; a figure of zero counting as `zero`."""
    pairs = zip(other.objectives, mine.objectives, strict=True)
    return all(a <= max(b, zero) * factor for a, b in pairs)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("most", [0, 1, 2, 3, 7])
def test_representatives_of_points_without_memories(seed: int, most: int) -> None:
    """No factor makes a figure zero: thinning ends nevertheless, and all that is left out is like one that is kept."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, (3000, 5000, 3, 4), (80, 4))
    front = pareto_front([(number, figures(*map(int, row))) for number, row in enumerate(rows)])
    kept = representatives(front, most)
    assert len(kept) <= most and kept[:1] == front[: min(most, 1)] and [each for each in front if each in kept] == kept
    for _, mine in front if most else []:
        assert any(beaten(mine, other, 1e6, 1.0) for _, other in kept), f"seed {seed}"


def test_representatives_keep_zeros_apart_while_a_factor_will_do() -> None:
    front = [(n, figures(100 + n, 200 - n, n % 2, 0)) for n in range(50)]
    kept = [figures.resources.bram36 for _, figures in representatives(pareto_front(front), 4)]
    assert set(kept) == {0, 1}


def test_representatives_of_the_extremes() -> None:
    """Two points without a common measure, one point, none: each ends."""
    front = [("a", figures(1, 10**9, 10**6, 10**6)), ("b", figures(10**9, 0, 0, 0))]
    assert [name for name, _ in representatives(front, 1)] == ["a"]
    assert representatives(front, 2) == front and representatives(front[:1], 1) == front[:1]
    assert representatives([], 1) == []


def test_representatives_of_a_large_front() -> None:
    front = [(n, figures(n + 1, 10**6 // (n + 1), 0, n % 2 * (5000 - n))) for n in range(5000)]
    assert len(representatives(front, 3)) <= 3
