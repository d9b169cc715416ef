"""Matrix products against three plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.golden.matmul import bipolar_matmul, integer_matmul
from hwgen.ir.types import DType, IntType
from tests.builders import B, codes_of

WIDE = IntType(63, signed=True)
SIZES = [(1, 1, 1), (3, 2, 63), (2, 3, 64), (4, 5, 65), (2, 2, 127), (1, 7, 128), (5, 1, 200)]


def slow(x: np.ndarray, weights: np.ndarray) -> list[list[int]]:
    """Python integers throughout."""
    return [[sum(int(a) * int(b) for a, b in zip(frame, row, strict=True)) for row in weights] for frame in x.tolist()]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_bipolar(size: tuple[int, int, int]) -> None:
    frames, outputs, inputs = size
    rng = np.random.default_rng([1, *size])
    x, weights = codes_of(rng, B, (frames, inputs)), codes_of(rng, B, (outputs, inputs))
    assert bipolar_matmul(x.astype(np.int8), weights).tolist() == slow(x, weights)


def test_bipolar_extremes() -> None:
    ones = np.ones((2, 65), dtype=np.int64)
    assert bipolar_matmul(ones, ones).tolist() == [[65, 65], [65, 65]]
    assert bipolar_matmul(-ones, ones).tolist() == [[-65, -65], [-65, -65]]


def test_more_differing_bits_than_16_bits_count() -> None:
    ones = np.ones((1, (1 << 16) + 1), dtype=np.int8)
    assert bipolar_matmul(-ones, ones).tolist() == [[-ones.size]]


def test_bipolar_over_many_blocks() -> None:
    rng = np.random.default_rng(2)
    x, weights = codes_of(rng, B, (3000, 20)), codes_of(rng, B, (64, 20))
    assert np.array_equal(bipolar_matmul(x, weights), x @ weights.T)


@pytest.mark.parametrize("weight", [B, IntType(8, signed=True), IntType(24, signed=True)], ids=str)
@pytest.mark.parametrize("dtype", [B, IntType(8, signed=False), IntType(8, signed=True), IntType(20, True)], ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_integers(size: tuple[int, int, int], dtype: DType, weight: DType) -> None:
    frames, outputs, inputs = size
    rng = np.random.default_rng([3, *size])
    x, weights = codes_of(rng, dtype, (frames, inputs)), codes_of(rng, weight, (outputs, inputs))
    assert integer_matmul(x, weights, dtype, WIDE).tolist() == slow(x, weights)


@pytest.mark.parametrize("bits", [8, 16, 20])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.int32])
def test_extreme_values(dtype: type[np.integer], bits: int) -> None:
    """All codes at one end, weights at theirs, and an odd one out that float32 would lose."""
    ends = np.iinfo(dtype)
    largest = (1 << (bits - 1)) - 1
    for code in (ends.min, ends.max):
        x = np.full((1, 1024), code, dtype=dtype)
        x[0, 0] = 1
        weights = np.full((2, 1024), largest)
        weights[0], weights[:, 0] = -largest - 1, 1
        source = IntType(ends.bits, signed=ends.min < 0)
        assert integer_matmul(x, weights, source, WIDE).tolist() == slow(x, weights)


def test_nothing_in() -> None:
    assert integer_matmul(np.zeros((0, 3), dtype=np.int64), np.ones((2, 3), dtype=np.int64), WIDE, WIDE).shape == (0, 2)


def test_the_least_weight_of_eight_bits_stays_exact() -> None:
    """-128 has no magnitude in int8, in which weights are kept."""
    weights = np.full((1, 1025), -128, dtype=np.int8)
    x = np.full((1, 1025), 255, dtype=np.int64)
    x[0, 0] = 254
    found = integer_matmul(x, weights, IntType(8, signed=False), IntType(27, signed=True))
    assert found.tolist() == [[-128 * (1024 * 255 + 254)]]
