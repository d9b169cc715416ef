"""weight_reader.hpp and mvtu_streamed.hpp against plain numpy: weights from an external memory."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_streamed import MvtuStreamedUnit
from hwgen.hw.kernels.weight_reader import WeightReaderUnit
from hwgen.hw.memory import ExternalMemory
from hwgen.ir.types import Bipolar, IntType
from tests.hls_lib.cases import Case, design_of, mvtu_case, run_cases
from tests.tiers import some

B = Bipolar()
I3, I4, U2, U8 = (IntType(b, s) for b, s in ((3, True), (4, True), (2, False), (8, False)))


def external(case: Case, width: int) -> Case:
    """The case with the weights of its layer in a memory whose port has so many bits."""
    (unit,) = case.design.units
    assert isinstance(unit, MvtuUnit)
    name = f"{case.design.name}_layer"
    named = replace(unit, name=name, outputs=(replace(unit.output, name=name),))
    units = MvtuStreamedUnit.units(named, ExternalMemory(width, Fraction(width), 8))
    assert isinstance(units[0], WeightReaderUnit)
    alone = design_of(case.design.name, named)
    return replace(case, design=replace(alone, units=units))


def test_weights_that_stream(tmp_path: Path) -> None:
    """Foldings that do not divide; words wider, narrower and as wide as the port; several vectors; wide weights."""
    cases = [
        external(mvtu_case("xnor", (24, 10), (5, 8), (B, B, B), descending=True), 64),
        external(mvtu_case("numbers", (23, 7), (3, 5), (I3, I4, None), vectors=3), 32),
        external(mvtu_case("equal", (64, 8), (8, 8), (B, B, None), vectors=2), 64),
        external(mvtu_case("narrow", (23, 5), (1, 1), (B, U8, U2)), 64),
        external(mvtu_case("wide", (70, 6), (4, 70), (I4, U2, U2), vectors=2), 32),
        external(mvtu_case("turns", (12, 6), (3, 4), (I3, B, U2), turning=True), 64),
        external(mvtu_case("sums", (20, 4), (3, 7), (IntType(25, signed=True), U8, None)), 64),
    ]
    assert run_cases(some(cases, 5), tmp_path) == []
