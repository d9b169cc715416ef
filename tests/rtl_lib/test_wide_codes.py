"""Codes of many bits: lines in units with weights and alone, and chains of search units."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.golden.execute import apply
from hwgen.hw.kernels import coding
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.search import SearchUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.pipeline import NO_SPAN, PipelineRegisters
from hwgen.hw.stream import Stream
from hwgen.ir.graph import Node
from hwgen.ir.types import IntType, smallest_int
from tests.builders import value
from tests.rtl_reference import reference
from tests.rtl_support import design_of, draw, mvtu, prove
from tests.tiers import tiered
from tests.wide_units import line, search_units, searched


def integer(bits: int, *, signed: bool = True) -> IntType:
    return IntType(bits, signed=signed)


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("to_even", [False, True])
@pytest.mark.parametrize(
    ("source", "codes", "elements", "lanes"),
    [(integer(16), integer(14), 5, 2), (integer(11, signed=False), integer(9, signed=False), 4, 1)],
    ids=str,
)
def test_lines_alone(
    source: IntType, codes: IntType, elements: int, lanes: int, to_even: bool, shifted: bool, tmp_path: Path
) -> None:
    rng = np.random.default_rng([elements, to_even])
    activation = line(rng, source, codes, elements if lanes > 1 else 1, to_even=to_even, shifted=shifted)
    streams = (Stream("x", dtype, elements, lanes, vectors=2) for dtype in (source, codes))
    stages = coding.most_stages(activation) - (0 if to_even else lanes)
    registers = PipelineRegisters(thresholds=max(0, stages))
    unit = ThresholdUnit("th", "th", *((each,) for each in streams), activation, registers)
    prove(design_of(unit), draw(rng, source, (8, 2 * elements)), tmp_path)


@pytest.mark.parametrize("thresholds", tiered((0, 1, 2, 3, 4), 0, 2))
@pytest.mark.parametrize(
    ("weight", "source", "codes", "folding"),
    [
        (integer(8), integer(10, signed=False), integer(10), (2, 3)),
        (integer(16), integer(16), integer(16, signed=False), (1, 1)),
    ],
    ids=str,
)
def test_lines_of_sums(
    weight: IntType, source: IntType, codes: IntType, folding: tuple[int, int], thresholds: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng([weight.bits, thresholds])
    unit = mvtu(rng, weight, source, (6, 5), folding, pixels=2)
    activation = line(
        rng, unit.sum_type, codes, 5, to_even=bool(thresholds), shifted=weight.bits == 8 and thresholds < 2
    )
    registers = PipelineRegisters(0, NO_SPAN, min(thresholds, coding.most_stages(activation)))
    unit = replace(unit, activation=activation, outputs=(replace(unit.output, dtype=codes),), registers=registers)
    prove(design_of(unit), draw(rng, source, (8, unit.input.size)), tmp_path)


@pytest.mark.parametrize("shifted", [False, True])
def test_lines_of_channels(shifted: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    weight, source, codes = integer(6), integer(9), integer(12)
    weights = draw(rng, weight, (5, 3))
    reach = int(np.abs(weights).sum(axis=1).max()) * -source.min
    sums = smallest_int(-reach, reach)
    streams = (Stream("x", source, 5, 1, vectors=6), Stream("y", codes, 5, 1, vectors=2))
    activation = line(rng, sums, codes, 5, shifted=shifted)
    unit = DepthwiseUnit("dw", "dw", *((each,) for each in streams), weights, weight, sums, activation)
    prove(design_of(unit), draw(rng, source, (8, unit.input.size)), tmp_path)


@pytest.mark.parametrize(
    ("numbers", "codes", "elements", "lanes", "shared"),
    [
        (integer(19), integer(4), 5, 1, False),
        (integer(12, signed=False), integer(9, signed=False), 3, 1, True),
        (integer(34), integer(10), 2, 1, False),
        (integer(6), integer(1, signed=False), 4, 1, True),
        (integer(14), integer(4, signed=False), 6, 3, False),
        (integer(9, signed=False), integer(3), 4, 4, False),
        (integer(11), integer(3), 8, 2, True),
    ],
    ids=str,
)
def test_search(numbers: IntType, codes: IntType, elements: int, lanes: int, shared: bool, tmp_path: Path) -> None:
    """Each unit as its reference, and the last as golden's thresholds."""
    rng = np.random.default_rng(numbers.bits)
    op = searched(rng, numbers, codes, elements, shared=shared)
    units = search_units(op, numbers, codes, elements, 2, lanes)
    assert all(isinstance(unit, SearchUnit) for unit in units) and len(units) == codes.bits
    frames = draw(rng, numbers, (10, 2 * elements))
    steps = rng.choice(op.thresholds.reshape(-1), (6, 2 * elements)) - rng.integers(0, 2, (6, 2 * elements))
    frames[4:] = steps.clip(numbers.min, numbers.max)
    design = design_of(*units)
    node = Node("act", op, (value("x", elements, numbers),), value("y", elements, codes), "act")
    wanted = apply(node, frames.reshape(-1, elements)).reshape(frames.shape)
    assert np.array_equal(reference(design, frames)[design.output.name], wanted)
    prove(design, frames, tmp_path)
