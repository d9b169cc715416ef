"""Designs in which streams fork and meet again, with random contents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import DType, IntArray, IntType, smallest_int
from tests.hls_lib.cases import (
    FRAMES,
    Case,
    design_of,
    generator,
    mvtu_case,
    quantised,
    random_activation,
    random_codes,
)

SOURCE = IntType(6, signed=True)


def forked(source: Stream, readers: int) -> tuple[ForkUnit, tuple[Stream, ...]]:
    copies = tuple(replace(source, name=f"x_fork{index}") for index in range(readers))
    return ForkUnit("x_fork", "", (source,), copies), copies


def add_case(
    name: str,
    elements: int,
    lanes: int,
    dtypes: tuple[DType, ...],
    *,
    vectors: int = 1,
    gains: tuple[int, ...] = (),
) -> Case:
    """A fork, a threshold unit on each branch with codes of its own type, and their sum, each times its gain."""
    factors = gains or (1,) * len(dtypes)
    rng = generator(*name.encode())
    inputs = random_codes(rng, SOURCE, (FRAMES * vectors, elements))
    fork, copies = forked(Stream("x", SOURCE, elements, lanes, vectors=vectors), len(dtypes))
    units: list[Unit] = [fork]
    branches: list[Stream] = []
    expected = np.zeros_like(inputs)
    for index, (copy, dtype) in enumerate(zip(copies, dtypes, strict=True)):
        # No threshold at the ends of the range, so that every addend takes its extremes in the first and last frame.
        activation = random_activation(rng, SOURCE.min + 1, SOURCE.max - 1, dtype, elements, descending=index == 1)
        branches.append(replace(copy, name=f"quant{index}", dtype=dtype))
        units.append(ThresholdUnit(f"quant{index}", "quantiser", (copy,), (branches[-1],), activation))
        expected += factors[index] * quantised(inputs, activation)
    ends = [sorted((gain * dtype.min, gain * dtype.max)) for gain, dtype in zip(factors, dtypes, strict=True)]
    low, high = map(sum, zip(*ends, strict=True))
    output = Stream("sum", smallest_int(low, high), elements, lanes, vectors=vectors)
    units.append(AddUnit("sum", "residual", tuple(branches), (output,), gains))
    return Case(design_of(name, *units), inputs.reshape(FRAMES, -1), expected.reshape(FRAMES, -1))


def magnitude_case(name: str, elements: int, lanes: int, dtype: DType, *, vectors: int = 1, summed: int = 1) -> Case:
    """Sums of |x| over `summed` vectors each."""
    inputs = random_codes(generator(*name.encode()), dtype, (FRAMES, vectors * elements))
    expected = np.abs(inputs).reshape(FRAMES, vectors // summed, -1).sum(axis=2)
    most = max(-dtype.min, dtype.max) * elements * summed
    output = Stream("size", smallest_int(0, most), 1, 1, vectors=vectors // summed)
    unit = MagnitudeUnit("size", "magnitude", (Stream("x", dtype, elements, lanes, vectors=vectors),), (output,))
    return Case(design_of(name, unit), inputs, expected)


def product_case(name: str, elements: int, lanes: int, dtypes: tuple[DType, DType], *, vectors: int = 1) -> Case:
    """A fork, a threshold unit on each branch with codes of its own type, and their product element by element."""
    added = add_case(name, elements, lanes, dtypes, vectors=vectors)
    *units, last = added.design.units
    branches = [unit for unit in units if isinstance(unit, ThresholdUnit)]
    ends = [a * b for a in (dtypes[0].min, dtypes[0].max) for b in (dtypes[1].min, dtypes[1].max)]
    output = replace(last.output, name="product", dtype=smallest_int(min(ends), max(ends)))
    inputs = added.inputs.reshape(-1, elements)
    expected = quantised(inputs, branches[0].activation) * quantised(inputs, branches[1].activation)
    design = design_of(name, *units, ScaleUnit("product", "gate", last.inputs, (output,)))
    return Case(design, added.inputs, expected.reshape(FRAMES, -1))


def scale_case(name: str, elements: int, lanes: int, dtypes: tuple[DType, DType], *, vectors: int = 1) -> Case:
    """A fork, a quantiser on one branch, the quantised magnitude of a vector on the other, and their product."""
    rng = generator(*name.encode())
    inputs = random_codes(rng, SOURCE, (FRAMES * vectors, elements))
    fork, copies = forked(Stream("x", SOURCE, elements, lanes, vectors=vectors), 2)
    # No threshold at the ends of the range, so that the operands take their extremes in the first and last frame.
    few = random_activation(rng, SOURCE.min + 1, SOURCE.max - 1, dtypes[0], elements, descending=True)
    codes = replace(copies[0], name="quant", dtype=dtypes[0])
    size = magnitude_case(name, elements, lanes, SOURCE, vectors=vectors).design.units[0]
    assert isinstance(size, MagnitudeUnit)
    number = random_activation(rng, 8 * elements, 24 * elements, dtypes[1], 1, descending=False)
    factors = replace(size.output, name="number", dtype=dtypes[1])
    ends = [a * b for a in (dtypes[0].min, dtypes[0].max) for b in (dtypes[1].min, dtypes[1].max)]
    output = Stream("scaled", smallest_int(min(ends), max(ends)), elements, lanes, vectors=vectors)
    units: list[Unit] = [
        fork,
        ThresholdUnit("quant", "quantiser", (copies[0],), (codes,), few),
        replace(size, inputs=(copies[1],)),
        ThresholdUnit("number", "quantiser", (size.output,), (factors,), number),
        ScaleUnit("scaled", "product", (codes, factors), (output,)),
    ]
    expected = quantised(inputs, few) * quantised(np.abs(inputs).sum(axis=1, keepdims=True), number)
    return Case(design_of(name, *units), inputs.reshape(FRAMES, -1), expected.reshape(FRAMES, -1))


def concat_case(name: str, sizes: tuple[int, ...], lanes: int, dtypes: tuple[DType, ...], *, vectors: int = 1) -> Case:
    """A fork, a matrix unit on each branch with outputs of its own number, and their concatenation."""
    shape, pe = (3, 2), lanes
    output = Stream("cat", dtypes[0], sum(sizes), lanes, vectors=vectors)
    units: list[Unit] = []
    branches: list[Stream] = []
    parts: list[IntArray] = []
    inputs = np.empty(0, dtype=np.int64)
    for index, (size, dtype) in enumerate(zip(sizes, dtypes, strict=True)):
        part = mvtu_case(f"{name}{index}", (shape[0], size), (pe, shape[1]), (dtype, SOURCE, dtype), vectors=vectors)
        unit = part.design.units[0]
        assert isinstance(unit, MvtuUnit)
        if index == 0:
            inputs = part.inputs
            fork, copies = forked(unit.input, len(sizes))
            units.append(fork)
        branches.append(replace(unit.output, name=f"part{index}"))
        units.append(replace(unit, name=f"part{index}", inputs=(copies[index],), outputs=(branches[-1],)))
        parts.append(_codes(unit, inputs, vectors))
    units.append(ConcatUnit("cat", "concat", tuple(branches), (output,), vectors))
    return Case(design_of(name, *units), inputs, np.concatenate(parts, axis=2).reshape(FRAMES, -1))


def _codes(unit: MvtuUnit, inputs: IntArray, vectors: int) -> IntArray:
    assert unit.activation is not None
    sums = inputs.reshape(FRAMES, vectors, -1) @ unit.weights[0, :, 0].T
    return quantised(sums, unit.activation)
