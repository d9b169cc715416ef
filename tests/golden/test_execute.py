"""The golden model's operations against plain loops, and its complaints."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import DataError
from hwgen.golden.execute import apply, decode, run, trace
from hwgen.ir.graph import Affine, Graph, Node
from hwgen.ir.ops import Activation, ArgMax, Concat, Gather, Magnitude, MatMul, Scale, Threshold
from hwgen.ir.types import DType, IntType, TensorType
from tests.builders import B, chain, codes_of, random_network, value
from tests.golden.exact import evaluate_all

INT8 = IntType(8, signed=True)


def node(op: Threshold | ArgMax, channels: int, out: TensorType, dtype: DType = INT8) -> Node:
    return chain("g", value("x", channels, dtype), ("n", op, out)).nodes[0]


def counted(op: Threshold, x: np.ndarray) -> list[list[int]]:
    """base + step * n, one element at a time."""
    result = []
    for frame in x.tolist():
        row = []
        for channel, code in enumerate(frame):
            bounds = op.thresholds[channel % op.thresholds.shape[0]].tolist()
            count = len([bound for bound in bounds if code >= bound])
            if op.descending[channel % op.descending.shape[0]]:
                count = len(bounds) - count
            row.append(op.codes.tolist()[count] if op.codes.size else op.base + op.step * count)
        result.append(row)
    return result


@pytest.mark.parametrize("levels", [1, 3, 15, 16, 17, 40, 255])
@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("falls", ["none", "some", "all"])
@pytest.mark.parametrize("kind", [np.int8, np.int64])
@pytest.mark.parametrize("turns", [False, True])
def test_threshold(levels: int, rows: int, falls: str, kind: type, turns: bool) -> None:
    rng = np.random.default_rng([levels, rows])
    thresholds = np.sort(rng.integers(-130, 131, (rows, levels)), axis=1)
    descending = {"none": np.zeros(rows), "some": np.arange(rows) % 2, "all": np.ones(rows)}[falls]
    base, step = (-1, 2) if levels == 1 else (-(levels // 2), 1)
    op = Threshold(thresholds, descending, base, step)
    if turns:
        codes = step * rng.integers(0, levels + 1, levels + 1)
        op = Threshold(thresholds, descending, int(codes.min()), step, codes=codes)
    x = rng.integers(-128, 128, (40, 6)).astype(kind)
    x[0] = thresholds[:, 0].clip(-128, 127)
    found = apply(node(op, 6, TensorType((6,), IntType(10, signed=True))), x)
    assert found.tolist() == counted(op, x)


def test_threshold_at_equality() -> None:
    op = Threshold(np.array([[3], [3]]), np.array([0, 1]), -1, 2)
    x = np.array([[2, 2], [3, 3], [4, 4]])
    assert apply(node(op, 2, TensorType((2,), B)), x).tolist() == [[-1, 1], [1, -1], [1, -1]]


@pytest.mark.parametrize(
    ("scores", "index"),
    [([1, 5, 5, 2], 1), ([-3, -3, -3, -3], 0), ([0, 1, 2, 9], 3), ([-128, 127, -128, 127], 1)],
)
def test_argmax_takes_the_first(scores: list[int], index: int) -> None:
    found = apply(node(ArgMax(), 4, TensorType((1,), IntType(2, signed=False))), np.array([scores], dtype=np.int8))
    assert found.tolist() == [[index]]


@pytest.mark.parametrize("seed", range(3))
def test_network_against_loops(seed: int) -> None:
    """Every tensor of an imported network: products in Python integers, activations in fractions."""
    rng = np.random.default_rng(seed)
    graph = random_network(rng, (9, 5, 3), hidden=IntType(2, signed=True), weight=IntType(3, signed=True), last=B)
    x = codes_of(rng, B, (12, 9))
    found = trace(graph, x)
    known = x
    for each in graph.nodes:
        if isinstance(each.op, MatMul):
            rows = each.op.weights.tolist()
            known = np.array(
                [[sum(a * b for a, b in zip(f, row, strict=True)) for row in rows] for f in known.tolist()]
            )
        else:
            assert isinstance(each.op, Activation)
            known = evaluate_all(each.op.steps, known)
        assert np.array_equal(found[each.output.name], known), f"seed {seed}, {each.name}"
    assert np.array_equal(run(graph, x), known)


def test_leading_axes_are_kept() -> None:
    graph = chain("g", value("x", (2, 3), B), ("m", MatMul(np.ones((4, 3)), B), TensorType((2, 4), INT8)))
    assert run(graph, np.ones((5, 2, 3), dtype=np.int64)).shape == (5, 2, 4)


@pytest.mark.parametrize("whole", [False, True])
def test_magnitude(whole: bool) -> None:
    x = np.random.default_rng(4).integers(-128, 128, (7, 2, 3, 5)).astype(np.int8)
    shape = (1,) if whole else (2, 3, 1)
    op = Magnitude(30 if whole else 5)
    found = apply(chain("g", value("x", (2, 3, 5), INT8), ("n", op, TensorType(shape, INT8))).nodes[0], x)
    wanted = [[[sum(map(abs, pixel))] for pixel in row] for frame in x.tolist() for row in frame]
    if whole:
        wanted = [[sum(pixel[0] for pixel in row) for row in wanted[n : n + 2]] for n in range(0, 14, 2)]
        wanted = [[sum(rows)] for rows in wanted]
    assert found.reshape(7, *shape).tolist() == np.array(wanted).reshape(7, *shape).tolist()


def test_scale() -> None:
    """Every channel times its pixel's number, beyond the type of either."""
    rng = np.random.default_rng(5)
    x, factor = (rng.integers(-128, 128, (6, 2, 3, c)).astype(np.int8) for c in (4, 1))
    values = value("x", (2, 3, 4), INT8), value("k", (2, 3, 1), INT8)
    scaled = Node("n", Scale(), values, value("y", (2, 3, 4), IntType(16, signed=True)))
    wanted = [
        [a * k for a in pixel]
        for pixel, (k,) in zip(x.reshape(-1, 4).tolist(), factor.reshape(-1, 1).tolist(), strict=True)
    ]
    assert apply(scaled, x, factor).reshape(-1, 4).tolist() == wanted


def test_gather_moves_repeats_and_leaves_out() -> None:
    x = np.arange(2 * 24).reshape(2, 2, 3, 4)
    places = np.array([[[23, 0], [1, 1]]])
    op = Node("g", Gather(places.ravel()), (value("x", (2, 3, 4), INT8),), value("y", (1, 2, 2), INT8))
    assert apply(op, x).tolist() == [[[[23, 0], [1, 1]]], [[[47, 24], [25, 25]]]]


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_concat_along_any_axis(axis: int) -> None:
    x = [np.full((2, 2, 2, 2), number, dtype=np.int8) for number in range(3)]
    shape = [2, 2, 2]
    shape[axis] = 6
    given = tuple(value(f"x{index}", (2, 2, 2), INT8) for index in range(3))
    joined = apply(Node("c", Concat(axis), given, value("y", tuple(shape), INT8)), *x)
    assert joined.shape == (2, *shape)
    assert np.moveaxis(joined, axis, 0)[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_decode() -> None:
    graph = random_network(np.random.default_rng(0), (3, 2))
    graph = Graph.of(
        graph.name, graph.input, graph.nodes, graph.output, decoding=Affine(np.array([0.5, 2.0]), np.asarray(-1.0))
    )
    assert decode(graph, np.array([[2, 3]])).tolist() == [[0.0, 5.0]]


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.ones((2, 4), dtype=np.int64), "x: frames must be (3,); found (4,)."),
        (np.zeros((2, 3), dtype=np.int64), "x: codes must be bipolar; found [0, 0]."),
    ],
)
def test_wrong_codes(codes: np.ndarray, message: str) -> None:
    with pytest.raises(DataError) as error:
        run(random_network(np.random.default_rng(0), (3, 2)), codes)
    assert str(error.value) == message
