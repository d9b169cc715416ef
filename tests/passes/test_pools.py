"""Thresholds before pools: the same numbers, narrower pools, and only where nobody else reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import Conv, Magnitude, Pool, PoolKind, Scale, Threshold
from hwgen.ir.types import DType, IntType
from hwgen.passes.pipeline import integer_network
from hwgen.passes.pools import ThresholdsBeforePools
from hwgen.passes.thresholds import Thresholds
from tests.builders import TERNARY, B, ImageBuilder, codes_of, random_geometry, random_image_network, with_output

UINT2, INT3 = IntType(2, signed=False), IntType(3, signed=True)


def pooled(rng: np.random.Generator, codes: DType, kind: PoolKind = PoolKind.MAX) -> ImageBuilder:
    """A convolution, a pool of any geometry, batch norm with gammas of both signs and a quantiser."""
    net = ImageBuilder(rng, (6, 7, 3), INT3)
    net.conv(net.input, 6, Geometry((3, 2)), TERNARY)
    height, width, _ = net.last.type.shape
    net.pool(net.last, random_geometry(rng, height, width), kind)
    net.act(net.last, codes)
    return net


def test_codes_that_rise_and_fall_stay_behind() -> None:
    """The largest number need not have the largest code."""
    net = pooled(np.random.default_rng(1), INT3)
    graph = Thresholds().apply(net.graph())
    last = graph.nodes[-1]
    assert isinstance(last.op, Threshold)
    codes = np.roll(np.arange(last.op.thresholds.shape[1] + 1), 2) - 4
    turned = replace(graph, nodes=(*graph.nodes[:-1], replace(last, op=replace(last.op, codes=codes))))
    check(turned)
    assert ThresholdsBeforePools().apply(turned) == turned != ThresholdsBeforePools().apply(graph)


def exchanged(graph: Graph) -> tuple[Graph, Graph]:
    before = Thresholds().apply(graph)
    after = ThresholdsBeforePools().apply(before)
    check(after)
    return before, after


def same(before: Graph, after: Graph, seed: int) -> bool:
    """Both networks agree on random frames; whether their outputs vary."""
    x = codes_of(np.random.default_rng(seed), before.input.type.dtype, (40, *before.input.type.shape))
    expected = run(before, x)
    assert np.array_equal(run(after, x), expected), f"seed {seed}"
    return bool(np.ptp(expected) > 0)


@pytest.mark.parametrize("codes", [B, TERNARY, UINT2, INT3], ids=str)
@pytest.mark.parametrize("seed", range(12))
def test_same_numbers(seed: int, codes: DType) -> None:
    """Whatever way a channel's codes run, and with pools that already take the minimum of some channels."""
    before, after = exchanged(pooled(np.random.default_rng(seed), codes).graph())
    assert [type(node.op) for node in before.nodes] == [Conv, Pool, Threshold]
    assert [type(node.op) for node in after.nodes] == [Conv, Threshold, Pool]
    assert same(before, after, seed)
    assert after.output == before.output and after.node("pool0").output.type.dtype == codes


@pytest.mark.parametrize("seed", range(6))
def test_behind_k(seed: int) -> None:
    """XNOR-Net pools products with K: few-bit codes are pooled in their place."""
    net = ImageBuilder(np.random.default_rng(seed), (6, 6, 3), INT3)
    net.act(net.pool(net.conv_with_k(net.input, 5, Geometry((3, 3))), Geometry((2, 2), (2, 2))), UINT2)
    before, after = exchanged(net.graph())
    kinds = [Threshold, Conv, Magnitude, Pool, Scale]
    assert [type(node.op) for node in before.nodes] == [*kinds, Pool, Threshold]
    assert [type(node.op) for node in after.nodes] == [*kinds, Threshold, Pool]
    assert after.nodes[-1].inputs[0].type.dtype == UINT2
    assert same(before, after, seed)


def test_falling_channels_take_the_minimum() -> None:
    """Their largest accumulator has the smallest code; where the pool took a minimum, it takes the maximum now."""
    found = set()
    for seed in range(12):
        before, after = exchanged(pooled(np.random.default_rng(seed), UINT2).graph())
        old, new, threshold = before.node("pool0").op, after.node("pool0").op, after.node("act0").op
        assert isinstance(old, Pool) and isinstance(new, Pool) and isinstance(threshold, Threshold)
        minimum, falls, now = np.broadcast_arrays(old.minimum, threshold.descending, new.minimum)
        assert np.array_equal(now, minimum != falls), f"seed {seed}"
        found |= set(zip(minimum.tolist(), falls.tolist(), strict=True))
    assert found == {(0, 0), (0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize("seed", range(60))
def test_random_networks(seed: int) -> None:
    graph = random_image_network(np.random.default_rng(seed))
    before, after = exchanged(graph)
    same(before, after, seed)
    same(graph, integer_network(graph), seed)


def unchanged(net: ImageBuilder, leaving: Value | None = None) -> None:
    graph = net.graph()
    before, after = exchanged(graph if leaving is None else with_output(graph, value=leaving))
    assert after == before


def test_not_where_others_read() -> None:
    """The accumulators, or the pooled accumulators, have another reader, or leave the chip."""
    rng = np.random.default_rng(0)
    for index in (0, 1):
        net = pooled(rng, B)
        unchanged(net, net.nodes[index].output)
        net = pooled(rng, B)
        net.dense(net.nodes[index].output, 2, B)
        unchanged(net)
    net = pooled(rng, B)
    net.sum(net.nodes[1].output, net.last)
    unchanged(net)


def test_not_a_sum() -> None:
    unchanged(pooled(np.random.default_rng(0), UINT2, PoolKind.SUM))


def test_not_a_pool_of_codes() -> None:
    """Behind a threshold or at the input there is nothing to gain: the codes are narrow already."""
    net = ImageBuilder(np.random.default_rng(0), (4, 4, 3), UINT2)
    net.act(net.pool(net.input, Geometry((2, 2))), B)
    net.act(net.pool(net.last, Geometry((2, 2))), B)
    unchanged(net)


def test_every_pool_of_a_network() -> None:
    rng = np.random.default_rng(0)
    net = pooled(rng, UINT2)
    net.act(net.pool(net.conv(net.last, 4, Geometry((1, 1)), B), Geometry((1, 1))), B)
    before, after = exchanged(net.graph())
    assert [type(node.op) for node in after.nodes] == [Conv, Threshold, Pool] * 2
    assert same(before, after, 0)
