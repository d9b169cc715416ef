"""mvtu.hpp and depthwise.hpp behind window.hpp: convolutions against plain loops."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import Case, mvtu_case, run_cases
from tests.hls_lib.image_cases import Conv, conv_case, depthwise_case
from tests.tiers import some

Types = tuple[DType, DType, DType | None]

B = Bipolar()
INT2, INT3, INT4, UINT2, UINT4 = (IntType(n, s) for n, s in ((2, True), (3, True), (4, True), (2, False), (4, False)))
WEIGHTS: tuple[DType, ...] = (B, INT2, INT4)
INPUTS: tuple[DType, ...] = (B, INT3, UINT4)
OUTPUTS: tuple[DType | None, ...] = (None, B, UINT2)
PLAIN = Geometry((3, 2), (1, 2))
PADDED = Geometry((3, 3), padding=(1, 0, 1, 1))


def conv(pe: int, simd: int, dtypes: tuple[DType, DType, DType | None], *, groups: int = 1) -> Conv:
    return Conv(*dtypes, pe, simd, groups)


def name_of(*parts: object) -> str:
    return "_".join(str(part).replace("None", "acc") for part in parts)


def mvtu_of(case: Case) -> MvtuUnit:
    unit = case.design.units[-1]
    assert isinstance(unit, MvtuUnit)
    return unit


def test_every_folding_of_an_xnor_convolution(tmp_path: Path) -> None:
    foldings = itertools.product(range(1, 6), range(1, 5))
    cases = [conv_case(f"x{p}_{s}", (4, 5, 4), 5, PLAIN, conv(p, s, (B, B, B))) for p, s in foldings]
    assert all(mvtu_of(case).is_xnor for case in cases)
    assert run_cases(some(cases, 7), tmp_path) == []


def test_padded_bipolar_images_are_counted(tmp_path: Path) -> None:
    """A padded tap adds nothing: popcounts over the taps in the image, or products where weights are not bipolar."""
    foldings = ((2, 3), (1, 1), (5, 4))
    cases = [
        *(conv_case(f"c{p}_{s}", (4, 5, 4), 5, PADDED, conv(p, s, (B, B, B))) for p, s in some(foldings, 3)),
        conv_case("c_acc", (4, 5, 4), 5, PADDED, conv(2, 3, (B, B, None))),
        conv_case("c_wide", (4, 3, 70), 3, PADDED, conv(3, 66, (B, B, INT2))),
        conv_case("c_groups", (4, 5, 6), 4, PADDED, conv(2, 3, (B, B, B), groups=2)),
        conv_case("c_falling", (4, 5, 4), 5, PADDED, replace(conv(2, 3, (B, B, INT2)), descending=True)),
    ]
    assert all(mvtu_of(case).padded_bipolar for case in cases)
    others = [conv_case("products", (4, 5, 4), 5, PADDED, conv(2, 3, (INT3, B, UINT2)))]
    others += [conv_case(f"own{p + 1}", (4, 5, 4), 5, PADDED, replace(conv(2, 3, (B, B, B)), pad=p)) for p in (-1, 1)]
    assert not any(mvtu_of(case).padded_bipolar for case in others)
    assert run_cases([*cases, *others], tmp_path) == []


def test_types_and_groups(tmp_path: Path) -> None:
    cases = []
    for index, (weight, value) in enumerate(itertools.product(WEIGHTS, INPUTS)):
        dtypes = (weight, value, OUTPUTS[(index + index // 3) % 3])
        one = replace(conv(4, 3, dtypes), descending=index % 2 == 1, shared=index % 4 == 1)
        cases.append(conv_case(name_of("t", *dtypes), (4, 5, 5), 6, PADDED if index % 2 else PLAIN, one))
        grouped = conv(1 + index % 3 % 2, 1 + index % 2, dtypes, groups=2 + index % 2)
        cases.append(conv_case(name_of("g", *dtypes), (4, 4, 12), 12, PLAIN, grouped))
    assert run_cases(some(cases, 7), tmp_path) == []


def test_vectors_of_a_dense_layer(tmp_path: Path) -> None:
    """A dense layer applied to every pixel."""
    foldings = ((1, 1), (2, 3), (5, 7), (5, 2), (1, 7))
    cases = [mvtu_case(f"v{p}_{s}", (7, 5), (p, s), (B, INT3, UINT2), vectors=3, descending=True) for p, s in foldings]
    assert run_cases(cases, tmp_path) == []


def depthwise_of(case: Case) -> DepthwiseUnit:
    unit = case.design.units[-1]
    assert isinstance(unit, DepthwiseUnit)
    return unit


def test_depthwise(tmp_path: Path) -> None:
    """Every PE, each pair of types, and all taps of a window at once."""
    cases = [depthwise_case(f"pe{p}", (4, 5, 5), PLAIN, conv(p, p, (B, B, B))) for p in some(range(1, 6), 2)]
    assert all(depthwise_of(case).is_xnor for case in cases)
    typed = []
    for index, (weight, value) in enumerate(itertools.product(WEIGHTS, INPUTS)):
        dtypes = (weight, value, OUTPUTS[(index + index // 3) % 3])
        for geometry, shared in ((PLAIN, True), (PADDED, False)):
            one = replace(conv(2 + index % 2, 1, dtypes), descending=index % 2 == 1, shared=shared)
            typed.append(depthwise_case(name_of("d", *dtypes, int(shared)), (4, 5, 5), geometry, one))
    cases += some(typed, 7)
    cases.append(depthwise_case("wide", (3, 3, 70), PADDED, conv(66, 66, (INT3, INT3, None))))
    cases.append(depthwise_case("one_tap", (3, 3, 3), Geometry((1, 1), (2, 2)), conv(2, 2, (INT3, INT3, None))))
    whole = itertools.product(((B, B, B), (INT3, UINT4, INT2), (B, UINT2, None)), (1, 2, 4), (PLAIN, PADDED))
    foldings = [(name_of("taps", *dtypes, pe, g.pads), g, conv(pe, g.taps, dtypes)) for dtypes, pe, g in whole]
    cases += some([depthwise_case(name, (4, 5, 4), geometry, each) for name, geometry, each in foldings], 4)
    assert run_cases(cases, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("dtypes", [(B, B, B), (INT3, UINT4, INT2), (B, UINT2, None)], ids=lambda d: name_of(*d))
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_every_folding(groups: int, dtypes: Types, tmp_path: Path) -> None:
    outputs, channels = 6 // groups, 6 // groups
    lanes = [n for n in range(1, outputs + 1) if groups == 1 or outputs % n == 0]
    cases = [
        conv_case(f"f{p}_{s}_{g}", (4, 4, 6), 6, geometry, conv(p, s, dtypes, groups=groups))
        for p, s in itertools.product(lanes, [n for n in range(1, channels + 1) if groups == 1 or channels % n == 0])
        for g, geometry in enumerate((PLAIN, PADDED))
    ]
    assert run_cases(cases, tmp_path) == []
