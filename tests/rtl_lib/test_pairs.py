"""hwgen_dot_pairs: sums by pairs over types, widths and registers, against plain products."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.pipeline import NO_REGISTERS, PipelineRegisters
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int
from tests.rtl_support import design_of, draw, mvtu, prove
from tests.tiers import tiered

B = Bipolar()
U1, U2, U3, U4, U5 = (IntType(bits, signed=False) for bits in range(1, 6))
I1, I2, I3, I4 = (IntType(bits, signed=True) for bits in range(1, 5))


def every(dtype: DType, count: int) -> IntArray:
    """All vectors of `count` codes."""
    codes = (-1, 1) if isinstance(dtype, Bipolar) else range(dtype.min, dtype.max + 1)
    return np.array(list(product(codes, repeat=count)))


def corners(dtype: DType, count: int) -> IntArray:
    """Vectors of one code, the lowest, the highest or between, in all lanes, in every second and in the first alone."""
    low, high = dtype.min, dtype.max
    middle = -1 if isinstance(dtype, Bipolar) or low < 0 else 0
    full = np.array([low, high, -1 if low < 0 else high, min(high, 1), middle])[:, None] * np.ones(count, np.int64)
    halves, ones = np.where(np.arange(count) % 2, full, middle), np.where(np.arange(count), middle, full)
    return np.concatenate([full, halves, ones])


def by_pairs(
    weights: IntArray, dtypes: tuple[DType, DType], folding: tuple[int, int], registers: PipelineRegisters
) -> MvtuUnit:
    """A unit of (neurons, inputs) weights whose sums leave, wide enough for any inputs."""
    (weight, source), (neurons, inputs) = dtypes, weights.shape
    unit = mvtu(np.random.default_rng(7), weight, source, (inputs, neurons), folding)
    ends = [a * b * inputs for a in (weight.min, weight.max) for b in (source.min, source.max)]
    reach = smallest_int(min(*ends, -1), max(ends))
    return replace(
        unit,
        weights=weights.reshape(unit.weights.shape),
        outputs=(replace(unit.output, dtype=reach),),
        sum_type=reach,
        arithmetic=Arithmetic.PAIRS,
        registers=registers,
    )


SMALL = [
    (I2, U2, 2),
    (I2, I2, 2),
    (B, U2, 3),
    (B, I2, 3),
    (U2, U1, 3),
    (I3, B, 2),
    (I2, B, 3),
    (U1, I2, 2),
    (I1, U3, 2),
]


@pytest.mark.parametrize("case", tiered(SMALL, *SMALL[4:]), ids=lambda case: "-".join(map(str, case)))
def test_every_weight_meets_every_input(case: tuple[DType, DType, int], tmp_path: Path) -> None:
    weight, source, lanes = case
    unit = by_pairs(every(weight, lanes), (weight, source), (8, lanes), NO_REGISTERS)
    prove(design_of(unit), every(source, lanes), tmp_path, plain=True)


WIDE = [
    (I4, U4, 16, NO_REGISTERS),
    (I2, I2, 17, PipelineRegisters(1, 1, 0)),
    (B, U3, 33, PipelineRegisters(0, 2, 0)),
    (B, I4, 35, PipelineRegisters(0, 1, 0)),
    (I3, B, 9, PipelineRegisters(0, 3, 0)),
    (U3, U5, 1, PipelineRegisters(0, 1, 0)),
    (I3, I3, 2, PipelineRegisters(0, 1, 0)),
    (I4, I4, 64, NO_REGISTERS),
    (U4, I3, 50, PipelineRegisters(0, 4, 0)),
]


@pytest.mark.parametrize("case", tiered(WIDE, *WIDE[4:]), ids=lambda case: "-".join(map(str, case[:3])))
def test_corners_and_random_numbers(case: tuple[DType, DType, int, PipelineRegisters], tmp_path: Path) -> None:
    """Two beats a vector, the second of which may be spare in part."""
    weight, source, simd, registers = case
    inputs, rng = 2 * simd - simd // 3, np.random.default_rng(8)
    weights = np.concatenate([corners(weight, inputs), draw(rng, weight, (5, inputs))])
    unit = by_pairs(weights, (weight, source), (4, simd), registers)
    prove(design_of(unit), np.concatenate([corners(source, inputs), draw(rng, source, (9, inputs))]), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("simd", range(1, 37))
def test_widths(simd: int, tmp_path: Path) -> None:
    """With a register behind every so many steps."""
    weight, source = ((I2, I2), (B, U2), (I3, B))[simd % 3]
    weights = draw(np.random.default_rng(simd), weight, (3, 2 * simd))
    unit = by_pairs(weights, (weight, source), (2, simd), PipelineRegisters(0, 1 + simd % 4, 0))
    prove(design_of(unit), draw(np.random.default_rng(8), source, (9, 2 * simd)), tmp_path)


def test_what_signed_inputs_add_may_need_more_than_32_bits(tmp_path: Path) -> None:
    inputs, source = 66_000, IntType(16, signed=True)
    weights = np.stack([np.ones(inputs, np.int64), draw(np.random.default_rng(3), B, (inputs,))])
    unit = by_pairs(weights, (B, source), (2, 40), NO_REGISTERS)
    assert inputs // 2 << 16 >= 1 << 31
    prove(design_of(unit), np.stack([np.full(inputs, source.min), np.full(inputs, source.max)]), tmp_path, plain=True)
