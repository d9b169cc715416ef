"""Rooflines, by hand: what bounds a design, and where it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.flow import Accelerator, compile
from hwgen.flow.compare import roofline_of
from hwgen.ir.types import IntType
from hwgen.report.figures import Figure, Origin
from hwgen.report.roofline import PRODUCTS, PUBLISHED_LUT_PER_OPERATION, Roofline, roofline
from hwgen.report.tables import rate
from tests.builders import ImageBuilder, random_network

OPERATIONS = 2 * (32 * 16 + 16 * 4)


@pytest.fixture(scope="module")
def built() -> Accelerator:
    """32-16-4, bipolar: 8 lanes in, 8 cycles in the first layer, 8 in the second."""
    folding = {"fc0": {"pe": 8, "simd": 8}, "fc1": {"pe": 4, "simd": 2}}
    graph = random_network(np.random.default_rng(0), (32, 16, 4))
    return compile(graph, folding=folding, part="zc706", clock_mhz=100)


@pytest.fixture(scope="module")
def found(built: Accelerator) -> Roofline:
    return roofline_of(built)


def test_what_it_counts(built: Accelerator, found: Roofline) -> None:
    assert found.operations == OPERATIONS
    assert found.input_bytes == 4 and found.intensity == OPERATIONS / 4
    assert (found.bandwidth, found.bandwidth_of) == (1e8, "input stream")
    assert found.input_roof == OPERATIONS / 4 * 1e8
    assert found.folded == OPERATIONS / 8 * 1e8
    assert found.achieved == Figure(OPERATIONS * 1e8 / built.estimate().interval_cycles, Origin.PREDICTED)
    assert found.luts == 218_600 and found.published_roof == 218_600 / PUBLISHED_LUT_PER_OPERATION * 1e8


def test_the_cost_is_that_of_the_units_that_multiply(built: Accelerator, found: Roofline) -> None:
    luts = sum(unit.resources.lut for unit in built.estimate().units if unit.kind in PRODUCTS)
    assert found.lut_per_operation == luts / (OPERATIONS / 8)
    assert found.compute_roof == pytest.approx(218_600 / found.lut_per_operation * 1e8)


def test_the_lower_roof_bounds(found: Roofline) -> None:
    assert found.limit == "input" and found.attainable == found.input_roof < found.compute_roof
    fast = replace(found, bandwidth=1e12)
    assert fast.limit == "compute" and fast.attainable == fast.compute_roof < fast.input_roof
    assert found.share == found.achieved.value / found.input_roof


def test_a_board_s_bandwidth(built: Accelerator) -> None:
    slow = roofline_of(built, bandwidth=1e6)
    assert slow.bandwidth_of == "board" and slow.attainable == OPERATIONS / 4 * 1e6


def test_wide_operands_count_by_their_bits() -> None:
    graph = random_network(np.random.default_rng(0), (32, 16, 4), input_type=IntType(8, signed=False))
    assert roofline_of(compile(graph)).operations == 2 * (8 * 32 * 16 + 16 * 4)


def test_a_network_without_weights() -> None:
    net = ImageBuilder(np.random.default_rng(0), (4, 4, 2), IntType(8, signed=False))
    net.act(net.input, IntType(2, signed=False))
    empty = roofline_of(compile(net.graph()))
    assert empty.operations == 0 and empty.attainable == 0 and empty.share == 0
    assert empty.lut_per_operation == PUBLISHED_LUT_PER_OPERATION


def test_achieved_never_passes_the_folding(built: Accelerator, found: Roofline) -> None:
    assert found.achieved.value <= found.folded <= found.compute_roof
    report = built.estimate()
    measured = roofline(built.graph, built.design, report, Figure(100.0, Origin.MEASURED))
    assert measured.achieved == Figure(100.0 * OPERATIONS, Origin.MEASURED)


def test_json(found: Roofline) -> None:
    values = found.to_json()
    assert values["achieved"] == found.achieved.to_json()
    assert (values["attainable"], values["limit"], values["share"]) == (found.attainable, "input", found.share)


@pytest.mark.parametrize(
    ("operations", "text"),
    [
        (8.36e12, "8.36 Top/s"),
        (1e9, "1.00 Gop/s"),
        (2.5e7, "25.00 Mop/s"),
        (999_999.0, "999,999 op/s"),
        (0.0, "0 op/s"),
    ],
)
def test_rates(operations: float, text: str) -> None:
    assert rate(operations) == text
