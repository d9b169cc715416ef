"""Layers of LUTs and of multiplier blocks: which ones change sides where either runs out, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow
from hwgen.errors import FoldingError
from hwgen.flow.accelerator import Accelerator
from hwgen.hw.arithmetic import Arithmetic
from hwgen.ir.types import IntType
from tests.builders import random_network
from tests.tiers import tiered

PAIRS, PACKED = Arithmetic.PAIRS, Arithmetic.PACKED
INT8, INT4 = IntType(8, signed=True), IntType(4, signed=True)
# Codes of two bits in between, so that no threshold takes blocks.
FOLDING = {"fc0": {"pe": 16, "simd": 16}, "fc1": {"pe": 8, "simd": 16}, "fc2": {"pe": 4, "simd": 8}}


def network(weight: IntType, code: IntType, sizes: tuple[int, ...] = (64, 64, 64, 12)) -> Any:
    return random_network(np.random.default_rng(1), sizes, input_type=code, hidden=code, weight=weight)


UINT2 = IntType(2, signed=False)
WIDE, FEW, SMALL = network(INT8, UINT2), network(INT4, INT4), network(INT8, UINT2, (16, 16, 16, 4))


def built(graph: Any, part: str = "xc7z020", folding: Any = FOLDING, **options: Any) -> Accelerator:
    return flow.compile(graph, part=part, folding=folding, **options)


def ways(accelerator: Accelerator) -> list[Arithmetic]:
    return [unit.weighted.arithmetic for unit in accelerator.design.units if unit.weighted is not None]


def test_types_decide_where_nothing_is_scarce() -> None:
    assert ways(built(WIDE)) == [PACKED] * 3 and ways(built(FEW)) == [PAIRS] * 3
    slow = {name: {"pe": 4, "simd": 8} for name in FOLDING}
    assert ways(built(WIDE, part="lfe5u-85f", folding=slow)) == [Arithmetic.DIRECT] * 3
    assert ways(built(FEW, part="lfe5u-85f")) == [PAIRS] * 3
    assert built(WIDE).estimate().resources.dsp == (16 * 16 + 8 * 16 + 4 * 8) // 2


@pytest.mark.parametrize("most", (0, 15, 16, 80, 127, 150, 208))
def test_no_more_blocks_than_the_budget_has(most: int) -> None:
    """As few layers as that takes: no layer of LUTs would fit beside the others."""
    found = built(WIDE, max_dsp=most, max_lut=50_000)
    taken = found.estimate().resources.dsp
    assert taken <= most
    blocks = (128, 64, 16)
    assert all(taken + blocks[i] > most for i, way in enumerate(ways(found)) if way is PAIRS)
    assert found.design.bound == built(WIDE).design.bound


def test_no_more_blocks_than_the_part_has() -> None:
    """66 on xc7z007s; of the others enough go to LUTs."""
    found = built(WIDE, part="xc7z007s")
    assert PAIRS in ways(found) and found.estimate().resources.dsp <= 66


def test_few_bits_go_to_blocks_where_luts_run_out() -> None:
    free = built(FEW)
    most = free.estimate().resources.lut - 1
    found = built(FEW, max_lut=most)
    assert sorted(way.value for way in ways(found)) == ["packed", "pairs", "pairs"]
    assert found.estimate().resources.lut <= most and found.estimate().resources.dsp > 0
    with pytest.raises(FoldingError, match=f"{most:,} LUT, 0 DSP"):
        built(FEW, max_lut=most, max_dsp=0)


def test_what_changes_sides_is_another_design_to_a_record() -> None:
    """The network, its folding and the user's choices, and so the digest, are the same."""
    few, many = built(WIDE, max_dsp=80), built(WIDE)
    assert few.design.digest == many.design.digest and few.identity != many.identity == built(WIDE).identity


def test_a_project_opens_as_it_was_written(tmp_path: Path) -> None:
    found = built(WIDE, max_dsp=80).write(tmp_path / "out")
    assert ways(flow.open_project(tmp_path / "out")) == ways(found) != ways(built(WIDE))


@pytest.mark.starts_process
@pytest.mark.parametrize("backend", tiered(("rtl", "csim", "dpi"), "csim", "dpi"))
@pytest.mark.parametrize("size", tiered(("small", "wide"), "wide"))
def test_both_pools_compute_the_same(size: str, backend: str) -> None:
    few_lanes = {name: {"pe": 2, "simd": 4} for name in FOLDING}
    found = built(SMALL, folding=few_lanes, max_dsp=8) if size == "small" else built(WIDE, max_dsp=80)
    assert {PAIRS, PACKED} == set(ways(found))
    outcome = found.simulate(4, backend)
    assert outcome.passed, str(outcome)
