"""Pipeline registers of units with weights: codes and cycles over registers, arithmetics and foldings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.pipeline import NO_SPAN, PipelineRegisters
from hwgen.ir.types import Bipolar, IntArray, IntType
from tests.gated_cases import beside_its_gate, frames_of, gated_of
from tests.rtl_lib.planes import plane_frames, planes_unit
from tests.rtl_support import TERNARY, depthwise, design_of, draw, mvtu, prove
from tests.tiers import tiered

B, U2, U3, U8 = Bipolar(), *(IntType(bits, signed=False) for bits in (2, 3, 8))
I4, I8 = (IntType(bits, signed=True) for bits in (4, 8))

Case = tuple[Design, IntArray]


def _alone(unit: MvtuUnit, registers: PipelineRegisters) -> Case:
    unit = replace(unit, registers=registers)
    if unit.planes:
        return design_of(unit), plane_frames(unit, 4)
    return design_of(unit), draw(np.random.default_rng(8), unit.input.dtype, (4, unit.input.size))


def xnor(registers: PipelineRegisters) -> Case:
    return _alone(mvtu(np.random.default_rng(7), B, B, (70, 5), (2, 35), result=B, descending=True), registers)


def narrow_xnor(registers: PipelineRegisters) -> Case:
    return _alone(mvtu(np.random.default_rng(7), B, B, (26, 6), (3, 13), pixels=2), registers)


def products(registers: PipelineRegisters) -> Case:
    return _alone(mvtu(np.random.default_rng(7), I4, U3, (12, 5), (2, 6), result=U2, descending=True), registers)


def signs_by_pairs(registers: PipelineRegisters) -> Case:
    unit = mvtu(np.random.default_rng(7), B, U8, (34, 3), (2, 17), result=U2)
    return _alone(replace(unit, arithmetic=Arithmetic.PAIRS), registers)


def pairs(registers: PipelineRegisters) -> Case:
    unit = mvtu(np.random.default_rng(7), I4, I4, (40, 3), (3, 20), result=U2)
    return _alone(replace(unit, arithmetic=Arithmetic.PAIRS), registers)


def packed(registers: PipelineRegisters) -> Case:
    unit = mvtu(np.random.default_rng(7), I8, U8, (40, 5), (5, 20), result=U2)
    return _alone(replace(unit, arithmetic=Arithmetic.PACKED), registers)


def counted(registers: PipelineRegisters) -> Case:
    unit = mvtu(np.random.default_rng(7), B, TERNARY, (18, 4), (2, 18), result=B, taps=2, pixels=2, padded_bipolar=True)
    frames = np.random.default_rng(8).integers(-1, 2, size=(4, unit.input.size))
    return design_of(replace(unit, registers=registers)), frames


def residual(registers: PipelineRegisters) -> Case:
    return _alone(planes_unit((6, 4, 3), (17, 4), (3, 17), folded=False, result=U3, taps=2, padded=True), registers)


def residual_in_turn(registers: PipelineRegisters) -> Case:
    return _alone(planes_unit((5, 3), (20, 4), (2, 20), folded=True, result=U2), registers)


def gated(registers: PipelineRegisters) -> Case:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, B, U2, (8, 7), (2, 4), result=U2, descending=True, taps=2, pixels=5)
    unit = replace(unit, registers=registers)
    design = beside_its_gate(gated_of(unit, U2, rng))
    assert isinstance(design.units[-1], MvtuGatedUnit)
    return design, frames_of(design, rng.integers(0, 3, 37).tolist())


def depthwise_lanes(registers: PipelineRegisters) -> Case:
    unit = replace(depthwise(np.random.default_rng(7), I4, U3, (5, 4), 2, result=U2, pixels=2), registers=registers)
    return design_of(unit), draw(np.random.default_rng(8), U3, (4, unit.input.size))


UNITS: tuple[Callable[[PipelineRegisters], Case], ...] = (
    xnor,
    narrow_xnor,
    products,
    signs_by_pairs,
    pairs,
    packed,
    counted,
    residual,
    residual_in_turn,
    gated,
    depthwise_lanes,
)
OTHERS = [
    PipelineRegisters(*each)
    for each in ((0, 1, 0), (1, 1, 1), (1, 2, 0), (0, 2, 1), (0, 3, 1), (1, NO_SPAN, 0), (0, NO_SPAN, 1))
]


@pytest.mark.parametrize("case", tiered(UNITS, narrow_xnor, residual_in_turn), ids=lambda case: case.__name__)
def test_a_register_wherever_one_can_be(case: Callable[[PipelineRegisters], Case], tmp_path: Path) -> None:
    plain, _ = case(PipelineRegisters())
    weighted = plain.units[-1].weighted
    assert weighted is not None
    design, frames = case(PipelineRegisters(1, 0 if weighted.adder_levels.front else 1, 1))
    assert design.units[-1].schedule.latency > plain.units[-1].schedule.latency
    prove(design, frames, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    "registers", OTHERS, ids=lambda registers: f"{registers.operands}-{registers.span}-{registers.thresholds}"
)
@pytest.mark.parametrize("case", UNITS, ids=lambda case: case.__name__)
def test_fewer_registers(
    case: Callable[[PipelineRegisters], Case], registers: PipelineRegisters, tmp_path: Path
) -> None:
    prove(*case(registers), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("pe", "simd"), list(product((1, 2, 5), (1, 3, 6, 18, 36))))
def test_foldings(pe: int, simd: int, tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(7), B, B, (36, 5), (pe, simd), result=B, descending=True, pixels=2)
    prove(*_alone(unit, PipelineRegisters(pe % 2, (pe + simd) % 3, 1)), tmp_path)
