"""hwgen_weight_reader and hwgen_mvtu_streamed: weights from an external memory, word for word and cycle for cycle."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_streamed import MvtuStreamedUnit
from hwgen.hw.kernels.weight_reader import WeightReaderUnit  # noqa: F401
from hwgen.hw.memory import ExternalMemory
from hwgen.hw.periodic import least_interval
from hwgen.hw.schedule import MemoryReads
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import TERNARY, draw, graph_of, mvtu, prove

B = Bipolar()
U2, U3, I3, I4 = (IntType(b, s) for b, s in ((2, False), (3, False), (3, True), (4, True)))


def external(rate: Fraction | int, width: int = 64, latency: int = 8) -> ExternalMemory:
    return ExternalMemory(width, Fraction(rate), latency)


def streamed(unit: MvtuUnit, memory: ExternalMemory) -> Design:
    return graph_of(unit.input, *MvtuStreamedUnit.units(unit, memory))


def prove_random(design: Design, work: Path, frames: int = 4) -> None:
    layer = next(unit.weighted for unit in design.units if unit.weighted)
    assert isinstance(layer, MvtuUnit)
    codes = draw(np.random.default_rng(8), design.input.dtype, (frames, design.input.size))
    rows = codes.reshape(frames, -1, design.input.elements)
    rows[:, :, layer.channels :] = -isinstance(design.input.dtype, Bipolar)  # as a window unit sends them
    prove(design, codes, work)


@pytest.mark.parametrize(
    ("weight", "source", "result", "shape", "folding", "sizes", "memory"),
    [
        (B, B, B, (24, 10), (5, 8), {}, external(64)),  # 40 bits a slot of 64 a cycle
        (I3, I4, None, (23, 7), (3, 5), {"pixels": 3}, external(Fraction(31, 3), 32, 5)),  # 45 bits, memory-bound
        (B, B, B, (24, 10), (5, 8), {}, external(Fraction(7, 2), latency=30)),
        (I4, U3, U2, (4, 6), (3, 2), {"taps": 3, "pixels": 2, "groups": 2}, external(20, 32, 1)),
        (B, U2, U2, (130, 4), (2, 1), {"pixels": 2}, external(2, 32, 40)),
        (B, B, None, (64, 8), (8, 8), {}, external(64, 64, 100)),  # words as wide as the port
        (B, B, None, (64, 8), (8, 32), {"pixels": 4}, external(128, 128, 3)),
        (I4, B, None, (8, 8), (8, 8), {}, external(256, 256)),  # one word of each
    ],
    ids=str,
)
def test_codes_and_cycles(
    weight: DType,
    source: DType,
    result: DType | None,
    shape: tuple[int, int],
    folding: tuple[int, int],
    sizes: dict[str, int],
    memory: ExternalMemory,
    tmp_path: Path,
) -> None:
    """Foldings that do not divide, taps and groups, more and less than the memory gives, latencies, pauses, a reset."""
    unit = mvtu(np.random.default_rng(7), weight, source, shape, folding, result=result, **sizes)
    prove_random(streamed(unit, memory), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    "arithmetic", [Arithmetic.PAIRS, Arithmetic.PACKED, Arithmetic.PARALLEL_PLANES], ids=lambda each: each.name
)
def test_arithmetics(arithmetic: Arithmetic, tmp_path: Path) -> None:
    weight = B if arithmetic is Arithmetic.PARALLEL_PLANES else I4
    unit = replace(mvtu(np.random.default_rng(7), weight, U3, (13, 6), (3, 4), pixels=2), arithmetic=arithmetic)
    if arithmetic is Arithmetic.PARALLEL_PLANES:
        unit = replace(unit, planes=(4, 2, 1), sum_type=IntType(8, signed=False))
    prove_random(streamed(unit, external(16, 32)), tmp_path)


@pytest.mark.long
def test_a_padded_bipolar_image(tmp_path: Path) -> None:
    sizes = {"taps": 3, "pixels": 2}
    unit = mvtu(np.random.default_rng(7), B, TERNARY, (5, 6), (2, 2), result=B, padded_bipolar=True, **sizes)
    design = streamed(unit, external(3, 32))
    frames = np.random.default_rng(8).integers(-1, 2, size=(6, unit.input.size))
    frames.reshape(6, -1, unit.input.elements)[:, :, unit.channels :] = 0
    prove(design, frames, tmp_path)


def in_a_row(first: Unit, second: MvtuUnit, memory: ExternalMemory) -> tuple[Unit, ...]:
    """Units of a second layer behind a first."""
    return MvtuStreamedUnit.units(replace(second, inputs=(first.output,)), memory)


@pytest.mark.parametrize("rate", [Fraction(9, 2), 64, 1], ids=str)
def test_two_layers(rate: Fraction | int, tmp_path: Path) -> None:
    """Each has a port of its own; the slower of memories and units sets the interval."""
    rng = np.random.default_rng(7)
    one = mvtu(rng, B, B, (24, 12), (4, 6), result=B, name="one")
    two = mvtu(rng, B, B, (12, 10), (5, 4), name="two")
    first = MvtuStreamedUnit.units(one, external(rate))
    design = graph_of(one.input, *first, *in_a_row(first[-1], two, external(rate, 32, 20)))
    slowest = max(unit.cycles for unit in design.units)
    assert design.bound == slowest == design.cycles.interval
    assert [port.name for port in design.memory_ports] == ["m_axi_one", "m_axi_two"]
    prove_random(design, tmp_path)


def test_the_buffer_is_as_deep_as_the_rate_asks() -> None:
    """A unit that takes a word a cycle gets it, whatever the latency; a burst less would not do."""
    unit = mvtu(np.random.default_rng(7), B, B, (64, 64), (8, 8), result=B)
    for latency in (1, 13, 14, 64, 200):
        design = streamed(unit, external(64, 64, latency))
        reader, *others = design.network.processes
        assert isinstance(reader.schedule, MemoryReads)
        assert design.cycles.interval == unit.cycles == 64
        if reader.schedule.depth > 16:
            shallow = replace(reader, schedule=replace(reader.schedule, depth=reader.schedule.depth - 16))
            slower = least_interval(replace(design.network, processes=(shallow, *others)))
            assert slower is not None and slower > 64
