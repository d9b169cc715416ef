"""Ranges of accumulators: reached exactly, by trying every input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hwgen.errors import ModelError
from hwgen.golden.execute import run, trace
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import (
    Activation,
    Concat,
    Conv,
    Gather,
    Levels,
    Magnitude,
    MatMul,
    Op,
    Pool,
    PoolKind,
    Quantise,
    Rounding,
    Scale,
    Sum,
    Threshold,
)
from hwgen.ir.ranges import Range, matmul_range, op_range, quantiser_range, ranges, smallest_type, type_range
from hwgen.ir.types import DType, IntType, TensorType, WidthError, holds, smallest_int
from hwgen.passes.pipeline import integer_network
from tests.builders import B, chain, codes_of, random_network, value

INPUTS = (B, IntType(2, signed=True), IntType(2, signed=False), IntType(1, signed=True), IntType(3, signed=True))


@pytest.mark.parametrize("weight", (B, IntType(4, signed=True), IntType(3, signed=False)), ids=str)
@pytest.mark.parametrize("dtype", INPUTS, ids=str)
def test_tight(dtype: DType, weight: DType) -> None:
    """The bounds of each channel are the smallest and largest accumulator over all inputs."""
    rng = np.random.default_rng(11)
    source = value("x", 4, dtype)
    codes = (-1, 1) if dtype == B else range(dtype.min, dtype.max + 1)
    every = np.array(list(itertools.product(codes, repeat=4)))
    for _ in range(5):
        weights = codes_of(rng, weight, (3, 4))
        bounds = matmul_range(weights, type_range(source))
        sums = every @ weights.T
        assert np.array_equal(bounds.low, sums.min(axis=0)) and np.array_equal(bounds.high, sums.max(axis=0))
        assert smallest_type(matmul_range(weights, type_range(source))) == smallest_int(
            int(sums.min()), int(sums.max())
        )


@pytest.mark.parametrize("low, high", list(itertools.combinations_with_replacement(range(-3, 4), 2)))
def test_magnitude_and_scale_are_tight(low: int, high: int) -> None:
    """Bounds are reached by some codes: of two channels the second is always positive."""
    codes = np.array(list(itertools.product(range(low, high + 1), (1, 2))))
    channels = Range(np.array([low, 1]), np.array([high, 2]))
    sums = np.abs(codes).sum(axis=1)
    for pixels in (1, 3):
        bounds = op_range(Magnitude(2 * pixels), [channels], 1)
        assert (bounds.min, bounds.max) == (pixels * sums.min(), pixels * sums.max())
    factor = Range(np.array([low]), np.array([high]))
    bounds = op_range(Scale(), [channels, factor], 2)
    products = codes[:, None] * np.arange(low, high + 1)[None, :, None]
    assert bounds.low.tolist() == products.min(axis=(0, 1)).tolist()
    assert bounds.high.tolist() == products.max(axis=(0, 1)).tolist()


def around(low: int, high: int) -> Range:
    """Of one channel."""
    return Range(np.array([low]), np.array([high]))


@pytest.mark.parametrize("low, high", [(5, 8), (-9, -4), (1, 1), (-3, 2), (0, 3)])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 0, 0, 0), (1, 0, 1, 0)])
@pytest.mark.parametrize("pad", [0, 7, -9, 40])
def test_a_padded_convolution_reads_its_pad_code(low: int, high: int, padding: tuple[int, ...], pad: int) -> None:
    """Codes that are never 0, and pad codes beyond them: every accumulator of every image lies inside."""
    geometry = Geometry((2, 1), padding=padding)
    weights = np.array([[1, 1], [1, -1], [-2, 3], [-1, -1]])
    op = Conv(weights.reshape(4, 2, 1, 1), IntType(3, signed=True), geometry, 1, pad)
    bounds = op_range(op, [around(low, high)], 4)
    column = [[pad]] * padding[0] + [list(range(low, high + 1))] * 3 + [[pad]] * padding[2]
    sums = [weights @ pixels for pair in itertools.pairwise(column) for pixels in itertools.product(*pair)]
    assert np.all(bounds.low <= np.min(sums, axis=0)) and np.all(np.max(sums, axis=0) <= bounds.high)
    if not any(padding):
        assert np.array_equal(bounds.low, np.min(sums, axis=0)) and np.array_equal(bounds.high, np.max(sums, axis=0))


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_each_group_of_a_convolution_reads_its_own_channels(groups: int) -> None:
    """Channels of other ranges: the bounds are those of all codes of the channels that a group sees, reached."""
    low, high = np.array([-1, 5, -9, 0]), np.array([1, 6, -7, 3])
    each = 4 // groups
    weights = np.random.default_rng(groups).integers(-3, 4, (4, 1, 1, each))
    bounds = op_range(Conv(weights, IntType(3, signed=True), Geometry((1, 1)), groups, 0), [Range(low, high)], 4)
    for out, row in enumerate(weights.reshape(4, each)):
        first = out // (4 // groups) * each
        ends = itertools.product(*zip(low[first : first + each], high[first : first + each], strict=True))
        sums = [int(np.dot(row, codes)) for codes in ends]
        assert (bounds.low[out], bounds.high[out]) == (min(sums), max(sums))


@pytest.mark.parametrize("low, high", [(5, 8), (-9, -4), (1, 1), (-3, 2), (0, 3)])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1)])
@pytest.mark.parametrize("kind", PoolKind)
def test_padded_taps_of_a_pool_add_nothing(low: int, high: int, padding: tuple[int, ...], kind: PoolKind) -> None:
    """The sum of a window that lies in the padding for the most part may be nearer to 0 than any other."""
    op = Pool(Geometry((2, 2), padding=padding), kind, np.zeros(1))
    bounds = op_range(op, [around(low, high)], 1)
    seen = (2, 4) if any(padding) else (4,)
    if kind is PoolKind.MAX:
        assert (bounds.min, bounds.max) == (low, high)
    else:
        assert bounds.min <= min(n * low for n in seen) and max(n * high for n in seen) <= bounds.max
        assert any(padding) or (bounds.min, bounds.max) == (4 * low, 4 * high)


@pytest.mark.parametrize("low, high", [(5, 8), (-9, -4)])
def test_codes_that_are_never_zero_in_a_network(low: int, high: int) -> None:
    """Thresholds whose codes exclude 0, then a padded convolution and a padded pool: types hold what golden gives."""
    codes = IntType(5, signed=True)
    x = value("x", (3, 3, 1), IntType(3, signed=True))
    steps = Threshold(np.array([[-2, 0, 2][: high - low]]), np.zeros(1), low, 1)
    around_all = Geometry((3, 3), padding=(1, 1, 1, 1))
    weights = np.array([1, -1, 2, -2, 1, -1, 2, -1, 1]).reshape(1, 3, 3, 1)
    wide = IntType(10, signed=True)
    act = ("act", steps, TensorType((3, 3, 1), codes))
    for op in (
        Conv(weights, IntType(3, signed=True), around_all, 1, 0),
        Pool(around_all, PoolKind.SUM, np.zeros(1)),
    ):
        graph = integer_network(chain("g", x, act, ("op", op, TensorType((3, 3, 1), wide))))
        found = run(graph, np.random.default_rng(0).integers(-4, 4, (200, 3, 3, 1)))
        assert holds(graph.output.type.dtype, found)
        assert ranges(graph)["op_out"].min <= found.min() and found.max() <= ranges(graph)["op_out"].max


def test_moved_channels_keep_their_bounds() -> None:
    given = Range(np.array([0, -5]), np.array([3, 9]))
    swapped = op_range(Gather(np.array([1, 0, 3, 0])), [given], 2)
    assert (swapped.low.tolist(), swapped.high.tolist()) == ([-5, 0], [9, 3])
    mixed = op_range(Gather(np.array([0, 0, 1, 2])), [given], 2)
    assert (mixed.low.tolist(), mixed.high.tolist()) == ([-5, 0], [9, 3])


def test_joined_rows_share_their_bounds() -> None:
    parts = [Range(np.array([0, -5]), np.array([3, 9])), Range(np.array([-1, 2]), np.array([1, 12]))]
    channels, rows = op_range(Concat(), parts, 4), op_range(Concat(axis=-3), parts, 2)
    assert (channels.low.tolist(), channels.high.tolist()) == ([0, -5, -1, 2], [3, 9, 1, 12])
    assert (rows.low.tolist(), rows.high.tolist()) == ([-1, -5], [3, 12])


def test_codes_that_rise_and_fall() -> None:
    op = Threshold(np.array([[0, 1, 5]]), np.zeros(1), -2, 1, codes=np.array([0, -2, 3, 1]))
    bounds = op_range(op, [around(-9, 9)], 2)
    assert (bounds.low.tolist(), bounds.high.tolist()) == ([-2, -2], [3, 3])


HUGE = IntType(62, signed=True)


@pytest.mark.parametrize(
    ("op", "inputs", "channels"),
    [
        (MatMul(np.full((1, 2), 3), IntType(3, signed=True)), [around(0, HUGE.max)], 1),
        (MatMul(np.full((1, 4), HUGE.max), HUGE), [around(-1, 1)], 1),
        (MatMul(np.array([[-1, 1]]), B, np.array([HUGE.max, HUGE.max])), [around(0, 3)], 1),
        (Conv(np.full((1, 3, 1, 1), 2), B, Geometry((3, 1)), 1, 0), [around(HUGE.min, HUGE.max)], 1),
        (Conv(np.full((1, 2, 1, 1), 2), B, Geometry((2, 1), padding=(1, 0, 0, 0)), 1, 1 << 62), [around(0, 1)], 1),
        (Pool(Geometry((3, 3)), PoolKind.SUM, np.zeros(1)), [around(HUGE.min, HUGE.max)], 1),
        (Magnitude(8), [around(HUGE.min, HUGE.max)], 1),
        (Sum(), [around(HUGE.min, HUGE.max)] * 3, 1),
        (Scale(), [around(-(1 << 32), 1 << 32)] * 2, 1),
        (Scale(), [around(HUGE.min, HUGE.max)] * 2, 1),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_no_integer_type_holds_is_said_and_never_wraps(op: Op, inputs: list[Range], channels: int) -> None:
    if isinstance(op, MatMul):
        inputs = [Range(inputs[0].low.repeat(op.weights.shape[1]), inputs[0].high.repeat(op.weights.shape[1]))]
    with pytest.raises(WidthError, match=r"^\[-?\d+, \d+\]$"):
        op_range(op, inputs, channels)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_of_wide_sums_are_whole_numbers(seed: int) -> None:
    """Beyond what float64 holds, up to the last bit that an integer type has."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(-(1 << 29), 1 << 29, (3, 4), endpoint=True)
    low, high = -rng.integers(0, 1 << 30, 4), rng.integers(0, 1 << 30, 4)
    bounds = matmul_range(weights, Range(low, high))
    for row, least, most in zip(weights.tolist(), bounds.low.tolist(), bounds.high.tolist(), strict=True):
        ends = [sorted((w * a, w * b)) for w, a, b in zip(row, low.tolist(), high.tolist(), strict=True)]
        assert (least, most) == (sum(end[0] for end in ends), sum(end[1] for end in ends))


def test_a_node_that_is_too_wide_is_named() -> None:
    x = value("x", 4, IntType(40, signed=True))
    op = MatMul(np.full((2, 4), (1 << 30) - 1), IntType(31, signed=True))
    with pytest.raises(ModelError) as error:
        ranges(chain("g", x, ("fc0", op, TensorType((2,), IntType(63, signed=True)))))
    assert str(error.value) == (
        "fc0 (net.fc0): every number that it can give must fit an integer of 63 bits; found [-2361183239235799351296,"
        " 2361183239231504384004]. Use fewer bits for weights or activations."
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_value_stays_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_network(rng, (8, 6, 4), hidden=IntType(2, signed=True), weight=IntType(3, signed=True), top1=True)
    known = ranges(graph)
    for name, codes in trace(graph, codes_of(rng, B, (200, 8))).items():
        assert np.all((known[name].low <= codes) & (codes <= known[name].high)), f"seed {seed}, {name}"


@pytest.mark.parametrize(("weight", "terms"), [(1 << 40, 1), (1 << 31, 4), (-1 << 31, 4)])
def test_products_beyond_64_bits_do_not_wrap(weight: int, terms: int) -> None:
    with pytest.raises(WidthError):
        matmul_range(np.full((1, terms), weight), Range(np.arange(terms), np.full(terms, 1 << 30)))


def test_quantiser_range_of_no_quantiser() -> None:
    graph = random_network(np.random.default_rng(0), (3, 2), last=B)
    op = graph.nodes[-1].op
    assert isinstance(op, Activation) and quantiser_range(op) == (-1, 1)
    assert quantiser_range(Activation((Quantise(np.ones(()), np.ones(()), -3, 4, Rounding.CEIL),))) == (-3, 4)
    assert quantiser_range(Activation((Levels(np.array([[0.5, 1.5, 4]]), 0, 1),))) == (0, 3)
    assert quantiser_range(Activation((Levels(np.array([[0.5]]), -1, 2),))) == (-1, 1)
    with pytest.raises(TypeError, match=r"^an activation ends with a quantiser, found BatchNorm$"):
        quantiser_range(Activation(op.steps[:1]))
