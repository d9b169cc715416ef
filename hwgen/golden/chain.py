"""The meaning of an activation chain: real arithmetic over the model's parameters, with exact decisions.

The chain is evaluated in float64 with a running bound on the rounding error. An operation that did not round adds
nothing to it, as error-free transformations tell: so the ties of scales that are powers of two are decided at once.
Wherever the bound spans a step of the quantiser, the point is evaluated again in rational numbers, so that no equality
case is decided by a rounded number.
Roots and functions that are not rational are computed to 2**-400 of their value (`hwgen.golden.precise`).
An interval of integers is a number with an error: where the bound spans no step, all of them have one code.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from hwgen.golden.functions import UndefinedError, bounded
from hwgen.golden.precise import precise, root
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
from hwgen.ir.types import BoolArray, FloatArray, IntArray

_UNIT = 2.0**-52
"""Bound on the relative error of one float64 operation, doubled so that second-order terms are covered."""

_TINY = 2.0**-1070
"""Bound on the absolute error of an operation whose result is too small for a normal float64."""

_SAFE = 2.0**400
"""Factors from 1 / _SAFE to _SAFE: neither their product nor its rounding error leaves the range of float64."""

_SPLIT = 2.0**27 + 1
"""Splits a float64 into two halves of 26 bits (Dekker, 1971)."""

_LARGEST = 2.0**63 - 1024
"""The largest float64 that int64 holds."""


def evaluate(steps: tuple[Step, ...], codes: IntArray) -> IntArray:
    """The codes that the quantiser at the end of `steps` gives for integers `codes` (..., C)."""
    value = codes.astype(np.float64)
    error = np.where(np.abs(value) < 2.0**53, 0.0, np.abs(value) * _UNIT)
    result, doubtful = _coded(steps, value, error)
    if doubtful.any():
        channels = np.broadcast_to(np.arange(codes.shape[-1]), codes.shape)
        exact = [_exact(steps, int(c), int(ch)) for c, ch in zip(codes[doubtful], channels[doubtful], strict=True)]
        result[doubtful] = exact
    return result


def evaluate_intervals(steps: tuple[Step, ...], first: IntArray, last: IntArray) -> tuple[IntArray, BoolArray]:
    """A code of the integers from `first` to `last`, one interval a channel, and whether all of them have it.

    Integers are below 2**62.
    """
    ends = first.astype(np.float64), last.astype(np.float64)
    middle = ends[0] + (ends[1] - ends[0]) / 2
    reach = np.maximum(ends[1] - middle, middle - ends[0])
    error = np.where(reach > 0, reach * (1 + 2.0**-30) + np.abs(middle) * 2.0**-50, np.abs(middle) * _UNIT)
    result, doubtful = _coded(steps, middle, error)
    return result, ~doubtful


def _coded(steps: tuple[Step, ...], value: FloatArray, error: FloatArray) -> tuple[IntArray, BoolArray]:
    """The codes of numbers known within `error`, and where that does not decide them."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for step in steps[:-1]:
            value, error = _step(step, value, error)
        return _quantise(steps[-1], value, error)


def direction(steps: tuple[Step, ...], channels: int) -> IntArray | None:
    """+1, -1 or 0 per channel (C,): whether the chain rises, falls or stays; None where that is not known."""
    sign = np.ones(channels, dtype=np.int64)
    for step in steps:
        match step:
            case Combine(operator=Operator.MUL | Operator.DIV) | Function(function=FunctionKind.SIN | FunctionKind.COS):
                return None
            case Combine(left=left, right=right):
                both = direction(left, channels), direction(right, channels)
                if both[0] is None or both[1] is None or np.any(both[0] * both[1] < 0):
                    return None
                sign = sign * np.sign(both[0] + both[1])
            case Mul(factor=factor) | Div(divisor=factor):
                sign = sign * np.sign(factor).astype(np.int64)
            case BatchNorm(gamma=gamma):
                sign = sign * np.sign(gamma).astype(np.int64)
            case LeakyRelu(slope=slope) if bool(np.any(slope < 0)):
                return None
            case _:
                pass
    return np.broadcast_to(sign, (channels,))


def approximate(steps: tuple[Step, ...], x: FloatArray) -> FloatArray:
    """About what steps that are no quantiser make of numbers."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for step in steps:
            x, _ = _step(step, x, np.zeros(1))
    return x


def reals(steps: tuple[Step, ...], codes: IntArray) -> FloatArray:
    """About what the quantiser at the end of `steps` compares: its input, in its codes where it has a scale.

    Not clipped, so that a straight line stays one, unless a function has no value without.
    """
    numbers, body = codes.astype(np.float64), steps[:-1]
    try:
        value = approximate(tuple(step for step in body if not isinstance(step, Clip)), numbers)
    except UndefinedError:
        value = approximate(body, numbers)
    last = steps[-1]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
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
            outside = (np.nextafter(x + error, np.inf) <= low) | (np.nextafter(x - error, -np.inf) >= high)
            return np.clip(x, low, high), np.where(outside, 0.0, error)
        case LeakyRelu(slope=slope):
            product = x * slope
            rounding = np.where(x >= 0, 0.0, _product_rounding(x, slope, product))
            return np.where(x >= 0, x, product), error * np.maximum(1.0, np.abs(slope)) + rounding
        case Function(function=kind):
            return bounded(kind, x, error)
        case Compare(bound=bound, strict=strict):
            certain = (error == 0) | (np.abs(x - bound) > error + np.abs(x - bound) * _UNIT)
            reached = (x > bound if strict else x >= bound).astype(np.float64)
            return np.where(certain, reached, 0.5), np.where(certain, 0.0, 0.5)
        case Combine():
            return _combined(step, x, error)
        case _:
            raise TypeError(f"{type(step).__name__} ends a chain")


def _combined(step: Combine, x: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two chains of the same numbers, and the operator on what they give."""
    a, a_error = b, b_error = x, error
    for part in step.left:
        a, a_error = _step(part, a, a_error)
    for part in step.right:
        b, b_error = _step(part, b, b_error)
    match step.operator:
        case Operator.ADD:
            y = a + b
            return y, a_error + b_error + _sum_rounding(a, b, y)
        case Operator.MUL:
            y = a * b
            spread = a_error * np.abs(b) + b_error * np.abs(a) + a_error * b_error
            return y, spread + _product_rounding(a, b, y)
        case Operator.DIV:
            y = a / b
            least = np.abs(b) - b_error
            spread = (a_error + np.abs(y) * b_error) / least * (1 + 2.0**-40)
            spread = np.where((a_error == 0) & (b_error == 0), 0.0, spread)
            return y, np.where(least > 0, spread + _quotient_rounding(a, b, y), np.inf)
        case Operator.MAX | Operator.MIN:
            first = (a >= b) == (step.operator is Operator.MAX)
            certain = np.abs(a - b) * (1 - _UNIT) >= a_error + b_error
            chosen = np.where(first, a_error, b_error)
            return np.where(first, a, b), np.where(certain, chosen, np.maximum(a_error, b_error))


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
            ends = (np.where(slack > 0, np.nextafter(z + way * slack, way * np.inf), z) for way in (-1, 1))
            below, above = (np.clip(_round(end, rounding), low, high) for end in ends)
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
        case Rounding.HALF_ODD:
            return np.where(np.abs(z - np.trunc(z)) == 0.5, 2 * np.floor(z / 2) + 1, np.rint(z))


def _exact(steps: tuple[Step, ...], code: int, channel: int) -> int:
    """The quantiser's code for one integer on one channel, in rational numbers."""
    x = _exact_chain(steps[:-1], Fraction(code), channel)
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
            deviation = root(_at(variance, channel) + Fraction(epsilon))
            return (x - _at(mean, channel)) * _at(gamma, channel) / deviation + _at(beta, channel)
        case Clip(low=low, high=high):
            floor, ceiling = _number(low, channel), _number(high, channel)
            x = Fraction(floor) if x < floor else x
            return Fraction(ceiling) if x > ceiling else x
        case LeakyRelu(slope=slope):
            return x if x >= 0 else x * _at(slope, channel)
        case Function(function=kind):
            return precise(kind, x)
        case Compare(bound=bound, strict=strict):
            edge = _at(bound, channel)
            return Fraction(x > edge if strict else x >= edge)
        case Combine(operator=operator, left=left, right=right):
            return _exact_combined(operator, _exact_chain(left, x, channel), _exact_chain(right, x, channel))
        case _:
            raise TypeError(f"{type(step).__name__} ends a chain")


def _number(parameter: FloatArray, channel: int) -> float:
    return float(parameter if parameter.ndim == 0 else parameter[channel])


def _at(parameter: FloatArray, channel: int) -> Fraction:
    return Fraction(_number(parameter, channel))


def _exact_chain(steps: tuple[Step, ...], x: Fraction, channel: int) -> Fraction:
    for step in steps:
        x = _exact_step(step, x, channel)
    return x


def _exact_combined(operator: Operator, a: Fraction, b: Fraction) -> Fraction:
    match operator:
        case Operator.ADD:
            return a + b
        case Operator.MUL:
            return a * b
        case Operator.DIV:
            if b == 0:
                raise UndefinedError(f"{float(a):g} / 0")
            return a / b
        case Operator.MAX:
            return max(a, b)
        case Operator.MIN:
            return min(a, b)


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
        case Rounding.HALF_ODD:
            return 2 * math.floor(z / 2) + 1 if half else round(z)
