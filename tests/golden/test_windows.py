"""Convolutions and pools of the golden model against loops that know nothing of them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.golden import windows
from hwgen.golden.execute import run, trace
from hwgen.golden.windows import convolve, pool
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Activation, Concat, Conv, Pool, PoolKind, Sign, Sum
from hwgen.ir.types import Bipolar, IntType, TensorType

Array = npt.NDArray[Any]
WIDE = IntType(63, signed=True)


def _seen(x: Array, geometry: Geometry, top: int, left: int) -> list[tuple[int, int, Array | None]]:
    """Row and column of each tap with the pixel it sees, None where that is padding."""
    taps = []
    for row, column in itertools.product(*(range(k) for k in geometry.kernel)):
        y = top * geometry.stride[0] + row * geometry.dilation[0] - geometry.padding[0]
        z = left * geometry.stride[1] + column * geometry.dilation[1] - geometry.padding[1]
        inside = 0 <= y < x.shape[0] and 0 <= z < x.shape[1]
        taps.append((row, column, x[y, z] if inside else None))
    return taps


def naive_conv(op: Conv, x: Array) -> Array:
    """One image (H, W, C), one output at a time, in Python integers."""
    out, each = op.weights.shape[0], op.weights.shape[3]
    down, across = op.geometry.output_size(*x.shape[:2])
    result = np.zeros((down, across, out), dtype=np.int64)
    for top, left, j in itertools.product(range(down), range(across), range(out)):
        first = j // (out // op.groups) * each
        for row, column, pixel in _seen(x, op.geometry, top, left):
            for i in range(each):
                code = op.pad if pixel is None else int(pixel[first + i])
                result[top, left, j] += int(op.weights[j, row, column, i]) * code
    return result


def naive_pool(op: Pool, x: Array) -> Array:
    down, across = op.geometry.output_size(*x.shape[:2])
    result = np.zeros((down, across, x.shape[2]), dtype=np.int64)
    for top, left, c in itertools.product(range(down), range(across), range(x.shape[2])):
        codes = [int(pixel[c]) for _, _, pixel in _seen(x, op.geometry, top, left) if pixel is not None]
        least = bool(np.broadcast_to(op.minimum, x.shape[2])[c])
        result[top, left, c] = sum(codes) if op.kind is PoolKind.SUM else min(codes) if least else max(codes)
    return result


@st.composite
def geometries(draw: Any) -> Geometry:
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, extent[axis % 2] - 1)) for axis in range(4))
    return Geometry(kernel, stride, dilation, padding)


@given(geometries(), st.sampled_from([(1, 3, 4), (2, 2, 2), (3, 1, 1), (2, 1, 3), (4, 1, 1)]), st.integers(0, 10**6))
@pytest.mark.parametrize("kind", ["bipolar", "int8", "wide"])
def test_convolutions(kind: str, geometry: Geometry, groups: tuple[int, int, int], seed: int) -> None:
    count, each, outputs = groups
    rng = np.random.default_rng(seed)
    low, high = {"bipolar": (-1, 1), "int8": (-128, 127), "wide": (-(2**31), 2**31 - 1)}[kind]
    x = rng.integers(low, high + 1, (2, 8, 7, count * each))
    x = (
        np.where(x >= 0, 1, -1).astype(np.int8)
        if kind == "bipolar"
        else x.astype(np.int8 if kind == "int8" else np.int64)
    )
    weights = rng.integers(low, high + 1, (count * outputs, *geometry.kernel, each))
    weights = np.where(weights >= 0, 1, -1) if kind == "bipolar" else weights
    dtype = Bipolar() if kind == "bipolar" else IntType(32, signed=True)
    op = Conv(weights, dtype, geometry, count, 0 if kind == "bipolar" else int(rng.integers(-200, 200)))
    source = {"bipolar": Bipolar(), "int8": IntType(8, signed=True), "wide": IntType(32, signed=True)}[kind]
    found = convolve(op, x, source, WIDE)
    np.testing.assert_array_equal(found, np.stack([naive_conv(op, image) for image in x]))


@pytest.mark.parametrize("limit", [1, 100, 2000])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_blocks_do_not_show(limit: int, groups: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "_BLOCK_ELEMENTS", limit)
    rng = np.random.default_rng(limit + groups)
    x = rng.integers(-8, 8, (5, 9, 6, 4)).astype(np.int8)
    weights = rng.integers(-8, 8, (4, 3, 2, 4 // groups))
    op = Conv(weights, IntType(4, signed=True), Geometry((3, 2), (2, 1), (1, 2), (1, 1, 2, 0)), groups, 3)
    found = convolve(op, x, IntType(4, signed=True), WIDE)
    np.testing.assert_array_equal(found, np.stack([naive_conv(op, image) for image in x]))


@given(geometries(), st.sampled_from(PoolKind), st.sampled_from(["none", "some", "all"]), st.integers(0, 10**6))
def test_pools(geometry: Geometry, kind: PoolKind, falls: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    minimum = {"none": [0], "some": [1, 0, 1], "all": [1, 1, 1]}[falls if kind is PoolKind.MAX else "none"]
    x = rng.integers(-128, 128, (2, 8, 9, 3)).astype(np.int8)
    op = Pool(geometry, kind, np.asarray(minimum))
    found = pool(op, x, IntType(16, signed=True))
    np.testing.assert_array_equal(found, np.stack([naive_pool(op, image) for image in x]))


def _graph() -> Graph:
    """Two convolutions whose codes meet in a sum and side by side."""
    weights = np.random.default_rng(0).integers(-2, 3, (3, 3, 3, 2))
    image, narrow = IntType(4, signed=True), IntType(10, signed=True)
    x = Value("in0", TensorType((8, 9, 2), image))
    a, b = (Value(n, TensorType((8, 9, 3), narrow)) for n in ("a", "b"))
    s = Value("s", TensorType((8, 9, 3), IntType(11, signed=True)))
    c = Value("c", TensorType((8, 9, 6), IntType(11, signed=True)))
    q = Value("q", TensorType((8, 9, 6), Bipolar()))
    around = Geometry((3, 3), padding=(1, 1, 1, 1))
    left = Conv(weights, IntType(3, signed=True), around, 1, 0)
    right = Conv(weights[::-1], IntType(3, signed=True), around, 1, 2)
    nodes = (
        Node("left", left, (x,), a),
        Node("right", right, (x,), b),
        Node("sum", Sum(), (a, b), s),
        Node("both", Concat(), (s, a), c),
        Node("act", Activation((Sign(),)), (c,), q),
    )
    return Graph.of("branches", x, nodes, q)


@pytest.mark.parametrize("elements", [1, 700, 1 << 22])
def test_run_in_blocks_gives_what_a_trace_shows(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.golden.execute._ELEMENTS_AT_ONCE", elements)
    graph = _graph()
    codes = np.random.default_rng(1).integers(-8, 8, (7, 8, 9, 2))
    known = trace(graph, codes)
    np.testing.assert_array_equal(run(graph, codes), known["q"])
    left, right = (np.stack([naive_conv(graph.node(n).op, image) for image in codes]) for n in ("left", "right"))
    np.testing.assert_array_equal(known["s"], left + right)
    np.testing.assert_array_equal(known["c"], np.concatenate([left + right, left], axis=-1))
    np.testing.assert_array_equal(known["q"], np.where(known["c"] >= 0, 1, -1))
