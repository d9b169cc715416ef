"""Activations of many bits with random numbers: lines, and thresholds that are searched."""

from __future__ import annotations

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.kernels import scaling
from hwgen.hw.kernels.search import SearchUnit, chain
from hwgen.hw.stream import Stream
from hwgen.ir.ops import Line, Threshold
from hwgen.ir.types import IntArray, IntType

Rng = np.random.Generator


def line(
    rng: Rng, sums: IntType, codes: IntType, channels: int, *, to_even: bool = False, shifted: bool = False
) -> Thresholding:
    """Lines of both directions that cross the codes somewhere in the middle of the sums.

    With ties where `to_even`, with factors of 1 and -1 where `shifted`.
    """
    bits = 1 if shifted else 2 if to_even else int(rng.integers(2, 40))
    factor = rng.integers(1, 1 << bits, channels) * rng.choice([-1, 1], channels)
    middle = rng.integers(sums.min // 2, sums.max // 2 + 1, channels)
    shift = max(1, sums.bits + bits - codes.bits - int(rng.integers(0, 3)))
    rest = rng.integers(0, np.abs(factor))
    low = codes.min + int(rng.integers(0, 3))
    return scaling.scaled(Line(factor, -middle, rest, shift, low, codes.max - int(rng.integers(0, 3)), to_even), sums)


def clipped(sums: IntArray, activation: Thresholding) -> IntArray:
    """The codes of sums (N, C), in Python's integers."""
    made = activation.scaling
    assert made is not None
    wide = sums.astype(object)
    if made.multiplies:
        factor, start, rest = activation.thresholds.T.astype(object)
        numbers = factor * (wide + start) + rest
    else:
        numbers = np.where(activation.descending, ~wide, wide) + activation.thresholds[:, 0]
    codes = numbers // 2**made.shift
    if made.to_even:
        codes = codes - (codes % 2) * (numbers == codes * 2**made.shift)
    return np.clip(codes, activation.base, made.high).astype(np.int64)


def searched(rng: Rng, numbers: IntType, codes: IntType, elements: int, *, shared: bool) -> Threshold:
    """Thresholds of a quantiser that gives all codes but one or two, of channels that rise and fall."""
    levels = codes.max - codes.min - int(rng.integers(0, 2))
    rows = 1 if shared else elements
    steps = np.sort(rng.integers(numbers.min, numbers.max + 2, (rows, levels)), axis=1)
    return Threshold(steps, rng.integers(0, 2, rows), codes.min, 1)


def search_units(
    op: Threshold, numbers: IntType, codes: IntType, elements: int, vectors: int, lanes: int = 1
) -> list[SearchUnit]:
    """The units that find the codes of `op`."""
    source, result = (
        Stream(name, dtype, elements, lanes, vectors=vectors) for name, dtype in (("x", numbers), ("s", codes))
    )
    return list(chain("s", "s", source, result, op))
