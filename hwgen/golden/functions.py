"""Functions of one real number in float64, with a bound on the error of each value.

Only additions, products, quotients and roots of float64 are used, each of which IEEE 754 rounds correctly: the bounds
follow from the formulas here and from nothing that a mathematical library promises. Where a function rises, the error
of an argument becomes the distance to the function's values at both ends of what the argument may be; the sine and the
cosine differ by no more than their arguments do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from hwgen.ir.ops import FunctionKind
from hwgen.ir.types import FloatArray

MOST_EXPONENT = 128
"""exp(x) is that of 128 above it: beyond float32, which ends at exp(88.7)."""

_LEAST_EXPONENT = -700.0
_UNIT = 2.0**-48
"""Bound on the relative error of the exponential: 20 operations of 2**-53 and a series cut off at 2**-58."""
_TINY = 2.0**-1000
"""Above exp(_LEAST_EXPONENT)."""

_LN2_HIGH = float.fromhex("0x1.62e42fefap-1")
"""The first 37 bits of the logarithm of 2: its products with whole numbers below 2**11 do not round."""
_LN2_LOW = float.fromhex("0x1.cf79abc9e3b3ap-40")

_QUARTER = (float.fromhex("0x1.921fb544p+0"), float.fromhex("0x1.0b4611a6p-34"), float.fromhex("0x1.3198a2e037073p-69"))
"""pi / 2 in parts: the products of the first two, of 33 bits each, with whole numbers below 2**20 do not round."""
_MOST_TURNED = 2.0**20
"""Angles below it are turned back by quarters to an error below 2**-50."""

_EXP_TERMS = 14
_SINE_TERMS = 12
_LOG_TERMS = 20
_ERF_END = 6.0
"""erf(6) is 1 - 2.2e-17."""
_ERF_TERMS = 240

_Bounded = tuple[FloatArray, FloatArray]


class UndefinedError(ValueError):
    """A function of a number at which it has no value; the text is the function and the number."""


def bounded(kind: FunctionKind, x: FloatArray, error: FloatArray) -> _Bounded:
    """The function of numbers that are known within `error`, and bounds on the errors of the results.

    Raises: UndefinedError.
    """
    if kind is FunctionKind.SQRT:
        return _root(x, error)
    if kind is FunctionKind.LOG:
        return _logarithm(x, error)
    if kind in (FunctionKind.SIN, FunctionKind.COS):
        value, rounding = _sine(x, quarters=int(kind is FunctionKind.COS))
        return value, np.minimum(rounding + error * (1 + 2.0**-40), 2.0)
    function = _FUNCTIONS[kind]
    value, rounding = function(x)
    if not np.any(error != 0):
        return value, rounding
    reach = error * (1 + 2.0**-40) + np.abs(x) * 2.0**-52
    above, below = function(x + reach), function(x - reach)
    spread = np.maximum(above[0] + above[1] - value, value - below[0] + below[1]) + rounding
    return value, np.where(error == 0, rounding, spread)


def _root(x: FloatArray, error: FloatArray) -> _Bounded:
    """The square root; a bound without end where the number may be negative."""
    if np.any(x + error < 0):
        raise UndefinedError(f"the square root of {float(x[x + error < 0].flat[0]):g}")
    value = np.sqrt(np.maximum(x, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.minimum(np.sqrt(error), error / value) * (1 + 2.0**-40)
    whole = (value * value == x) & (value == np.rint(value)) & (value < 2.0**26)
    total = np.where(error == 0, 0.0, spread) + np.where(whole, 0.0, value * 2.0**-52)
    return value, np.where((x - error < 0) & (error != 0), np.inf, total)


def _logarithm(x: FloatArray, error: FloatArray) -> _Bounded:
    """log(x); a bound without end where the number may not be positive."""
    if np.any(x + error <= 0):
        raise UndefinedError(f"the logarithm of {float(x[x + error <= 0].flat[0]):g}")
    value, rounding = _log(np.where(x > 0, x, 1.0))
    least = x - error
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = error / least * (1 + 2.0**-40)
    return value, np.where(error == 0, rounding, np.where(least > 0, spread + rounding, np.inf))


def _log(x: FloatArray) -> _Bounded:
    """log(x) = e log(2) + log(1 + y) with x = 2**e (1 + y)."""
    mantissa, exponent = np.frexp(x)
    power = exponent - 1.0
    value = power * _LN2_HIGH + (power * _LN2_LOW + _log1p(2 * mantissa - 1))
    return value, np.where(x == 1, 0.0, np.abs(value) * _UNIT + 2.0**-48)


def _sine(x: FloatArray, *, quarters: int) -> _Bounded:
    """The sine of an angle turned on by so many quarters: of the cosine one."""
    turned = np.rint(x / (math.pi / 2))
    rest = x
    for part in _QUARTER:
        rest = rest - turned * part
    square = rest * rest
    sine, cosine = np.ones_like(x), np.ones_like(x)
    for term in range(_SINE_TERMS, 0, -1):
        sine = 1 - square * sine / (2 * term * (2 * term + 1))
        cosine = 1 - square * cosine / (2 * term * (2 * term - 1))
    quarter = np.mod(turned + quarters, 4)
    value = np.where(quarter % 2 == 0, rest * sine, cosine) * np.where(quarter >= 2, -1.0, 1.0)
    near = np.abs(x) < _MOST_TURNED
    value = np.where(near, value, 0.0)
    return value, np.where(x == 0, 0.0, np.where(near, 2.0**-46, 1.0))


def _exp(x: FloatArray) -> _Bounded:
    """exp(x) = 2**k exp(r) with |r| <= 0.35, by its series."""
    held = np.clip(x, _LEAST_EXPONENT, float(MOST_EXPONENT))
    power = np.rint(held / math.log(2))
    rest = (held - power * _LN2_HIGH) - power * _LN2_LOW
    total = np.ones_like(rest)
    for term in range(_EXP_TERMS, 0, -1):
        total = 1 + rest * total / term
    value = np.ldexp(total, np.where(np.isnan(power), 0.0, power).astype(np.int64))
    return value, np.where(x == 0, 0.0, value * _UNIT + np.where(x < _LEAST_EXPONENT, _TINY, 0.0))


def _log1p(y: FloatArray) -> FloatArray:
    """log(1 + y) for y from 0 to 1: twice the inverse hyperbolic tangent of y / (2 + y)."""
    ratio = y / (2 + y)
    square, total = ratio * ratio, np.zeros_like(y)
    for term in range(_LOG_TERMS, -1, -1):
        total = total * square + 1 / (2 * term + 1)
    return 2 * ratio * total


def _sigmoid(x: FloatArray) -> _Bounded:
    power, rounding = _exp(-np.abs(x))
    value = np.where(x >= 0, 1.0, power) / (1 + power)
    return value, np.where(x == 0, 0.0, 2 * rounding + 4 * value * _UNIT)


def _tanh(x: FloatArray) -> _Bounded:
    power, rounding = _exp(-2 * np.abs(x))
    value = np.sign(x) * (1 - power) / (1 + power)
    return value, np.where(x == 0, 0.0, 2 * rounding + 4 * _UNIT * (np.abs(value) + power))


def _softplus(x: FloatArray) -> _Bounded:
    power, rounding = _exp(-np.abs(x))
    value = np.maximum(x, 0.0) + _log1p(power)
    return value, rounding + 8 * value * _UNIT


def _erf(x: FloatArray) -> _Bounded:
    """erf(x) = 2 / sqrt(pi) exp(-x**2) sum_n 2**n x**(2n + 1) / (1 * 3 * ... * (2n + 1)): no term is negative."""
    size = np.minimum(np.abs(x), _ERF_END)
    square = size * size
    term, total = size, size
    for index in range(1, _ERF_TERMS):
        term = term * (2 * square / (2 * index + 1))
        total = total + term
    value = np.sign(x) * (2 / math.sqrt(math.pi)) * _exp(-square)[0] * total
    return value, np.where(x == 0, 0.0, np.where(np.isnan(x), np.nan, 2.0**-42))


_FUNCTIONS: Mapping[FunctionKind, Callable[[FloatArray], _Bounded]] = {
    FunctionKind.EXP: _exp,
    FunctionKind.SIGMOID: _sigmoid,
    FunctionKind.TANH: _tanh,
    FunctionKind.SOFTPLUS: _softplus,
    FunctionKind.ERF: _erf,
}
