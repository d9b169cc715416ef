"""Residual binary planes: an activation of order K as K tensors of -1/+1, each with a factor of its own.

x is about sum_i beta_i H_i with H_i = sign(R_{i-1}), R_i = R_{i-1} - beta_i H_i and R_0 = x (HORQ, Li et al. 2017,
section 3). On a wire the planes of an element are one unsigned code of K bits, H_1 the most significant and +1 a one.
The code is monotone in x: H_1 = [x >= 0] is, and for given H_1, ..., H_i so is R_i.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from hwgen.ir.types import FloatArray, IntArray

MAX_ORDER = 4
"""Planes that an activation may have."""


def plane_values(betas: Sequence[int] | IntArray) -> IntArray:
    """What each code stands for, sum_i beta_i H_i, as (2**K,)."""
    return np.array([np.dot(signs, betas) for signs in product((-1, 1), repeat=len(betas))], dtype=np.int64)


def plane_thresholds(betas: Sequence[float]) -> FloatArray:
    """The reals from which on each code but the first is reached, ascending, as (1, 2**K - 1).

    Plane i of a residual steps at sum_{j<i} beta_j H_j. Where this step lies outside the reals with these planes H_j,
    the code does not occur, and its threshold is that of the next.
    """
    below: list[float] = []

    def split(centre: float, low: float, high: float, rest: Sequence[float]) -> None:
        if rest:
            at = min(max(centre, low), high)
            split(centre - rest[0], low, at, rest[1:])
            below.append(at)
            split(centre + rest[0], at, high, rest[1:])

    split(0.0, -np.inf, np.inf, betas)
    return np.array([below], dtype=np.float64)


def is_ordered(betas: Sequence[int] | IntArray) -> bool:
    """Whether a larger code never stands for a smaller number, of the codes that occur."""
    steps = np.concatenate(([-np.inf], plane_thresholds([float(beta) for beta in betas])[0], [np.inf]))
    return bool(np.all(np.diff(plane_values(betas)[np.diff(steps) > 0]) >= 0))
