"""Functions that the host applies at a network's end."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hwgen.errors import DataError
from hwgen.ir.ending import Ending, EndKind
from hwgen.ir.graph import Affine, Reading
from hwgen.ir.ranking import obstacle
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import IntType, TensorType
from tests.builders import random_network, with_output

NUMBERS = np.array([[[-800.0, 0.5], [0.0, 0.25], [-1.5, 900.0]]])
PLAIN = {
    EndKind.RELU: lambda x: max(x, 0.0),
    EndKind.SIGMOID: lambda x: 1 / (1 + math.exp(-x)) if x > -700 else 0.0,
    EndKind.TANH: math.tanh,
}


@pytest.mark.parametrize("kind", PLAIN)
def test_element_by_element(kind: EndKind) -> None:
    wanted = [[[PLAIN[kind](x) for x in row] for row in frame] for frame in NUMBERS.tolist()]
    np.testing.assert_allclose(Ending(kind).apply(NUMBERS), wanted, rtol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_softmax(axis: int | None) -> None:
    """Along one axis of each frame or all of it, whatever the size of the numbers; its logarithm."""
    for numbers in (NUMBERS, np.random.default_rng(1).normal(size=(4, 3, 2)) * 5):
        axes = (1, 2) if axis is None else (axis + 1,)
        found = Ending(EndKind.SOFTMAX, axis).apply(numbers)
        np.testing.assert_allclose(found.sum(axis=axes), np.ones(found.sum(axis=axes).shape), rtol=1e-14)
        logs = Ending(EndKind.LOG_SOFTMAX, axis).apply(numbers)
        np.testing.assert_allclose(np.exp(logs), found, rtol=1e-13)
        ratio = logs - numbers
        assert np.all(np.ptp(ratio, axis=axes) < 1e-10)


def test_the_best_of_an_axis() -> None:
    found = [Ending(EndKind.ARGMAX, axis, keep).apply(NUMBERS) for axis, keep in ((0, False), (1, True))]
    assert [each.tolist() for each in found] == [[[1.0, 2.0]], [[[1.0], [1.0], [1.0]]]]
    assert Ending.of_json(Ending(EndKind.ARGMAX, 1, True).to_json(), 2) == Ending(EndKind.ARGMAX, 1, True)


@pytest.mark.parametrize("ending", [*map(Ending, list(EndKind)[:-1]), Ending(EndKind.SOFTMAX, 1)])
def test_a_network_keeps_it(ending: Ending) -> None:
    graph = random_network(np.random.default_rng(3), (5, 4, 3))
    with_it = with_output(graph, decoding=Affine(np.asarray(0.5), np.asarray(0.0), ending))
    if ending.axis is None:
        assert parse_graph(print_graph(with_it)) == with_it != with_output(graph, decoding=Affine(np.asarray(0.5)))
        assert with_it.decoding.keeps_order is (ending.kind is not EndKind.RELU)
    else:
        with pytest.raises(DataError, match="no function of an output of 1 axes"):
            parse_graph(print_graph(with_it))


@pytest.mark.parametrize(
    "found",
    [
        {"name": "argmax"},
        {"name": "argmax", "axis": 2},
        {"name": "softmax", "axis": 0, "keep": True},
        {"name": "swish"},
        {"name": "relu", "axis": 0},
        {"name": "softmax", "axis": 2},
        {"name": "tanh", "more": 1},
        {},
    ],
)
def test_other_functions(found: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Ending.of_json(found, 2)


def test_what_a_reading_makes_of_codes() -> None:
    """Scores are the numbers before it, but for a ReLU, whose zeros are equal: the first is the best."""
    codes = np.array([[-3, -2], [-1, 4]])
    kind = TensorType((2,), IntType(5, signed=True))
    sigmoid, relu = (Reading(kind, Affine(np.asarray(0.5), ending=Ending(k))) for k in (EndKind.SIGMOID, EndKind.RELU))
    assert sigmoid.scores(codes).tolist() == [[-1.5, -1.0], [-0.5, 2.0]]
    np.testing.assert_allclose(sigmoid.decode(codes), 1 / (1 + np.exp(-codes * 0.5)))
    assert relu.scores(codes).tolist() == relu.decode(codes).tolist() == [[0.0, 0.0], [0.0, 2.0]]
    assert sigmoid.classes(codes).tolist() == [1, 1] and relu.classes(codes).tolist() == [0, 1]
    assert obstacle(sigmoid) == "" and obstacle(relu) == "a ReLU behind the scores, of which several may be 0"
