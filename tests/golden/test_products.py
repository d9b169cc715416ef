"""The fast paths of the golden model against plain integers: products, thresholds, runs in parts."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.golden import execute, matmul
from hwgen.golden.execute import run, trace
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import Bipolar, IntArray, IntType, TensorType


def bipolar(rng: np.random.Generator, *shape: int) -> IntArray:
    return rng.integers(0, 2, shape) * 2 - 1


@pytest.mark.parametrize("inputs", [1, 63, 64, 65, 784])
@pytest.mark.parametrize(("frames", "outputs"), [(1, 1), (3, 7), (70, 10), (1030, 2)])
def test_bipolar_product(frames: int, inputs: int, outputs: int) -> None:
    rng = np.random.default_rng(frames * inputs + outputs)
    x, weights = bipolar(rng, frames, inputs), bipolar(rng, outputs, inputs)
    assert np.array_equal(matmul.bipolar_matmul(x.astype(np.int8), weights), x @ weights.T)


def test_bipolar_product_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matmul, "_BLOCK_BYTES", 8 * 5 * 3)
    monkeypatch.setattr(matmul, "_BLOCK_FRAMES", 5)
    rng = np.random.default_rng(0)
    x, weights = bipolar(rng, 12, 70), bipolar(rng, 11, 70)
    assert np.array_equal(matmul.bipolar_matmul(x, weights), x @ weights.T)


def test_bipolar_product_of_more_words_than_16_bits_count() -> None:
    rng = np.random.default_rng(0)
    x, weights = bipolar(rng, 2, 70_000), bipolar(rng, 3, 70_000)
    assert np.array_equal(matmul.bipolar_matmul(x, weights), x @ weights.T)
    assert np.array_equal(matmul.bipolar_matmul(x, -x), -x @ x.T)


def test_product_leaves_the_buffer_size_alone() -> None:
    before = np.getbufsize()
    matmul.bipolar_matmul(np.ones((2, 3), dtype=np.int8), np.ones((2, 3), dtype=np.int64))
    assert np.getbufsize() == before


@pytest.mark.parametrize("kind", [np.uint8, np.int32])
@pytest.mark.parametrize(
    ("levels", "base", "step"), [(1, -1, 2), (3, -2, 1), (17, 0, 1), (127, -127, 2), (255, -128, 1), (255, 0, 1)]
)
@pytest.mark.parametrize("channels", [1, 6])
def test_threshold(levels: int, base: int, step: int, channels: int, kind: type[np.integer]) -> None:
    rng = np.random.default_rng(levels + channels)
    thresholds = np.sort(rng.integers(-20, 280, (channels, levels)), axis=1)
    falls = rng.integers(0, 2, channels)
    x = rng.integers(0, 256, (40, 6)).astype(kind)
    reached = (x.astype(np.int64)[:, :, None] >= thresholds[None]).sum(axis=-1)
    expected = base + step * np.where(falls == 1, levels - reached, reached)
    value = Value("x", TensorType((6,), IntType(9, signed=True)))
    node = Node("act", Threshold(thresholds, falls, base, step), (value,), value)
    assert np.array_equal(execute.apply(node, x), expected)


def test_an_output_that_has_readers_of_its_own() -> None:
    rng = np.random.default_rng(5)
    source, sums = Value("x", TensorType((20,), Bipolar())), Value("y", TensorType((5,), IntType(6, signed=True)))
    more = Value("z", TensorType((2,), IntType(8, signed=True)))
    first = Node("fc0", MatMul(bipolar(rng, 5, 20), Bipolar()), (source,), sums)
    second = Node("fc1", MatMul(bipolar(rng, 2, 5), Bipolar()), (sums,), more)
    graph = Graph.of("net", source, (first, second), sums)
    codes = bipolar(rng, 11, 20)
    assert np.array_equal(run(graph, codes), trace(graph, codes)["y"])


def test_run_in_parts_is_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "_FRAMES_AT_ONCE", 4)
    rng = np.random.default_rng(3)
    source, sums = Value("x", TensorType((20,), Bipolar())), Value("y", TensorType((5,), IntType(6, signed=True)))
    node = Node("fc0", MatMul(bipolar(rng, 5, 20), Bipolar()), (source,), sums)
    graph = Graph.of("net", source, (node,), sums)
    codes = bipolar(rng, 11, 20)
    assert np.array_equal(run(graph, codes), trace(graph, codes)["y"])
    assert run(graph, codes[:0]).shape == (0, 5)
