"""window.hpp against plain loops: what every window sees, in the order in which its reader takes it."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import Case, generator, run_cases
from tests.hls_lib.image_cases import window_case
from tests.seeds import fresh
from tests.tiers import some

B = Bipolar()
INT3, UINT4, INT9 = IntType(3, True), IntType(4, False), IntType(9, True)


def window_of(case: Case) -> WindowUnit:
    unit = case.design.units[0]
    assert isinstance(unit, WindowUnit)
    return unit


def test_kernels_and_strides(tmp_path: Path) -> None:
    """Kernels 1 to 5 and strides 1 to 3 over an image that they do not divide."""
    pairs = itertools.product(range(1, 6), range(1, 4))
    cases = [
        window_case(f"k{k}s{s}", (8, 7, 3), 2, INT3, Geometry((k, 6 - k), (s, 4 - s)), more_rows=k % 3)
        for k, s in pairs
    ]
    assert any(window_of(case).needed[-1] > window_of(case).geometry.extent[0] for case in cases), "no leftover rows"
    assert run_cases(some(cases, 4), tmp_path) == []


def test_padding(tmp_path: Path) -> None:
    """Each side alone, all of them, more than the kernel's half; padding codes for all channels and for each."""
    paddings = [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 1, 1, 1), (2, 1, 0, 2), (2, 2, 2, 2)]
    pads: list[int | str] = [0, 1, "mixed"]
    cases = [
        window_case(f"p{i}_{j}", (4, 5, 3), 2, UINT4, Geometry((3, 3), (1 + i % 2, 1), padding=padding), pad=pad)
        for (i, padding), (j, pad) in itertools.product(enumerate(paddings), enumerate(pads))
    ]
    assert run_cases(some(cases, 4), tmp_path) == []


def test_bipolar_images(tmp_path: Path) -> None:
    """As they are; padded with 0 and two bits wide; padded with a code of their own."""
    padded = Geometry((3, 3), padding=(1, 1, 1, 1))
    cases = [
        *(window_case(f"plain{n}", (4, 5, 70), n, B, Geometry((3, 2))) for n in some((1, 7, 64, 66, 70), 2)),
        *(window_case(f"ternary{n}", (4, 5, 70), n, B, padded) for n in some((1, 7, 32, 33, 70), 2)),
        *(window_case(f"own{code + 1}", (4, 5, 3), 2, B, padded, pad=code) for code in (-1, 1)),
    ]
    assert all(window_of(case).widens is case.design.name.startswith("ternary") for case in cases)
    assert run_cases(cases, tmp_path) == []


def test_dilation_blocks_and_memories(tmp_path: Path) -> None:
    dilated = Geometry((3, 2), (2, 1), (2, 3), (1, 2, 3, 0))
    cases = [
        *(window_case(f"d{n}", (9, 8, 4), n, INT9, dilated, more_rows=n - 1) for n in some((1, 2, 3), 2)),
        *(window_case(f"b{n}", (5, 6, 6), 1, INT3, Geometry((2, 3)), blocks=n) for n in some((1, 2, 3, 6), 3)),
        window_case("b_spare", (5, 6, 5), 2, INT3, Geometry((2, 3), padding=(0, 1, 1, 0)), blocks=3, pad="mixed"),
        window_case("signal", (17, 1, 3), 3, INT3, Geometry((5, 1), (2, 1), (3, 1), (4, 0, 4, 0))),
        window_case("whole", (5, 6, 3), 3, INT3, Geometry((5, 6))),
        window_case("gaps", (8, 8, 2), 1, INT3, Geometry((1, 1), (3, 3))),
        *(window_case(f"m_{style.value}", (5, 6, 3), 2, INT3, Geometry((3, 3)), style=style) for style in MemoryStyle),
    ]
    assert run_cases(cases, tmp_path) == []


def random_case(seed: int) -> Case | None:
    """Any legal window over a small image; None where the window does not fit."""
    rng = generator(seed)
    height, width, channels = (int(n) for n in rng.integers(1, 8, 3))
    lanes = int(rng.integers(1, channels + 1))
    kernel, stride, dilation = (tuple(int(n) for n in rng.integers(1, top, 2)) for top in (6, 4, 4))
    padding = tuple(int(n) for n in rng.integers(0, 3, 4))
    geometry = Geometry(kernel, stride, dilation, padding)  # type: ignore[arg-type]
    down, _ = geometry.output_size(height, width)
    outside = padding[0] >= geometry.extent[0] or padding[2] >= geometry.extent[0]
    if min(geometry.output_size(height, width)) < 1 or (down - 1) * stride[0] - padding[0] >= height or outside:
        return None
    beats = -(-channels // lanes)
    blocks = int(rng.choice([n for n in range(1, beats + 1) if beats % n == 0]))
    dtypes: tuple[DType, ...] = (B, INT3, UINT4, INT9)
    dtype = dtypes[rng.integers(4)]
    pad = (0, 1, "mixed")[rng.integers(3)]
    more = int(rng.integers(3))
    return window_case(
        f"r{seed}", (height, width, channels), lanes, dtype, geometry, blocks=blocks, pad=pad, more_rows=more
    )


def test_random_windows(tmp_path: Path) -> None:
    cases = [case for case in map(random_case, range(60)) if case]
    assert len(cases) > 15
    assert run_cases(some(cases, 7), tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("start", fresh(2000)[::500])
def test_more_random_windows(start: int, tmp_path: Path) -> None:
    assert run_cases([case for case in map(random_case, range(start, start + 500)) if case], tmp_path) == []


def test_rows_of_the_cycle_model_are_enough() -> None:
    """The line buffer that a design chooses holds at least what the header asks for."""
    for case in filter(None, map(random_case, range(60))):
        unit = window_of(case)
        assert unit.rows_for(unit.geometry.taps * unit.input.vector_beats) >= max(unit.needed) >= 1
        assert np.array_equal(unit.needed, [n for n in unit.needed if n > 0])
