"""hwgen_window: pixels and cycles over kernels, strides, dilations, paddings, blocks and rows of the line buffer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import design_of, draw, pool, prove, window
from tests.seeds import fresh
from tests.tiers import tiered

B, U3, I4 = Bipolar(), IntType(3, signed=False), IntType(4, signed=True)


def prove_random(design: Design, work: Path) -> None:
    prove(design, draw(np.random.default_rng(8), design.input.dtype, (5, design.input.size)), work)


UNITS = {
    "3x3": window(U3, (5, 6, 3), 2, Geometry((3, 3))),
    "point_stride": window(U3, (7, 5, 2), 1, Geometry((1, 1), (3, 2)), rows=1),
    "whole_image": window(I4, (4, 3, 2), 2, Geometry((4, 3)), rows=3),
    "signal": window(U3, (9, 1, 4), 4, Geometry((5, 1), (2, 1), padding=(2, 0, 1, 0))),
    "one_beat_rows": window(U3, (6, 1, 1), 1, Geometry((1, 1)), rows=2),
    "asymmetric": window(I4, (5, 4, 3), 3, Geometry((2, 3), (1, 2), (2, 1), (0, 2, 1, 0)), pad=-8, rows=1),
    "leftover": window(U3, (8, 7, 2), 1, Geometry((3, 3), (3, 2)), rows=1),
    "blocks": window(B, (4, 5, 6), 2, Geometry((3, 2)), blocks=3, rows=2),
    "pad_words": window(I4, (4, 4, 5), 2, Geometry((3, 3), padding=(1, 1, 1, 1)), pad=np.array([3, -4, 0, 7, 1])),
    "bipolar_padded": window(B, (4, 5, 3), 2, Geometry((3, 3), padding=(1, 1, 1, 1)), rows=1),
    "bipolar_same": window(B, (4, 5, 3), 2, Geometry((2, 2), padding=(1, 0, 0, 1)), pad=np.array([1, -1, 1])),
    "all_padding": window(U3, (3, 3, 1), 1, Geometry((2, 2), (2, 2), padding=(3, 3, 3, 3)), rows=1),
}


@pytest.mark.parametrize("name", tiered(UNITS, "whole_image", "one_beat_rows", "point_stride", "bipolar_same"))
def test_window(name: str, tmp_path: Path) -> None:
    prove_random(design_of(UNITS[name]), tmp_path)


@pytest.mark.parametrize("style", [MemoryStyle.REGISTERS, MemoryStyle.BLOCK])
def test_line_buffers_of_other_styles(style: MemoryStyle, tmp_path: Path) -> None:
    prove_random(design_of(replace(UNITS["3x3"], memory_style=style)), tmp_path)


def random_stages(rng: np.random.Generator, dtype: DType, count: int) -> list[Unit]:
    """Window and pool units in a row, each pair an image in and an image out."""
    lanes = int(rng.integers(1, 4))
    image = (int(rng.integers(5, 9)), int(rng.integers(4, 8)), int(rng.integers(1, 6)))
    units: list[Unit] = []
    while len(units) < 2 * count:
        unit = random_window(rng, dtype, image, lanes, f"win{len(units)}")
        if unit is None:
            continue
        dtype = unit.output.dtype
        windows = (unit.out_height * unit.out_width * unit.blocks, unit.geometry.taps, unit.output.elements)
        kept = image[2] if unit.blocks == 1 else windows[2]
        tile = (1, unit.geometry.taps)
        reduced = pool(dtype, (*windows[:2], kept), lanes, tile, elements=windows[2], name=f"pool{len(units)}")
        units += [unit, reduced]
        image = (unit.out_height, unit.out_width, kept * unit.blocks)
    return units


def random_window(
    rng: np.random.Generator, dtype: DType, image: tuple[int, int, int], lanes: int, name: str
) -> WindowUnit | None:
    """A window over `image`, None where none or too many fit."""
    kernel, stride, dilation = ((int(rng.integers(1, n)), int(rng.integers(1, n))) for n in (6, 4, 3))
    top, left, bottom, right = (int(n) * int(rng.integers(0, 2)) for n in rng.integers(0, 3, size=4))
    geometry = Geometry(kernel, stride, dilation, (top, left, bottom, right))
    down, across = geometry.output_size(*image[:2])
    beats = -(-image[2] // lanes)
    if min(down, across) < 1 or not 8 <= down * across * geometry.taps * beats <= 300:
        return None
    blocks = int(
        rng.choice([n for n in range(1, beats + 1) if beats % n == 0 and (n in (1, beats) or image[2] % lanes == 0)])
    )
    pad = draw(rng, dtype, (image[2],)) if rng.integers(0, 2) else 0
    unit = window(dtype, image, lanes, geometry, blocks=blocks, pad=pad, rows=int(rng.integers(0, 4)), name=name)
    if rng.integers(0, 3) == 0:
        unit = replace(unit, rows=unit.rows_for(geometry.taps * beats + int(rng.integers(0, 5))))
    return replace(unit, memory_style=rng.choice(np.array([None, *MemoryStyle])))


@pytest.mark.parametrize("seed", range(4))
def test_random_images(seed: int, tmp_path: Path) -> None:
    """Three windows in a row, which wait for each other."""
    dtype = (B, U3, I4)[seed % 3]
    prove_random(design_of(*random_stages(np.random.default_rng(seed), dtype, 3)), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(60))
def test_many_random_images(seed: int, tmp_path: Path) -> None:
    dtype = (B, U3, I4)[seed % 3]
    prove_random(design_of(*random_stages(np.random.default_rng(seed), dtype, 4)), tmp_path)
