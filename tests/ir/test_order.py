"""The order of the model's output: strides, permutations, and what codes are read as."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import CheckError, DataError
from hwgen.ir.check import check
from hwgen.ir.graph import Affine, Graph, Reading
from hwgen.ir.order import Order
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import IntType, TensorType
from tests.builders import random_network, with_output

CODES = TensorType((2, 3, 4), IntType(8, signed=True))


def moved(shape: tuple[int, ...], axes: tuple[int, ...]) -> Order:
    """The order of a tensor that lies as `shape` and whose axes the model permutes."""
    places = np.arange(np.prod(shape)).reshape(shape).transpose(axes)
    return Order(places.shape, places)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
def test_a_transposition_has_strides(axes: tuple[int, ...]) -> None:
    order = moved((2, 3, 4), axes)
    assert order.strides is not None
    assert Order.of_strides(order.shape, order.strides) == order
    assert order.is_permutation_of(24) and not order.is_permutation_of(23)


@pytest.mark.parametrize("places", [[1, 0, 2, 3], [0, 1, 2, 4, 3, 5], [0, 2, 1], [3, 2, 1, 0], [2, 3, 0, 1]])
def test_another_order_has_none(places: list[int]) -> None:
    order = Order((len(places),), np.array(places))
    assert order.strides is None and order.is_permutation_of(len(places))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (5,), (1, 5, 1)])
def test_one_axis_or_none(shape: tuple[int, ...]) -> None:
    order = Order(shape, np.arange(np.prod(shape, dtype=int)))
    assert order.strides == (((5, 1),) if 5 in shape else ())
    assert Order.of_strides(shape, order.strides) == order


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ((6,), [(2, 1), (3, 1)]),
        ((6,), [(2, 3), (3, 2)]),
        ((6,), [(6, -1)]),
        ((6,), [(0, 1)]),
        ((5,), [(6, 1)]),
        ((1 << 40,), [(1 << 39, 1)]),
    ],
)
def test_strides_that_are_no_permutation(shape: tuple[int, ...], strides: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="strides"):
        Order.of_strides(shape, strides)


def ordered(order: Order | None, ranking: tuple[int, ...] | None = None) -> Graph:
    return with_output(random_network(np.random.default_rng(0), (4, 6)), order=order, ranking=ranking)


@pytest.mark.parametrize("ranking", [None, (), (1, 1)])
@pytest.mark.parametrize(
    "order", [None, moved((2, 3), (1, 0)), Order((6,), np.array([5, 0, 3, 1, 2, 4])), Order((1, 6, 1), np.arange(6))]
)
def test_printed_and_read_back(order: Order | None, ranking: tuple[int, ...] | None) -> None:
    graph = ordered(order, ranking)
    assert parse_graph(print_graph(graph)) == graph
    check(graph)
    assert (order is None) == ("order" not in print_graph(graph))


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (Order((6,), np.zeros(6)), "6 places, shape (6,)"),
        (Order((7,), np.arange(6)), "6 places, shape (7,)"),
        (Order((5,), np.arange(5)), "5 places, shape (5,)"),
        (Order((6,), np.arange(6) + 1), "6 places, shape (6,)"),
    ],
)
def test_an_order_must_be_a_permutation(order: Order, found: str) -> None:
    with pytest.raises(CheckError) as error:
        check(ordered(order))
    must = "the model's order must be a permutation of the 6 elements of the output"
    assert str(error.value) == f"net: {must}; found {found}."


def test_a_ranking_leaves_one_index() -> None:
    with pytest.raises(CheckError, match=r"net: a ranking must leave one index; found \(2,\)"):
        check(ordered(None, (2,)))


def test_a_damaged_order_is_refused() -> None:
    printed = print_graph(ordered(moved((2, 3), (1, 0))))
    shape = '"shape": [3, 2]'
    changes = [("[[3, 1], [2, 3]]", "[[3, 1], [2, 2]]"), (shape, '"shape": 3'), ("[3, 1]", "3"), ("[3, 1]", "[3.0, 1]")]
    changes += [(shape, f'"shape": {new}') for new in ("[-3, -2]", "[1e999, 1]", '["3", 2]', "[3, 3]", f"[{1 << 70}]")]
    for old, new in changes:
        assert old in printed
        with pytest.raises(DataError, match="must be a network that hwgen printed"):
            parse_graph(printed.replace(old, new))


def test_codes_are_read_in_the_models_order() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-9, 9, (5, 2, 3, 4))
    affine = Affine(rng.uniform(0.5, 2, 4), rng.normal(size=4))
    real = codes * affine.scale + affine.offset
    np.testing.assert_array_equal(Reading(CODES, affine).decode(codes), real)
    reading = Reading(CODES, affine, moved((2, 3, 4), (2, 0, 1)))
    np.testing.assert_array_equal(reading.decode(codes), real.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(reading.decode(codes.reshape(5, 24)), real.transpose(0, 3, 1, 2))
    best = real.transpose(0, 3, 1, 2).reshape(5, -1).argmax(axis=1)
    np.testing.assert_array_equal(reading.classes(codes), best)
    index = replace(reading, ranking=(1,)).decode(codes)
    np.testing.assert_array_equal(index, best[:, None])
    assert index.shape == (5, 1)


def test_equal_scores_go_to_the_lowest_class_of_the_model() -> None:
    order = Order((4,), np.array([2, 0, 3, 1]))
    reading = Reading(TensorType((4,), IntType(4, signed=True)), Affine(), order)
    assert reading.classes(np.array([[3, 1, 3, 3], [0, 1, 0, 0], [1, 1, 0, 0]])).tolist() == [0, 3, 1]


def test_a_single_score_is_a_class_where_it_is_positive() -> None:
    single = Reading(TensorType((1,), IntType(4, signed=True)), Affine(np.asarray(0.5), np.asarray(-1.0)))
    codes = np.array([[1], [2], [3]])
    assert single.classes(codes).tolist() == [0, 0, 1]
    assert replace(single, ranking=()).classes(codes).tolist() == [0, 0, 0]
    assert replace(single, ranked=True).classes(codes).tolist() == [1, 2, 3]
