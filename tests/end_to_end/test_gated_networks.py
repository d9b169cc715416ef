"""Networks with gates: every back end agrees with golden, and cycles are those of the very frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.ir.graph import Graph, Value
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import HIDDEN, INPUTS, WEIGHTS, ImageBuilder, Rng, pick, random_folding, random_geometry
from tests.end_to_end.prove import prove
from tests.seeds import fresh

GATES = tuple(IntType(bits, signed=False) for bits in (1, 2, 2, 3))
FRAMES = 5


def gated_network(rng: Rng) -> Graph:
    """A few gated convolutions, one after the other or in a residual block, and a dense layer.

    They have two outputs or more: one of a single channel to a single one counts as depthwise.
    """
    height, width = (int(size) for size in rng.integers(3, 8, 2))
    net = ImageBuilder(rng, (height, width, int(rng.integers(1, 5))), pick(rng, INPUTS))
    if net.input.type.dtype.bits > 4:
        net.act(net.input, pick(rng, HIDDEN))
    gated(net, int(rng.integers(2, 9)))
    if rng.random() < 0.7:
        start, codes = net.last, IntType(3, signed=True)
        branch = gated(net, int(rng.integers(2, 6)), same=True)
        net.sum(net.act(start, codes), gated(net, start.type.channels, same=True, source=branch, codes=codes))
        net.act(net.last, pick(rng, HIDDEN))
    net.dense(net.last, 4, pick(rng, WEIGHTS))
    return net.graph()


def gated(
    net: ImageBuilder, out: int, *, same: bool = False, source: Value | None = None, codes: IntType | None = None
) -> Value:
    """A gated convolution and its quantiser."""
    rng, value = net.rng, source or net.last
    if isinstance(value.type.dtype, IntType) and rng.random() < 0.3:
        net.gated_by_size(value, out, pick(rng, WEIGHTS), pick(rng, GATES))
        return net.act(net.last, codes or pick(rng, HIDDEN))
    geometry = random_geometry(rng, *value.type.shape[:2], same=same)
    net.gated(value, out, geometry, pick(rng, WEIGHTS), pick(rng, GATES), small=bool(rng.random() < 0.5))
    return net.act(net.last, codes or pick(rng, HIDDEN))


def prove_gates(seed: int, folder: Path) -> hwgen.Accelerator:
    rng = np.random.default_rng(seed)
    graph = gated_network(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    assert any(isinstance(unit, MvtuGatedUnit) for unit in design.design.units)
    prove(design, seed, FRAMES, folder)
    return design


@pytest.mark.parametrize("seed", range(1))
def test_random_gates(seed: int, tmp_path: Path) -> None:
    prove_gates(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(99))
def test_many_random_gates(seed: int, tmp_path: Path) -> None:
    prove_gates(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", [41, 42])
def test_with_hardly_more_than_the_worst_case_needs(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat and a row of slack at most: slower, but never stuck."""
    monkeypatch.setattr("hwgen.hw.fifo.SLACK", 10**9)
    prove_gates(seed, tmp_path)
