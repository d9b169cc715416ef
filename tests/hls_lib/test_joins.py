"""add.hpp, scale.hpp, magnitude.hpp, concat.hpp and fork.hpp in designs whose streams part and meet again."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import generator, run_cases
from tests.hls_lib.join_cases import add_case, concat_case, magnitude_case, product_case, scale_case
from tests.tiers import some, tiered

B = Bipolar()
INT3, UINT4, INT2 = IntType(3, True), IntType(4, False), IntType(2, True)


def test_add(tmp_path: Path) -> None:
    """Two to four inputs of equal and of different types, lanes that divide the vector and that do not."""
    mixes: tuple[tuple[DType, ...], ...] = ((INT3, INT3), (B, B), (INT3, UINT4), (B, INT2, UINT4), (B, B, INT3, UINT4))
    cases = [
        add_case(f"a{i}_{lanes}", 5, lanes, mix, vectors=1 + i % 3)
        for i, mix in enumerate(mixes)
        for lanes in (1, 2, 5)
    ]
    assert all(isinstance(case.design.units[0], ForkUnit) for case in cases)
    assert all(isinstance(case.design.units[-1], AddUnit) for case in cases)
    assert run_cases(some(cases, 4), tmp_path) == []


def test_add_with_gains(tmp_path: Path) -> None:
    """Gains of both signs, of one bit and of many, on numbers of each kind; sums of more than 32 bits."""
    mixes: tuple[tuple[tuple[DType, int], ...], ...] = (
        ((INT3, 3), (UINT4, -5)),
        ((B, -1), (INT2, 12)),
        ((UINT4, 1), (UINT4, -1)),
        ((B, 7), (INT3, 1 << 20), (UINT4, -((1 << 33) + 1))),
    )
    cases = [
        add_case(f"g{i}_{lanes}", 5, lanes, tuple(dtypes), vectors=2, gains=tuple(gains))
        for i, mix in enumerate(mixes)
        for dtypes, gains in [zip(*mix, strict=True)]
        for lanes in (2, 5)
    ]
    assert run_cases(some(cases, 3), tmp_path) == []


def test_concat(tmp_path: Path) -> None:
    """Two to four inputs of different lengths."""
    cases = [
        concat_case(f"c{len(sizes)}_{lanes}_{i}", sizes, lanes, (dtype,) * len(sizes), vectors=vectors)
        for i, (dtype, vectors) in enumerate(((B, 1), (INT3, 3)))
        for sizes, lanes in (((4, 2), 1), ((4, 2), 2), ((6, 3, 3), 3), ((1, 3, 2, 1), 1), ((70, 140), 70))
    ]
    assert all(isinstance(case.design.units[-1], ConcatUnit) for case in cases)
    assert run_cases(some(cases, 3), tmp_path) == []


def test_magnitude(tmp_path: Path) -> None:
    """Of pixels and of whole tensors, lanes that divide the vector and that do not."""
    cases = [
        magnitude_case(f"m{i}_{lanes}_{summed}", elements, lanes, dtype, vectors=6, summed=summed)
        for i, dtype in enumerate((INT3, UINT4, B, IntType(8, True), IntType(1, True)))
        for elements, lanes in ((5, 1), (5, 2), (5, 5), (70, 64))
        for summed in (1, 3, 6)
    ]
    assert run_cases(some(cases, 11), tmp_path) == []


def test_scale(tmp_path: Path) -> None:
    """Operands of all kinds of types, lanes that divide the vector and that do not."""
    pairs = ((INT3, UINT4), (B, UINT4), (INT3, B), (UINT4, INT2), (IntType(1, True), IntType(1, False)))
    cases = [
        scale_case(f"s{i}_{lanes}", 5, lanes, pair, vectors=1 + i % 3)
        for i, pair in enumerate(pairs)
        for lanes in (1, 2, 5)
    ]
    assert all(isinstance(case.design.units[-1], ScaleUnit) for case in cases)
    assert run_cases(some(cases, 4), tmp_path) == []


def test_product(tmp_path: Path) -> None:
    """Operands of one shape, of all kinds of types, lanes that divide the vector and that do not."""
    pairs = ((INT3, UINT4), (B, UINT4), (INT3, B), (B, B), (IntType(1, True), IntType(1, False)))
    cases = [
        product_case(f"p{i}_{lanes}", elements, lanes, pair, vectors=1 + i % 3)
        for i, pair in enumerate(pairs)
        for elements, lanes in ((5, 1), (5, 2), (5, 5), (70, 64))
    ]
    assert run_cases(some(cases, 7), tmp_path) == []


@pytest.mark.parametrize("count", tiered((1, 20), 20))
def test_random_magnitudes_and_scales(count: int, tmp_path: Path) -> None:
    """Random sizes, lanes and types of both units."""
    rng = generator(23)
    kinds: tuple[DType, ...] = (B, *(IntType(bits, signed) for bits in (1, 2, 4, 7) for signed in (False, True)))
    cases = []
    for index in range(count):
        elements, vectors, summed = (int(n) for n in rng.integers(1, (40, 4, 4)))
        lanes = int(rng.integers(1, elements + 1))
        one, two = (kinds[int(n)] for n in rng.integers(len(kinds), size=2))
        cases.append(magnitude_case(f"rm{index}", elements, lanes, one, vectors=vectors * summed, summed=summed))
        cases.append(scale_case(f"rs{index}", elements, lanes, (one, two), vectors=vectors))
        cases.append(product_case(f"rp{index}", elements, lanes, (one, two), vectors=vectors))
    assert run_cases(cases, tmp_path) == []
