"""Codes of many bits in C++: lines in units with weights and alone, and chains of search units."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwgen.golden.execute import apply
from hwgen.hw.kernels.search import SearchUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.ir.graph import Node
from hwgen.ir.types import IntType
from tests.builders import value
from tests.hls_lib.cases import FRAMES, Case, design_of, generator, mvtu_case, random_codes, run_cases
from tests.tiers import some
from tests.wide_units import clipped, line, search_units, searched


def integer(bits: int, *, signed: bool = True) -> IntType:
    return IntType(bits, signed=signed)


def alone(name: str, source: IntType, codes: IntType, *, shared: bool, to_even: bool, shifted: bool = False) -> Case:
    rng = generator(*name.encode())
    activation = line(rng, source, codes, 1 if shared else 7, to_even=to_even, shifted=shifted)
    inputs = random_codes(rng, source, (FRAMES, 7))
    streams = Stream("x", source, 7, 3), Stream("y", codes, 7, 3)
    unit = ThresholdUnit("quant", "quant", *((each,) for each in streams), activation)
    return Case(design_of(name, unit), inputs, clipped(inputs, activation))


def search(name: str, numbers: IntType, codes: IntType, *, shared: bool, lanes: int = 1) -> Case:
    rng = generator(*name.encode())
    op = searched(rng, numbers, codes, 6, shared=shared)
    units = search_units(op, numbers, codes, 6, 2, lanes)
    assert all(isinstance(unit, SearchUnit) for unit in units)
    inputs = random_codes(rng, numbers, (FRAMES, 12))
    node = Node("act", op, (value("x", 6, numbers),), value("y", 6, codes), "act")
    expected = np.asarray(apply(node, inputs.reshape(-1, 6)), dtype=np.int64).reshape(FRAMES, 12)
    return Case(design_of(name, *units), inputs, expected)


def test_lines(tmp_path: Path) -> None:
    cases = [
        mvtu_case("w9", (6, 5), (2, 3), (integer(8), integer(9, signed=False), integer(9)), straight=True),
        mvtu_case("w12", (6, 5), (1, 2), (integer(12), integer(12), integer(12, signed=False)), straight=True),
        mvtu_case("w16", (9, 4), (1, 1), (integer(16), integer(16), integer(16)), straight=True),
        mvtu_case("w10", (6, 5), (2, 1), (integer(8), integer(10), integer(10)), straight=True, descending=True),
        alone("q14", integer(16), integer(14), shared=True, to_even=False),
        alone("q10", integer(12, signed=False), integer(10), shared=False, to_even=True),
        alone("q3", integer(11), integer(3, signed=False), shared=True, to_even=True, shifted=True),
        alone("q4", integer(12, signed=False), integer(4), shared=False, to_even=False, shifted=True),
    ]
    assert run_cases(some(cases, 3), tmp_path) == []


def test_search(tmp_path: Path) -> None:
    cases = [
        search("s4", integer(19), integer(4), shared=False),
        search("s10", integer(34), integer(10), shared=False),
        search("s9", integer(12, signed=False), integer(9, signed=False), shared=True),
        search("s1", integer(6), integer(1, signed=False), shared=True),
        search("s3", integer(14), integer(3), shared=False, lanes=3),
        search("s5", integer(9, signed=False), integer(5, signed=False), shared=True, lanes=2),
    ]
    assert run_cases(some(cases, 2), tmp_path) == []
