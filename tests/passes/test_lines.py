"""Lines: the same codes as thresholds at every integer, by the least shift, or none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.golden.execute import apply
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import (
    Activation,
    Add,
    Clip,
    Function,
    FunctionKind,
    LeakyRelu,
    Line,
    Mul,
    Quantise,
    Rounding,
    Step,
    Threshold,
)
from hwgen.ir.ranges import Range
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import IntArray, IntType, TensorType
from hwgen.passes.lines import LEAST_LEVELS, Lines, even_line, line_of
from hwgen.passes.thresholds import Thresholds
from tests.builders import chain, value


def by_line(line: Line, x: IntArray) -> IntArray:
    """Codes of integers (N, C), in Python's integers."""
    wide = x.astype(object)
    number = line.factor.astype(object) * (wide + line.start) + line.rest
    code = number >> line.shift
    if line.to_even:
        code = code - ((code & 1) & (number == code << line.shift))
    return np.clip(code, line.low, line.high).astype(np.int64)


def network(steps: tuple[Step, ...], source: IntType, channels: int, bits: int, *, signed: bool) -> Graph:
    x = value("x", channels, source)
    codes = TensorType((channels,), IntType(bits, signed=signed))
    return Thresholds().apply(chain("g", x, ("act", Activation(steps), codes)))


def threshold_of(graph: Graph) -> tuple[Node, Threshold]:
    (node,) = graph.nodes
    assert isinstance(node.op, Threshold)
    return node, node.op


def compared(graph: Graph) -> Line | None:
    """The line of the only node, once it agrees with golden at every integer of the input's type."""
    node, op = threshold_of(Lines().apply(graph))
    if op.line is not None:
        source = node.inputs[0].type.dtype
        x = np.arange(source.min, source.max + 1)[:, None].repeat(node.inputs[0].type.channels, axis=1)
        assert np.array_equal(apply(node, x), by_line(op.line, x))
    return op.line


def drawn(rng: np.random.Generator) -> tuple[tuple[Step, ...], int, bool]:
    """Steps of four channels with slopes of both signs, bits of the quantiser and whether it is signed."""
    bits, signed = int(rng.integers(8, 14)), bool(rng.integers(2))
    scale = 2.0 ** rng.integers(-3, 1) * (1.0 if rng.integers(2) else rng.uniform(0.5, 1.0))
    factor = rng.choice([-1.0, 1.0], 4) * (1.0 if rng.integers(2) else rng.uniform(0.25, 4.0, 4))
    steps: list[Step] = [Mul(factor), Add(rng.normal(size=4) * 100 if rng.integers(2) else np.zeros(()))]
    if rng.integers(2):
        steps.append(Clip(np.zeros(()), np.full((), np.inf)))
    kind = IntType(bits, signed=signed)
    rounding = list(Rounding)[rng.integers(len(Rounding) - 1)]
    steps.append(Quantise(np.asarray(1 / scale), np.zeros(()), kind.min, kind.max, rounding))
    return tuple(steps), bits, signed


@pytest.mark.parametrize("seed", range(40))
def test_lines_have_the_codes_of_thresholds(seed: int) -> None:
    steps, bits, signed = drawn(np.random.default_rng(seed))
    line = compared(network(steps, IntType(14, signed=True), 4, bits, signed=signed))
    straight = Rounding.HALF_EVEN, Rounding.FLOOR, Rounding.CEIL
    last = steps[-1]
    assert isinstance(last, Quantise)
    assert line is not None or last.rounding not in straight


@pytest.mark.parametrize("slope", [1.0, -1.0])
def test_ties_of_a_power_of_two_go_to_even(slope: float) -> None:
    steps = (Mul(np.asarray(slope / 16)), Quantise(np.ones(()), np.zeros(()), -512, 511, Rounding.HALF_EVEN))
    line = compared(network(steps, IntType(16, signed=True), 1, 10, signed=True))
    assert line is not None
    assert line.to_even
    assert (abs(int(line.factor[0])), line.shift) == (1, 4)


def test_the_factors_of_wide_sums_need_more_than_64_bits() -> None:
    """Thresholds 65,535 on sums of 35 bits: every one of them and the integer before."""
    rng = np.random.default_rng(3)
    steps = (Mul(np.asarray(0.7e-6)), Add(rng.normal(size=3)), Clip(np.zeros(()), np.full((), np.inf)))
    last = Quantise(np.asarray(0.17), np.zeros(()), 0, (1 << 16) - 1, Rounding.HALF_EVEN)
    node, op = threshold_of(Lines().apply(network((*steps, last), IntType(35, signed=True), 3, 16, signed=False)))
    assert op.line is not None
    assert int(op.line.factor.max()).bit_length() + 35 > 64
    for shift in (0, 1):
        x = (op.thresholds.T - shift).clip(-(1 << 34), (1 << 34) - 1)
        assert np.array_equal(apply(node, x), by_line(op.line, x))


@pytest.mark.parametrize(
    "steps",
    [
        (Mul(np.asarray(1 / 64)), Function(FunctionKind.TANH), Mul(np.asarray(500.0))),
        (LeakyRelu(np.asarray(0.25)),),
    ],
    ids=["tanh", "leaky"],
)
def test_what_is_no_line_keeps_thresholds(steps: tuple[Step, ...]) -> None:
    last = Quantise(np.ones(()), np.zeros(()), -512, 511, Rounding.HALF_EVEN)
    assert compared(network((*steps, last), IntType(11, signed=True), 1, 10, signed=True)) is None


def test_channels_that_stay_and_channels_that_end_early() -> None:
    """A channel whose codes are all the same, and one that reaches only some of them."""
    factor, term = np.array([0.0, 0.001, 1.0, -1.0]), np.array([3.0, 7.0, 0.0, 0.0])
    last = Quantise(np.ones(()), np.zeros(()), 0, 255, Rounding.HALF_EVEN)
    line = compared(network((Mul(factor), Add(term), last), IntType(12, signed=True), 4, 8, signed=False))
    assert line is not None


def test_integers_that_cannot_arrive_do_not_count() -> None:
    """Below 0 all codes would be reached at once; no integer below 0 arrives."""
    steps = np.concatenate([np.zeros(10), np.arange(1, 191)])[None, :]
    op = Threshold(steps, np.zeros(1), 0, 1)
    assert line_of(op, Range(np.array([0]), np.array([255]))) is not None
    assert line_of(op, Range(np.array([-200]), np.array([255]))) is None


@pytest.mark.parametrize("way", [0, 1])
def test_even_lines_have_the_codes_of_thresholds(way: int) -> None:
    """Of channels with equal steps, some of which lie beyond what arrives; a line that is wrong at an end is none."""
    rng, found = np.random.default_rng(way), 0
    ports = value("x", 2, IntType(6, signed=True)), value("y", 2, IntType(4, signed=False))
    x = np.arange(-25, 26)[:, None].repeat(2, axis=1)
    for _ in range(200):
        rows = rng.integers(-30, 5, (2, 1)) + (np.arange(7) << rng.integers(1, 3))
        rows = np.where((rng.random((2, 1)) < 0.5) & (rows < rng.integers(-30, 10)), -40, rows)
        op = Threshold(rows, np.full(2, way), 0, 1)
        line = even_line(op, Range(np.full(2, -25), np.full(2, 25)))
        if line is not None:
            found += 1
            node = Node("act", op, ports[:1], ports[1])
            assert np.array_equal(apply(node, x), by_line(line, x)), rows
    assert 20 < found < 180


@pytest.mark.parametrize("constant", [-40, 40])
@pytest.mark.parametrize("shift", [0, 2])
def test_even_lines_of_a_channel_that_stays(constant: int, shift: int) -> None:
    """At the highest code of the others, or at their lowest."""
    op = Threshold(np.array([np.arange(7) << shift, [constant] * 7]), np.zeros(2), 0, 1)
    line = even_line(op, Range(np.full(2, -25), np.full(2, 30)))
    x = np.arange(-25, 31)
    assert line is not None
    assert set(by_line(line, x[:, None].repeat(2, axis=1))[:, 1].tolist()) == {7 if constant < 0 else 0}


def test_few_levels_have_no_line() -> None:
    op = Threshold(np.arange(LEAST_LEVELS - 1)[None, :], np.zeros(1), 0, 1)
    node = Node("act", op, (value("x", 1, IntType(10, signed=True)),), value("y", 1, IntType(7, signed=False)), "")
    graph = chain("g", node.inputs[0], ("act", op, node.output.type))
    assert threshold_of(Lines().apply(graph))[1] == op


def test_lines_are_printed_and_read_back() -> None:
    steps = (Mul(np.asarray(0.3)), Quantise(np.ones(()), np.zeros(()), 0, 255, Rounding.HALF_EVEN))
    graph = Lines().apply(network(steps, IntType(12, signed=True), 2, 8, signed=False))
    assert parse_graph(print_graph(graph)) == graph
    node, op = threshold_of(graph)
    other = replace(graph, nodes=(replace(node, op=replace(op, line=None)),))
    assert print_graph(other) != print_graph(graph)
    assert isinstance(node.output, Value)
