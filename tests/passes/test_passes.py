"""Running passes, and narrowing accumulators."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hwgen.errors import CheckError
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import MatMul
from hwgen.ir.types import IntType, TensorType
from hwgen.passes.base import run_passes
from hwgen.passes.narrow import NarrowAccumulators
from hwgen.passes.pipeline import PASSES, integer_network
from tests.builders import codes_of, random_network


@dataclass(frozen=True)
class Breaker:
    """A pass that loses the last node."""

    name: str = "breaker"

    def apply(self, graph: Graph) -> Graph:
        return replace(graph, nodes=graph.nodes[:-1])


def test_a_failing_pass_is_named() -> None:
    graph = random_network(np.random.default_rng(0), (4, 3))
    with pytest.raises(CheckError) as error:
        run_passes(graph, (NarrowAccumulators(), Breaker()))
    assert str(error.value) == "pass breaker: net: the output must be produced; found fc0_out."


def test_an_illegal_network_is_no_pass_s_fault() -> None:
    graph = Breaker().apply(random_network(np.random.default_rng(0), (4, 3)))
    with pytest.raises(CheckError) as error:
        run_passes(graph, PASSES)
    assert str(error.value) == "net: the output must be produced; found fc0_out."


def test_order() -> None:
    assert [each.name for each in PASSES] == ["thresholds", "narrow accumulators"]


def widened(graph: Graph, bits: int = 32) -> Graph:
    """Every accumulator as a wide integer."""
    wide = {
        node.output.name: Value(node.output.name, TensorType(node.output.type.shape, IntType(bits, signed=True)))
        for node in graph.nodes
        if isinstance(node.op, MatMul)
    }
    nodes = tuple(
        replace(
            node,
            inputs=tuple(wide.get(each.name, each) for each in node.inputs),
            output=wide.get(node.output.name, node.output),
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, output=wide.get(graph.output.name, graph.output))


@pytest.mark.parametrize("seed", range(4))
def test_narrowing_undoes_widening(seed: int) -> None:
    """The builder's own types are the narrowest, so narrowing gives them back, at the output too."""
    rng = np.random.default_rng(seed)
    graph = random_network(rng, (10, 6, 3), hidden=IntType(2, signed=True), weight=IntType(3, signed=True))
    wide = widened(graph)
    check(wide)
    assert wide != graph
    narrow = NarrowAccumulators().apply(wide)
    assert narrow == graph, f"seed {seed}"
    x = codes_of(rng, graph.input.type.dtype, (50, 10))
    assert np.array_equal(run(narrow, x), run(wide, x))


def test_the_pipeline_narrows() -> None:
    graph = widened(random_network(np.random.default_rng(1), (10, 6)))
    assert str(integer_network(graph).output.type.dtype) == "int5"


def test_passes_leave_their_input_alone() -> None:
    graph = random_network(np.random.default_rng(2), (8, 5, 2))
    before = hash(graph)
    integer_network(graph)
    assert hash(graph) == before and graph == random_network(np.random.default_rng(2), (8, 5, 2))
