"""mvtu.hpp on residual planes: orders, foldings, paddings and both ways to take the planes, against plain loops."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from hwgen.ir.types import Bipolar, IntType
from tests.hls_lib.cases import Case, design_of, run_cases
from tests.rtl_lib.planes import plane_frames, planes_unit
from tests.rtl_reference import reference
from tests.tiers import some

B, U2, U3 = Bipolar(), IntType(2, signed=False), IntType(3, signed=False)


def plane_case(name: str, betas: tuple[int, ...], shape: tuple[int, int], folding: tuple[int, int], **how: Any) -> Case:
    unit = planes_unit(betas, shape, folding, **how)
    design, frames = design_of(name, unit), plane_frames(unit, 4)
    return Case(design, frames, reference(design, frames)[design.output.name])


@pytest.mark.parametrize("folded", [False, True], ids=["side_by_side", "in_turn"])
def test_orders_and_shapes(folded: bool, tmp_path: Path) -> None:
    cases = [
        plane_case("one", (1,), (9, 4), (2, 3), folded=folded, result=U2),
        plane_case("two", (5, 3), (13, 5), (2, 4), folded=folded, result=U2, descending=True),
        plane_case("wide", (5, 3), (70, 4), (3, 66), folded=folded),
        plane_case("three", (6, 4, 3), (5, 6), (4, 2), folded=folded, result=U3, taps=3, pixels=2),
        plane_case("groups", (4, 2), (3, 4), (2, 2), folded=folded, result=B, taps=2, pixels=2, groups=2),
        plane_case("four", (2047, 1024, 77, 1), (18, 3), (1, 18), folded=folded, pixels=2),
        plane_case("padded", (5, 3), (5, 6), (3, 2), folded=folded, result=U2, taps=4, pixels=2, padded=True),
        plane_case("edges", (7, 4, 2), (5, 3), (2, 5), folded=folded, taps=3, pixels=3, padded=True),
    ]
    assert run_cases(some(cases, 2), tmp_path) == []


@pytest.mark.parametrize("folded", [False, True], ids=["side_by_side", "in_turn"])
def test_every_folding_of_a_small_matrix(folded: bool, tmp_path: Path) -> None:
    foldings = itertools.product(range(1, 5), range(1, 7))
    cases = [plane_case(f"f{p}_{s}", (5, 3), (6, 4), (p, s), folded=folded, result=B) for p, s in foldings]
    assert run_cases(some(cases, 7), tmp_path) == []


@pytest.mark.parametrize("folded", [False, True], ids=["side_by_side", "in_turn"])
def test_a_last_plane_that_is_left_out_is_seen(folded: bool, tmp_path: Path) -> None:
    case = plane_case("dropped", (5, 3), (9, 4), (2, 3), folded=folded)
    mutation = "return betas[plane];", "return plane == COUNT - 1 ? 0 : betas[plane];"
    assert run_cases([case], tmp_path, {"operands": mutation}) == ["dropped"]
