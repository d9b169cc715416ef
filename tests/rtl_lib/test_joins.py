"""hwgen_fork, hwgen_add and hwgen_concat: branches that part and meet again."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar, DType, IntType, smallest_int
from tests.rtl_support import draw, graph_of, pool, prove, thresholding

B, U3, I5 = Bipolar(), IntType(3, signed=False), IntType(5, signed=True)


def prove_random(design: Design, work: Path) -> None:
    prove(design, draw(np.random.default_rng(8), design.input.dtype, (6, design.input.size)), work)


def sum_of(types: tuple[DType, ...], elements: int, lanes: int, vectors: int, gains: tuple[int, ...] = ()) -> Design:
    """A fork, a threshold unit that makes each of `types` of its copy, a FIFO each, and an adder."""
    rng = np.random.default_rng(7)
    source = Stream("source", IntType(4, signed=True), elements, lanes, vectors=vectors)
    copies = tuple(replace(source, name=f"copy{i}") for i in range(len(types)))
    units: list[Unit] = []
    for index, (copy, dtype) in enumerate(zip(copies, types, strict=True)):
        activation = thresholding(rng, dtype, elements, (-8, 7), descending=index % 2 == 1)
        made = replace(copy, name=f"made{index}", dtype=dtype)
        queued = replace(made, name=f"queue{index}")
        units += [
            ThresholdUnit(made.name, "", (copy,), (made,), activation),
            FifoUnit(queued.name, "", (made,), (queued,), 2 + index),
        ]
    factors = gains or (1,) * len(types)
    ends = [sorted((gain * t.min, gain * t.max)) for gain, t in zip(factors, types, strict=True)]
    total = smallest_int(*map(sum, zip(*ends, strict=True)))
    inputs = tuple(unit.output for unit in units if isinstance(unit, FifoUnit))
    add = AddUnit("add", "", inputs, (Stream("add", total, elements, lanes, vectors=vectors),), gains)
    return graph_of(source, ForkUnit("fork", "", (source,), copies), *units, add)


@pytest.mark.parametrize(
    ("types", "elements", "lanes"),
    [((B, U3), 5, 2), ((I5, I5), 4, 4), ((B, B, I5), 3, 1), ((U3, I5, B, U3), 7, 3)],
    ids=str,
)
def test_sum(types: tuple[DType, ...], elements: int, lanes: int, tmp_path: Path) -> None:
    prove_random(sum_of(types, elements, lanes, 3), tmp_path)


@pytest.mark.parametrize(
    ("types", "gains", "lanes"),
    [((B, U3), (-1, 3), 2), ((I5, I5), (7, -12), 4), ((U3,), (-5,), 3), ((B, B, I5), ((1 << 35) + 9, 2, -33), 1)],
    ids=str,
)
def test_sum_with_gains(types: tuple[DType, ...], gains: tuple[int, ...], lanes: int, tmp_path: Path) -> None:
    prove_random(sum_of(types, 5, lanes, 3, gains), tmp_path)


def concat_of(turns: tuple[int, ...], lanes: int, vectors: int) -> Design:
    """A fork whose copies are pooled to `turns` beats a vector of the result, a FIFO each, and what joins them."""
    beats = math.lcm(*turns)
    source = Stream("source", U3, lanes, lanes, vectors=vectors * beats)
    copies = tuple(replace(source, name=f"copy{i}") for i in range(len(turns)))
    units: list[Unit] = []
    inputs = []
    for index, (copy, turn) in enumerate(zip(copies, turns, strict=True)):
        least = pool(U3, (1, vectors * beats, lanes), lanes, (1, beats // turn), minimum=index % 2, name=f"pool{index}")
        queued = replace(least.output, name=f"queue{index}")
        units += [
            replace(least, inputs=(copy,)),
            FifoUnit(queued.name, "", (least.output,), (queued,), vectors * beats),
        ]
        inputs.append(replace(queued, vectors=vectors, elements=lanes * turn))
    output = Stream("joined", U3, sum(turns) * lanes, lanes, vectors=vectors)
    joined = ConcatUnit("joined", "", tuple(inputs), (output,), vectors)
    return graph_of(source, ForkUnit("fork", "", (source,), copies), *units, joined)


@pytest.mark.parametrize(
    ("turns", "lanes", "vectors"), [((1, 1), 2, 5), ((2, 1), 1, 4), ((3, 1, 2), 3, 3), ((1, 1, 4, 2), 2, 1)], ids=str
)
def test_concat(turns: tuple[int, ...], lanes: int, vectors: int, tmp_path: Path) -> None:
    prove_random(concat_of(turns, lanes, vectors), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("types", "lanes"), list(product(product((B, U3, I5), repeat=2), (1, 2, 3))), ids=str)
def test_every_pair_of_types(types: tuple[DType, ...], lanes: int, tmp_path: Path) -> None:
    prove_random(sum_of(types, 3, lanes, 2), tmp_path)
