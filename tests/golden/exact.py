"""An independent evaluation of activation chains in fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from hwgen.ir.ops import Add, BatchNorm, Clip, Div, LeakyRelu, Levels, Mul, Quantise, Rounding, Sign, Step

HALF = Fraction(1, 2)
PRECISION = 10**150
"""Denominator of irrational square roots: far finer than any distance between numbers in these tests."""


def pick(parameter: np.ndarray, channel: int) -> float:
    return float(parameter[channel] if parameter.shape else parameter)


def root(x: Fraction) -> Fraction:
    """The square root, exact where it is rational."""
    top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if Fraction(top * top, bottom * bottom) == x:
        return Fraction(top, bottom)
    return Fraction(math.isqrt(x.numerator * PRECISION**2 // x.denominator), PRECISION)


def rounded(z: Fraction, mode: Rounding) -> int:
    """QONNX's rounding modes by comparing with the neighbouring integers."""
    below = z.numerator // z.denominator
    above = below if z == below else below + 1
    inward, outward = (below, above) if z >= 0 else (above, below)
    if mode in (Rounding.FLOOR, Rounding.CEIL, Rounding.TO_ZERO, Rounding.FROM_ZERO):
        fixed = {Rounding.FLOOR: below, Rounding.CEIL: above, Rounding.TO_ZERO: inward, Rounding.FROM_ZERO: outward}
        return fixed[mode]
    if z - below == HALF:
        even = below if below % 2 == 0 else above
        return {Rounding.HALF_EVEN: even, Rounding.HALF_UP: outward, Rounding.HALF_DOWN: inward}[mode]
    return below if z - below < HALF else above


def exact_value(steps: Sequence[Step], code: int, channel: int = 0) -> Fraction:
    """What steps that are no quantiser make of one integer on one channel."""
    x = Fraction(code)
    for step in steps:
        match step:
            case Mul():
                x *= Fraction(pick(step.factor, channel))
            case Div():
                x /= Fraction(pick(step.divisor, channel))
            case Add():
                x += Fraction(pick(step.term, channel))
            case BatchNorm():
                gamma, beta, mean, variance = (
                    Fraction(pick(p, channel)) for p in (step.gamma, step.beta, step.mean, step.variance)
                )
                x = gamma * (x - mean) / root(variance + Fraction(step.epsilon)) + beta
            case Clip():
                low, high = pick(step.low, channel), pick(step.high, channel)
                x = Fraction(low) if x < low else Fraction(high) if x > high else x
            case LeakyRelu():
                x = x if x >= 0 else x * Fraction(pick(step.slope, channel))
            case _:
                raise AssertionError("a quantiser ends a chain")
    return x


def evaluate_one(steps: Sequence[Step], code: int, channel: int) -> int:
    """The code of one integer on one channel."""
    x = exact_value(steps[:-1], code, channel)
    match steps[-1]:
        case Sign():
            return 1 if x >= 0 else -1
        case Quantise() as step:
            z = x / Fraction(pick(step.scale, channel)) + Fraction(pick(step.zero_point, channel))
            return min(max(rounded(z, step.rounding), step.low), step.high)
        case Levels() as step:
            row = step.levels[channel] if step.levels.shape[0] > 1 else step.levels[0]
            return step.base + step.step * sum(1 for level in row if x >= level)
    raise AssertionError("the chain has no quantiser")


def evaluate_all(steps: Sequence[Step], codes: np.ndarray) -> np.ndarray:
    """The codes of (N, C) integers."""
    return np.array([[evaluate_one(steps, int(x), c) for c, x in enumerate(row)] for row in codes])
