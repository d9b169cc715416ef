"""The proof can fail: one weight bit, one threshold by one, two swapped lanes are each caught by each back end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import hwgen
from hwgen.hw.design import Design
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import Bipolar, IntType, TensorType
from hwgen.verify.vectors import random_codes
from tests.builders import ImageBuilder
from tests.tiers import tiered

INPUTS, HIDDEN, OUTPUTS = 12, 8, 4


def network() -> Graph:
    """Two bipolar layers: any wrong bit behind the first shows in every score."""
    rng = np.random.default_rng(7)
    bipolar = Bipolar()
    pixels = Value("pixels", TensorType((INPUTS,), bipolar))
    sums = Value("sums", TensorType((HIDDEN,), IntType(5, signed=True)))
    bits = Value("bits", TensorType((HIDDEN,), bipolar))
    scores = Value("scores", TensorType((OUTPUTS,), IntType(5, signed=True)))
    first, second = rng.integers(0, 2, (HIDDEN, INPUTS)) * 2 - 1, rng.integers(0, 2, (OUTPUTS, HIDDEN)) * 2 - 1
    thresholds = rng.integers(-1, 2, (HIDDEN, 1)) * 2
    nodes = (
        Node("fc0", MatMul(first, bipolar), (pixels,), sums),
        Node("fc0_act", Threshold(thresholds, np.zeros(HIDDEN), -1, 2), (sums,), bits),
        Node("fc1", MatMul(second, bipolar), (bits,), scores),
    )
    return Graph.of("control", pixels, nodes, scores)


def change_fc0(design: Design, change: Callable[[MvtuUnit], MvtuUnit]) -> Design:
    units = tuple(change(u) if isinstance(u, MvtuUnit) and u.name == "fc0" else u for u in design.units)
    return replace(design, units=units)


def flip_weight(unit: MvtuUnit) -> MvtuUnit:
    weights = unit.weights.copy()
    weights[0, 3, 0, 5] *= -1
    return replace(unit, weights=weights)


def move_threshold(unit: MvtuUnit) -> MvtuUnit:
    assert unit.activation is not None
    thresholds = unit.activation.thresholds.copy()
    thresholds[2, 0] += 1
    return replace(unit, activation=replace(unit.activation, thresholds=thresholds))


def swap_lanes(unit: MvtuUnit) -> MvtuUnit:
    weights = unit.weights.copy()
    assert np.any(weights[..., 0] != weights[..., 1])
    weights[..., [0, 1]] = weights[..., [1, 0]]
    return replace(unit, weights=weights)


def keep(unit: MvtuUnit) -> MvtuUnit:
    return unit


@pytest.mark.parametrize("backend", ["csim", "rtl", "dpi"])
@pytest.mark.parametrize("change", [keep, flip_weight, move_threshold, swap_lanes])
def test_a_mutation_is_caught(backend: str, change: Callable[[MvtuUnit], MvtuUnit]) -> None:
    sound = hwgen.compile(network(), folding={"fc0": {"pe": 2, "simd": 4}, "fc1": {"pe": 2, "simd": 4}})
    mutant = replace(sound, design=change_fc0(sound.design, change))
    outcome = mutant.simulate(random_codes(sound.graph.inputs[0], 200, seed=3), backend)
    assert bool(outcome.mismatches) == (change is not keep)
    assert outcome.passed == (change is keep)
    if outcome.mismatches:
        first = outcome.mismatches[0]
        assert first.expected != first.found and first.count > 0
        assert first.node == ("fc0" if backend == "rtl" else "fc1")


def image_network() -> Graph:
    """A padded bipolar convolution, a pool and dense scores: any wrong tap shows in some score."""
    net = ImageBuilder(np.random.default_rng(5), (6, 6, 2), Bipolar())
    net.act(net.conv(net.input, 3, Geometry((3, 3), padding=(1, 1, 1, 1)), Bipolar()), Bipolar())
    net.dense(net.pool(net.last, Geometry((2, 2), (2, 2))), 4, Bipolar())
    return net.graph("image_control")


def shift_padding(unit: Unit) -> Unit:
    """One row of padding moved from the top to the bottom."""
    if not isinstance(unit, WindowUnit):
        return unit
    return replace(unit, geometry=replace(unit.geometry, padding=(0, 1, 2, 1)))


def fill_padding(unit: Unit) -> Unit:
    """Padding with -1 in disguise."""
    return replace(unit, pad=unit.pad - 1) if isinstance(unit, WindowUnit) else unit


def smallest_instead(unit: Unit) -> Unit:
    return replace(unit, minimum=1 - unit.minimum) if isinstance(unit, PoolUnit) else unit


def turn_kernel(unit: Unit) -> Unit:
    if not isinstance(unit, MvtuUnit) or unit.taps == 1:
        return unit
    return replace(unit, weights=unit.weights[:, :, ::-1].copy())


def leave(unit: Unit) -> Unit:
    return unit


@pytest.mark.parametrize("backend", tiered(["csim", "rtl", "dpi"], "dpi"))
@pytest.mark.parametrize("change", [leave, shift_padding, fill_padding, smallest_instead, turn_kernel])
def test_a_mutated_image_unit_is_caught(backend: str, change: Callable[[Unit], Unit]) -> None:
    sound = hwgen.compile(image_network(), folding={"conv0": {"pe": 2, "simd": 1}, "fc0": {"pe": 2, "simd": 3}})
    units = tuple(change(unit) for unit in sound.design.units)
    mutant = replace(sound, design=replace(sound.design, units=units))
    outcome = mutant.simulate(random_codes(sound.graph.inputs[0], 50, seed=3), backend)
    assert bool(outcome.mismatches) == (change is not leave)
