"""The space, its neighbours, and the rounds of the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.explore.evaluate import estimated, exact
from hwgen.explore.point import Figures, Point, pareto_front
from hwgen.explore.search import best, fits, search
from hwgen.explore.space import Space
from hwgen.hw.choices import Choices
from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Resources
from hwgen.hw.words import widest
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, concat_net, mobilenet_like, random_network, resnet_like

NETWORKS = {
    "dense": lambda rng: random_network(rng, (24, 16, 12, 4), input_quantiser=True, top1=True),
    "resnet": resnet_like,
    "mobilenet": mobilenet_like,
    "concat": concat_net,
}


def problem(name: str = "dense", **options: object) -> Problem:
    return Problem(integer_network(NETWORKS[name](np.random.default_rng(0))), PART, 100.0, **options)


def explored(given: Problem, count: int, seed: int = 0) -> list[tuple[Point, Figures]]:
    return list(search(given, count, seed, lambda points: (estimated(given, point) for point in points)))


MANY = {"resnet": 600}
"""Points of a search that several tests look at, where they are not 300."""


@cache
def known(name: str) -> tuple[Problem, list[tuple[Point, Figures]]]:
    """A problem and its search, made once; its first points are those of a shorter one, see `test_the_seed_decides`."""
    given = problem(name)
    return given, explored(given, MANY.get(name, 300))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_point_is_legal_and_looked_at_once(name: str) -> None:
    """A legal folding resolves to itself."""
    given, found = known(name)
    assert len({point for point, _ in found}) == len(found) == MANY.get(name, 300)
    for point, _ in found[::7]:
        wishes = {
            each: LayerFolding(
                pe=folding.pe, simd=folding.simd if folding.simd > 1 or each in Space(given).products else None
            )
            for each, folding in point.folding
        }
        assert Problem(given.graph, PART, 100.0, wishes).resolve(1) == dict(point.folding)


def test_windows_are_taken_whole_where_that_is_faster() -> None:
    """By seeds and by neighbours, but for weights that a host rewrites."""

    def has_whole(point: Point) -> bool:
        return any(shapes[name].is_whole(folding) for name, folding in point.folding if name in shapes)

    given, found = known("resnet")
    shapes = Space(given).products
    fastest, figures = min(found, key=lambda each: each[1].interval)
    assert has_whole(fastest) and figures.interval < given.least_interval
    assert all(has_whole(point) for point, figures in found if figures.interval < given.least_interval)
    assert any(has_whole(point) for point, _ in found[len(Space(given).seeds) :])
    fixed = replace(given, choices=replace(given.choices, writable=frozenset(shapes)))
    assert not any(has_whole(point) for point in Space(fixed).seeds)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_search_estimates_what_is_exact_later(name: str) -> None:
    """The interval is that of the design with FIFOs sized."""
    given, found = known(name)
    for point, figures in best(given, found[:100])[::3]:
        assert exact(given, point).interval == figures.interval


def test_the_seed_decides() -> None:
    given = problem()
    found = explored(given, 400)
    assert found == explored(given, 400)
    assert found[:250] == explored(given, 250)
    assert found != explored(given, 400, seed=1)


def test_a_longer_search_is_no_worse() -> None:
    """Every point of the front after few points is as good as beaten by one of the front after many."""
    given, found = known("resnet")
    few, many = best(given, found[:100]), best(given, found)
    assert len(many) > 3
    for _, figures in few:
        assert any(all(a <= b for a, b in zip(other.objectives, figures.objectives, strict=True)) for _, other in many)


def test_a_few_points_range_from_fast_to_slow() -> None:
    bounds = [figures.interval for _, figures in explored(problem(), 24)]
    assert min(bounds) == 1 and max(bounds) >= 192 and len(set(bounds)) == 8


def test_what_the_user_fixed_stays() -> None:
    choices = Choices(memory={"fc1": MemoryStyle.REGISTERS})
    given = problem(wishes={"fc0": LayerFolding(pe=2, simd=3)}, choices=choices)
    found = explored(given, 200)
    assert {dict(point.folding)["fc0"] for point, _ in found} == {Folding(2, 3)}
    assert len({dict(point.folding)["fc1"] for point, _ in found}) > 5
    assert {name for point, _ in found for name, _ in point.memory} == {"fc0", "fc2"}


def test_a_small_space_ends() -> None:
    graph = integer_network(random_network(np.random.default_rng(0), (2, 2)))
    found = explored(Problem(graph, PART, 100.0), 1000)
    assert 9 <= len(found) <= 4 * 3  # PE and SIMD of 1 or 2, three kinds of memory


LARGE = integer_network(random_network(np.random.default_rng(0), (784, 1024, 4)))


def test_the_front_is_of_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part with room for half of the points: the others are left out while there is one of those."""
    given = problem()
    found = explored(given, 60)
    half = sorted(figures.resources.lut for _, figures in found)[30]
    device = replace(given.device, capacity=Resources(lut=half, bram36=140))
    monkeypatch.setattr(Problem, "device", device)
    assert {fits(given, figures) for _, figures in found} == {True, False}
    assert all(fits(given, figures) for _, figures in best(given, found))
    large = [place for place in found if not fits(given, place[1])]
    assert best(given, large) == pareto_front(large)


def test_no_folding_of_more_lanes_than_a_part_can_hold() -> None:
    """784 x 1024 products at once are no point for the Z-7020; half as many as it has LUTs are."""
    space = Space(Problem(LARGE, PART, 100.0))
    lanes = [sum(each.pe * each.simd for _, each in point.folding) for point in space.seeds]
    assert 2 * 53_200 / 4 < max(lanes) <= 2 * 53_200


def test_batches_are_asked_for_in_order() -> None:
    """A seed's round first, then rounds of neighbours; figures come back in the order of the points."""
    given, rounds = problem(), []

    def evaluate(points: Sequence[Point]) -> Iterator[Figures]:
        rounds.append(len(points))
        return (estimated(given, point) for point in points)

    found = list(search(given, 500, 0, evaluate))
    assert rounds[0] == len(Space(given).seeds) and sum(rounds) == 500 and max(rounds[1:]) == 200
    assert all(estimated(given, point) == figures for point, figures in found[::50])


def test_words_that_no_hls_tool_takes_are_left_out() -> None:
    """2,048 inputs of 8 bits at once are 16,384 bits; all points can be built but one that the user asked for."""
    graph = random_network(np.random.default_rng(3), (2048, 4, 2), input_type=IntType(8, signed=False))
    given = Problem(integer_network(graph), PART, 100.0)
    found = [widest(given.draft(dict(point.folding))).bits for point, _ in explored(given, 200)]
    assert max(found) == 8 * 512 and len(found) == 200
    asked = replace(given, wishes={"fc0": LayerFolding(pe=1, simd=2048)})
    assert {widest(asked.draft(dict(point.folding))).bits for point, _ in explored(asked, 20)} == {16384}
