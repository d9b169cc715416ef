"""An independent evaluation of activation chains in fractions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import mpmath
import numpy as np

from hwgen.ir.ops import (
    Add,
    BatchNorm,
    Clip,
    Combine,
    Compare,
    Div,
    Function,
    FunctionKind,
    LeakyRelu,
    Levels,
    Mul,
    Operator,
    Quantise,
    Rounding,
    Sign,
    Step,
)

HALF = Fraction(1, 2)
PRECISION = 10**150
"""Denominator of irrational square roots: far finer than any distance between numbers in these tests."""


PRECISION_BITS = 1600
"""Of the functions of mpmath."""


def _mp(function: Callable[[mpmath.mpf], mpmath.mpf]) -> Callable[[Fraction], Fraction]:
    """A function of mpmath as one of fractions."""

    def of(x: Fraction) -> Fraction:
        y = function(mpmath.mpf(x.numerator) / x.denominator)
        sign, mantissa, exponent, _ = y._mpf_
        return (-1 if sign else 1) * Fraction(int(mantissa)) * Fraction(2) ** int(exponent)

    return of


def pick(parameter: np.ndarray, channel: int) -> float:
    return float(parameter[channel] if parameter.shape else parameter)


def root(x: Fraction) -> Fraction:
    """The square root, exact where it is rational."""
    top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if Fraction(top * top, bottom * bottom) == x:
        return Fraction(top, bottom)
    return Fraction(math.isqrt(x.numerator * PRECISION**2 // x.denominator), PRECISION)


FUNCTIONS: Mapping[FunctionKind, Callable[[Fraction], Fraction]] = {
    FunctionKind.EXP: _mp(lambda x: mpmath.exp(max(min(x, 128), -1024))),
    FunctionKind.SIGMOID: _mp(lambda x: 1 / (1 + mpmath.exp(max(min(-x, 1024), -1024)))),
    FunctionKind.TANH: _mp(lambda x: mpmath.tanh(max(min(x, 512), -512))),
    FunctionKind.SOFTPLUS: _mp(lambda x: max(x, 0) + mpmath.log1p(mpmath.exp(max(-abs(x), -1024)))),
    FunctionKind.ERF: _mp(lambda x: mpmath.erf(max(min(x, 24), -24))),
    FunctionKind.LOG: _mp(mpmath.log),
    FunctionKind.SIN: _mp(mpmath.sin),
    FunctionKind.COS: _mp(mpmath.cos),
    FunctionKind.SQRT: root,
}
"""exp is that of 128 above it and that of -1024 below; the others stay as far from their limits."""


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
        odd = below + above - even
        nearest = {Rounding.HALF_EVEN: even, Rounding.HALF_ODD: odd}
        return {**nearest, Rounding.HALF_UP: outward, Rounding.HALF_DOWN: inward}[mode]
    return below if z - below < HALF else above


def _function(step: Function | Compare | Combine, x: Fraction, channel: int) -> Fraction:
    if isinstance(step, Combine):
        return _combined(step, x, channel)
    if isinstance(step, Compare):
        bound = Fraction(pick(step.bound, channel))
        return Fraction(int(x > bound or (x == bound and not step.strict)))
    with mpmath.workprec(PRECISION_BITS):
        return FUNCTIONS[step.function](x)


def _combined(step: Combine, x: Fraction, channel: int) -> Fraction:
    a, b = exact_value(step.left, x, channel), exact_value(step.right, x, channel)
    match step.operator:
        case Operator.ADD:
            return a + b
        case Operator.MUL:
            return a * b
        case Operator.DIV:
            return a / b
        case Operator.MAX:
            return a if a > b else b
        case Operator.MIN:
            return b if a > b else a


def exact_value(steps: Sequence[Step], number: Fraction | int, channel: int = 0) -> Fraction:
    """What steps that are no quantiser make of one number on one channel."""
    x = Fraction(number)
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
            case Function() | Compare() | Combine():
                x = _function(step, x, channel)
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
