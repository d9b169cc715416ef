"""Codes that rise and fall, and tables of the codes of few-bit inputs, in C++."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import Case, mvtu_case, run_cases, threshold_case
from tests.tiers import some

B = Bipolar()


def integer(bits: int, *, signed: bool = True) -> IntType:
    return IntType(bits, signed)


def test_products(tmp_path: Path) -> None:
    types: list[tuple[DType, DType, DType]] = [
        (integer(4), integer(3), integer(3)),
        (B, B, integer(2, signed=False)),
        (integer(3), integer(8, signed=False), B),
        (B, integer(4), integer(5)),
    ]
    cases = [
        mvtu_case(f"p{i}_{falls:d}_{shared:d}", (9, 5), (2, 4), each, descending=falls, shared=shared, turning=True)
        for i, each in enumerate(types)
        for falls in (False, True)
        for shared in (False, True)
    ]
    assert run_cases(some(cases, 3), tmp_path) == []


def tables(turning: bool) -> list[Case]:
    types: list[tuple[DType, DType]] = [
        (integer(8, signed=False), integer(8)),
        (integer(8), integer(6, signed=False)),
        (integer(7), integer(4)),
        (integer(10), integer(8)),
    ]
    return [
        threshold_case(f"t{i}_{lanes}_{turning:d}", 7, lanes, each, shared=True, descending=lanes > 1, turning=turning)
        for i, each in enumerate(types)
        for lanes in (1, 3)
    ]


@pytest.mark.parametrize("turning", [False, True])
def test_tables(turning: bool, tmp_path: Path) -> None:
    cases = tables(turning)
    units = [case.design.units[0] for case in cases]
    assert all(isinstance(unit, ThresholdUnit) and unit.lookup is not None for unit in units)
    assert run_cases(some(cases, 3), tmp_path) == []


def test_thresholds_alone(tmp_path: Path) -> None:
    cases = [
        threshold_case(f"a{i}_{shared:d}", 7, 3, each, shared=shared, descending=shared, turning=True)
        for i, each in enumerate([(integer(12), integer(3)), (integer(5), integer(4)), (B, B)])
        for shared in (False, True)
    ]
    assert run_cases(cases, tmp_path) == []
