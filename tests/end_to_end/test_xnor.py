"""XNOR-Net's K in hardware: the magnitudes of a layer's input, filtered, times its accumulators, on every back end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, Add, Mul, PoolKind, Sign
from hwgen.ir.types import Bipolar, IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import ImageBuilder, random_folding, xnor_like
from tests.end_to_end.prove import prove
from tests.seeds import fresh
from tests.tiers import tiered

B = Bipolar()
FRAMES = 4


def xnor_network(seed: int, codes: IntType, geometry: Geometry, shape: tuple[int, int, int], out: int) -> Graph:
    """Two layers with K, the second one dense; a maximum between product and threshold."""
    net = ImageBuilder(np.random.default_rng(seed), shape, codes)
    pooled = net.pool(net.conv_with_k(net.input, out, geometry), Geometry((2, 2), (2, 2)))
    net.dense_with_k(net.act(pooled, codes), 5)
    return net.graph("with_k")


PADDED = Geometry((3, 3), padding=(1, 1, 1, 1))
NETWORKS = {
    "padded": (IntType(4, signed=True), PADDED, (6, 6, 3), 4),
    "strided": (IntType(3, signed=True), Geometry((3, 2), (2, 1)), (9, 6, 5), 6),
    "one_pixel": (IntType(2, signed=True), Geometry((1, 1)), (4, 4, 4), 3),
}


@pytest.mark.parametrize("name", tiered(NETWORKS, "strided", "one_pixel"))
def test_k(name: str, tmp_path: Path) -> None:
    graph = xnor_network(1, *NETWORKS[name])
    prove(hwgen.compile(graph, target_interval=400), 1, FRAMES, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(60))
def test_random_sizes_and_foldings(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graph = xnor_like(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, FRAMES, tmp_path)


@pytest.mark.parametrize("backend", ["golden", "rtl", "csim", "dpi"])
def test_a_k_of_zero_leaves_the_constant(backend: str) -> None:
    """Where all magnitudes of a window are 0, alpha * K * a + c is c: its sign is the bit, 0 counting as +1."""
    constants = np.array([-0.5, 0.0, 0.25, -3.0])
    net = ImageBuilder(np.random.default_rng(3), (5, 5, 2), IntType(4, signed=True))
    scaled = net.conv_with_k(net.input, 4, PADDED)
    net.add("bits", Activation((Mul(np.array([0.3, 0.2, 0.1, 0.4])), Add(constants), Sign())), (scaled,), (5, 5, 4), B)
    built = hwgen.compile(net.graph("no_k"))
    frames = np.random.default_rng(4).integers(-8, 8, (6, 5, 5, 2))
    frames[1:3] = 0
    frames[4, :3, :3] = 0
    found = built.outputs(frames, backend).reshape(6, 5, 5, 4)
    bits = np.where(constants >= 0, 1, -1)
    assert np.array_equal(found[1:3], np.broadcast_to(bits, (2, 5, 5, 4)))
    assert np.array_equal(found[4, :2, :2], np.broadcast_to(bits, (2, 2, 4)))
    assert not np.array_equal(found[0], np.broadcast_to(bits, (5, 5, 4)))


def wrong_sum(unit: Unit) -> Unit:
    """The largest magnitude of a window in place of their sum."""
    return replace(unit, kind=PoolKind.MAX) if isinstance(unit, PoolUnit) and unit.kind is PoolKind.SUM else unit


def unsigned_numbers(unit: Unit) -> Unit:
    """The magnitude of a negative number taken as the positive number of the same bits."""
    if not isinstance(unit, MagnitudeUnit):
        return unit
    return replace(unit, inputs=(replace(unit.input, dtype=IntType(unit.input.dtype.bits, signed=False)),))


def unsigned_sums(unit: Unit) -> Unit:
    """The accumulator of a product taken as an unsigned number."""
    if not isinstance(unit, ScaleUnit):
        return unit
    sums, k = unit.inputs
    return replace(unit, inputs=(replace(sums, dtype=IntType(sums.dtype.bits, signed=False)), k))


def leave(unit: Unit) -> Unit:
    return unit


@pytest.mark.parametrize("backend", tiered(["csim", "rtl", "dpi"], "dpi"))
@pytest.mark.parametrize("change", [leave, wrong_sum, unsigned_numbers, unsigned_sums])
def test_a_mutation_is_caught(backend: str, change: Callable[[Unit], Unit]) -> None:
    net = ImageBuilder(np.random.default_rng(5), (5, 4, 3), IntType(3, signed=True))
    net.conv_with_k(net.input, 4, PADDED)
    sound = hwgen.compile(net.graph("control"))
    mutant = replace(sound, design=replace(sound.design, units=tuple(map(change, sound.design.units))))
    outcome = mutant.simulate(20, backend)
    assert bool(outcome.mismatches) == (change is not leave)
