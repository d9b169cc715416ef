"""Residual binary planes in numpy: what codes stand for, and HORQ's own recursion with its factors per input."""

from __future__ import annotations

import numpy as np

from hwgen.golden.matmul import Codes
from hwgen.ir.planes import plane_values
from hwgen.ir.types import FloatArray, IntArray


def from_planes(betas: IntArray, codes: Codes) -> Codes:
    """The numbers that codes of planes stand for; codes that are numbers (no `betas`) as they are."""
    if not betas.size:
        return codes
    values: Codes = plane_values(betas).astype(np.int16 if sum(betas.tolist()) < 1 << 15 else np.int64)
    return values[codes]


def residual(x: FloatArray, order: int) -> tuple[FloatArray, FloatArray]:
    """HORQ with factors of each input's own (Li et al. 2017, equations 6 to 9), which hardware does not compute.

    Args:
        x: inputs (N, ...).
        order: how many planes.

    Returns: the approximations, of the shape of `x`, and the factors (N, order): beta_i is the mean of |R_{i-1}| over
        the input.
    """
    rest, factors = x.astype(np.float64), []
    axes = tuple(range(1, x.ndim))
    for _ in range(order):
        beta = np.abs(rest).mean(axis=axes, keepdims=True)
        rest = rest - np.where(rest >= 0, beta, -beta)
        factors.append(beta.reshape(len(x)))
    return x - rest, np.stack(factors, axis=1)
