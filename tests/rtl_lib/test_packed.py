"""hwgen_dot_packed: sums in shared multiplier blocks over types, widths, neurons and registers, against products."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.packed import packing_for
from hwgen.hw.pipeline import NO_REGISTERS, PipelineRegisters
from hwgen.ir.types import DType, IntType
from tests.rtl_lib.test_pairs import by_pairs, corners, every
from tests.rtl_support import design_of, draw, prove
from tests.tiers import tiered

U2, U3, U4, U5, U8 = (IntType(bits, signed=False) for bits in (2, 3, 4, 5, 8))
I2, I3, I4, I5, I6, I8, I12 = (IntType(bits, signed=True) for bits in (2, 3, 4, 5, 6, 8, 12))

Case = tuple[DType, DType, int, int, PipelineRegisters]


def packed(unit: MvtuUnit) -> MvtuUnit:
    return replace(unit, arithmetic=Arithmetic.PACKED)


SMALL = [(I2, U2, 2, 4), (I2, I2, 3, 8), (I3, U2, 2, 3), (U2, I2, 2, 4), (I3, I3, 2, 2), (U3, U2, 2, 4)]


@pytest.mark.parametrize("case", tiered(SMALL, *SMALL[2:]), ids=lambda case: "-".join(map(str, case)))
def test_every_weight_meets_every_input(case: tuple[DType, DType, int, int], tmp_path: Path) -> None:
    weight, source, lanes, pe = case
    unit = packed(by_pairs(every(weight, lanes), (weight, source), (pe, lanes), NO_REGISTERS))
    prove(design_of(unit), every(source, lanes), tmp_path, plain=True)


WIDE: list[Case] = [
    (I8, U8, 32, 2, NO_REGISTERS),
    (I8, I8, 19, 3, PipelineRegisters(1, 1, 0)),
    (I4, U4, 17, 3, PipelineRegisters(0, 2, 0)),
    (U8, U8, 4, 2, PipelineRegisters(0, 3, 0)),
    (I8, U8, 9, 5, PipelineRegisters(0, 2, 0)),
    (U8, I8, 3, 2, NO_REGISTERS),
    (I5, I5, 33, 4, PipelineRegisters(0, 4, 0)),
    (I6, U5, 8, 2, PipelineRegisters(0, 1, 0)),
    (I12, U8, 6, 3, PipelineRegisters(0, 1, 0)),
    (I4, I4, 16, 7, NO_REGISTERS),
    (I8, U8, 1, 2, PipelineRegisters(0, 1, 0)),
    (I8, I8, 7, 1, PipelineRegisters(0, 2, 0)),
]


@pytest.mark.parametrize("case", tiered(WIDE, *WIDE[4:]), ids=lambda case: "-".join(map(str, case[:4])))
def test_corners_and_random_numbers(case: Case, tmp_path: Path) -> None:
    """Two beats a vector, the second of which may be spare in part; the last beat of neurons may be, too."""
    weight, source, simd, pe, registers = case
    inputs, rng = 2 * simd - simd // 3, np.random.default_rng(8)
    weights = np.concatenate([corners(weight, inputs), draw(rng, weight, (6, inputs))])
    unit = packed(by_pairs(weights, (weight, source), (pe, simd), registers))
    prove(design_of(unit), np.concatenate([corners(source, inputs), draw(rng, source, (9, inputs))]), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("simd", range(1, 37))
def test_widths(simd: int, tmp_path: Path) -> None:
    """With a register behind every so many steps."""
    weight, source = ((I8, U8), (I4, I4), (I3, U4), (I8, I8))[simd % 4]
    weights = draw(np.random.default_rng(simd), weight, (5, 2 * simd))
    registers = PipelineRegisters(0, 1 + simd % 5, 0)
    unit = packed(by_pairs(weights, (weight, source), (1 + simd % 5, simd), registers))
    prove(design_of(unit), draw(np.random.default_rng(8), source, (9, 2 * simd)), tmp_path)


@pytest.mark.parametrize(
    ("weight", "source", "pe", "wanted"),
    [
        (I8, U8, 8, (2, 4)),
        (I8, I8, 8, (2, 4)),
        (I4, U4, 8, (3, 4)),
        (I2, U2, 8, (4, 4)),
        (U8, U8, 8, (2, 2)),
        (I8, U8, 1, (1, 8)),
        (I4, U4, 4, (2, 4)),
        (U4, U4, 8, (3, 8)),
        (I12, U8, 8, (1, 8)),
    ],
)
def test_neurons_of_a_block_and_blocks_of_a_chain(
    weight: DType, source: DType, pe: int, wanted: tuple[int, int]
) -> None:
    packing = packing_for(weight, source, pe, 32)
    assert packing is not None and (packing.fields, packing.chained) == wanted


def test_no_block_takes_wider_inputs() -> None:
    assert packing_for(I8, IntType(18, signed=False), 8, 32) is None
    assert packing_for(IntType(26, signed=True), U8, 8, 32) is None
