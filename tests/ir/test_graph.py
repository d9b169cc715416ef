"""Networks: look-ups and labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.ir.graph import Node
from tests.builders import random_network

GRAPH = random_network(np.random.default_rng(0), (6, 4, 3))


def test_node_by_name() -> None:
    assert GRAPH.node("fc1").output.name == "fc1_out"
    with pytest.raises(KeyError, match="'fc9'"):
        GRAPH.node("fc9")


def test_producers_and_users() -> None:
    assert {name: node.name for name, node in GRAPH.producers.items()} == {
        "fc0_out": "fc0",
        "act0_out": "act0",
        "fc1_out": "fc1",
    }
    assert {name: [n.name for n in nodes] for name, nodes in GRAPH.users.items()} == {
        "x": ["fc0"],
        "fc0_out": ["act0"],
        "act0_out": ["fc1"],
    }


@pytest.mark.parametrize(("origin", "label"), [("", "fc0"), ("fc0", "fc0"), ("features.3", "fc0 (features.3)")])
def test_label(origin: str, label: str) -> None:
    node: Node = replace(GRAPH.nodes[0], origin=origin)
    assert node.label == label


def test_equal_by_value() -> None:
    again = random_network(np.random.default_rng(0), (6, 4, 3))
    assert again == GRAPH and hash(again) == hash(GRAPH)
    assert random_network(np.random.default_rng(1), (6, 4, 3)) != GRAPH
