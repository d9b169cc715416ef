"""mvtu.hpp against plain numpy over foldings, types and shapes that do not divide."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import Case, mvtu_case, run_cases
from tests.tiers import some

B = Bipolar()


def integer(bits: int, *, signed: bool = True) -> IntType:
    return IntType(bits, signed)


def name_of(*parts: object) -> str:
    return "_".join(str(part).replace("None", "acc") for part in parts)


def foldings(mw: int, mh: int, dtypes: tuple[DType, DType, DType | None], **options: bool) -> list[Case]:
    """Every PE and SIMD."""
    pairs = itertools.product(range(1, mh + 1), range(1, mw + 1))
    return [mvtu_case(name_of("f", *dtypes, pe, simd), (mw, mh), (pe, simd), dtypes, **options) for pe, simd in pairs]


def test_xnor_at_every_folding(tmp_path: Path) -> None:
    assert run_cases(some(foldings(7, 5, (B, B, B), descending=True), 8), tmp_path) == []


def test_types(tmp_path: Path) -> None:
    """Each weight type and each input type, with and without thresholds, where PE and SIMD divide nothing."""
    weights: tuple[DType, ...] = (B, integer(2), integer(3), integer(4), integer(8), integer(3, signed=False))
    inputs: tuple[DType, ...] = (
        B,
        integer(1),
        integer(1, signed=False),
        integer(2),
        integer(5, signed=False),
        integer(8),
    )
    outputs: tuple[DType | None, ...] = (None, B, integer(2), integer(2, signed=False))
    cases = []
    for i, (weight, value) in enumerate(itertools.product(weights, inputs)):
        dtypes: tuple[DType, DType, DType | None] = (weight, value, outputs[(i + i // 6) % 4])
        cases.append(mvtu_case(name_of("t", *dtypes), (11, 6), (4, 3), dtypes, descending=i % 2 == 1))
    assert run_cases(some(cases, 7), tmp_path) == []


def test_wide_words_and_sums(tmp_path: Path) -> None:
    """Words of several limbs, lanes that leave bits of a limb over, sums beyond 32 bits, shared thresholds."""
    cases = [
        mvtu_case("wide_xnor", (200, 70), (70, 130), (B, B, B)),
        mvtu_case("wide_xnor_acc", (150, 9), (2, 150), (B, B, None)),
        mvtu_case("wide_int3", (45, 30), (25, 44), (integer(3), integer(5), integer(3))),
        mvtu_case("wide_bipolar", (129, 3), (3, 65), (B, integer(8, signed=False), integer(4, signed=False))),
        mvtu_case("long_sum", (20, 4), (3, 7), (integer(16), integer(20), None)),
        mvtu_case("long_sum_code", (20, 4), (3, 7), (integer(25), integer(31, signed=False), integer(2))),
        mvtu_case("large_input", (5, 3), (2, 2), (integer(2), integer(40), integer(2))),
        mvtu_case("shared", (9, 8), (3, 4), (B, B, B), shared=True),
        mvtu_case("shared_falling", (9, 8), (1, 4), (integer(2), B, integer(2)), shared=True, descending=True),
        mvtu_case("one_by_one", (1, 1), (1, 1), (B, B, B)),
    ]
    assert run_cases(some(cases, 2), tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("bits", range(2, 9))
def test_integers_at_every_folding(bits: int, tmp_path: Path) -> None:
    dtypes = (integer(bits), integer(10 - bits, signed=bits % 2 == 0), integer(2, signed=False))
    assert run_cases(foldings(6, 4, dtypes, descending=True), tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("value", [integer(1), integer(3, signed=False), integer(8, signed=False)], ids=str)
def test_bipolar_weights_at_every_folding(value: IntType, tmp_path: Path) -> None:
    assert run_cases(foldings(7, 4, (B, value, None)), tmp_path) == []
