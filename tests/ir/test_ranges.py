"""Ranges of accumulators: reached exactly, by trying every input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hwgen.golden.execute import trace
from hwgen.ir.ops import Activation, Magnitude, Quantise, Rounding, Scale
from hwgen.ir.ranges import Range, matmul_range, op_range, quantiser_range, ranges, smallest_type, type_range
from hwgen.ir.types import DType, IntType, smallest_int
from tests.builders import B, codes_of, random_network, value

INPUTS = (B, IntType(2, signed=True), IntType(2, signed=False), IntType(1, signed=True), IntType(3, signed=True))


@pytest.mark.parametrize("weight", (B, IntType(4, signed=True), IntType(3, signed=False)), ids=str)
@pytest.mark.parametrize("dtype", INPUTS, ids=str)
def test_tight(dtype: DType, weight: DType) -> None:
    """The bounds of each channel are the smallest and largest accumulator over all inputs."""
    rng = np.random.default_rng(11)
    source = value("x", 4, dtype)
    codes = (-1, 1) if dtype == B else range(dtype.min, dtype.max + 1)
    every = np.array(list(itertools.product(codes, repeat=4)))
    for _ in range(5):
        weights = codes_of(rng, weight, (3, 4))
        bounds = matmul_range(weights, type_range(source))
        sums = every @ weights.T
        assert np.array_equal(bounds.low, sums.min(axis=0)) and np.array_equal(bounds.high, sums.max(axis=0))
        assert smallest_type(matmul_range(weights, type_range(source))) == smallest_int(
            int(sums.min()), int(sums.max())
        )


@pytest.mark.parametrize("low, high", list(itertools.combinations_with_replacement(range(-3, 4), 2)))
def test_magnitude_and_scale_are_tight(low: int, high: int) -> None:
    """Bounds are reached by some codes: of two channels the second is always positive."""
    codes = np.array(list(itertools.product(range(low, high + 1), (1, 2))))
    channels = Range(np.array([low, 1]), np.array([high, 2]))
    sums = np.abs(codes).sum(axis=1)
    for pixels in (1, 3):
        bounds = op_range(Magnitude(2 * pixels), [channels], 1)
        assert (bounds.min, bounds.max) == (pixels * sums.min(), pixels * sums.max())
    factor = Range(np.array([low]), np.array([high]))
    bounds = op_range(Scale(), [channels, factor], 2)
    products = codes[:, None] * np.arange(low, high + 1)[None, :, None]
    assert bounds.low.tolist() == products.min(axis=(0, 1)).tolist()
    assert bounds.high.tolist() == products.max(axis=(0, 1)).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_every_value_stays_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_network(rng, (8, 6, 4), hidden=IntType(2, signed=True), weight=IntType(3, signed=True), top1=True)
    known = ranges(graph)
    for name, codes in trace(graph, codes_of(rng, B, (200, 8))).items():
        assert np.all((known[name].low <= codes) & (codes <= known[name].high)), f"seed {seed}, {name}"


def test_quantiser_range_of_no_quantiser() -> None:
    graph = random_network(np.random.default_rng(0), (3, 2), last=B)
    op = graph.nodes[-1].op
    assert isinstance(op, Activation) and quantiser_range(op) == (-1, 1)
    assert quantiser_range(Activation((Quantise(np.ones(()), np.ones(()), -3, 4, Rounding.CEIL),))) == (-3, 4)
    with pytest.raises(TypeError, match=r"^an activation ends with a quantiser, found BatchNorm$"):
        quantiser_range(Activation(op.steps[:1]))
