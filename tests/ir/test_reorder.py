"""Channels in another order: the network gives the same codes, permuted, or is left as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Output, Value
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Concat,
    Conv,
    Magnitude,
    MatMul,
    Op,
    Pool,
    PoolKind,
    Scale,
    Sum,
    Threshold,
)
from hwgen.ir.reorder import reordered
from hwgen.ir.types import IntType, TensorType
from tests.builders import codes_of, random_activation, value

I4, WIDE, U2 = IntType(4, signed=True), IntType(24, signed=True), IntType(2, signed=False)
Rng = np.random.Generator


class Net:
    """A network that grows node by node from an input of 2x2x6 codes."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.input = value("x", (2, 2, 6), I4)
        self.nodes: list[Node] = []

    def put(self, op: Op, shape: tuple[int, ...], *inputs: Value, dtype: IntType = WIDE) -> Value:
        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(name, op, inputs, Value(f"{name}_out", TensorType(shape, dtype))))
        return self.nodes[-1].output

    def weights(self, *shape: int) -> np.ndarray:
        return codes_of(self.rng, I4, shape)

    def dense(self, outputs: int, given: Value | None = None) -> Value:
        given = given or self.input
        return self.put(MatMul(self.weights(outputs, given.type.elements), I4), (outputs,), given)

    def conv(self, outputs: int, given: Value | None = None, groups: int = 1) -> Value:
        given = given or self.input
        weights = self.weights(outputs, 1, 1, given.type.channels // groups)
        op = Conv(weights, I4, Geometry((1, 1)), groups, 0)
        return self.put(op, (2, 2, outputs), given)

    def quantised(self, given: Value) -> Value:
        steps = random_activation(self.rng, given.type.channels, 40.0, U2)
        return self.put(Activation(steps), given.type.shape, given, dtype=U2)

    def thresholds(self, given: Value) -> Value:
        channels = given.type.channels
        levels = np.sort(self.rng.integers(-60, 60, (channels, 3)), axis=1)
        codes = self.rng.permutation(4) if self.rng.random() < 0.5 else ()
        op = Threshold(levels, self.rng.integers(0, 2, channels), 0, 1, codes=np.array(codes))
        return self.put(op, given.type.shape, given, dtype=U2)

    def ranked(self, last: Value) -> Graph:
        index = self.put(ArgMax(), (1,), last, dtype=IntType(8, signed=False))
        return Graph.of("net", self.input, tuple(self.nodes), index)


def _pool(net: Net, given: Value, kind: PoolKind) -> Value:
    minimum = net.rng.integers(0, 2, given.type.channels) if kind is PoolKind.MAX else np.zeros(given.type.channels)
    return net.put(Pool(Geometry((2, 2)), kind, minimum), (1, 1, given.type.channels), given, dtype=WIDE)


def dense(net: Net) -> Value:
    return net.dense(6)


def quantised(net: Net) -> Value:
    return net.quantised(net.dense(6))


def thresholds(net: Net) -> Value:
    return net.thresholds(net.dense(6))


def maximum(net: Net) -> Value:
    return _pool(net, net.quantised(net.conv(6)), PoolKind.MAX)


def total(net: Net) -> Value:
    return _pool(net, net.conv(6), PoolKind.SUM)


def depthwise(net: Net) -> Value:
    return _pool(net, net.conv(6, net.quantised(net.conv(6)), groups=6), PoolKind.SUM)


def residual(net: Net) -> Value:
    both = [net.quantised(net.dense(6)) for _ in range(2)]
    return net.put(Sum(), (6,), both[0], both[1], both[0])


def scaled(net: Net) -> Value:
    size = net.put(Magnitude(24), (1,), net.input)
    return net.put(Scale(), (6,), net.thresholds(net.dense(6)), size, dtype=WIDE)


def product(net: Net) -> Value:
    return net.put(Scale(), (6,), net.dense(6), net.quantised(net.dense(6)))


def gained(net: Net) -> Value:
    image = net.put(Sum(net.rng.integers(1, 9, (24, 1))), (2, 2, 6), net.conv(6))
    return _pool(net, net.put(Sum(net.rng.integers(1, 9, (6, 1))), (2, 2, 6), image), PoolKind.SUM)


def concatenated(net: Net) -> Value:
    heads = [net.thresholds(net.dense(outputs)) for outputs in (1, 3, 2)]
    return net.put(Concat(), (6,), *heads, dtype=U2)


NETS = (dense, quantised, thresholds, maximum, total, depthwise, residual, scaled, product, gained, concatenated)
ORDERS = {concatenated: [[4, 5, 0, 3, 1, 2], [1, 2, 3, 0, 5, 4], [0, 2, 3, 1, 4, 5]]}


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_codes_in_another_order(net, seed: int) -> None:
    built = Net(seed)
    last = net(built)
    graph = built.ranked(last)
    places = np.array(ORDERS[net][seed]) if net in ORDERS else built.rng.permutation(6)
    moved = reordered(graph, graph.nodes[-1], places)
    assert moved is not None
    check(moved)
    x = codes_of(built.rng, I4, (40, 2, 2, 6))
    scores = [run(replace(each, outputs=(Output(last),)), x).reshape(40, 6) for each in (graph, moved)]
    np.testing.assert_array_equal(scores[1], scores[0][:, places])
    assert (scores[1] != scores[0]).any()
    np.testing.assert_array_equal(run(moved, x)[:, 0], scores[0][:, places].argmax(axis=1))


@pytest.mark.parametrize("net", [dense, total, depthwise])
def test_rows_say_where_the_weights_came_from(net) -> None:
    built = Net(0)
    graph = built.ranked(net(built))
    moved = graph
    for places in ([1, 0, 2, 3, 4, 5], [5, 4, 3, 2, 0, 1]):
        step = reordered(moved, moved.nodes[-1], np.array(places))
        assert step is not None
        moved = step
    for old, new in zip(graph.nodes, moved.nodes, strict=True):
        if isinstance(old.op, MatMul | Conv) and isinstance(new.op, MatMul | Conv):
            assert new.op.rows == (5, 4, 3, 2, 1, 0)
            np.testing.assert_array_equal(new.op.weights, old.op.weights[list(new.op.rows)])


def _groups(net: Net) -> Value:
    return _pool(net, net.conv(6, groups=2), PoolKind.SUM)


def test_groups_keep_their_outputs() -> None:
    built = Net(0)
    graph, x = built.ranked(_groups(built)), codes_of(built.rng, I4, (9, 2, 2, 6))
    moved = reordered(graph, graph.nodes[-1], np.array([2, 0, 1, 4, 3, 5]))
    assert moved is not None
    scores = [run(replace(each, outputs=(Output(graph.nodes[-2].output),)), x).reshape(9, 6) for each in (graph, moved)]
    np.testing.assert_array_equal(scores[1], scores[0][:, [2, 0, 1, 4, 3, 5]])
    assert reordered(graph, graph.nodes[-1], np.array([3, 0, 1, 2, 4, 5])) is None


def _of_the_input(net: Net) -> Value:
    return _pool(net, net.input, PoolKind.MAX)


def _shared(net: Net) -> Value:
    head = net.thresholds(net.dense(6))
    return net.put(Sum(), (6,), head, net.thresholds(net.dense(6, head)))


def _read_twice(net: Net) -> Value:
    head = net.thresholds(net.dense(3))
    return net.put(Concat(), (6,), head, head, dtype=U2)


def _of_sizes(net: Net) -> Value:
    sizes = net.put(Magnitude(6), (2, 2, 1), net.input)
    return net.put(Concat(), (2, 2, 6), *[net.put(Sum(), (2, 2, 1), sizes, sizes) for _ in range(6)])


FIXED: dict[str, tuple[object, Sequence[int]]] = {
    "the input": (_of_the_input, [1, 0, 2, 3, 4, 5]),
    "read by another layer": (_shared, [1, 0, 2, 3, 4, 5]),
    "two orders of one value": (_read_twice, [1, 0, 2, 3, 5, 4]),
    "mixed heads": (concatenated, [1, 0, 2, 3, 4, 5]),
}


@pytest.mark.parametrize("name", FIXED)
def test_an_order_that_cannot_be_had(name: str) -> None:
    net, places = FIXED[name]
    built = Net(0)
    graph = built.ranked(net(built))  # type: ignore[operator]
    assert reordered(graph, graph.nodes[-1], np.array(places)) is None


def test_one_order_of_one_value() -> None:
    built = Net(0)
    last = _read_twice(built)
    graph, x = built.ranked(last), codes_of(built.rng, I4, (9, 2, 2, 6))
    moved = reordered(graph, graph.nodes[-1], np.array([1, 0, 2, 4, 3, 5]))
    assert moved is not None
    scores = [run(replace(each, outputs=(Output(last),)), x) for each in (graph, moved)]
    np.testing.assert_array_equal(scores[1], scores[0][:, [1, 0, 2, 4, 3, 5]])


def test_branches_may_change_places_where_channels_are_single() -> None:
    """Sums of |x| have one channel: nothing before them moves."""
    built = Net(0)
    last = _of_sizes(built)
    graph = built.ranked(last)
    moved = reordered(graph, graph.nodes[-1], np.arange(6)[::-1])
    assert moved is not None
    assert moved.node(graph.nodes[-2].name).inputs == graph.nodes[-2].inputs[::-1]


def test_a_value_that_leaves_the_chip_too_keeps_its_order() -> None:
    built = Net(0)
    graph = built.ranked(dense(built))
    both = replace(graph, outputs=(Output(graph.nodes[-2].output),))
    assert reordered(both, both.nodes[-1], np.array([1, 0, 2, 3, 4, 5])) is None
