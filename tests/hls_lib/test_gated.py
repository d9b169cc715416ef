"""mvtu_gated.hpp: codes over foldings, types and patterns of open and closed gates."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from hwgen.hw.design import Design
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.gated_cases import PATTERNS, beside_its_gate, frames_of, gated_of, many_folds
from tests.hls_lib.cases import Case, run_cases
from tests.rtl_reference import reference
from tests.rtl_support import mvtu, turning
from tests.tiers import some

B = Bipolar()
U1, U2, U3, I4 = IntType(1, False), IntType(2, False), IntType(3, False), IntType(4, True)


def case_of(name: str, design: Design, pattern: list[int]) -> Case:
    frames = frames_of(design, pattern)
    assert isinstance(design.units[-1], MvtuGatedUnit)
    return Case(replace(design, name=name), frames, reference(design, frames)[design.output.name])


def folded(name: str, types: tuple[DType, DType, DType, IntType], folding: tuple[int, int], taps: int) -> Case:
    weight, source, result, gate = types
    rng = np.random.default_rng(len(name))
    unit = mvtu(rng, weight, source, (3, 5), folding, result=result, descending=True, taps=taps, pixels=4)
    return case_of(name, beside_its_gate(gated_of(unit, gate, rng)), rng.integers(0, 2, 19).tolist())


def test_patterns(tmp_path: Path) -> None:
    cases = [case_of(f"p{index}", many_folds(), pattern) for index, pattern in enumerate(PATTERNS.values())]
    assert run_cases(cases, tmp_path) == []


def test_every_folding_and_some_types(tmp_path: Path) -> None:
    kinds = ((B, B, B, U1), (B, U2, U3, U3), (I4, U3, B, U2), (B, I4, U2, U2))
    cases = [
        folded(f"f{pe}_{simd}", kinds[(pe + simd) % 4], (pe, simd), taps=1 + (pe + simd) % 3)
        for pe, simd in product(range(1, 6), range(1, 4))
    ]
    assert run_cases(some(cases, 4), tmp_path) == []


def test_codes_that_rise_and_fall(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    unit = gated_of(mvtu(rng, I4, U3, (3, 5), (2, 1), result=U2, descending=True, taps=2, pixels=4), U2, rng)
    turned = replace(unit, product=replace(unit.product, activation=turning(rng, unit.activation, U2)))
    assert run_cases([case_of("turning", beside_its_gate(turned), [0, 3, 1, 2, 2, 0, 1])], tmp_path) == []


def test_mutations_are_seen(tmp_path: Path) -> None:
    case = case_of("turns", many_folds(), PATTERNS["runs"])
    for index, (right, wrong) in enumerate(
        (
            ("(gates.read().to_uint())", "(gates.read().to_uint() & 1)"),
            ("code * ROWS + nf, p", "code + nf, p"),
        )
    ):
        assert run_cases([case], tmp_path / str(index), {"mvtu_gated": (right, wrong)}) == ["turns"], wrong
