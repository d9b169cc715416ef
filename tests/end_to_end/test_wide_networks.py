"""Networks whose numbers are wider than 32, 53 and up to 62 bits: what hwgen builds of them agrees with golden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.errors import ModelError
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import IntType, TensorType
from tests.builders import B, chain, value
from tests.golden.wide import KINDS, small_and_wide, wide_network


def prove(kind: str, bits: int, ending: str, folder: Path) -> None:
    rng = np.random.default_rng([1, bits])
    graph = replace(wide_network(rng, kind, bits, ending), name=f"{kind}{bits}{ending}")
    design = hwgen.compile(graph).write(folder / "project")
    outcome = design.simulate(small_and_wide(rng, graph), "rtl", work=folder / "rtl")
    assert outcome.passed, (outcome.mismatches, outcome.mistimed)


def test_a_wide_network(tmp_path: Path) -> None:
    prove("conv", 62, "steps", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("bits", "ending"), [(33, "steps"), (53, "argmax"), (62, "none"), (62, "steps")])
@pytest.mark.parametrize("kind", KINDS)
def test_wide_networks(kind: str, bits: int, ending: str, tmp_path: Path) -> None:
    prove(kind, min(bits, 24) if kind == "planes" else bits, ending, tmp_path)


def offset_codes() -> Graph:
    steps = Threshold(np.array([[0]]), np.zeros(1), 1 << 31, 1)
    x, codes = value("x", 2, IntType(4, signed=True)), TensorType((2,), IntType(32, signed=False))
    return chain("g", x, ("act", steps, codes))


def coarse_planes() -> Graph:
    x, sums = value("x", 2, IntType(2, signed=False)), TensorType((1,), IntType(35, signed=True))
    return chain("g", x, ("fc", MatMul(np.ones((1, 2)), B, np.array([1 << 31, 1])), sums))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            offset_codes(),
            "act (net.act): its codes must start within 32 bits; found 2147483648. Use a quantiser whose codes lie"
            " nearer to 0.",
        ),
        (
            coarse_planes(),
            "fc (net.fc): the factors of its planes, all inputs together, must fit 32 bits; found 4294967298. Use"
            " coarser factors.",
        ),
    ],
    ids=["codes", "planes"],
)
def test_parameters_of_units_that_are_too_wide(graph: Graph, message: str) -> None:
    with pytest.raises(ModelError) as error:
        hwgen.compile(graph)
    assert str(error.value) == message
