"""Canonical signed digits: numbers by the fewest digits -1, 0 and 1 (Reitwiesner, 1960)."""

from __future__ import annotations

import numpy as np

from hwgen.ir.types import IntArray

DIGIT_LUTS = 0.15
"""LUTs of a digit and a bit of the inputs, less than any layer took: 0.24 is the least, of 784 x 64 bipolar weights."""


def signed_digits(numbers: IntArray) -> IntArray:
    """The digits (..., B) of integers (...), the lowest first; no two neighbours are both non-zero."""
    rest, digits = np.array(numbers, dtype=np.int64), []
    while rest.any():
        digit = np.where(rest & 1, 2 - (rest & 3), 0)
        digits.append(digit)
        rest = (rest - digit) >> 1
    return np.stack(digits or [np.zeros_like(rest)], axis=-1).astype(np.int8)


def digit_counts(numbers: IntArray) -> IntArray:
    """How many digits of each integer are not zero."""
    tripled = 3 * np.abs(np.asarray(numbers, dtype=np.int64))
    return np.bitwise_count(tripled ^ np.abs(numbers)).astype(np.int64)


def least_luts(matrix: IntArray, bits: int) -> int:
    """LUTs below which no graph of adders of a matrix (outputs, inputs) on inputs of `bits` is expected.

    Equal rows are counted once.
    """
    return int(DIGIT_LUTS * bits * digit_counts(np.unique(matrix, axis=0)).sum())
