"""Exact matrix products: XNOR and popcount on packed bits where both sides are bipolar, integers elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.types import IntArray

Codes = npt.NDArray[Any]
_BLOCK_BYTES = 1 << 19
"""Working set of one block of frames: small enough to stay in a core's own cache."""
_LEAST_BUFFER = 16


def bipolar_matmul(x: Codes, weights: IntArray) -> npt.NDArray[np.int32]:
    """x (N, in) by weights (out, in), both -1/+1: in - 2 * popcount(xor), as (N, out)."""
    rows, columns = _pack(x), np.ascontiguousarray(_pack(weights).T)
    frames, outputs, inputs = x.shape[0], weights.shape[0], x.shape[1]
    result = np.empty((frames, outputs), dtype=np.int32)
    block = max(1, _BLOCK_BYTES // (8 * outputs))
    for start in range(0, frames, block):
        differing = _differing(rows[start : start + block], columns)
        np.subtract(inputs, 2 * differing.astype(np.int32), out=result[start : start + block])
    return result


def _differing(rows: npt.NDArray[np.uint64], columns: npt.NDArray[np.uint64]) -> npt.NDArray[np.unsignedinteger[Any]]:
    """In how many bits each row (N, words) differs from each column (words, out), as (N, out)."""
    shape = rows.shape[0], columns.shape[1]
    total = np.zeros(shape, dtype=np.uint16 if 64 * len(columns) < 1 << 16 else np.uint32)
    differing = np.empty(shape, dtype=np.uint64)
    for word, column in enumerate(columns):
        with np.errstate():  # restores the buffer size
            # numpy copies a broadcast operand that fits its buffer, which takes three times as long as the XOR itself.
            np.setbufsize(_LEAST_BUFFER)
            np.bitwise_xor(rows[:, word, None], column, out=differing)
        total += np.bitwise_count(differing)
    return total


def integer_matmul(x: Codes, weights: IntArray) -> Codes:
    """x (N, in) by weights (out, in), exact.

    Products run in the float type whose integers are exact up to the largest possible partial sum, else in int64.
    """
    # Not abs(x): the smallest int8 has no positive counterpart in its own type.
    largest = int(np.abs(weights).sum(axis=1).max(initial=0)) * max(-int(x.min(initial=0)), int(x.max(initial=0)))
    for kind, limit in ((np.float32, 1 << 24), (np.float64, 1 << 53)):
        if largest < limit:
            product = x.astype(kind) @ weights.T.astype(kind)
            codes: Codes = product.astype(np.int32 if largest < 1 << 31 else np.int64)
            return codes
    exact: Codes = x.astype(np.int64) @ weights.T
    return exact


def _pack(codes: Codes) -> npt.NDArray[np.uint64]:
    """Rows of -1/+1 as rows of 64-bit words, the spare bits zero."""
    packed = np.packbits(codes > 0, axis=1)
    words = np.zeros((codes.shape[0], -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view(np.uint64)
