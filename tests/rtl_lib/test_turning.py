"""Codes that rise and fall, and tables of the codes of few-bit inputs, in RTL: codes and cycles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType, IntType
from tests.gated_cases import FRAMES, beside_its_gate, frames_of, gated_of
from tests.rtl_support import depthwise, design_of, draw, mvtu, prove, thresholding, turning

B = Bipolar()
U2, U3, U8, I3, I4, I7, I8, I10 = (
    IntType(bits, signed)
    for bits, signed in ((2, False), (3, False), (8, False), (3, True), (4, True), (7, True), (8, True), (10, True))
)


def turned(unit: MvtuUnit | DepthwiseUnit) -> MvtuUnit | DepthwiseUnit:
    assert unit.activation is not None
    return replace(unit, activation=turning(np.random.default_rng(4), unit.activation, unit.output.dtype))


def prove_random(unit: MvtuUnit | DepthwiseUnit | ThresholdUnit, work: Path) -> None:
    prove(design_of(unit), draw(np.random.default_rng(3), unit.input.dtype, (5, unit.input.size)), work)


@pytest.mark.parametrize(
    ("weight", "source", "result", "descending"),
    [(I4, U3, I3, False), (B, B, U3, True), (I4, I8, B, True)],
    ids=["integers", "xnor", "bipolar"],
)
def test_products(weight: DType, source: DType, result: DType, descending: bool, tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(7), weight, source, (11, 6), (4, 3), result=result, descending=descending)
    prove_random(turned(unit), tmp_path)


def test_registers_before_the_count(tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(7), I4, U3, (12, 5), (2, 6), result=U3, descending=True)
    prove_random(turned(unit).with_registers(PipelineRegisters(1, 1, 1)), tmp_path)


def test_depthwise(tmp_path: Path) -> None:
    unit = depthwise(np.random.default_rng(7), I3, U8, (5, 4), 2, result=U3, descending=True, pixels=3)
    prove_random(turned(unit), tmp_path)


def test_gated(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    unit = gated_of(mvtu(rng, I4, U3, (4, 5), (2, 2), result=U2, taps=2, pixels=7), U2, rng)
    activation = turning(rng, unit.activation, U2)
    design = beside_its_gate(replace(unit, product=replace(unit.product, activation=activation)))
    prove(design, frames_of(design, rng.integers(0, 4, 4 * FRAMES).tolist()), tmp_path)


@pytest.mark.parametrize(
    ("source", "result", "shared", "table"),
    [
        (U8, I8, True, True),
        (I7, I4, True, True),
        (I10, I8, True, True),
        (I10, I3, True, False),
        (I4, I4, True, False),
        (I7, U3, False, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("turns", [False, True], ids=["rising", "turning"])
def test_thresholds(source: DType, result: DType, shared: bool, table: bool, turns: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    ends = source.min, source.max
    activation = thresholding(rng, result, 1 if shared else 7, ends, descending=turns)
    if shared:
        activation = replace(activation, thresholds=np.sort(rng.integers(*ends, (1, activation.levels)), axis=1))
    streams = (Stream("x", dtype, 7, 3, vectors=2) for dtype in (source, result))
    made = turning(rng, activation, result) if turns else activation
    unit = ThresholdUnit("th", "th", *((each,) for each in streams), made)
    assert (unit.lookup is not None) == table
    prove_random(unit, tmp_path)
