"""hwgen_mvtu_gated: codes and cycles over foldings, types and patterns of open and closed gates."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.gated_cases import FRAMES, PATTERNS, beside_its_gate, frames_of, gated_of
from tests.rtl_support import mvtu, prove

B = Bipolar()
U1, U2, U3, I2, I4 = (IntType(b, s) for b, s in ((1, False), (2, False), (3, False), (2, True), (4, True)))


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("shape", "folding", "taps"), [((4, 6), (2, 2), 3), ((3, 7), (1, 3), 1)], ids=["conv", "many"])
def test_patterns(pattern: str, shape: tuple[int, int], folding: tuple[int, int], taps: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, I4, U3, shape, folding, result=U2, descending=True, taps=taps, pixels=6)
    design = beside_its_gate(gated_of(unit, U2, rng))
    assert isinstance(design.units[-1], MvtuGatedUnit)
    prove(design, frames_of(design, PATTERNS[pattern]), tmp_path)


CASES = [
    # weight, input, result, gate, (C, MH), (PE, SIMD), taps
    (B, B, B, U1, (5, 6), (2, 5), 4),
    (B, B, U3, U3, (9, 4), (4, 3), 1),
    (B, U2, B, U2, (4, 5), (5, 1), 2),
    (I2, I4, I2, U3, (3, 8), (3, 1), 1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:4])))
def test_types(
    case: tuple[DType, DType, DType, IntType, tuple[int, int], tuple[int, int], int], tmp_path: Path
) -> None:
    weight, source, result, gate, shape, folding, taps = case
    rng = np.random.default_rng(9)
    unit = mvtu(rng, weight, source, shape, folding, result=result, taps=taps, pixels=7)
    design = beside_its_gate(gated_of(unit, gate, rng))
    prove(design, frames_of(design, rng.integers(0, 1 + min(gate.max, source.max), 4 * FRAMES).tolist()), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("pe", "simd"), list(product(range(1, 6), range(1, 4))))
def test_every_folding_of_a_small_matrix(pe: int, simd: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = mvtu(rng, B, U2, (3, 5), (pe, simd), result=U2, descending=True, taps=2, pixels=5)
    design = beside_its_gate(gated_of(unit, U2, rng), depths=(1 + pe, 1 + simd))
    prove(design, frames_of(design, rng.integers(0, 3, 37).tolist()), tmp_path)
