"""Functions of one number: float64 within its bounds, rationals to 2**-400, and intervals that hold all of theirs."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from hwgen.golden.chain import evaluate, evaluate_intervals
from hwgen.golden.functions import MOST_EXPONENT, UndefinedError, bounded
from hwgen.golden.precise import precise
from hwgen.ir.ops import Add, Clip, Combine, Function, FunctionKind, Mul, Operator, Quantise, Rounding, Sign, Step
from tests.golden.exact import FUNCTIONS, PRECISION_BITS
from tests.tiers import tiered

SPREADS = (1e-12, 1e-3, 1.0, 6.0, 40.0, 1e3)


def numbers(kind: FunctionKind, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = np.concatenate([rng.normal(size=25) * spread for spread in SPREADS])
    ends = np.array([0.0, 1.0, -1.0, 6.0, -6.0, 127.9, 128.0, -699.0, -701.0, 1e9, -1e9])
    found = np.concatenate([drawn, ends])
    if kind is FunctionKind.LOG:
        return np.abs(found[found != 0])
    if kind in (FunctionKind.SIN, FunctionKind.COS):
        quarters = np.arange(-40, 41) * np.pi / 2
        return np.concatenate([found[np.abs(found) < 2.0**20], quarters, quarters * (1 + 2.0**-50), [2.0**20 - 1]])
    return np.abs(found) if kind is FunctionKind.SQRT else found


def exactly(kind: FunctionKind, x: float) -> Fraction:
    with mpmath.workprec(PRECISION_BITS):
        return FUNCTIONS[kind](Fraction(x))


@pytest.mark.parametrize("kind", FunctionKind)
def test_values_lie_within_their_bounds(kind: FunctionKind) -> None:
    x = numbers(kind)
    values, bounds = bounded(kind, x, np.zeros_like(x))
    for given, value, bound in zip(x.tolist(), values.tolist(), bounds.tolist(), strict=True):
        assert abs(exactly(kind, given) - Fraction(value)) <= Fraction(bound), given
    assert np.all(bounds <= np.maximum(np.abs(values), 1e-300) * 2.0**-40 + 2.0**-42)


@pytest.mark.parametrize("kind", FunctionKind)
@pytest.mark.parametrize("spread", tiered([1e-9, 0.1, 3.0, 1e4], 1e-9, 1e4))
def test_numbers_known_within_an_error_have_values_within_theirs(kind: FunctionKind, spread: float) -> None:
    x = numbers(kind, 2)
    error = np.random.default_rng(3).random(x.size) * spread
    x = x + spread if kind in (FunctionKind.SQRT, FunctionKind.LOG) else x
    values, bounds = bounded(kind, x, error)
    for given, reach, value, bound in zip(x.tolist(), error.tolist(), values.tolist(), bounds.tolist(), strict=True):
        for place in (given - reach, given + reach, given - reach / 3):
            assert bound == np.inf or abs(exactly(kind, place) - Fraction(value)) <= Fraction(bound), (given, place)


@pytest.mark.parametrize("kind", FunctionKind)
def test_rational_numbers_to_four_hundred_bits(kind: FunctionKind) -> None:
    for given in numbers(kind, 4).tolist():
        x = Fraction(given) / 3
        with mpmath.workprec(PRECISION_BITS):
            wanted = FUNCTIONS[kind](x)
        assert abs(precise(kind, x) - wanted) <= abs(wanted) / 2**390, given


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FunctionKind.EXP, Fraction(1)),
        (FunctionKind.SIGMOID, Fraction(1, 2)),
        (FunctionKind.TANH, Fraction(0)),
        (FunctionKind.ERF, Fraction(0)),
        (FunctionKind.SQRT, Fraction(0)),
        (FunctionKind.SIN, Fraction(0)),
        (FunctionKind.COS, Fraction(1)),
    ],
)
def test_rational_values_at_zero(kind: FunctionKind, value: Fraction) -> None:
    """They are ties of a quantiser, and without a doubt: no fractions are needed."""
    found, bound = bounded(kind, np.zeros(1), np.zeros(1))
    assert (Fraction(float(found[0])), float(bound[0])) == (value, 0.0)
    assert precise(kind, Fraction(0)) == value


def test_roots() -> None:
    x = np.arange(0.0, 2000.0)
    values, bounds = bounded(FunctionKind.SQRT, x, np.zeros_like(x))
    squares = values[bounds == 0]
    assert squares.tolist() == list(range(45))
    assert precise(FunctionKind.SQRT, Fraction(9, 4)) == Fraction(3, 2)
    for undefined in (
        lambda: bounded(FunctionKind.SQRT, -x[1:], 0 * x[1:]),
        lambda: precise(FunctionKind.SQRT, -Fraction(1)),
    ):
        with pytest.raises(UndefinedError, match="the square root of -1"):
            undefined()


def test_logarithms() -> None:
    assert bounded(FunctionKind.LOG, np.ones(1), np.zeros(1)) == (0.0, 0.0)
    assert precise(FunctionKind.LOG, Fraction(1)) == 0
    assert bounded(FunctionKind.LOG, np.array([0.5]), np.array([0.75]))[1] == np.inf
    for undefined in (
        lambda: bounded(FunctionKind.LOG, np.array([2.0, -3]), np.zeros(2)),
        lambda: precise(FunctionKind.LOG, Fraction(-3)),
    ):
        with pytest.raises(UndefinedError, match="the logarithm of -3"):
            undefined()


@pytest.mark.parametrize("kind", [FunctionKind.SIN, FunctionKind.COS])
def test_angles_that_float64_does_not_turn_back_are_left_to_fractions(kind: FunctionKind) -> None:
    x = np.array([2.0**20, -1e9, 1e300])
    values, bounds = bounded(kind, x, np.zeros(3))
    assert np.all(np.abs(values) + bounds >= 1.0) and np.all(bounds >= 1.0)
    assert abs(precise(kind, Fraction(10**9, 3)) - exactly(kind, 10**9 / 3)) < Fraction(1, 10**6)


def test_the_exponential_is_that_of_float32_at_most() -> None:
    most = bounded(FunctionKind.EXP, np.array([float(MOST_EXPONENT)]), np.zeros(1))[0]
    assert most > np.finfo(np.float32).max
    assert bounded(FunctionKind.EXP, np.array([1e5]), np.zeros(1))[0] == most
    assert precise(FunctionKind.EXP, Fraction(10**5)) == precise(FunctionKind.EXP, Fraction(MOST_EXPONENT))


def one(number: float) -> np.ndarray:
    return np.asarray(number, dtype=np.float64)


CODES = Quantise(one(0.125), one(0), -8, 30, Rounding.HALF_EVEN)
SIGMOID, TANH = Function(FunctionKind.SIGMOID), Function(FunctionKind.TANH)
CHAINS: dict[str, tuple[Step, ...]] = {
    "silu": (Mul(one(1 / 64)), Combine(Operator.MUL, (), (SIGMOID,)), CODES),
    "mish": (Mul(one(0.01)), Combine(Operator.MUL, (), (Function(FunctionKind.SOFTPLUS), TANH)), CODES),
    "square": (Mul(one(1 / 256)), Combine(Operator.MUL, (), ()), CODES),
    "softsign": (Mul(one(0.02)), Combine(Operator.DIV, (), (Clip(one(0), one(np.inf)), Add(one(1)))), CODES),
    "bump": (Mul(one(1 / 300)), Combine(Operator.MUL, (), ()), Mul(one(-1)), Function(FunctionKind.EXP), CODES),
    "largest": (Mul(one(1 / 99)), Combine(Operator.MAX, (Mul(one(-0.5)),), (Add(one(-0.25)),)), Sign()),
}


@pytest.mark.parametrize("name", CHAINS)
def test_an_interval_of_one_code_has_no_other(name: str) -> None:
    """Every interval of up to 400 integers that is proven to have one code, and single ones where the bound decides."""
    steps, rng = CHAINS[name], np.random.default_rng(5)
    first = rng.integers(-3000, 3000, 4000)
    last = first + rng.integers(0, 400, 4000) * (rng.random(4000) < 0.9)
    codes, proven = evaluate_intervals(steps, first, last)
    every = evaluate(steps, np.arange(-3000, 3500)[:, None])[:, 0]
    for low, high, code, sure in zip(first, last, codes, proven, strict=True):
        assert not sure or np.all(every[low + 3000 : high + 3001] == code), (low, high)
    assert 0.1 < proven.mean() < 1.0
    far, sure = evaluate_intervals(steps, np.array([10**6, -(10**6)]), np.array([11 * 10**5, -(10**6) + 10**5]))
    assert sure.any() and np.all((far == evaluate(steps, np.array([[10**6], [-(10**6)]]))[:, 0]) | ~sure)
