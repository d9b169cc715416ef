"""hwgen_threshold, hwgen_argmax, hwgen_width and hwgen_fifo: codes and cycles, alone and in chains."""

from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.activation import Thresholding
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.pipeline import NO_SPAN, PipelineRegisters
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import design_of, draw, mvtu, prove, thresholding

B = Bipolar()
U4, U8, I6 = IntType(4, signed=False), IntType(8, signed=False), IntType(6, signed=True)


def threshold(
    source: DType,
    result: DType,
    elements: int,
    lanes: int,
    *,
    shared: bool = False,
    descending: bool = False,
    vectors: int = 1,
) -> ThresholdUnit:
    rng = np.random.default_rng(5)
    channels = 1 if shared else elements
    activation = thresholding(rng, result, channels, (source.min, source.max), descending=descending)
    streams = (Stream("x", dtype, elements, lanes, vectors=vectors) for dtype in (source, result))
    return ThresholdUnit("th", "th", *((each,) for each in streams), activation)


def prove_random(unit: Unit, work: Path, frames: int = 6) -> None:
    assert isinstance(unit, Unit)
    codes = draw(np.random.default_rng(3), unit.input.dtype, (frames, unit.input.size))
    prove(design_of(unit), codes, work)


@pytest.mark.parametrize(
    "unit",
    [
        threshold(U8, B, 10, 4, shared=True),
        threshold(U8, IntType(2, signed=False), 10, 4, descending=True, vectors=3),
        threshold(I6, IntType(3, signed=True), 6, 1),
        replace(threshold(I6, IntType(3, signed=True), 6, 4), registers=PipelineRegisters(thresholds=1)),
        replace(
            threshold(U8, IntType(4, signed=False), 6, 1, descending=True), registers=PipelineRegisters(thresholds=2)
        ),
        threshold(I6, B, 5, 5, shared=True, descending=True),
        threshold(B, IntType(2, signed=True), 7, 3),
    ],
    ids=lambda unit: f"{unit.input.dtype}-{unit.output.dtype}-{unit.input.elements}-{unit.input.lanes}",
)
def test_threshold(unit: ThresholdUnit, tmp_path: Path) -> None:
    prove_random(unit, tmp_path)


def test_threshold_with_shared_levels_and_directions_by_channel(tmp_path: Path) -> None:
    activation = Thresholding(np.array([[100]]), np.array([0, 1, 0, 1, 1, 0, 0]), -1, 2)
    unit = ThresholdUnit("th", "th", (Stream("x", U8, 7, 3),), (Stream("y", B, 7, 3),), activation)
    prove_random(unit, tmp_path)


@pytest.mark.parametrize(
    ("score", "elements", "lanes", "span"),
    [
        (I6, 10, 1, NO_SPAN),
        (I6, 10, 3, 1),
        (U8, 11, 11, NO_SPAN),
        (U8, 13, 11, 1),
        (I6, 10, 9, 2),
        (B, 9, 4, NO_SPAN),
        (IntType(2, signed=True), 16, 5, 1),
    ],
)
def test_argmax(score: DType, elements: int, lanes: int, span: int, tmp_path: Path) -> None:
    source, index = Stream("x", score, elements, lanes), Stream("i", IntType(4, signed=False), 1, 1)
    prove_random(ArgmaxUnit("am", "am", (source,), (index,), span), tmp_path, 40)


def width(elements: int, source: int, sink: int, dtype: DType = B, vectors: int = 1, name: str = "wc") -> WidthUnit:
    streams = (Stream(name, dtype, elements, lanes, vectors=vectors) for lanes in (source, sink))
    return WidthUnit(name, name, *((each,) for each in streams))


@pytest.mark.parametrize(
    ("elements", "lanes", "vectors"),
    [(24, (8, 2, 8), 1), (10, (4, 3, 4), 3), (11, (2, 7, 11), 2), (13, (13, 1), 1), (5, (1, 5, 2), 4)],
    ids=str,
)
def test_width(elements: int, lanes: tuple[int, ...], vectors: int, tmp_path: Path) -> None:
    """Converters in a row, vector by vector."""
    dtype = IntType(3, signed=True)
    pairs = enumerate(itertools.pairwise(lanes))
    units = [width(elements, *pair, dtype, vectors, f"wc{index}") for index, pair in pairs]
    frames = draw(np.random.default_rng(3), dtype, (6, vectors * elements))
    prove(design_of(*units), frames, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("source", "sink"), [(p, q) for p, q in product(range(1, 8), repeat=2) if p != q])
def test_width_between_all_lane_counts(source: int, sink: int, tmp_path: Path) -> None:
    prove_random(width(7, source, sink), tmp_path)


def test_fifo(tmp_path: Path) -> None:
    """FIFOs in a row, the last one in block RAM."""
    stream = Stream("x", U8, 9, 2)
    units = [FifoUnit(f"ff{depth}", "ff", (stream,), (stream,), depth) for depth in (1, 2, 3, 5, 70, 130)]
    prove(design_of(*units), draw(np.random.default_rng(3), U8, (60, 9)), tmp_path)


def test_chain_under_back_pressure_keeps_the_schedule_on_every_stream(tmp_path: Path) -> None:
    """A fast unit, queues of every kind and a slow unit: credits, room and bursts decide the cycles."""
    rng = np.random.default_rng(11)
    first = threshold(U8, B, 12, 3, shared=True)
    wide = WidthUnit("wc", "wc", (first.output,), (Stream("y", B, 12, 4),))
    queue = FifoUnit("ff", "ff", (wide.output,), (wide.output,), 3)
    slow = mvtu(rng, B, B, (12, 9), (1, 4), result=B, name="slow")
    fast = mvtu(rng, B, B, (9, 5), (5, 1), name="fast")
    top = ArgmaxUnit("am", "am", (fast.output,), (Stream("i", IntType(3, signed=False), 1, 1),))
    design = design_of(first, wide, queue, slow, fast, top)
    prove(design, draw(rng, U8, (12, 12)), tmp_path)
