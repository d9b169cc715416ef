"""threshold.hpp, argmax.hpp, width.hpp and fifo.hpp against plain numpy."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import argmax_case, fifo_case, run_cases, threshold_case, width_case
from tests.tiers import some

B = Bipolar()


def test_threshold(tmp_path: Path) -> None:
    types: tuple[tuple[DType, DType], ...] = (
        (IntType(8, signed=False), B),
        (IntType(6, signed=True), IntType(2, signed=False)),
        (B, IntType(2, signed=True)),
        (IntType(40, signed=True), B),
    )
    cases = [
        threshold_case(
            f"t{i}_{lanes}_{shared:d}", 7, lanes, pair, shared=shared, descending=lanes > 1, vectors=1 + i % 3
        )
        for i, pair in enumerate(types)
        for lanes in (1, 3, 7)
        for shared in (False, True)
    ]
    assert run_cases(some(cases, 7), tmp_path) == []


def test_argmax(tmp_path: Path) -> None:
    types: tuple[DType, ...] = (B, IntType(7, signed=True), IntType(5, signed=False), IntType(33, signed=True))
    sizes = ((10, 1), (10, 3), (10, 10), (5, 2), (1, 1))
    cases = [argmax_case(f"a_{t}_{n}_{lanes}", n, lanes, t) for t in types for n, lanes in sizes]
    cases += [argmax_case(f"v_{n}_{lanes}", n, lanes, types[1], vectors=3) for n, lanes in sizes]
    assert run_cases(some(cases, 7), tmp_path) == []


@pytest.mark.parametrize("elements", [5, 12])
def test_width(elements: int, tmp_path: Path) -> None:
    """All pairs of lane counts, at a length that most divide and one that none does."""
    pairs = itertools.product((1, 2, 3, 4, 5), repeat=2)
    cases = [width_case(f"w_{p}_{q}", elements, (p, q), IntType(3, signed=True), vectors=1 + p % 3) for p, q in pairs]
    assert run_cases(some(cases, 7), tmp_path) == []


def test_wide_width(tmp_path: Path) -> None:
    pairs = ((64, 5), (5, 64), (100, 98), (1, 200), (200, 1), (130, 65))
    assert run_cases([width_case(f"ww_{p}_{q}", 200, (p, q), B) for p, q in some(pairs, 3)], tmp_path) == []


@pytest.mark.long
def test_width_of_every_small_frame(tmp_path: Path) -> None:
    sizes = [(n, p, q) for n in range(1, 10) for p in range(1, n + 1) for q in range(1, n + 1)]
    assert run_cases([width_case(f"w_{n}_{p}_{q}", n, (p, q), B, vectors=2) for n, p, q in sizes], tmp_path) == []


def test_fifo_at_the_edge(tmp_path: Path) -> None:
    assert run_cases([fifo_case("f_2", 10, 2), fifo_case("f_1", 4, 1)], tmp_path) == []
