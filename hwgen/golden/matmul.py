"""Exact matrix products: XNOR and popcount on packed bits where both sides are bipolar, integers elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.types import DType, IntArray

Codes = npt.NDArray[Any]
Kind = type[np.signedinteger[Any]]
_BLOCK_BYTES = 1 << 19
"""Working set of one block: small enough to stay in a core's own cache."""
_BLOCK_FRAMES = 1024
_LEAST_BUFFER = 16


def bipolar_matmul(x: Codes, weights: IntArray) -> npt.NDArray[np.int32]:
    """x (N, in) by weights (out, in), both -1/+1: in - 2 * popcount(xor), as (N, out)."""
    frames, outputs, inputs = x.shape[0], weights.shape[0], x.shape[1]
    columns, rows = np.ascontiguousarray(_pack(x).T), np.ascontiguousarray(_pack(weights).T)
    result = np.empty((frames, outputs), dtype=np.int32)
    for start in range(0, frames, _BLOCK_FRAMES):
        some = columns[:, start : start + _BLOCK_FRAMES]
        height = max(1, _BLOCK_BYTES // (8 * some.shape[1]))
        for top in range(0, outputs, height):
            differing = _differing(rows[:, top : top + height], some).astype(np.int32)
            result[start : start + _BLOCK_FRAMES, top : top + height] = (inputs - 2 * differing).T
    return result


def _differing(rows: npt.NDArray[np.uint64], columns: npt.NDArray[np.uint64]) -> npt.NDArray[np.unsignedinteger[Any]]:
    """In how many bits each of `rows` (words, R) differs from each of `columns` (words, C), as (R, C)."""
    shape = rows.shape[1], columns.shape[1]
    kind = np.uint16 if 64 * len(rows) < 1 << 16 else np.uint32
    total = np.zeros(shape, dtype=kind)
    different, count = np.empty(shape, dtype=np.uint64), np.empty(shape, dtype=np.uint8)
    with np.errstate():  # restores the buffer size
        # numpy copies broadcast operands that fit its buffer; the copy takes longer than the XOR.
        np.setbufsize(_LEAST_BUFFER)
        for row, column in zip(rows, columns, strict=True):
            np.bitwise_xor(row[:, None], column, out=different)
            np.bitwise_count(different, out=count)
            total += count.astype(kind)
    return total


def kind_of(dtype: DType, least: Kind = np.int8) -> Kind:
    """The narrowest of int8, int32 and int64, not below `least`, that holds every code of `dtype`."""
    kinds: tuple[Kind, ...] = (np.int8, np.int32)
    held = (kind for kind in kinds if np.iinfo(kind).min <= dtype.min and dtype.max <= np.iinfo(kind).max)
    return max(next(held, np.int64), least, key=lambda kind: np.dtype(kind).itemsize)


def largest_code(dtype: DType) -> int:
    """The largest magnitude of a code of `dtype`."""
    return max(-dtype.min, dtype.max)


def product_kind(weights: Codes, largest: int) -> type[np.number[Any]]:
    """A type in which sums of weights (outputs, ...) times inputs of at most `largest` are exact.

    The narrowest float type whose integers are exact up to the largest possible partial sum, else int64: partial sums
    may wrap there, and the final sum is right where the result fits.
    """
    rows = weights.reshape(len(weights), -1)
    rise, fall = (each(rows, 0).sum(axis=1, dtype=np.int64) for each in (np.maximum, np.minimum))
    most = float((rise - fall).max(initial=0)) * largest
    if most < 1 << 24:
        return np.float32
    return np.float64 if most < 1 << 53 else np.int64


def integer_matmul(x: Codes, weights: IntArray, source: DType, result: DType) -> Codes:
    """x (N, in) of `source` by weights (out, in), exact; (N, out) of `result`, which holds every product."""
    kind = product_kind(weights, largest_code(source))
    product: Codes = x.astype(kind) @ weights.T.astype(kind)
    return product.astype(kind_of(result, np.int32), copy=False)


def _pack(codes: Codes) -> npt.NDArray[np.uint64]:
    """Rows of -1/+1 as rows of 64-bit words, the spare bits zero."""
    packed = np.packbits(codes > 0, axis=1)
    words = np.zeros((codes.shape[0], -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view(np.uint64)
