"""parallel_window.hpp against plain loops: what every window sees, all taps of a beat of its pixels at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.builders import random_geometry
from tests.hls_lib.cases import FRAMES, Case, design_of, generator, run_cases
from tests.hls_lib.image_cases import Shape, image, seen, window_unit
from tests.seeds import fresh

B = Bipolar()
INT3, UINT4 = IntType(3, True), IntType(4, False)


def case(
    name: str, shape: Shape, lanes: int, dtype: DType, geometry: Geometry, pad: int | str = 0, *, style: str = ""
) -> Case:
    """A unit alone; `pad` "mixed" gives each channel a padding code of its own."""
    source, channels = image(name, shape, dtype), shape[2]
    codes = np.full(channels, pad) if isinstance(pad, int) else np.where(np.arange(channels) % 2, dtype.min, dtype.max)
    taps = window_unit(source, lanes, geometry, blocks=1, pad=codes, more_rows=0, style=None)
    size, beats = geometry.taps * lanes, taps.input.vector_beats
    output = replace(taps.output, elements=beats * size, lanes=size, vectors=taps.out_height * taps.out_width)
    chosen = MemoryStyle(style) if style else None
    sizes = taps.height, taps.width, geometry, codes
    unit = ParallelWindowUnit("conv_window", "conv", taps.inputs, (output,), *sizes, 1, chosen)
    cut = seen(source.codes, geometry, codes)
    expected = cut.reshape(*cut.shape[:4], beats, lanes).swapaxes(3, 4).reshape(FRAMES, -1)
    return Case(design_of(name, unit.resized(1)), source.flat, expected)


def test_windows(tmp_path: Path) -> None:
    same = Geometry((3, 3), padding=(1, 1, 1, 1))
    cases = [
        case("plain", (5, 6, 4), 2, INT3, Geometry((3, 3))),
        case("one_column", (7, 1, 2), 2, INT3, Geometry((3, 1), (2, 1), padding=(1, 0, 1, 0))),
        case("one_row", (1, 7, 2), 1, INT3, Geometry((1, 3), (1, 2))),
        case("full", (4, 3, 2), 1, UINT4, Geometry((3, 3), padding=(2, 2, 2, 2)), "mixed"),
        case("dilated", (6, 7, 4), 2, INT3, Geometry((3, 2), (1, 2), (2, 3), (1, 2, 3, 1)), style="block"),
        case("gaps", (7, 8, 1), 1, UINT4, Geometry((2, 2), (3, 3))),
        case("ternary", (4, 5, 70), 70, B, same),
        case("own", (4, 5, 6), 3, B, same, "mixed"),
        case("whole", (4, 3, 2), 2, INT3, Geometry((4, 3))),
    ]
    assert run_cases(cases, tmp_path) == []


@pytest.mark.long
def test_random_windows(tmp_path: Path) -> None:
    cases = []
    for seed in fresh(60):
        rng = generator(seed)
        height, width, channels = (int(rng.integers(1, most)) for most in (9, 9, 7))
        lanes = int(rng.choice([n for n in range(1, channels + 1) if channels % n == 0]))
        pads: list[int | str] = [0, 1, "mixed"]
        geometry, pad = random_geometry(rng, height, width), pads[seed % 3]
        cases.append(case(f"random{seed}", (height, width, channels), lanes, (B, INT3, UINT4)[seed % 3], geometry, pad))
    assert run_cases(cases, tmp_path) == []
