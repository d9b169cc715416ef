"""Rows of a matrix as multiples of rows before and what is left: for most matrices of few bits half the terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.hw.adders.digits import digit_counts
from hwgen.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class Row:
    """row = sign * (row `parent`) + 2**shift * rest; no parent is -1."""

    index: int
    parent: int
    sign: int
    shift: int
    rest: IntArray


def rows_of(matrix: IntArray, depth: int) -> tuple[Row, ...]:
    """The rows, parents first, in a tree of at most `depth` differences one upon another; plain rows with 0.

    The root is the row that makes a star around it the smallest; then whichever row is nearest to the tree is next.
    """
    own = digit_counts(matrix).sum(axis=1)
    if not depth or len(matrix) == 1:
        return tuple(_row(matrix, index, -1, 1) for index in range(len(matrix)))
    distance, signs = _distances(matrix)
    root = int((own + np.minimum(distance + 1, own[:, None]).sum(axis=0)).argmin())
    cost, parent, level = own.copy(), np.full(len(matrix), -1), np.zeros(len(matrix), dtype=np.int64)
    found, left = [], np.ones(len(matrix), dtype=bool)
    cost[root] = -1
    while left.any():
        index = int(np.where(left, cost, np.iinfo(np.int64).max).argmin())
        left[index] = False
        above = int(parent[index])
        found.append(_row(matrix, index, above, int(signs[index, above]) if above >= 0 else 1))
        level[index] = level[above] + 1 if above >= 0 else 0
        nearer = left & (distance[:, index] + 1 < cost) & (level[index] < depth)
        cost[nearer], parent[nearer] = distance[nearer, index] + 1, index
    return tuple(found)


def _distances(matrix: IntArray) -> tuple[IntArray, IntArray]:
    """Digits (M, M) of row i less or plus row k, and the sign of the latter in the former."""
    minus = np.stack([digit_counts(matrix - row).sum(axis=1) for row in matrix], axis=1)
    plus = np.stack([digit_counts(matrix + row).sum(axis=1) for row in matrix], axis=1)
    return np.minimum(minus, plus), np.where(minus <= plus, 1, -1)


def _row(matrix: IntArray, index: int, parent: int, sign: int) -> Row:
    rest = matrix[index] - sign * matrix[parent] if parent >= 0 else matrix[index]
    bits = int(np.bitwise_or.reduce(np.abs(rest)))
    shift = (bits & -bits).bit_length() - 1 if bits else 0
    return Row(index, parent, sign, shift, rest >> shift)
