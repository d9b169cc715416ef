"""hwgen_parallel_window: windows and cycles over kernels, strides, dilations, paddings, lanes and rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import design_of, draw, parallel_window, pool, prove
from tests.seeds import fresh
from tests.tiers import tiered

B, U3, I4 = Bipolar(), IntType(3, signed=False), IntType(4, signed=True)


def prove_random(design: Design, work: Path) -> None:
    prove(design, draw(np.random.default_rng(8), design.input.dtype, (5, design.input.size)), work)


UNITS = {
    "3x3": parallel_window(U3, (5, 6, 4), 2, Geometry((3, 3))),
    "same": parallel_window(I4, (5, 4, 2), 2, Geometry((3, 3), padding=(1, 1, 1, 1)), pad=-8),
    "stride": parallel_window(U3, (8, 7, 2), 1, Geometry((3, 3), (2, 3))),
    "gaps": parallel_window(U3, (7, 8, 1), 1, Geometry((2, 2), (3, 3)), rows=1),
    "whole_image": parallel_window(I4, (4, 3, 2), 2, Geometry((4, 3)), rows=2),
    "signal": parallel_window(U3, (9, 1, 4), 4, Geometry((5, 1), (2, 1), padding=(2, 0, 1, 0))),
    "full_padding": parallel_window(U3, (4, 3, 2), 1, Geometry((3, 3), padding=(2, 2, 2, 2))),
    "asymmetric": parallel_window(I4, (5, 4, 3), 3, Geometry((2, 3), (1, 2), (2, 1), (0, 2, 1, 0)), pad=-8),
    "dilated": parallel_window(I4, (6, 7, 4), 2, Geometry((3, 2), (1, 1), (2, 3), (1, 2, 3, 1)), rows=1),
    "pad_words": parallel_window(I4, (4, 4, 4), 2, Geometry((3, 3), padding=(1,) * 4), pad=np.array([3, -4, 0, 7])),
    "bipolar_padded": parallel_window(B, (4, 5, 3), 3, Geometry((3, 3), padding=(1,) * 4)),
    "bipolar_same": parallel_window(B, (4, 5, 3), 1, Geometry((2, 2), padding=(1, 0, 0, 1)), pad=np.array([1, -1, 1])),
}
RARE = set(UNITS) - {"asymmetric", "bipolar_padded"}


@pytest.mark.parametrize("name", tiered(UNITS, *RARE))
def test_windows(name: str, tmp_path: Path) -> None:
    prove_random(design_of(UNITS[name]), tmp_path)


@pytest.mark.parametrize("style", tiered((MemoryStyle.BLOCK, MemoryStyle.REGISTERS), *MemoryStyle))
def test_line_buffers_of_other_styles(style: MemoryStyle, tmp_path: Path) -> None:
    prove_random(design_of(replace(UNITS["3x3"], memory_style=style)), tmp_path)


def random_window(
    rng: np.random.Generator, dtype: DType, image: tuple[int, int, int], name: str
) -> ParallelWindowUnit | None:
    """A window over `image`, None where none or too many fit."""
    kernel, stride, dilation = ((int(rng.integers(1, n)), int(rng.integers(1, n))) for n in (5, 4, 3))
    extent = Geometry(kernel, stride, dilation).extent
    padding = tuple(int(rng.integers(0, size)) * int(rng.integers(0, 2)) for size in (*extent, *extent))
    geometry = Geometry(kernel, stride, dilation, padding)
    down, across = geometry.output_size(*image[:2])
    if min(down, across) < 1 or not 2 <= geometry.taps * image[2] <= 150:
        return None
    lanes = int(rng.choice([n for n in range(1, image[2] + 1) if image[2] % n == 0]))
    pad = draw(rng, dtype, (image[2],)) if rng.integers(0, 2) else 0
    unit = parallel_window(dtype, image, lanes, geometry, pad=pad, rows=int(rng.integers(0, 3)), name=name)
    return replace(unit, memory_style=rng.choice(np.array([None, *MemoryStyle])))


def random_units(rng: np.random.Generator, dtype: DType) -> list:
    """A window, and a pool that takes its beats one in so many cycles."""
    unit = None
    while unit is None:
        image = tuple(int(rng.integers(low, high)) for low, high in ((2, 9), (1, 8), (1, 7)))
        unit = random_window(rng, dtype, image, "win")
    size = unit.out_height, unit.out_width * unit.input.vector_beats, unit.output.lanes
    tile = 1, int(rng.choice([n for n in range(1, size[1] + 1) if size[1] % n == 0]))
    return [unit, pool(unit.output.dtype, size, unit.output.lanes, tile)]


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(60))
def test_random_images(seed: int, tmp_path: Path) -> None:
    prove_random(design_of(*random_units(np.random.default_rng(seed), (B, U3, I4)[seed % 3])), tmp_path)
