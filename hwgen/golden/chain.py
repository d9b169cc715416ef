"""The meaning of an activation chain: real arithmetic over the model's parameters, with exact decisions.

The chain is evaluated in float64 with a running bound on the rounding error. An operation that did not round adds
nothing to it, as error-free transformations tell: so the ties of scales that are powers of two are decided at once.
Wherever the bound spans a step of the quantiser, the point is evaluated again in rational numbers, so that no equality
case is decided by a rounded number.
Square roots that are not rational are computed to 2**-400 of their value.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from hwgen.ir.ops import Add, BatchNorm, Clip, Div, LeakyRelu, Levels, Mul, Quantise, Rounding, Sign, Step
from hwgen.ir.types import BoolArray, FloatArray, IntArray

_UNIT = 2.0**-52
"""Bound on the relative error of one float64 operation, doubled so that second-order terms are covered."""

_TINY = 2.0**-1070
"""Bound on the absolute error of an operation whose result is too small for a normal float64."""

_SAFE = 2.0**400
"""Factors from 1 / _SAFE to _SAFE: neither their product nor its rounding error leaves the range of float64."""

_SPLIT = 2.0**27 + 1
"""Splits a float64 into two halves of 26 bits (Dekker, 1971)."""

_SQRT_BITS = 400

_LARGEST = 2.0**63 - 1024
"""The largest float64 that int64 holds."""


def evaluate(steps: tuple[Step, ...], codes: IntArray) -> IntArray:
    """The codes that the quantiser at the end of `steps` gives for integers `codes` (..., C)."""
    value = codes.astype(np.float64)
    error = np.where(np.abs(value) < 2.0**53, 0.0, np.abs(value) * _UNIT)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in steps[:-1]:
            value, error = _step(step, value, error)
        result, doubtful = _quantise(steps[-1], value, error)
    if doubtful.any():
        channels = np.broadcast_to(np.arange(codes.shape[-1]), codes.shape)
        exact = [_exact(steps, int(c), int(ch)) for c, ch in zip(codes[doubtful], channels[doubtful], strict=True)]
        result[doubtful] = exact
    return result


def direction(steps: tuple[Step, ...], channels: int) -> IntArray | None:
    """+1, -1 or 0 per channel (C,): whether the chain rises, falls or stays; None where a step is not monotone."""
    sign = np.ones(channels, dtype=np.int64)
    for step in steps:
        match step:
            case Mul(factor=factor) | Div(divisor=factor):
                sign = sign * np.sign(factor).astype(np.int64)
            case BatchNorm(gamma=gamma):
                sign = sign * np.sign(gamma).astype(np.int64)
            case LeakyRelu(slope=slope) if bool(np.any(slope < 0)):
                return None
            case _:
                pass
    return np.broadcast_to(sign, (channels,))


def reals(steps: tuple[Step, ...], codes: IntArray) -> FloatArray:
    """About what the quantiser at the end of `steps` compares: its input, in its codes where it has a scale.

    Not clipped, so that a straight line stays one.
    """
    value = codes.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        for step in steps[:-1]:
            if not isinstance(step, Clip):
                value, _ = _step(step, value, np.zeros(1))
        last = steps[-1]
        return value / last.scale + last.zero_point if isinstance(last, Quantise) else value


def _split(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two halves of numbers."""
    large = x * _SPLIT
    high = large - (large - x)
    return high, x - high


def _product_rounding(x: FloatArray, f: FloatArray, y: FloatArray) -> FloatArray:
    """A bound on the rounding error of y = x * f; 0 where it is exact (Dekker, 1971)."""
    (a, b), (c, d) = _split(x), _split(f)
    low = ((a * c - y) + a * d + b * c) + b * d
    return np.where(_is_safe(x) & _is_safe(f) & (low == 0), 0.0, np.abs(y) * _UNIT + _TINY)


def _is_safe(x: FloatArray) -> BoolArray:
    size = np.abs(x)
    return np.asarray((size == 0) | ((size > 1 / _SAFE) & (size < _SAFE)))


def _sum_rounding(x: FloatArray, t: FloatArray, y: FloatArray) -> FloatArray:
    """A bound on the rounding error of y = x + t; 0 where it is exact (Knuth, 1969)."""
    part = y - x
    return np.where((x - (y - part)) + (t - part) == 0, 0.0, np.abs(y) * _UNIT)


def _quotient_rounding(x: FloatArray, d: FloatArray, y: FloatArray) -> FloatArray:
    """A bound on the rounding error of y = x / d; 0 where y * d is just x."""
    back = y * d
    exact = (back == x) & (_product_rounding(y, d, back) == 0)
    return np.where(exact, 0.0, np.abs(y) * _UNIT + _TINY)


def _step(step: Step, x: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One elementwise step on values and their error bounds."""
    match step:
        case Mul(factor=f):
            y = x * f
            return y, error * np.abs(f) + _product_rounding(x, f, y)
        case Div(divisor=d):
            y = x / d
            return y, error / np.abs(d) + _quotient_rounding(x, d, y)
        case Add(term=t):
            y = x + t
            return y, error + _sum_rounding(x, t, y)
        case BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=epsilon):
            slope = gamma / np.sqrt(variance + epsilon)
            centred = x - mean
            scaled = centred * slope
            y = scaled + beta
            centred_error = error + np.abs(centred) * _UNIT
            rounding = (5 * np.abs(scaled) + np.abs(y)) * _UNIT + (1 + np.abs(centred)) * _TINY
            return y, centred_error * np.abs(slope) + rounding
        case Clip(low=low, high=high):
            # A value that is certainly outside becomes the bound exactly.
            return np.clip(x, low, high), np.where((x + error <= low) | (x - error >= high), 0.0, error)
        case LeakyRelu(slope=slope):
            product = x * slope
            rounding = np.where(x >= 0, 0.0, _product_rounding(x, slope, product))
            return np.where(x >= 0, x, product), error * np.maximum(1.0, np.abs(slope)) + rounding
        case _:
            raise TypeError(f"{type(step).__name__} ends a chain")


def _quantise(step: Step, x: FloatArray, error: FloatArray) -> tuple[IntArray, BoolArray]:
    """The codes, and where the error bound does not decide them."""
    match step:
        case Sign():
            return np.where(x >= 0, 1, -1).astype(np.int64), ~(np.abs(x) > error) & (error != 0)
        case Levels(levels=levels, base=base, step=stride):
            count = np.zeros(x.shape, dtype=np.int64)
            doubtful = np.zeros(x.shape, dtype=bool)
            for level in range(levels.shape[1]):
                bound = levels[:, level]
                count += x >= bound
                doubtful |= ~(np.abs(x - bound) > error)
            return base + stride * count, doubtful & (error != 0)
        case Quantise(scale=scale, zero_point=zero, low=low, high=high, rounding=rounding):
            scaled = x / scale
            z = scaled + zero
            slack = error / scale + _quotient_rounding(x, scale, scaled) + _sum_rounding(scaled, zero, z)
            # A code can only differ where the true value may lie across a rounding boundary inside the range.
            below = np.clip(_round(z - slack, rounding), low, high)
            above = np.clip(_round(z + slack, rounding), low, high)
            code = np.clip(_round(z, rounding), max(low, -_LARGEST), min(high, _LARGEST)).astype(np.int64)
            return np.clip(code, low, high), below != above
        case _:
            raise TypeError(f"{type(step).__name__} is not a quantiser")


def _round(z: FloatArray, rounding: Rounding) -> FloatArray:
    match rounding:
        case Rounding.HALF_EVEN:
            return np.rint(z)
        case Rounding.FLOOR:
            return np.floor(z)
        case Rounding.CEIL:
            return np.ceil(z)
        case Rounding.TO_ZERO:
            return np.trunc(z)
        case Rounding.FROM_ZERO:
            return np.sign(z) * np.ceil(np.abs(z))
        case Rounding.HALF_UP:
            return np.where(np.abs(z - np.trunc(z)) == 0.5, np.trunc(z) + np.sign(z), np.rint(z))
        case Rounding.HALF_DOWN:
            return np.where(np.abs(z - np.trunc(z)) == 0.5, np.trunc(z), np.rint(z))


def _exact(steps: tuple[Step, ...], code: int, channel: int) -> int:
    """The quantiser's code for one integer on one channel, in rational numbers."""
    x = Fraction(code)
    for step in steps[:-1]:
        x = _exact_step(step, x, channel)
    match steps[-1]:
        case Sign():
            return 1 if x >= 0 else -1
        case Levels(levels=levels, base=base, step=stride):
            row = levels[channel % levels.shape[0]]
            return base + stride * sum(x >= float(bound) for bound in row)
        case Quantise(scale=scale, zero_point=zero, low=low, high=high, rounding=rounding):
            z = x / _at(scale, channel) + _at(zero, channel)
            return min(max(_exact_round(z, rounding), low), high)
        case last:
            raise TypeError(f"{type(last).__name__} is not a quantiser")


def _exact_step(step: Step, x: Fraction, channel: int) -> Fraction:
    match step:
        case Mul(factor=factor):
            return x * _at(factor, channel)
        case Div(divisor=divisor):
            return x / _at(divisor, channel)
        case Add(term=term):
            return x + _at(term, channel)
        case BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=epsilon):
            deviation = _sqrt(_at(variance, channel) + Fraction(epsilon))
            return (x - _at(mean, channel)) * _at(gamma, channel) / deviation + _at(beta, channel)
        case Clip(low=low, high=high):
            floor, ceiling = _number(low, channel), _number(high, channel)
            x = Fraction(floor) if x < floor else x
            return Fraction(ceiling) if x > ceiling else x
        case LeakyRelu(slope=slope):
            return x if x >= 0 else x * _at(slope, channel)
        case _:
            raise TypeError(f"{type(step).__name__} ends a chain")


def _number(parameter: FloatArray, channel: int) -> float:
    return float(parameter if parameter.ndim == 0 else parameter[channel])


def _at(parameter: FloatArray, channel: int) -> Fraction:
    return Fraction(_number(parameter, channel))


def _sqrt(x: Fraction) -> Fraction:
    """The square root: exact where it is rational, else to 2**-400 of its value."""
    top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if top * top == x.numerator and bottom * bottom == x.denominator:
        return Fraction(top, bottom)
    shift = 2 * (_SQRT_BITS + max(0, x.denominator.bit_length() - x.numerator.bit_length()))
    return Fraction(math.isqrt((x.numerator << shift) // x.denominator), 1 << (shift // 2))


def _exact_round(z: Fraction, rounding: Rounding) -> int:
    whole = math.trunc(z)
    half = abs(z - whole) == Fraction(1, 2)
    match rounding:
        case Rounding.HALF_EVEN:
            return round(z)
        case Rounding.FLOOR:
            return math.floor(z)
        case Rounding.CEIL:
            return math.ceil(z)
        case Rounding.TO_ZERO:
            return whole
        case Rounding.FROM_ZERO:
            return math.ceil(z) if z > 0 else math.floor(z)
        case Rounding.HALF_UP:
            return whole + (1 if z > 0 else -1) if half else round(z)
        case Rounding.HALF_DOWN:
            return whole if half else round(z)
