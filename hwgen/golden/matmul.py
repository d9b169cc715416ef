"""Exact matrix products: XNOR and popcount on packed bits where both sides are bipolar, integers elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.types import IntArray

Codes = npt.NDArray[Any]
_BLOCK_BYTES = 1 << 18
"""Working set of one block of frames: small enough to stay in a core's own cache."""


def bipolar_matmul(x: Codes, weights: IntArray) -> npt.NDArray[np.int32]:
    """x (N, in) by weights (out, in), both -1/+1: 2 * popcount(xnor) - in, as (N, out)."""
    packed_x, packed_w = _pack(x), _pack(weights)
    frames, outputs, inputs = x.shape[0], weights.shape[0], x.shape[1]
    result = np.empty((frames, outputs), dtype=np.int32)
    block = max(1, _BLOCK_BYTES // (8 * outputs))
    columns = np.ascontiguousarray(packed_w.T)
    for start in range(0, frames, block):
        rows = packed_x[start : start + block]
        differing = np.zeros((rows.shape[0], outputs), dtype=np.int32)
        for word, column in enumerate(columns):
            differing += np.bitwise_count(rows[:, word, None] ^ column)
        result[start : start + block] = inputs - 2 * differing
    return result


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
