"""hwgen_mvtu: codes and cycles over foldings, types, groups, taps, arithmetics and memories."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.types import Bipolar, DType, IntArray, IntType
from tests.rtl_support import TERNARY, design_of, draw, mvtu, prove

B = Bipolar()
U2, U3, U8, I2, I4, I8 = (
    IntType(b, s) for b, s in ((2, False), (3, False), (8, False), (2, True), (4, True), (8, True))
)

CASES = [
    # weight, input, result, (MW, MH), (PE, SIMD), descending
    (B, B, B, (24, 10), (5, 8), False),
    (B, B, B, (23, 7), (3, 5), True),
    (B, B, U3, (9, 4), (4, 9), False),
    (B, U8, B, (13, 5), (2, 4), False),
    (I4, B, I2, (11, 6), (4, 3), True),
    (I8, I8, None, (7, 5), (5, 7), False),
    (U2, U3, B, (6, 1), (1, 6), False),
]
RARE = [
    (B, B, None, (23, 7), (2, 5), False),
    (B, I4, None, (12, 6), (3, 5), False),
    (I4, U8, U2, (10, 3), (1, 1), False),
]


Case = tuple[DType, DType, DType | None, tuple[int, int], tuple[int, int], bool]


def prove_random(unit: MvtuUnit, work: Path) -> None:
    frames = draw(np.random.default_rng(8), unit.input.dtype, (5, unit.input.size))
    prove(design_of(unit), without_spare(unit, frames), work)


def without_spare(unit: MvtuUnit, frames: IntArray) -> IntArray:
    """Zero bits past a tap's last channel, as a window unit sends them."""
    frames.reshape(len(frames), -1, unit.input.elements)[:, :, unit.channels :] = -isinstance(unit.input.dtype, Bipolar)
    return frames


def run(case: Case, work: Path) -> None:
    weight, source, result, shape, folding, descending = case
    rng = np.random.default_rng(7)
    prove_random(mvtu(rng, weight, source, shape, folding, result=result, descending=descending), work)


@pytest.mark.parametrize(
    "case",
    [*CASES, *(pytest.param(case, marks=pytest.mark.long) for case in RARE)],
    ids=lambda case: "-".join(map(str, case[:3])),
)
def test_unit_gives_the_codes_in_the_scheduled_cycles(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path)


@pytest.mark.parametrize(
    ("weight", "source", "result", "shape", "folding", "sizes"),
    [
        (B, B, B, (5, 6), (4, 2), {"taps": 4, "pixels": 3}),
        (I4, U3, U2, (4, 6), (3, 2), {"taps": 3, "pixels": 2, "groups": 2}),
        (B, B, None, (2, 3), (1, 1), {"taps": 1, "pixels": 2, "groups": 3}),
        (I2, I4, None, (7, 4), (4, 3), {"pixels": 5}),
    ],
    ids=["conv", "grouped", "grouped_1x1", "pixels"],
)
def test_convolutions(
    weight: DType,
    source: DType,
    result: DType | None,
    shape: tuple[int, int],
    folding: tuple[int, int],
    sizes: dict[str, int],
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, weight, source, shape, folding, result=result, descending=result is not None, **sizes)
    prove_random(unit, tmp_path)


@pytest.mark.parametrize(("result", "folding"), [(B, (2, 2)), (None, (3, 5))])
def test_counted_taps_of_a_padded_bipolar_image(result: DType | None, folding: tuple[int, int], tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, B, TERNARY, (5, 6), folding, result=result, taps=3, pixels=2, padded_bipolar=True)
    frames = np.random.default_rng(8).integers(-1, 2, size=(6, unit.input.size))
    frames[0], frames[1], frames[2] = 0, -1, 1
    prove(design_of(unit), without_spare(unit, frames), tmp_path)


@pytest.mark.parametrize(("weight", "source", "result"), [(B, U8, B), (I4, U3, None), (I2, TERNARY, U2)], ids=str)
def test_pairs(weight: DType, source: DType, result: DType | None, tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(7), weight, source, (13, 5), (2, 4), result=result, pixels=2)
    prove_random(replace(unit, arithmetic=Arithmetic.PAIRS), tmp_path)


@pytest.mark.parametrize("case", [(I4, U8, U2, 3, 1), (I2, TERNARY, None, 1, 2)], ids=str)
def test_packed(case: tuple[DType, DType, DType | None, int, int], tmp_path: Path) -> None:
    """A convolution; the neurons of groups."""
    weight, source, result, taps, groups = case
    sizes = {"pixels": 2, "taps": taps, "groups": groups}
    unit = mvtu(np.random.default_rng(7), weight, source, (13, 6), (3, 4), result=result, **sizes)
    prove_random(replace(unit, arithmetic=Arithmetic.PACKED), tmp_path)


@pytest.mark.parametrize(
    ("shape", "folding", "style"),
    [((130, 4), (2, 1), None), ((12, 4), (2, 3), MemoryStyle.BLOCK), ((12, 4), (2, 3), MemoryStyle.REGISTERS)],
    ids=["deep", "block", "registers"],
)
def test_memories(shape: tuple[int, int], folding: tuple[int, int], style: MemoryStyle | None, tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(7), B, U2, shape, folding, result=U2)
    if style is None:
        assert unit.vector_memory is not None and unit.vector_memory.style is MemoryStyle.BLOCK
    prove_random(replace(unit, memory_style=style), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("pe", "simd"), list(product(range(1, 6), range(1, 7))))
def test_every_folding_of_a_small_matrix(pe: int, simd: int, tmp_path: Path) -> None:
    run((B, B, B, (6, 5), (pe, simd), True), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("weight", "source", "result"), list(product((B, I2, U3), (B, U2, I4), (B, U2, I2, None))))
def test_every_pair_of_types(weight: DType, source: DType, result: DType | None, tmp_path: Path) -> None:
    run((weight, source, result, (7, 5), (2, 3), result is not None), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("groups", "pe", "simd"), list(product((1, 2, 3), (1, 2, 4), (1, 3))))
def test_every_folding_of_a_grouped_convolution(groups: int, pe: int, simd: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, I2, U2, (3, 4), (pe, simd), result=U2, descending=True, groups=groups, taps=2, pixels=2)
    prove_random(unit, tmp_path)
