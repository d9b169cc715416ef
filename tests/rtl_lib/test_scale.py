"""hwgen_magnitude and hwgen_scale: sums of |x|, and vectors times a number each, or element by element."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar, DType, IntType, smallest_int
from tests.rtl_support import design_of, draw, graph_of, prove, thresholding
from tests.tiers import tiered

B, U1, U3, I1, I5 = Bipolar(), IntType(1, False), IntType(3, False), IntType(1, True), IntType(5, True)


def prove_random(design: Design, work: Path) -> None:
    prove(design, draw(np.random.default_rng(8), design.input.dtype, (6, design.input.size)), work)


def magnitude(dtype: DType, elements: int, lanes: int, vectors: int, summed: int = 1) -> MagnitudeUnit:
    """A unit that sums `summed` of `vectors` vectors at a time."""
    source = Stream("x", dtype, elements, lanes, vectors=vectors)
    most = max(abs(dtype.min), dtype.max) * elements * summed
    return MagnitudeUnit(
        "size", "size", (source,), (Stream("size", smallest_int(0, most), 1, 1, vectors=vectors // summed),)
    )


@pytest.mark.parametrize(
    ("dtype", "elements", "lanes", "vectors", "summed"),
    [
        (I5, 5, 2, 3, 1),
        (I5, 5, 5, 4, 1),
        (U3, 7, 3, 4, 4),
        (B, 5, 2, 2, 1),
        (I1, 3, 1, 6, 3),
        (IntType(8, True), 1, 1, 5, 1),
    ],
    ids=str,
)
def test_magnitude(dtype: DType, elements: int, lanes: int, vectors: int, summed: int, tmp_path: Path) -> None:
    prove_random(design_of(magnitude(dtype, elements, lanes, vectors, summed)), tmp_path)


def scaled(dtype: DType, factor: DType | None, elements: int, lanes: int, vectors: int) -> Design:
    """A fork: one copy quantised to `dtype`, the other's magnitudes, quantised to `factor` if given; their product."""
    rng = np.random.default_rng(7)
    source = Stream("source", IntType(4, signed=True), elements, lanes, vectors=vectors)
    copies = tuple(replace(source, name=f"copy{i}") for i in range(2))
    codes = replace(copies[0], name="codes", dtype=dtype)
    units: list[Unit] = [
        ThresholdUnit("codes", "", (copies[0],), (codes,), thresholding(rng, dtype, elements, (-8, 7)))
    ]
    size = replace(magnitude(source.dtype, elements, lanes, vectors), inputs=(copies[1],))
    units.append(size)
    numbers = size.output
    if factor is not None:
        numbers = replace(size.output, name="few", dtype=factor)
        activation = thresholding(rng, factor, 1, (2 * elements, 6 * elements))
        units.append(ThresholdUnit("few", "", (size.output,), (numbers,), activation))
    queued = tuple(replace(stream, name=f"{stream.name}_queue") for stream in (codes, numbers))
    for before, after in zip((codes, numbers), queued, strict=True):
        units.append(FifoUnit(after.name, "", (before,), (after,), 3 if before is numbers else 9))
    ends = [a * b for a in (dtype.min, dtype.max) for b in (numbers.dtype.min, numbers.dtype.max)]
    output = Stream("scaled", smallest_int(min(ends), max(ends)), elements, lanes, vectors=vectors)
    return graph_of(source, ForkUnit("fork", "", (source,), copies), *units, ScaleUnit("scaled", "", queued, (output,)))


@pytest.mark.parametrize(
    ("dtype", "factor", "elements", "lanes", "vectors"),
    [
        (I5, None, 5, 2, 3),
        (I5, None, 6, 3, 4),
        (B, None, 3, 3, 5),
        (U3, I5, 4, 1, 2),
        (I5, B, 5, 2, 3),
        (I5, U1, 5, 2, 3),
        (U3, I1, 5, 2, 3),
    ],
    ids=str,
)
def test_scale(dtype: DType, factor: DType | None, elements: int, lanes: int, vectors: int, tmp_path: Path) -> None:
    prove_random(scaled(dtype, factor, elements, lanes, vectors), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("types", "lanes"), list(product(product((B, U1, I1, U3, I5), (None, B, U1, I1, U3, I5)), (1, 2, 3))), ids=str
)
def test_every_pair_of_types(types: tuple[DType, DType | None], lanes: int, tmp_path: Path) -> None:
    prove_random(scaled(*types, 3, lanes, 2), tmp_path)


def multiplied(first: DType, second: DType, elements: int, lanes: int, vectors: int) -> Design:
    """A fork, each copy quantised to a type of its own, and their product element by element."""
    rng = np.random.default_rng(9)
    source = Stream("source", IntType(4, signed=True), elements, lanes, vectors=vectors)
    copies = tuple(replace(source, name=f"copy{i}") for i in range(2))
    units: list[Unit] = []
    queued: list[Stream] = []
    for copy, dtype in zip(copies, (first, second), strict=True):
        codes = replace(copy, name=f"{copy.name}_codes", dtype=dtype)
        queued.append(replace(codes, name=f"{codes.name}_queue"))
        units.append(ThresholdUnit(codes.name, "", (copy,), (codes,), thresholding(rng, dtype, elements, (-8, 7))))
        units.append(FifoUnit(queued[-1].name, "", (codes,), (queued[-1],), 4))
    ends = [a * b for a in (first.min, first.max) for b in (second.min, second.max)]
    output = Stream("product", smallest_int(min(ends), max(ends)), elements, lanes, vectors=vectors)
    unit = ScaleUnit("product", "", tuple(queued), (output,))
    return graph_of(source, ForkUnit("fork", "", (source,), copies), *units, unit)


@pytest.mark.parametrize(
    ("first", "second", "elements", "lanes", "vectors"),
    [(I5, U3, 5, 2, 3), (I5, I5, 6, 3, 2), (U3, I5, 4, 1, 2), (B, I5, 5, 5, 3), (I5, B, 5, 2, 3), (U3, U1, 5, 2, 3)],
    ids=str,
)
def test_product(first: DType, second: DType, elements: int, lanes: int, vectors: int, tmp_path: Path) -> None:
    prove_random(multiplied(first, second, elements, lanes, vectors), tmp_path)


@pytest.mark.parametrize("seed", tiered(range(40), *range(1, 40)))
def test_random_sizes(seed: int, tmp_path: Path) -> None:
    """Random sizes, lanes, vectors and types of both units."""
    rng = np.random.default_rng(seed)
    kinds = (B, U1, U3, I1, I5, IntType(8, True))
    elements, vectors, summed = (int(n) for n in rng.integers(1, (20, 5, 4)))
    lanes = int(rng.integers(1, elements + 1))
    dtype, factor = (kinds[int(n)] for n in rng.integers(len(kinds), size=2))
    prove_random(design_of(magnitude(dtype, elements, lanes, vectors * summed, summed)), tmp_path / "magnitude")
    few = None if factor.bits == 8 else factor
    few_bits = dtype if dtype.bits < 8 else I5
    prove_random(scaled(few_bits, few, elements, lanes, vectors), tmp_path / "scale")
    prove_random(multiplied(few_bits, few or U3, elements, lanes, vectors), tmp_path / "product")
