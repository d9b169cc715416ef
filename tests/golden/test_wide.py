"""What a frame gives hangs on nothing else in the batch, at every width: all operations against Python's integers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hwgen.errors import DataError
from hwgen.golden.execute import run, trace
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.ranges import matmul_range, smallest_type, type_range
from hwgen.ir.types import IntType, TensorType
from hwgen.passes.pipeline import integer_network
from tests.builders import chain, value
from tests.golden.wide import ENDINGS, KINDS, WIDTHS, reference, small_and_wide, wide_network


def prove(graph: Graph, codes: np.ndarray) -> None:
    """Every tensor is the reference's, and every frame gives alone what it gives among others."""
    check(graph)
    wanted = reference(graph, codes)
    for name, found in trace(graph, codes).items():
        assert np.array_equal(found.astype(object), wanted[name]), name
    together = run(graph, codes)
    for frame in range(len(codes)):
        alone = run(graph, codes[frame : frame + 1])
        assert alone.dtype == together.dtype
        assert np.array_equal(alone[0], together[frame])


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_at_every_width(kind: str, bits: int) -> None:
    for seed, ending in itertools.product(range(2), ENDINGS):
        rng = np.random.default_rng([seed, bits])
        graph = wide_network(rng, kind, bits, ending)
        codes = small_and_wide(rng, graph)
        prove(graph, codes)
        prove(integer_network(graph), codes)


def dense(inputs: int, source: IntType, weight: IntType, *levels: int) -> Graph:
    """Weights at both their ends, then thresholds."""
    x = value("x", inputs, source)
    weights = np.array([[weight.max] * inputs, [weight.min] * inputs])
    sums = TensorType((2,), smallest_type(matmul_range(weights, type_range(x))))
    steps = Threshold(np.array([levels]), np.zeros(1), 0, 1)
    return chain(
        "g", x, ("fc", MatMul(weights, weight), sums), ("act", steps, TensorType((2,), IntType(2, signed=False)))
    )


def test_thresholds_beyond_int32_do_not_hang_on_the_other_frames() -> None:
    """Sums of 33 bits, steps at 2.2e9: frames of small numbers reach none of them, whatever else is in the batch."""
    graph = dense(300, IntType(16, signed=False), IntType(8, signed=True), -1, 2_200_000_000)
    small, large = np.full((1, 300), 3), np.full((1, 300), 65_535)
    assert run(graph, small).tolist() == [[1, 0]]
    assert run(graph, np.concatenate([small, large])).tolist() == [[1, 0], [2, 0]]
    prove(graph, np.concatenate([small, large]))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.uint32, np.uint64, np.int16, np.int64, np.float64, bool])
def test_the_numpy_type_of_the_frames_changes_nothing(kind: type) -> None:
    graph = dense(3, IntType(1, signed=False), IntType(40, signed=True), -(1 << 41), -1, 1 << 40)
    codes = np.array([[0, 1, 1], [1, 1, 1], [0, 0, 0]])
    found = run(graph, codes.astype(kind))
    assert np.array_equal(found, run(graph, codes)) and found.dtype == run(graph, codes).dtype


def test_codes_that_are_no_integers() -> None:
    graph = dense(2, IntType(4, signed=True), IntType(4, signed=True), 0)
    for codes in ([[0.5, 1.0]], [[1.0, np.nan]]):
        with pytest.raises(DataError, match=r"^x: codes must be int4; found \["):
            run(graph, np.array(codes))
