"""hwgen_mvtu: codes and cycles over foldings, types, activations, stalls and resets."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import design_of, draw, matvec, prove

B = Bipolar()
U2, U3, U8, I2, I4, I8 = (
    IntType(b, s) for b, s in ((2, False), (3, False), (8, False), (2, True), (4, True), (8, True))
)

CASES = [
    # weight, input, result, (MW, MH), (PE, SIMD), descending
    (B, B, B, (24, 10), (5, 8), False),
    (B, B, B, (23, 7), (3, 5), True),
    (B, B, None, (23, 7), (2, 5), False),
    (B, B, U3, (9, 4), (4, 9), False),
    (B, U8, B, (13, 5), (2, 4), False),
    (B, I4, None, (12, 6), (3, 5), False),
    (I4, B, I2, (11, 6), (4, 3), True),
    (I4, U8, U2, (10, 3), (1, 1), False),
    (I8, I8, None, (7, 5), (5, 7), False),
    (U2, U3, B, (6, 1), (1, 6), False),
]


Case = tuple[DType, DType, DType | None, tuple[int, int], tuple[int, int], bool]


def run(case: Case, work: Path) -> None:
    weight, source, result, shape, folding, descending = case
    rng = np.random.default_rng(7)
    unit = matvec(rng, weight, source, shape, folding, result=result, descending=descending)
    prove(design_of(unit), draw(rng, source, (6, shape[0])), work)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:3])))
def test_unit_gives_the_codes_in_the_scheduled_cycles(case: Case, tmp_path: Path) -> None:
    run(case, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("pe", "simd"), list(product(range(1, 6), range(1, 7))))
def test_every_folding_of_a_small_matrix(pe: int, simd: int, tmp_path: Path) -> None:
    run((B, B, B, (6, 5), (pe, simd), True), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("weight", "source", "result"), list(product((B, I2, U3), (B, U2, I4), (B, U2, I2, None))))
def test_every_pair_of_types(weight: DType, source: DType, result: DType | None, tmp_path: Path) -> None:
    run((weight, source, result, (7, 5), (2, 3), result is not None), tmp_path)
