"""Residual planes in golden, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.golden.planes import residual
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv, MatMul
from tests.plane_nets import random_plane_network


def sign_sum(code: int, betas: list[int]) -> int:
    return sum(beta if code >> (len(betas) - 1 - i) & 1 else -beta for i, beta in enumerate(betas))


def products(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes if isinstance(node.op, MatMul | Conv)]


@pytest.mark.parametrize("seed", range(6))
def test_products(seed: int) -> None:
    """Every product of a network, tap by tap and plane by plane."""
    rng = np.random.default_rng(seed)
    graph = random_plane_network(rng)
    for name in products(graph):
        node = graph.node(name)
        op, source = node.op, node.inputs[0]
        assert isinstance(op, MatMul | Conv)
        betas = op.planes.tolist()
        codes = rng.integers(0, 2 ** len(betas), (2, *source.type.shape))
        found = run(Graph.of("one", source, (node,), node.output), codes)
        for place in rng.integers(0, found.size, 20):
            frame, *where = np.unravel_index(place, found.shape)
            assert found[(frame, *where)] == expected(op, codes[frame], betas, *where)


def expected(op: MatMul | Conv, codes: np.ndarray, betas: list[int], *where: int) -> int:
    """One accumulator in plain loops; padded taps add nothing."""
    if isinstance(op, MatMul):
        row = op.weights[where[0]]
        return sum(int(w) * sign_sum(int(c), betas) for w, c in zip(row, codes.ravel(), strict=True))
    down, across, output = where
    total, each = 0, op.weights.shape[3]
    first = output // (len(op.weights) // op.groups) * each
    for ky, kx, i in np.ndindex(*op.weights.shape[1:]):
        y = down * op.geometry.stride[0] - op.geometry.padding[0] + ky * op.geometry.dilation[0]
        x = across * op.geometry.stride[1] - op.geometry.padding[1] + kx * op.geometry.dilation[1]
        if 0 <= y < codes.shape[0] and 0 <= x < codes.shape[1]:
            total += int(op.weights[output, ky, kx, i]) * sign_sum(int(codes[y, x, first + i]), betas)
    return total


def test_factors_of_each_input() -> None:
    x = np.array([[4.0, -2.0, 1.0, -1.0], [8.0, 8.0, 8.0, 8.0]])
    near, factors = residual(x, 2)
    assert factors.tolist() == [[2.0, 1.0], [8.0, 0.0]]
    assert near.tolist() == [[3.0, -1.0, 1.0, -1.0], [8.0, 8.0, 8.0, 8.0]]
    assert residual(x, 1)[0].tolist() == [[2.0, -2.0, 2.0, -2.0], [8.0, 8.0, 8.0, 8.0]]
    errors = [float(np.square(x - residual(x, order)[0]).sum()) for order in (1, 2, 3, 4)]
    assert errors == sorted(errors, reverse=True)
