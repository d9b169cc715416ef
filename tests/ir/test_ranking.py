"""Ranking on the chip: what stands in its way, and what a user is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.ir.graph import Affine, Graph
from hwgen.ir.order import Order
from hwgen.ir.ranking import left_to_host, obstacle, ranked_on_chip
from hwgen.ir.types import TensorType
from tests.builders import random_network, with_output

SCORES = with_output(random_network(np.random.default_rng(0), (6, 4)), ranking=())
TOP1 = random_network(np.random.default_rng(0), (6, 4), top1=True)
PIXELS = with_output(SCORES, value=replace(SCORES.output, type=TensorType((2, 2), SCORES.output.type.dtype)))


def decoded(scale: object, offset: object) -> Graph:
    return with_output(SCORES, decoding=Affine(np.asarray(scale, float), np.asarray(offset, float)))


OBSTACLES = {
    "offset": (decoded(1, [0, 0, 0, 1]), "another offset for each class"),
    "scale": (decoded([2, 2, 1, 2], 0), "another scale for each class"),
    "falling": (decoded(-0.5, 0), "scores that fall as their codes rise"),
    "constant": (decoded(0, 0), "scores that fall as their codes rise"),
    "pixels": (PIXELS, "the scores of several pixels"),
    "none": (decoded(0.25, -3), ""),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_obstacles(name: str) -> None:
    graph, found = OBSTACLES[name]
    assert obstacle(graph.reading) == found
    assert (ranked_on_chip(TOP1, TOP1.nodes[-1], graph.reading) is None) == bool(found)


@pytest.mark.parametrize("name", OBSTACLES)
def test_the_user_is_told(name: str) -> None:
    graph, found = OBSTACLES[name]
    why = found or "classes in an order that the layers before cannot give"
    line = f"the network's own ranking is left to the host, found {why}: predict and the C header rank the scores"
    assert left_to_host(graph) == (line,)
    assert left_to_host(with_output(graph, ranking=None)) == ()


def test_the_last_layer_gives_the_order() -> None:
    order = Order((4,), np.array([2, 0, 3, 1]))
    moved = ranked_on_chip(TOP1, TOP1.nodes[-1], with_output(SCORES, order=order).reading)
    assert moved is not None
    assert moved.nodes[0].op.rows == (2, 0, 3, 1)  # type: ignore[union-attr]
    assert ranked_on_chip(TOP1, TOP1.nodes[-1], SCORES.reading) == TOP1
