"""Layers of constants: what they compute, when the solver takes them, and what they are billed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.hw.choices import Choices
from hwgen.hw.cost import unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.lower import lower
from hwgen.hw.matrices import Folding
from hwgen.ir.graph import Graph, Input, Node, Output, Value
from hwgen.ir.ops import MatMul
from hwgen.ir.types import Bipolar, IntArray, IntType, TensorType
from tests.wired_cases import LAYERS, Layer, drawn

XC7, ECP5 = "xc7z020clg400-1", "lfe5u-25f"


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_the_netlist_gives_the_codes(layer: Layer) -> None:
    found = drawn(layer)
    codes, expected = found.frames, found.expected
    if isinstance(layer.source, Bipolar):
        codes = (codes + 1) // 2
    if isinstance(found.unit.output.dtype, Bipolar):
        expected = (expected + 1) // 2
    numbers = codes.reshape(-1, layer.inputs)
    np.testing.assert_array_equal(found.unit.netlist.values(numbers), expected.reshape(-1, layer.outputs))


def network(weights: IntArray, vectors: int = 1) -> Graph:
    rows, columns = weights.shape
    x, y = (
        Value(name, TensorType((vectors, size), dtype))
        for name, size, dtype in (("x", columns, Bipolar()), ("fc", rows, IntType(9, signed=True)))
    )
    node = Node("fc", MatMul(weights, Bipolar()), (x,), y)
    return Graph("net", (Input(x),), (node,), (Output(y),))


WEIGHTS = np.random.default_rng(4).choice([-1, 1], (24, 40))


@pytest.mark.parametrize(
    ("folding", "part", "choices", "kind"),
    [
        (Folding(24, 40), XC7, Choices(), WiredUnit),
        (Folding(24, 20), XC7, Choices(), MvtuUnit),
        (Folding(12, 40), XC7, Choices(), MvtuUnit),
        (Folding(24, 40), XC7, Choices(writable=frozenset({"fc"})), MvtuUnit),
        (Folding(24, 40), ECP5, Choices(), MvtuUnit),
    ],
    ids=["one word", "SIMD", "PE", "writable", "ECP5"],
)
def test_layers_of_one_word_that_nothing_changes_are_wired(
    folding: Folding, part: str, choices: Choices, kind: type
) -> None:
    design = lower(network(WEIGHTS), {"fc": folding}, part=part, clock_mhz=200.0, choices=choices)
    assert isinstance(design.units[-1], kind)


def test_the_cheaper_one_is_taken() -> None:
    unit = lower(network(WEIGHTS), {"fc": Folding(24, 40)}, part=XC7, clock_mhz=200.0).units[-1]
    folded = lower(network(WEIGHTS), {"fc": Folding(12, 40)}, part=XC7, clock_mhz=200.0).units[-1]
    assert isinstance(unit, WiredUnit) and isinstance(folded, MvtuUnit)
    full = replace(folded, outputs=(replace(folded.output, lanes=24),))
    assert unit_resources(unit, Family.XC7).lut < unit_resources(full, Family.XC7).lut


def test_too_large_a_layer_is_not_wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.hw.kernels.wired.MOST_DIGITS", 8)
    weights = np.random.default_rng(6).choice([-1, 1], (6, 12))
    unit = lower(network(weights), {"fc": Folding(6, 12)}, part=XC7, clock_mhz=200.0).units[-1]
    assert isinstance(unit, MvtuUnit)
