"""Canonical signed digits: numbers by the fewest digits -1, 0 and 1 (Reitwiesner, 1960)."""

from __future__ import annotations

import numpy as np

from hwgen.ir.types import IntArray

DIGIT_LUTS = 0.15
"""LUTs of a digit and a bit of the inputs, less than any layer took: 0.24 is the least, of 784 x 64 bipolar weights."""

_AT_ONCE = 1 << 20
"""Numbers whose digits are counted together."""


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
    sizes = np.abs(np.asarray(numbers, dtype=np.int64))
    return np.bitwise_count((3 * sizes) ^ sizes).astype(np.int64)


def least_luts(matrix: IntArray, bits: int) -> int:
    """LUTs below which no graph of adders of a matrix (outputs, inputs) on inputs of `bits` is expected.

    Equal rows are counted once.
    """
    rows = np.unique(matrix, axis=0)
    step = max(1, _AT_ONCE // max(1, rows.shape[1]))
    digits = sum(int(digit_counts(rows[start : start + step]).sum()) for start in range(0, len(rows), step))
    return int(DIGIT_LUTS * bits * digits)
