"""The threshold pass: the same codes as the activation at every integer that can arrive."""

from __future__ import annotations

import math
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import hwgen
from hwgen.errors import ModelError
from hwgen.golden.chain import direction
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import (
    Add,
    BatchNorm,
    Clip,
    Combine,
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
    Threshold,
)
from hwgen.ir.types import DType, IntType
from hwgen.passes.pipeline import integer_network
from hwgen.passes.thresholds import Thresholds
from tests.builders import B, activation_graph, chains, codes_of, random_network
from tests.golden.exact import evaluate_all
from tests.tiers import often

Chain = tuple[tuple[Step, ...], DType, int]
LOW, HIGH = -64, 63


def one(number: float) -> np.ndarray:
    return np.asarray(number, dtype=np.float64)


def found_in(steps: tuple[Step, ...], channels: int, out: DType = B, limit: int = 1 << 22) -> Threshold:
    """The threshold of a chain on the integers of [-64, 63]."""
    op = Thresholds(table_limit=limit).apply(activation_graph(steps, LOW, HIGH, channels, out)).nodes[0].op
    assert isinstance(op, Threshold)
    return op


@settings(max_examples=often(120, 50), deadline=None)
@given(chains())
def test_same_codes_at_every_integer(case: Chain) -> None:
    """By table and by search, both the codes of the chain in fractions, and both the same thresholds."""
    steps, out, channels = case
    before = activation_graph(steps, LOW, HIGH, channels, out)
    every = np.arange(LOW, HIGH + 1)[:, None].repeat(channels, axis=1)
    tabled, bisected = (Thresholds(table_limit=limit).apply(before) for limit in (1 << 22, 0))
    for after in (tabled, bisected):
        if not isinstance(steps[-1], Quantise) or out.bits > 1:
            check(after)
        assert np.array_equal(run(after, every), run(before, every))
    assert np.array_equal(run(tabled, every), evaluate_all(steps, every))
    one_way, other = tabled.nodes[0].op, bisected.nodes[0].op
    assert isinstance(one_way, Threshold) and isinstance(other, Threshold)
    assert np.array_equal(one_way.descending, other.descending)
    assert np.array_equal(one_way.thresholds, other.thresholds)


def wide_chains() -> dict[str, tuple[Step, ...]]:
    """Chains to eight bits on wide sums: affine, clipped on both sides, bent, falling, tied at halves, out of reach."""
    rng = np.random.default_rng(3)
    factor, term = rng.normal(size=6) / 900, rng.normal(size=6) * 9
    last = {rounding: Quantise(one(1.0), one(0.0), -128, 127, rounding) for rounding in Rounding}
    return {
        **{f"affine {each.name}": (Mul(factor), Add(term), step) for each, step in last.items()},
        "clipped": (Mul(factor), Clip(one(-7.25), one(31.5)), last[Rounding.HALF_EVEN]),
        "bent": (Add(term), LeakyRelu(one(1 / 64)), Mul(factor), last[Rounding.HALF_UP]),
        "tied": (Mul(np.array([2.0**-9, -(2.0**-9), 2.0**-10, 2.0**-1, 0.0, -1.0])), last[Rounding.HALF_EVEN]),
        "out of reach": (Mul(factor / 1e9), Add(term), last[Rounding.FLOOR]),
        "levels": (Mul(factor), Levels(np.sort(rng.normal(size=(6, 15)) * 50, axis=1), 0, 1)),
        "norm": (BatchNorm(factor * 40, term, term * 100, np.abs(term) + 1e3, 1e-5), last[Rounding.CEIL]),
    }


@pytest.mark.parametrize("name", wide_chains())
def test_a_search_finds_what_a_table_shows(name: str) -> None:
    low, high = -(1 << 15), (1 << 15) - 3
    out = IntType(4, signed=False) if name == "levels" else IntType(8, signed=True)
    before = activation_graph(wide_chains()[name], low, high, 6, out)
    table, search, chosen = (Thresholds(table_limit=limit).apply(before).nodes[0].op for limit in (1 << 22, 0, None))
    for each in (search, chosen):
        assert isinstance(table, Threshold) and isinstance(each, Threshold)
        assert np.array_equal(table.thresholds, each.thresholds)
        assert np.array_equal(table.descending, each.descending)


@pytest.mark.shared_data
def test_thresholds_of_eight_bits_need_no_fractions(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MobileNetV1, W8A8, its scales powers of two: the thresholds that rational numbers gave, without any."""
    monkeypatch.setattr("hwgen.golden.chain._exact", lambda *_: pytest.fail("a point in rational numbers"))
    path = shared / "models/NN2FPGA_mobilenet_v1_vww_a8w8.onnx"
    network = integer_network(hwgen.load(path, input_type="uint8", input_scale=1 / 256))
    digest = sha256()
    for node in network.nodes:
        if isinstance(node.op, Threshold):
            digest.update(node.op.thresholds.astype("<i8").tobytes() + node.op.descending.astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == "ac81ea25d5a883cf"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("hidden", [B, IntType(2, signed=False), IntType(3, signed=True)], ids=str)
def test_networks(hidden: DType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = random_network(
        rng, (12, 9, 7, 4), input_type=IntType(8, signed=False), hidden=hidden, input_quantiser=True, top1=True
    )
    after = integer_network(before)
    assert {type(node.op).__name__ for node in after.nodes} == {"MatMul", "Threshold", "ArgMax"}
    x = codes_of(rng, before.input.type.dtype, (300, 12))
    assert np.array_equal(run(after, x), run(before, x)), f"seed {seed}"


def norm(gamma: float, mean: float, beta: float = 0.0, variance: float = 1.0) -> BatchNorm:
    return BatchNorm(one(gamma), one(beta), one(mean), one(variance), 0.0)


@pytest.mark.parametrize("tau", [-2.5, -2.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
def test_ceiling_not_floor(tau: float) -> None:
    """gamma > 0: +1 from ceil(tau) on; floor is one too low wherever tau is no integer."""
    op = found_in((norm(1, tau), Sign()), 1)
    assert op.thresholds.tolist() == [[math.ceil(tau)]] and op.descending.tolist() == [0]


@pytest.mark.parametrize("tau", [-2.5, -2.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
def test_ceiling_not_taken_after_negation(tau: float) -> None:
    """gamma < 0: +1 up to floor(tau), so -1 from floor(tau) + 1 on. -ceil(-tau) + 1 and ceil(tau) are both wrong."""
    op = found_in((norm(-1, tau), Sign()), 1)
    assert op.thresholds.tolist() == [[math.floor(tau) + 1]] and op.descending.tolist() == [1]


@pytest.mark.parametrize("gamma", [2.0, -2.0])
@pytest.mark.parametrize("limit", [1 << 22, 0])
def test_equality_fires(gamma: float, limit: int) -> None:
    """sign(0) = +1 whichever way the channel runs: >= where a strict > would lose the equality."""
    steps = (norm(gamma, 3.0), Sign())
    after = Thresholds(table_limit=limit).apply(activation_graph(steps, LOW, HIGH, 1, B))
    codes = run(after, np.array([[2], [3], [4]])).ravel().tolist()
    assert codes == ([-1, 1, 1] if gamma > 0 else [1, 1, -1])


@pytest.mark.parametrize("popcounts", [3, 4, 7, 8, 33])
def test_popcount_rule(popcounts: int) -> None:
    """The papers' rule for N inputs: gamma > 0 fires iff pc >= ceil((N + tau) / 2), else pc' of the negated row."""
    for tau in np.arange(-4, 4.25, 0.25):
        for gamma in (1.0, -1.0):
            op = found_in((norm(gamma, float(tau)), Sign()), 1)
            for count in range(popcounts + 1):
                fires = run_one(op, 2 * count - popcounts)
                if gamma > 0:
                    expected = count >= math.ceil((popcounts + tau) / 2)
                else:
                    expected = popcounts - count >= math.ceil((popcounts - tau) / 2)
                assert fires == expected, f"N {popcounts}, tau {tau}, gamma {gamma}, pc {count}"


def run_one(op: Threshold, accumulator: int) -> bool:
    reached = accumulator >= int(op.thresholds[0, 0])
    return reached != bool(op.descending[0])


def test_boundary_that_float64_misses() -> None:
    """x * 0.1 >= 0.3 with the parameters as they are: 3 * 0.1 is larger than 0.3 in truth as in float64, but
    (x - 3) with a root of 0.01 is exactly zero at 3."""
    op = found_in((Mul(one(0.1)), Add(one(-0.1 * 3)), Sign()), 1)
    assert op.thresholds.tolist() == [[4]]
    op = found_in((norm(1, 3.0, 0.0, 0.1), Sign()), 1)
    assert op.thresholds.tolist() == [[3]]


@pytest.mark.parametrize(("beta", "threshold"), [(0.0, LOW), (0.5, LOW), (-0.5, HIGH + 1), (-1e-30, HIGH + 1)])
@pytest.mark.parametrize("limit", [1 << 22, 0])
def test_zero_gamma(beta: float, threshold: int, limit: int) -> None:
    """gamma = 0: always +1 where beta >= 0, else never."""
    op = found_in((norm(0, 5.0, beta), Sign()), 1, limit=limit)
    assert op.thresholds.tolist() == [[threshold]] and op.descending.tolist() == [0]


@pytest.mark.parametrize("limit", [1 << 22, 0])
def test_descending_channels(limit: int) -> None:
    """A channel that falls keeps thresholds that ascend."""
    steps = (Mul(np.array([1.0, -1.0, 0.0])), Quantise(one(10), one(0), -2, 1, Rounding.FLOOR))
    op = found_in(steps, 3, IntType(2, signed=True), limit)
    assert op.descending.tolist() == [0, 1, 0]
    assert op.thresholds.tolist() == [[-10, 0, 10], [-9, 1, 11], [-64, -64, 64]]
    assert (op.base, op.step) == (-2, 1)


def test_shared_parameters_give_one_row() -> None:
    assert found_in((Mul(one(2)), Sign()), 5).thresholds.shape == (1, 1)
    assert found_in((Mul(np.full(5, 2.0)), Sign()), 5).thresholds.shape == (5, 1)


def test_levels() -> None:
    op = found_in((Levels(np.array([[-1.5, 0.0, 7.25]]), -1, 1),), 2, IntType(3, signed=True))
    assert (op.thresholds.tolist(), op.base, op.step) == ([[-1, 0, 8]], -1, 1)
    op = found_in((Levels(np.array([[0.5]]), -1, 2),), 2)
    assert (op.thresholds.tolist(), op.base, op.step) == ([[1]], -1, 2)


@pytest.mark.parametrize("limit", [1 << 22, 0])
def test_codes_that_turn(limit: int) -> None:
    """One channel rises, one falls and rises, one rises twice as fast on its falling side."""
    slopes = LeakyRelu(np.array([0.5, -0.5, -1.0]))
    op = found_in((slopes, Add(one(-4)), Sign()), 3, limit=limit)
    assert op.codes.tolist() == [1, -1, 1] and (op.base, op.step) == (-1, 2)
    assert op.thresholds.tolist() == [[-64, 4], [-7, 4], [-3, 4]] and op.descending.tolist() == [0, 0, 0]


@settings(max_examples=30, deadline=None)
@given(chains(monotone=False))
def test_same_codes_where_they_rise_and_fall(case: Chain) -> None:
    """By table and by bisection, both the codes of the chain in fractions, and both the same thresholds."""
    steps, out, channels = case
    before = activation_graph(steps, LOW, HIGH, channels, out)
    every = np.arange(LOW, HIGH + 1)[:, None].repeat(channels, axis=1)
    tabled, bisected = (Thresholds(table_limit=limit).apply(before) for limit in (1 << 22, 0))
    if not isinstance(steps[-1], Quantise) or out.bits > 1:
        check(tabled)
    assert np.array_equal(run(tabled, every), evaluate_all(steps, every))
    assert np.array_equal(run(bisected, every), run(tabled, every))
    if direction(steps, channels) is None:
        assert tabled.nodes[0].op == bisected.nodes[0].op


SIGMOID = Function(FunctionKind.SIGMOID)


def silu(scale: np.ndarray, bits: int) -> tuple[Step, ...]:
    last = Quantise(one(2.0 ** (3 - bits)), one(0), -(1 << (bits - 1)), (1 << (bits - 1)) - 1, Rounding.HALF_EVEN)
    return (Mul(scale), Combine(Operator.MUL, (), (SIGMOID,)), last)


def test_a_dip_takes_a_threshold_for_each_code_that_is_given() -> None:
    """SiLU to four bits: 0, then -1, then up to 7: 9 thresholds, not 15; falling channels read it backwards."""
    op = found_in(silu(np.array([0.25, -0.25, 1.0, 0.0]), 4), 4, IntType(4, signed=True))
    assert op.codes.tolist() == [0, -1, 0, 1, 2, 3, 4, 5, 6, 7]
    assert op.descending.tolist() == [0, 1, 0, 0] and op.base == -1
    assert op.thresholds[3].tolist() == [LOW, LOW, *[HIGH + 1] * 7] or op.thresholds[3].tolist() == [HIGH + 1] * 9


def test_wide_accumulators_are_bisected_where_codes_turn() -> None:
    """2**40 integers on eight channels, 8-bit codes: each code begins and ends where fractions say, in seconds."""
    low, high = -(1 << 39), (1 << 39) - 1
    scale = np.random.default_rng(2).normal(size=8) * 2.0**-35
    steps = silu(scale, 8)
    graph = activation_graph(steps, low, high, 8, IntType(8, signed=True))
    after = Thresholds().apply(graph)
    op = after.nodes[0].op
    assert isinstance(op, Threshold) and op.codes.size and op.thresholds.shape[1] < 160
    places = np.unique(np.clip(op.thresholds[:, ::7, None] + np.array([-1, 0, 1]), low, high))
    every = places[:, None].repeat(8, axis=1)
    assert np.array_equal(run(after, every), evaluate_all(steps, every))


def test_a_root_of_a_negative_number() -> None:
    with pytest.raises(ModelError) as error:
        found_in((Mul(one(0.5)), Function(FunctionKind.SQRT), Sign()), 1)
    assert str(error.value) == (
        "q0 (net.q0): the chain before the quantiser must have a value everywhere; found the square root of -32."
        " Clip it to where it has one."
    )
    clipped = (Mul(one(0.5)), Clip(one(0), one(np.inf)), Function(FunctionKind.SQRT), Add(one(-2)), Sign())
    assert found_in(clipped, 1, limit=0).thresholds.tolist() == [[8]]


def test_a_division_by_zero() -> None:
    inverse = Combine(Operator.DIV, (Mul(one(0)), Add(one(1))), ())
    with pytest.raises(ModelError, match=r"found 1 / 0\. Clip it"):
        found_in((inverse, Sign()), 1)


def test_intervals_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (*silu(np.linspace(-1, 1, 7), 8)[:-1], Levels(np.sort(np.random.default_rng(1).normal(size=(7, 9))), 0, 1))
    graph = activation_graph(steps, LOW, HIGH, 7, IntType(4, signed=False))
    whole = Thresholds(table_limit=0).apply(graph).nodes[0].op
    monkeypatch.setattr("hwgen.passes.runs._AT_ONCE", 50)
    assert Thresholds(table_limit=0).apply(graph).nodes[0].op == whole


def test_codes_that_change_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.passes.runs._MOST_INTERVALS", 1000)
    with pytest.raises(ModelError, match="the codes must change less often; found at more than"):
        found_in(silu(np.linspace(0.1, 1, 40), 8), 40, IntType(8, signed=True), limit=0)


def test_a_single_code() -> None:
    with pytest.raises(ModelError) as error:
        found_in((Quantise(one(1), one(0), 0, 0, Rounding.FLOOR),), 1, IntType(1, signed=False))
    assert str(error.value) == (
        "q0 (net.q0): a quantiser must give two codes or more; found only 0. Give it more bits."
    )


def test_a_turn_outside_the_range_is_no_turn() -> None:
    """On inputs that are never negative the slope below zero does not matter."""
    steps = (LeakyRelu(one(-1)), Add(one(-4)), Sign())
    graph = activation_graph(steps, 0, 63, 1, B)
    op = Thresholds().apply(graph).nodes[0].op
    assert isinstance(op, Threshold) and op.thresholds.tolist() == [[4]]


def test_wide_accumulators_are_bisected() -> None:
    """2**40 integers cannot be listed: the default takes bisection, and the boundary is exact."""
    middle = (1 << 39) + 12345
    graph = activation_graph((Add(one(-middle - 0.5)), Sign()), 0, (1 << 40) - 1, 1, B)
    op = Thresholds().apply(graph).nodes[0].op
    assert isinstance(op, Threshold) and op.thresholds.tolist() == [[middle + 1]]


@pytest.mark.parametrize("bits", [33, 40, 53, 54, 61, 62])
@pytest.mark.parametrize("slope", [1.0, -1.0, 0.75])
def test_steps_in_wide_ranges_are_found_to_the_last_integer(bits: int, slope: float) -> None:
    """By bisection over up to 2**62 integers: each threshold reaches its code and the integer before it does not."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    steps = (Mul(one(slope * 2.0 ** (3 - bits))), Quantise(one(1), one(0), -2, 1, Rounding.HALF_EVEN))
    graph = activation_graph(steps, low, high, 1, IntType(2, signed=True))
    op = Thresholds().apply(graph).nodes[0].op
    assert isinstance(op, Threshold) and low <= op.thresholds.min() and op.thresholds.max() <= high + 1
    places = np.unique([low, high, *(at + step for at in op.thresholds[0].tolist() for step in (-1, 0, 1))])
    every = places[(places >= low) & (places <= high)][:, None]
    assert np.array_equal(run(Thresholds().apply(graph), every), evaluate_all(steps, every))


TOO_MUCH = [
    (
        activation_graph((Quantise(one(1), one(0), 0, 1, Rounding.CEIL),), 0, (1 << 62) - 1, 1, B),
        f"q0 (net.q0): a quantiser must read integers below {(1 << 62) - 1}; found [0, {(1 << 62) - 1}]."
        " Use fewer bits for weights or activations.",
    ),
    (
        activation_graph((Quantise(one(1), one(0), 0, 1 << 25, Rounding.CEIL),), 0, 7, 1, IntType(26, signed=False)),
        "q0 (net.q0): a quantiser must have at most 16,777,216 thresholds; found codes from 0 to 33554432. Give it"
        " fewer bits.",
    ),
    (
        activation_graph(
            (Mul(np.ones(3)), Quantise(one(1), one(0), 0, 1 << 23, Rounding.CEIL)), 0, 7, 3, IntType(24, signed=False)
        ),
        "q0 (net.q0): a quantiser must have at most 16,777,216 thresholds; found codes from 0 to 8388608, on 3"
        " channels. Give it fewer bits.",
    ),
]


@pytest.mark.parametrize(("graph", "message"), TOO_MUCH, ids=["input", "codes", "channels"])
def test_more_than_thresholds_can_hold(graph: Graph, message: str) -> None:
    with pytest.raises(ModelError) as error:
        Thresholds().apply(graph)
    assert str(error.value) == message


def test_a_quantiser_of_sixteen_bits() -> None:
    """65,535 thresholds of a table of 65,536 integers, each where its code begins."""
    steps = (Quantise(one(1), one(0), -(1 << 15), (1 << 15) - 1, Rounding.HALF_EVEN),)
    graph = activation_graph(steps, -(1 << 15), (1 << 15) - 1, 1, IntType(16, signed=True))
    op = Thresholds().apply(graph).nodes[0].op
    assert isinstance(op, Threshold) and np.array_equal(op.thresholds[0], np.arange(1 - (1 << 15), 1 << 15))
