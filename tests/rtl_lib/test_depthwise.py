"""hwgen_depthwise: codes and cycles over lanes, taps and types, alone and behind a sliding window unit."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import TERNARY, depthwise, design_of, draw, prove, window

B = Bipolar()
U3, I3, U8 = IntType(3, signed=False), IntType(3, signed=True), IntType(8, signed=False)


def prove_random(design: Design, work: Path) -> None:
    prove(design, draw(np.random.default_rng(8), design.input.dtype, (5, design.input.size)), work)


@pytest.mark.parametrize(
    ("weight", "source", "result", "shape", "lanes"),
    [
        (B, B, B, (7, 9), 3),
        (B, B, None, (4, 3), 1),
        (I3, U8, U3, (5, 4), 5),
        (B, TERNARY, I3, (6, 4), 4),
        (I3, I3, None, (3, 1), 2),
    ],
    ids=str,
)
def test_depthwise(
    weight: DType, source: DType, result: DType | None, shape: tuple[int, int], lanes: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(7)
    unit = depthwise(rng, weight, source, shape, lanes, result=result, descending=result is not None, pixels=3)
    assert isinstance(unit, DepthwiseUnit) and unit.blocks * unit.taps == unit.weight_rom.depth
    prove_random(design_of(unit), tmp_path)


def test_depthwise_convolution_and_what_reads_it(tmp_path: Path) -> None:
    """Windows by blocks, taps, and a window unit again on the image that leaves."""
    rng = np.random.default_rng(7)
    first = window(B, (5, 6, 5), 2, Geometry((3, 3), (2, 1), padding=(1, 1, 1, 1)), blocks=3, rows=1)
    pixels = first.out_height * first.out_width
    unit = depthwise(rng, B, TERNARY, (5, 9), 2, result=B, pixels=pixels)
    second = window(B, (first.out_height, first.out_width, 5), 2, Geometry((2, 2), (1, 2)), name="again")
    prove_random(design_of(first, unit, second), tmp_path)


@pytest.mark.parametrize(
    ("weight", "source", "result", "shape", "lanes"),
    [
        (B, B, B, (6, 9), 3),
        (B, TERNARY, I3, (4, 9), 4),
        (I3, U3, U3, (6, 9), 2),
        (I3, U8, None, (4, 3), 2),
    ],
    ids=str,
)
def test_all_taps_at_once(
    weight: DType, source: DType, result: DType | None, shape: tuple[int, int], lanes: int, tmp_path: Path
) -> None:
    """A slot an output beat; with pipeline registers among the steps of the sum, too."""
    rng = np.random.default_rng(7)
    unit = depthwise(rng, weight, source, shape, lanes, result=result, pixels=3, simd=shape[1])
    assert unit.weight_rom.depth == unit.blocks and unit.cycles == 3 * unit.blocks
    prove_random(design_of(unit), tmp_path / "plain")
    piped = replace(unit, registers=PipelineRegisters(operands=1, span=1, thresholds=1 if result else 0))
    assert piped.latency > unit.latency + 1
    prove_random(design_of(piped), tmp_path / "piped")


@pytest.mark.long
@pytest.mark.parametrize(
    ("weight", "source", "result", "lanes"), list(product((B, I3), (B, U3, I3), (B, U3, None), (1, 2, 5))), ids=str
)
def test_every_pair_of_types(weight: DType, source: DType, result: DType | None, lanes: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = depthwise(rng, weight, source, (5, 3), lanes, result=result, descending=result is not None, pixels=2)
    prove_random(design_of(unit), tmp_path)
