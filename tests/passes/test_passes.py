"""Running passes, and narrowing accumulators."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hwgen.errors import CheckError
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Output, Value
from hwgen.ir.ops import Concat, Conv, Gather, MatMul, Pool, PoolKind, Sum
from hwgen.ir.ranges import ranges
from hwgen.ir.types import IntType, TensorType, smallest_int
from hwgen.passes.base import run_passes
from hwgen.passes.narrow import NarrowAccumulators
from hwgen.passes.pipeline import PASSES, integer_network
from tests.builders import TERNARY, B, ImageBuilder, codes_of, random_image_network, random_network


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
    names = ["thresholds", "merge sums", "narrow gains", "thresholds before pools", "compose moves"]
    assert [each.name for each in PASSES] == [*names, "narrow accumulators", "lines"]


def accumulates(node: Node) -> bool:
    return isinstance(node.op, MatMul | Conv | Sum) or (isinstance(node.op, Pool) and node.op.kind is PoolKind.SUM)


def widened(graph: Graph, bits: int = 32) -> Graph:
    """Every accumulator as a wide integer, and the maxima of such."""
    wide: dict[str, Value] = {}
    for node in graph.nodes:
        carries = isinstance(node.op, Pool | Concat) and all(each.name in wide for each in node.inputs)
        if accumulates(node) or carries:
            shape = node.output.type.shape
            wide[node.output.name] = Value(node.output.name, TensorType(shape, IntType(bits, signed=True)))
    nodes = tuple(
        replace(
            node,
            inputs=tuple(wide.get(each.name, each) for each in node.inputs),
            output=wide.get(node.output.name, node.output),
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, outputs=(Output(wide.get(graph.output.name, graph.output)),))


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


@pytest.mark.parametrize("seed", range(40))
def test_narrowing_of_images(seed: int) -> None:
    """The same codes, no type wider than before, none with a bit to spare over what the ranges prove."""
    rng = np.random.default_rng(seed)
    graph = random_image_network(rng)
    mixed = {node.inputs[0].name for node in graph.nodes if isinstance(node.op, Concat | Gather)}
    wide = graph if mixed else widened(graph)  # what is joined or moved has one type with what it gives
    check(wide)
    narrow = NarrowAccumulators().apply(wide)
    check(narrow)
    assert narrow == NarrowAccumulators().apply(graph), f"seed {seed}"
    x = codes_of(rng, graph.input.type.dtype, (20, *graph.input.type.shape))
    assert np.array_equal(run(narrow, x), run(graph, x)), f"seed {seed}"
    held = mixed | {n.inputs[0].name for n in narrow.nodes if isinstance(n.op, Conv) and n.op.geometry.pads}
    for node in narrow.nodes:
        if accumulates(node) and node.output.name not in held:
            bounds = ranges(narrow)[node.output.name]
            assert node.output.type.dtype == smallest_int(bounds.min, bounds.max), f"seed {seed}, {node.name}"


@pytest.mark.parametrize("seed", range(4))
def test_narrowing_goes_on_through_pools(seed: int) -> None:
    """A maximum of accumulators has their type, a sum of them as many bits as its window needs."""
    net = ImageBuilder(np.random.default_rng(seed), (4, 4, 2), B)
    net.conv(net.input, 3, Geometry((1, 1)), B)
    net.pool(net.last, Geometry((2, 2)))
    net.pool(net.last, Geometry((3, 3)), PoolKind.SUM)
    net.sum(net.last, net.last)
    found = NarrowAccumulators().apply(widened(net.graph()))
    assert [str(node.output.type.dtype) for node in found.nodes] == ["int3", "int3", "int6", "int7"]


@pytest.mark.parametrize("through_pool", [False, True])
def test_a_padded_tap_keeps_its_code(through_pool: bool) -> None:
    """A convolution pads accumulators with a code that they never take themselves: their type must hold it."""
    net = ImageBuilder(np.random.default_rng(0), (4, 4, 2), TERNARY)
    first = Conv(codes_of(net.rng, B, (3, 1, 1, 2)), B, Geometry((1, 1)), 1, 0)
    net.add("conv", first, (net.input,), (4, 4, 3), IntType(32, signed=True))
    if through_pool:
        net.pool(net.last, Geometry((2, 2)))
    net.conv(net.last, 2, Geometry((2, 2), padding=(1, 1, 0, 0)), B, pad=100)
    narrow = NarrowAccumulators().apply(net.graph())
    check(narrow)
    assert str(narrow.node("conv0").output.type.dtype) == "int8"
    x = codes_of(net.rng, TERNARY, (20, 4, 4, 2))
    assert np.array_equal(run(narrow, x), run(net.graph(), x))


def test_concatenated_accumulators_share_a_type() -> None:
    """Of two branches the wider decides, also for what leaves a pool in between; codes beside them keep theirs."""
    net = ImageBuilder(np.random.default_rng(0), (3, 3, 4), B)
    wide = IntType(32, signed=True)
    narrow, wider = (
        net.add("conv", Conv(codes_of(net.rng, B, (2, k, k, 4)), B, Geometry((k, k)), 1, 0), (net.input,), shape, wide)
        for k, shape in ((1, (3, 3, 2)), (3, (1, 1, 2)))
    )
    net.concat(net.pool(narrow, Geometry((3, 3))), wider)
    found = NarrowAccumulators().apply(net.graph())
    check(found)
    assert [str(node.output.type.dtype) for node in found.nodes] == ["int7"] * 4
    net = ImageBuilder(np.random.default_rng(0), (3, 3, 4), TERNARY)
    first = Conv(codes_of(net.rng, B, (1, 1, 1, 4)), B, Geometry((1, 1)), 1, 0)
    sums = net.add("conv", first, (net.input,), (3, 3, 1), IntType(6, signed=True))
    net.concat(sums, net.act(sums, IntType(6, signed=True)))
    found = NarrowAccumulators().apply(net.graph())
    check(found)
    assert [str(node.output.type.dtype) for node in found.nodes] == ["int6"] * 3
