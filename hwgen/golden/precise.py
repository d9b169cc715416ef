"""Functions of one rational number to 2**-400 of their value: what decides where float64 leaves a doubt.

At 0 they are exact where they are rational, the logarithm at 1. At any other rational number the exponential, and with
it the sigmoid, hyperbolic tangent, softplus and logarithm, the sine and the cosine are irrational (Lindemann 1882), so
that none of them meets a step of a quantiser.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, partial

from hwgen.golden.functions import MOST_EXPONENT, UndefinedError
from hwgen.ir.ops import FunctionKind

_BITS = 400
_GUARD = 64
_LEAST_EXPONENT = -1024
"""exp(x) is that of -1024 below it: 2**-1477."""
_ERF_END = 24
_ERF_MOST = 1 - Fraction(1, 1 << 835)
"""erf(24); nothing that is computed reaches 1."""


def precise(kind: FunctionKind, x: Fraction) -> Fraction:
    """The function of `x`. Raises: UndefinedError."""
    return _FUNCTIONS[kind](x)


def _sigmoid(x: Fraction) -> Fraction:
    return 1 / (1 + _exp(-x)) if x >= 0 else 1 - 1 / (1 + _exp(x))


def _tanh(x: Fraction) -> Fraction:
    power = _exp(-2 * abs(x))
    return (1 if x >= 0 else -1) * (1 - power) / (1 + power)


def _softplus(x: Fraction) -> Fraction:
    return max(x, Fraction(0)) + _log1p(_exp(-abs(x)))


def _root(x: Fraction) -> Fraction:
    if x < 0:
        raise UndefinedError(f"the square root of {float(x):g}")
    return root(x)


def root(x: Fraction) -> Fraction:
    """The square root: exact where it is rational, else to 2**-400 of its value."""
    top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if top * top == x.numerator and bottom * bottom == x.denominator:
        return Fraction(top, bottom)
    shift = 2 * (_BITS + max(0, x.denominator.bit_length() - x.numerator.bit_length()))
    return Fraction(math.isqrt((x.numerator << shift) // x.denominator), 1 << (shift // 2))


def _exp(x: Fraction) -> Fraction:
    """2**k exp(r) with |r| below 1/2, by the series of exp(r / 256), squared eight times."""
    if x == 0:
        return Fraction(1)
    bits = _BITS + _GUARD
    x = min(max(x, Fraction(_LEAST_EXPONENT)), Fraction(MOST_EXPONENT))
    log2 = _log_of_two(bits + 16)
    fixed = _fixed(x, bits + 16)
    power = (2 * fixed + log2) // (2 * log2)
    rest = (fixed - power * log2) >> 24
    term = total = 1 << bits
    index = 1
    while term:
        term = (term * rest >> bits) // index
        total, index = total + term, index + 1
    for _ in range(8):
        total = total * total >> bits
    return Fraction(total, 1 << bits) * Fraction(2) ** power


def _fixed(x: Fraction, bits: int) -> int:
    return (x.numerator << bits) // x.denominator


@lru_cache(maxsize=4)
def _log_of_two(bits: int) -> int:
    """The logarithm of 2 times 2**bits: 2 artanh(1/3)."""
    return _artanh(Fraction(1, 3), bits) * 2


def _artanh(x: Fraction, bits: int) -> int:
    """The inverse hyperbolic tangent of a number from 0 to 1/3, times 2**bits."""
    wide = bits + _GUARD
    power = _fixed(x, wide)
    square, total, index = power * power >> wide, 0, 1
    while power:
        total, power, index = total + power // index, power * square >> wide, index + 2
    return total >> _GUARD


def _log1p(y: Fraction) -> Fraction:
    """log(1 + y) for y above 0 and up to 1."""
    bits = _BITS + _GUARD + max(0, y.denominator.bit_length() - y.numerator.bit_length())
    return Fraction(2 * _artanh(y / (2 + y), bits), 1 << bits)


def _log(x: Fraction) -> Fraction:
    """log(x) = e log(2) + 2 artanh((m - 1) / (m + 1)) with x = 2**e m, e 0 where x is from 2/3 to 4/3."""
    if x <= 0:
        raise UndefinedError(f"the logarithm of {float(x):g}")
    power = 0 if Fraction(2, 3) <= x <= Fraction(4, 3) else x.numerator.bit_length() - x.denominator.bit_length()
    rest = x / Fraction(2) ** power
    if rest > Fraction(4, 3):
        power, rest = power + 1, rest / 2
    ratio = (rest - 1) / (rest + 1)
    bits = _BITS + 2 * _GUARD + max(0, ratio.denominator.bit_length() - abs(ratio.numerator).bit_length())
    total = 2 * _artanh(abs(ratio), bits) * (1 if ratio > 0 else -1) + power * _log_of_two(bits)
    return Fraction(total, 1 << bits)


def _sine(x: Fraction, *, quarters: int) -> Fraction:
    """The sine of an angle turned on by so many quarters; of a multiple of pi it is at least 2**-100, if not 0."""
    if x == 0:
        return Fraction(quarters)
    bits = _BITS + 4 * _GUARD + abs(x.numerator.bit_length() - x.denominator.bit_length())
    quarter = _pi(bits + _GUARD) / 2
    turned = round(x / quarter)
    rest = _fixed(x - turned * quarter, bits)
    square, odd = rest * rest >> bits, (turned + quarters) % 2
    term = total = 1 << bits if odd else abs(rest)
    index = 1 if odd else 2
    while term:
        term = (term * square >> bits) // (index * (index + 1))
        total, index = total + (-term if index % 4 in (1, 2) else term), index + 2
    negative = ((turned + quarters) % 4 >= 2) != (rest < 0 and not odd)
    return Fraction(-total if negative else total, 1 << bits)


def _erf(x: Fraction) -> Fraction:
    """2 / sqrt(pi) exp(-x**2) sum_n 2**n x**(2n + 1) / (1 * 3 * ... * (2n + 1))."""
    if x == 0:
        return Fraction(0)
    sign, size = (1 if x > 0 else -1), abs(x)
    if size > _ERF_END:
        return sign * _ERF_MOST
    bits = _BITS + 2 * _GUARD + max(0, size.denominator.bit_length() - size.numerator.bit_length())
    term = total = _fixed(size, bits)
    square, index = _fixed(2 * size * size, bits), 1
    while term:
        term = (term * square >> bits) // (2 * index + 1)
        total, index = total + term, index + 1
    constant = 2 / root(_pi(_BITS + _GUARD))
    return sign * min(constant * _exp(-size * size) * Fraction(total, 1 << bits), _ERF_MOST)


@lru_cache(maxsize=64)
def _pi(bits: int) -> Fraction:
    """pi by Machin's formula."""
    wide = bits + _GUARD
    return Fraction(4 * (4 * _arctan_of_inverse(5, wide) - _arctan_of_inverse(239, wide)), 1 << wide)


def _arctan_of_inverse(number: int, bits: int) -> int:
    """The arctangent of 1 / number, times 2**bits."""
    power, total, index = (1 << bits) // number, 0, 1
    while power:
        total += power // index if index % 4 == 1 else -(power // index)
        power, index = power // (number * number), index + 2
    return total


_FUNCTIONS: Mapping[FunctionKind, Callable[[Fraction], Fraction]] = {
    FunctionKind.COS: partial(_sine, quarters=1),
    FunctionKind.ERF: _erf,
    FunctionKind.EXP: _exp,
    FunctionKind.LOG: _log,
    FunctionKind.SIGMOID: _sigmoid,
    FunctionKind.SIN: partial(_sine, quarters=0),
    FunctionKind.SOFTPLUS: _softplus,
    FunctionKind.SQRT: _root,
    FunctionKind.TANH: _tanh,
}
