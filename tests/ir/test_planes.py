"""Codes of residual planes: what they stand for, from where on they are given, and which networks may read them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.errors import CheckError
from hwgen.ir.check import check
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv, MatMul, Op
from hwgen.ir.planes import is_ordered, plane_thresholds, plane_values
from hwgen.ir.ranges import ranges
from hwgen.ir.text import parse_graph, print_graph
from hwgen.ir.types import DType, IntType, TensorType
from tests.builders import B, chain, value

FACTORS = st.lists(st.integers(1, 50), min_size=1, max_size=4)
U2, U3 = IntType(2, signed=False), IntType(3, signed=False)


def residual(x: float, betas: list[int]) -> tuple[int, float]:
    """The code of `x` and what it stands for, by the paper's recursion."""
    code, total = 0, 0
    for beta in betas:
        positive = x - total >= 0
        code, total = 2 * code + positive, total + (beta if positive else -beta)
    return code, total


@given(FACTORS, st.lists(st.integers(-400, 400), min_size=1, max_size=40))
def test_thresholds_give_the_codes_of_the_recursion(betas: list[int], quarters: list[int]) -> None:
    thresholds = plane_thresholds([float(beta) for beta in betas])
    assert thresholds.shape == (1, 2 ** len(betas) - 1)
    assert np.all(np.diff(thresholds) >= 0)
    for x in [quarter / 2 for quarter in quarters]:
        code, total = residual(x, betas)
        assert int((x >= thresholds).sum()) == code
        assert plane_values(betas)[code] == total


@given(FACTORS)
def test_order_of_what_codes_stand_for(betas: list[int]) -> None:
    seen = [residual(quarter / 2, betas)[1] for quarter in range(-450, 451)]
    assert is_ordered(betas) == (seen == sorted(seen))


def test_values() -> None:
    assert plane_values((5, 3)).tolist() == [-8, -2, 2, 8]
    assert plane_values(()).tolist() == [0]
    assert plane_thresholds([5.0, 3.0]).tolist() == [[-5.0, 0.0, 5.0]]


def dense(planes: tuple[int, ...], *, weight: DType = B, source: DType = U2) -> Graph:
    weights = np.ones((3, 4)) if weight == B else np.full((3, 4), 2)
    op = MatMul(weights, weight, np.array(planes))
    return chain("net", value("x", 4, source), ("fc0", op, TensorType((3,), IntType(16, signed=True))))


def image(groups: int, pad: int) -> Graph:
    op: Op = Conv(np.ones((4, 3, 3, 4 // groups)), B, Geometry((3, 3), padding=(1, 1, 1, 1)), groups, pad, [5, 3])
    return chain("net", value("x", (5, 5, 4), U2), ("conv0", op, TensorType((5, 5, 4), IntType(16, signed=True))))


def test_ranges_and_text() -> None:
    for graph, reach in ((dense((5, 3)), 4 * 8), (image(2, 0), 2 * 9 * 8)):
        check(graph)
        found = ranges(graph)[graph.output.name]
        assert (found.min, found.max) == (-reach, reach)
        assert parse_graph(print_graph(graph)) == graph
        assert '"planes"' in print_graph(graph)
    plain = dense((), source=U3)
    assert "planes" not in print_graph(plain) and parse_graph(print_graph(plain)) == plain


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (dense((5, 0)), "fc0 (net.fc0): factors of planes are positive; found [5 0]."),
        (dense((5, 4, 3, 2, 1)), "fc0 (net.fc0): planes are 1 to 4; found (5,)."),
        (dense((5, 3), weight=IntType(3, signed=True)), "fc0 (net.fc0): weights of planes are bipolar; found int3."),
        (
            dense((5, 3), source=IntType(3, signed=False)),
            "fc0 (net.fc0): a code has a bit for each plane; found uint3.",
        ),
        (dense((5, 3), source=IntType(2, signed=True)), "fc0 (net.fc0): a code has a bit for each plane; found int2."),
        (image(4, 0), "conv0 (net.conv0): planes are of several channels; found depthwise."),
        (image(1, 1), "conv0 (net.conv0): a padded tap holds a code of uint2; found 1."),
    ],
    ids=["zero", "order", "weights", "bits", "signed", "depthwise", "pad"],
)
def test_illegal_networks(graph: Graph, message: str) -> None:
    with pytest.raises(CheckError) as error:
        check(graph)
    assert str(error.value) == message
