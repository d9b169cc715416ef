"""hwgen_mvtu on residual planes: codes and cycles over orders, foldings, paddings and both ways to take the planes."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hwgen.ir.types import Bipolar, IntType
from tests.rtl_lib.planes import plane_frames, planes_unit
from tests.rtl_support import design_of, prove

B, U2, U3 = Bipolar(), IntType(2, signed=False), IntType(3, signed=False)
Sizes = dict[str, Any]

CASES: list[tuple[tuple[int, ...], tuple[int, int], tuple[int, int], Sizes]] = [
    ((1,), (9, 4), (2, 3), {"result": U2}),
    ((5, 3), (13, 5), (2, 4), {"result": U2, "descending": True}),
    ((5, 3), (7, 4), (4, 7), {}),
    ((6, 4, 3), (5, 6), (4, 2), {"result": U3, "taps": 3, "pixels": 2}),
    ((4, 2), (3, 4), (2, 2), {"taps": 2, "pixels": 2, "groups": 2, "result": B}),
    ((2047, 1024, 77, 1), (18, 3), (1, 18), {"pixels": 2}),
    ((5, 3), (5, 6), (3, 2), {"result": U2, "taps": 4, "pixels": 2, "padded": True}),
    ((7, 4, 2), (5, 3), (2, 5), {"taps": 3, "pixels": 3, "padded": True}),
]


def run(betas: tuple[int, ...], shape: tuple[int, int], folding: tuple[int, int], sizes: Sizes, work: Path) -> None:
    unit = planes_unit(betas, shape, folding, **sizes)
    prove(design_of(unit), plane_frames(unit, 5), work)


@pytest.mark.parametrize("folded", [False, True], ids=["side_by_side", "in_turn"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: "_".join(map(str, (*case[0], *case[3]))))
def test_unit_gives_the_codes_in_the_scheduled_cycles(
    case: tuple[tuple[int, ...], tuple[int, int], tuple[int, int], Sizes], folded: bool, tmp_path: Path
) -> None:
    betas, shape, folding, sizes = case
    run(betas, shape, folding, {**sizes, "folded": folded}, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("folded", [False, True], ids=["side_by_side", "in_turn"])
@pytest.mark.parametrize(("pe", "simd"), list(product(range(1, 5), range(1, 7))))
def test_every_folding_of_a_small_matrix(pe: int, simd: int, folded: bool, tmp_path: Path) -> None:
    run((5, 3), (6, 4), (pe, simd), {"result": B, "descending": True, "folded": folded}, tmp_path)
