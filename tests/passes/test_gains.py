"""Small gains: the same codes for all codes that can arrive, from the smallest factors there are."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.hw.kernels.add import signed_digits
from hwgen.ir.check import check
from hwgen.ir.ops import Sum, Threshold
from hwgen.ir.types import DType, IntArray, IntType
from hwgen.passes.gains import NarrowGains, smallest_gains
from hwgen.passes.pipeline import integer_network
from hwgen.passes.sums import MergeSums
from hwgen.passes.thresholds import Thresholds
from tests.builders import B, ImageBuilder, codes_of, random_image_network

UINT3, INT4 = IntType(3, signed=False), IntType(4, signed=True)


def sums_of(codes: list[range], gains: IntArray) -> IntArray:
    """The sums of all codes together."""
    every = np.array(list(product(*codes)), dtype=np.int64)
    return every @ gains


def random_case(rng: np.random.Generator) -> tuple[IntArray, list[range], IntArray]:
    """Gains of a few bits up to 24, codes of each branch, and thresholds between and beyond their sums."""
    count = int(rng.choice([2, 2, 3]))
    codes = [
        range(-1, 2, 2) if rng.random() < 0.2 else range(-int(rng.integers(0, 9)), int(rng.integers(1, 20)))
        for _ in range(count)
    ]
    gains = rng.integers(1, int(2 ** rng.uniform(1, 24)) + 1, count) * rng.choice([-1, 1], count)
    sums = sums_of(codes, gains)
    return gains, codes, np.sort(rng.integers(sums.min() - 1, sums.max() + 2, int(rng.integers(1, 16))))


def test_the_same_codes_for_all_that_can_arrive() -> None:
    rng, narrowed = np.random.default_rng(0), 0
    for _ in range(400):
        gains, codes, levels = random_case(rng)
        found = smallest_gains(gains[None], codes, levels[None])
        if found is not None:
            narrowed += 1
            (few,), (bounds,) = found
            before, after = sums_of(codes, gains)[:, None] >= levels, sums_of(codes, few)[:, None] >= bounds
            assert np.array_equal(before, after), (gains, codes, levels)
            assert np.all(np.diff(bounds) >= 0) and np.all(np.sign(few) == np.sign(gains))
            assert np.abs(few).max() < np.abs(gains).max()
    assert narrowed > 300


def test_no_two_gains_are_smaller() -> None:
    """Against every pair of smaller ones."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        gains, codes, levels = random_case(rng)
        gains, codes = gains[:2], codes[:2]
        found = smallest_gains(gains[None], codes, levels[None])
        few = gains // math.gcd(*gains.tolist()) if found is None else found[0][0]
        sums = sums_of(codes, gains)
        for pair in product(range(1, abs(int(few[0]))), range(1, abs(int(few[1])))):
            other = sums_of(codes, np.array(pair) * np.sign(gains))
            reached = [sums >= level for level in levels]
            parted = (other[~r].max(initial=-(1 << 60)) < other[r].min(initial=1 << 60) for r in reached)
            assert not all(parted), (gains, few, pair)


@pytest.mark.parametrize("channelwise", [False, True])
@pytest.mark.parametrize("codes", [B, UINT3], ids=str)
def test_networks_compute_the_same(codes: DType, channelwise: bool) -> None:
    rng = np.random.default_rng(2)
    net = ImageBuilder(rng, (3, 4, 5), INT4)
    left, right = net.act(net.input, UINT3), net.act(net.input, codes)
    if channelwise:
        left = net.add("left", Sum(rng.integers(50000, 90000, (5, 1))), (left,), (3, 4, 5))
        right = net.add("right", Sum(rng.integers(-90000, -50000, (5, 1))), (right,), (3, 4, 5))
    net.act(net.sum(left, right, gains=() if channelwise else (70001, -40009)), UINT3)
    before = Thresholds().apply(net.graph())
    after = NarrowGains().apply(before)
    check(after)
    x = codes_of(rng, INT4, (64, 3, 4, 5))
    assert np.array_equal(run(before, x), run(after, x))
    gains = [abs(node.op.gains).max(initial=1) for node in after.nodes if isinstance(node.op, Sum)]
    assert max(gains) < 100


def test_a_sum_with_another_reader_keeps_its_gains() -> None:
    net = ImageBuilder(np.random.default_rng(3), (3, 4, 5), INT4)
    summed = net.sum(net.act(net.input, UINT3), net.input, gains=(70001, -40009))
    net.concat(net.act(summed, UINT3), net.act(net.sum(summed, net.input), UINT3))
    before = Thresholds().apply(net.graph())
    assert NarrowGains().apply(before).nodes[1] == before.nodes[1]


def test_too_many_codes_keep_their_gains() -> None:
    """Of both branches more than are looked at: no memory is taken for them."""
    wide = IntType(40, signed=True)
    net = ImageBuilder(np.random.default_rng(4), (1, 1, 2), wide)
    net.act(net.sum(net.input, net.input, gains=(3, -1000)), UINT3)
    before = Thresholds().apply(net.graph())
    assert NarrowGains().apply(before) == before


def test_sums_of_sums_become_one() -> None:
    rng = np.random.default_rng(5)
    net = ImageBuilder(rng, (3, 4, 5), INT4)
    codes = [net.act(net.input, kind) for kind in (UINT3, B, INT4)]
    net.act(net.sum(net.sum(codes[0], codes[1], gains=(3, -5)), codes[2], gains=(-2, 7)), UINT3)
    before = Thresholds().apply(net.graph())
    after = MergeSums().apply(before)
    check(after)
    (merged,) = (node for node in after.nodes if isinstance(node.op, Sum))
    assert isinstance(merged.op, Sum) and merged.op.gains.tolist() == [[-6, 10, 7]]
    x = codes_of(rng, INT4, (64, 3, 4, 5))
    assert np.array_equal(run(before, x), run(after, x))


def test_random_networks() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        graph = random_image_network(rng)
        x = codes_of(rng, graph.input.type.dtype, (8, *graph.input.type.shape))
        assert np.array_equal(run(Thresholds().apply(graph), x), run(integer_network(graph), x)), seed


def test_thresholds_of_several_readers() -> None:
    net = ImageBuilder(np.random.default_rng(6), (3, 4, 5), INT4)
    summed = net.sum(net.act(net.input, UINT3), net.act(net.input, UINT3), gains=(70001, 40009))
    net.concat(net.act(summed, UINT3), net.act(summed, UINT3))
    before = Thresholds().apply(net.graph())
    after = NarrowGains().apply(before)
    x = codes_of(net.rng, INT4, (64, 3, 4, 5))
    assert np.array_equal(run(before, x), run(after, x))
    assert after != before and sum(isinstance(node.op, Threshold) for node in after.nodes) == 4


def test_signed_digits() -> None:
    """The number itself, no two digits side by side."""
    for number in [*range(-300, 0), *range(1, 300), 1000003, (1 << 40) - 1]:
        plus, minus = signed_digits(number)
        assert plus - minus == number and not plus & minus and not (plus | minus) & (plus | minus) << 1
