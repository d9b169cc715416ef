"""Activation chains against fractions, with points that lie exactly on a boundary."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hwgen.golden import chain
from hwgen.golden.chain import direction, evaluate
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
from hwgen.ir.types import DType
from tests.builders import chains
from tests.golden.exact import evaluate_all, exact_value, rounded
from tests.tiers import often

Chain = tuple[tuple[Step, ...], DType, int]


def one(number: float) -> np.ndarray:
    return np.asarray(number, dtype=np.float64)


def agree(steps: tuple[Step, ...], codes: np.ndarray) -> np.ndarray:
    found = evaluate(steps, codes)
    expected = evaluate_all(steps, codes)
    assert np.array_equal(found, expected), f"{steps}: differs at {codes[found != expected]}"
    return found


@settings(max_examples=often(150, 50), deadline=None)
@given(chains(monotone=True))
def test_against_fractions(case: Chain) -> None:
    steps, _, channels = case
    agree(steps, np.arange(-40, 41)[:, None].repeat(channels, axis=1))


@settings(max_examples=often(150, 50), deadline=None)
@given(chains(monotone=False))
def test_against_fractions_where_codes_rise_and_fall(case: Chain) -> None:
    steps, _, channels = case
    agree(steps, np.arange(-40, 41)[:, None].repeat(channels, axis=1))


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(chains(monotone=True))
def test_against_fractions_at_length(case: Chain) -> None:
    steps, _, channels = case
    agree(steps, np.arange(-200, 201)[:, None].repeat(channels, axis=1))


SIZES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.builds(float, st.integers(-(2**40), 2**40)),
    st.builds(lambda code, shift: code * 2.0**shift, st.integers(-(2**20), 2**20), st.integers(-700, 700)),
)


@settings(max_examples=often(2000, 800), deadline=None)
@given(SIZES, SIZES)
@example(2.0**-600, 2.0**-450)  # an error that underflows, of a product that does not
@example(2.0**-500 * (1 + 2.0**-52), 2.0**-500 * (1 + 2.0**-52))
@example(2.0**1000, 2.0**30)  # the product overflows
@example(2.0**1020 + 2.0**970, 1.0)  # its halves do
def test_what_did_not_round_is_told_from_what_did(x: float, f: float) -> None:
    """A bound of 0 only where the result is the rational number; elsewhere one that holds."""
    with np.errstate(all="ignore"):
        results = [
            (Fraction(x) * Fraction(f), one(x) * one(f), chain._product_rounding),
            (Fraction(x) + Fraction(f), one(x) + one(f), chain._sum_rounding),
        ]
        if f != 0:
            results.append((Fraction(x) / Fraction(f), one(x) / one(f), chain._quotient_rounding))
        for exact, result, rounding in results:
            bound = float(rounding(one(x), one(f), result))
            if np.isfinite(result):
                assert abs(Fraction(float(result)) - exact) <= Fraction(bound)
            else:
                assert not bound < np.inf


@pytest.mark.parametrize(("x", "f"), [(3.0, 0.125), (-7.0, 2.0**-30), (0.0, 0.3), (12345.0, 2.0**20), (5.0, 2.0**300)])
def test_powers_of_two_do_not_round(x: float, f: float) -> None:
    assert (
        chain._product_rounding(one(x), one(f), one(x * f)) == 0 == chain._quotient_rounding(one(x), one(f), one(x / f))
    )
    assert chain._sum_rounding(one(x), one(0.5), one(x + 0.5)) == 0


def column(*codes: int) -> np.ndarray:
    return np.array(codes)[:, None]


@pytest.mark.parametrize("gamma", [1.0, -1.0, 0.25, -3.0])
@pytest.mark.parametrize(("variance", "epsilon"), [(4.0, 0.0), (3.25, 0.75), (2.0, 0.0), (0.1, 1e-5), (0.0, 1e-3)])
def test_sign_boundary_under_batch_norm(gamma: float, variance: float, epsilon: float) -> None:
    """x = mean with beta = 0 is on the boundary whatever the root is, and gives +1 for either sign of gamma."""
    steps = (BatchNorm(one(gamma), one(0), one(7), one(variance), epsilon), Sign())
    found = agree(steps, column(6, 7, 8)).ravel().tolist()
    assert found == ([-1, 1, 1] if gamma > 0 else [1, 1, -1])


def test_sign_boundary_at_a_perfect_square() -> None:
    """3 * (x - 1) / sqrt(2.25) - 4 is zero exactly at x = 3."""
    steps = (BatchNorm(one(3), one(-4), one(1), one(2.0), 0.25), Sign())
    assert agree(steps, column(2, 3, 4)).ravel().tolist() == [-1, 1, 1]


@pytest.mark.parametrize(("beta", "code"), [(0.0, 1), (1e-30, 1), (-1e-30, -1), (-0.0, 1)])
def test_zero_gamma_leaves_beta(beta: float, code: int) -> None:
    steps = (BatchNorm(one(0), one(beta), one(3), one(1), 1e-5), Sign())
    assert np.all(agree(steps, column(-9, 0, 9)) == code)


def test_tenths_do_not_add_up() -> None:
    """3 * 0.1 - 0.3 rounds to 5.6e-17 in float64; the parameters' own product is above zero, too, but 2.8e-17."""
    steps = (Mul(one(0.1)), Add(one(-0.3)), Sign())
    exactly = 3 * Fraction(0.1) - Fraction(0.3)
    assert exactly != Fraction(3 * 0.1 - 0.3)
    agree(steps, column(2, 3, 4))


def test_a_sum_that_float64_loses() -> None:
    """x + 1e17 - 1e17 is x; float64 finds 0, 0, 0, 0."""
    steps = (Add(one(1e17)), Add(one(-1e17)), Sign())
    assert agree(steps, column(-7, -1, 0, 1)).ravel().tolist() == [-1, -1, 1, 1]


def test_a_product_that_overflows() -> None:
    steps = (Mul(one(2.0**700)), Mul(one(2.0**700)), Mul(one(2.0**-700)), Mul(one(2.0**-700)), Add(one(-2)), Sign())
    assert agree(steps, column(1, 2, 3)).ravel().tolist() == [-1, 1, 1]


@pytest.mark.parametrize("seed", range(150))
def test_steps_a_rounding_error_away(seed: int) -> None:
    """A quantiser's step at the float64 next to what a chain gives at one integer: no error bound may be too small."""
    rng = np.random.default_rng(seed)

    def number() -> np.ndarray:
        return one(float(rng.choice([-1, 1]) * 10 ** rng.uniform(-6, 3)))

    kinds = (
        lambda: Mul(number()),
        lambda: Div(number()),
        lambda: Add(number()),
        lambda: LeakyRelu(one(float(rng.choice([0.01, 0.125, 3.0])))),
        lambda: BatchNorm(number(), number(), number(), one(float(10 ** rng.uniform(-6, 3))), 1e-5),
    )
    code = int(rng.integers(-40, 41))
    body: tuple[Step, ...] = ()
    for _ in range(int(rng.integers(1, 5))):
        body = (*body, kinds[int(rng.integers(len(kinds)))]())
        if rng.random() < 0.5:  # what is left after a difference has the errors of its operands
            body = (*body, Add(one(-float(exact_value(body, code)) * (1 - 2.0**-20))))
    value = float(exact_value(body, code))
    codes = column(code - 1, code, code + 1)
    agree((*body, Add(one(-value)), Sign()), codes)
    agree((*body, Levels(np.array([[value]]), 0, 1)), codes)
    scale = abs(float(number()))
    for mode in Rounding:
        agree((*body, Add(one(-value)), Quantise(one(scale), one(0), -2, 2, mode)), codes)
        agree((*body, Add(one(scale / 2 - value)), Quantise(one(scale), one(0), -2, 2, mode)), codes)


@pytest.mark.parametrize("seed", range(20))
def test_batch_norms_a_rounding_error_from_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(60):
        gamma, mean, variance = one(rng.normal()), one(rng.normal()), one(float(10 ** rng.uniform(-6, 3)))
        code = int(rng.integers(-40, 41))
        beta = one(-float(exact_value((BatchNorm(gamma, one(0), mean, variance, 1e-5),), code)))
        agree((BatchNorm(gamma, beta, mean, variance, 1e-5), Sign()), column(code))


@pytest.mark.parametrize("mode", Rounding)
def test_integers_that_float64_does_not_hold(mode: Rounding) -> None:
    """Beyond 2**53 neighbours are one float64; the codes tell them apart."""
    for middle in (1 << 53, (1 << 53) + 1, -(1 << 60) - 1, (1 << 62) - 2):
        codes = column(*range(middle - 2, middle + 3))
        agree((Add(one(-float(middle))), Quantise(one(2), one(0), -8, 8, mode)), codes)
        agree((Quantise(one(2.0**10), one(0), -(1 << 62), (1 << 62) - 1, mode),), codes)
        agree((Levels(np.array([[float(middle - 1), float(middle + 1)]]), 0, 1),), codes)
        agree((Add(one(-float(middle))), Sign()), codes)


@pytest.mark.parametrize("bits", [31, 32, 33, 53, 54, 61, 62])
def test_codes_as_wide_as_their_quantiser(bits: int) -> None:
    """Ends that float64 rounds away from the range are the ends all the same."""
    low, high = -(1 << bits), (1 << bits) - 1
    steps = (Quantise(one(0.5), one(0), low, high, Rounding.HALF_EVEN),)
    found = agree(steps, column(-(1 << 62), -(1 << bits) // 2, -1, 0, 1, high // 2, high // 2 + 1, (1 << 62) - 1))
    assert found.min() == low and found.max() == high


@pytest.mark.parametrize("mode", Rounding)
def test_products_too_small_for_float64(mode: Rounding) -> None:
    """They are not zero: their sign decides."""
    tiny = (Mul(one(2.0**-600)), Mul(one(2.0**-600)))
    codes = column(-3, -1, 0, 1, 3)
    found = agree((*tiny, Levels(np.array([[0.0]]), 0, 1)), codes)
    assert found.ravel().tolist() == [0, 0, 1, 1, 1]
    agree((*tiny, Sign()), codes)
    agree((Mul(one(2.0**-600)), Quantise(one(2.0**600), one(0), -2, 2, mode)), codes)
    agree((Div(one(2.0**600)), Div(one(2.0**600)), Mul(one(-1)), Quantise(one(1), one(0), -2, 2, mode)), codes)
    agree((LeakyRelu(one(2.0**-700)), Mul(one(2.0**-600)), Levels(np.array([[0.0]]), 0, 1)), codes)
    norm = BatchNorm(one(2.0**-800), one(0), one(0.5), one(2.0**900), 0.0)
    agree((norm, Levels(np.array([[0.0]]), 0, 1)), codes)


def test_levels_of_infinite_height() -> None:
    steps = (Mul(one(0.5)), Levels(np.array([[-np.inf, 0.5, np.inf]]), 0, 1))
    assert agree(steps, column(-1000, 0, 1, 2)).ravel().tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("mode", Rounding)
def test_rounding_halves(mode: Rounding) -> None:
    """Every quarter from -3 to 3, so every half and every integer; then every thirds' neighbour of a half."""
    quantise = Quantise(one(4), one(0), -8, 8, mode)
    agree((quantise,), np.arange(-12, 13)[:, None])
    agree((Mul(one(1 / 3)), Quantise(one(0.5), one(0.5), -8, 8, mode)), np.arange(-12, 13)[:, None])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        # of -2.5, -1.5, -0.5, 0.5, 1.5, 2.5
        (Rounding.HALF_EVEN, [-2, -2, 0, 0, 2, 2]),
        (Rounding.HALF_ODD, [-3, -1, -1, 1, 1, 3]),
        (Rounding.HALF_UP, [-3, -2, -1, 1, 2, 3]),
        (Rounding.HALF_DOWN, [-2, -1, 0, 0, 1, 2]),
        (Rounding.FLOOR, [-3, -2, -1, 0, 1, 2]),
        (Rounding.CEIL, [-2, -1, 0, 1, 2, 3]),
        (Rounding.TO_ZERO, [-2, -1, 0, 0, 1, 2]),
        (Rounding.FROM_ZERO, [-3, -2, -1, 1, 2, 3]),
    ],
)
def test_rounding_by_hand(mode: Rounding, expected: list[int]) -> None:
    halves = np.arange(-5, 6, 2)
    assert evaluate((Quantise(one(2), one(0), -9, 9, mode),), halves[:, None]).ravel().tolist() == expected
    assert [rounded(Fraction(int(n), 2), mode) for n in halves] == expected


def test_clamp() -> None:
    steps = (Quantise(one(1), one(0), -2, 5, Rounding.HALF_EVEN),)
    assert agree(steps, column(-100, -2, 0, 5, 6, 100)).ravel().tolist() == [-2, -2, 0, 5, 5, 5]


def test_levels_reach_at_equality() -> None:
    shared = (Levels(np.array([[-1.0, 2.0, 2.0]]), -1, 1),)
    assert agree(shared, column(-2, -1, 1, 2)).ravel().tolist() == [-1, 0, 0, 2]
    each = (Mul(one(0.5)), Levels(np.array([[0.5], [1.0]]), -1, 2))
    assert agree(each, np.array([[0, 1], [1, 2], [2, 3]])).tolist() == [[-1, -1], [1, 1], [1, 1]]


def test_relu_and_clip_and_division() -> None:
    relu = Clip(one(0), one(np.inf))
    steps = (Div(one(-3)), relu, Quantise(one(1 / 3), one(0), 0, 7, Rounding.FLOOR))
    assert agree(steps, np.arange(-10, 3)[:, None])[:, 0].max() == 7


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((Mul(np.array([1.0, -1.0, 0.0])), Sign()), [1, -1, 0]),
        ((Mul(one(-2)), Div(one(-2)), Sign()), [1, 1, 1]),
        ((BatchNorm(np.array([-1.0, 2.0, 0.0]), one(0), one(0), one(1), 0.0), Mul(one(-1)), Sign()), [1, -1, 0]),
        ((LeakyRelu(one(0.1)), Sign()), [1, 1, 1]),
        ((LeakyRelu(np.array([0.1, 0.1, -0.1])), Sign()), None),
        ((Mul(np.array([1.0, -1.0, 0.0])), Function(FunctionKind.TANH), Compare(one(0.5), True), Sign()), [1, -1, 0]),
        ((Combine(Operator.MUL, (), ()), Sign()), None),
        ((Combine(Operator.ADD, (), (Mul(one(-1)),)), Sign()), None),
        ((Mul(one(-1)), Combine(Operator.MAX, (), (Mul(np.array([0.5, 0.0, 2.0])),)), Sign()), [-1, -1, -1]),
        ((Combine(Operator.MIN, (Mul(one(-1)),), (Function(FunctionKind.EXP), Mul(one(-2)))), Sign()), [-1, -1, -1]),
    ],
)
def test_direction(steps: tuple[Step, ...], expected: list[int] | None) -> None:
    found = direction(steps, 3)
    assert (None if found is None else found.tolist()) == expected


def test_a_half_that_a_sum_rounds_to() -> None:
    """0.001 is a little more than a thousandth: the sum is 5.5 in float64, and less by much less than a step of it."""
    last = Quantise(np.ones(()), np.zeros(()), 0, 255, Rounding.HALF_EVEN)
    steps = (Mul(np.asarray(0.001)), Add(np.asarray(7.0)), last)
    assert evaluate(steps, np.array([[-1500]])).tolist() == [[5]]
