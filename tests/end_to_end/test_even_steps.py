"""Thresholds a power of two apart: an addition and a shift in every unit that has them, on every back end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.hw.design import Design
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from tests.builders import Geometry, ImageBuilder, random_folding
from tests.end_to_end.prove import prove
from tests.tiers import tiered

UINT4, INT3 = IntType(4, signed=False), IntType(3, signed=True)


def network(seed: int) -> Graph:
    """A quantiser of the input, a convolution, one of each channel, a sum and a dense layer, each with even steps."""
    net = ImageBuilder(np.random.default_rng(seed), (4, 5, 3), IntType(8, signed=True))
    first = net.even(net.input, INT3)
    square = Geometry((3, 3), padding=(1, 1, 1, 1))
    wide = net.even(net.conv(first, 4, square, INT3), IntType(2 + seed % 4, signed=False))
    each = net.even(net.conv(wide, 4, square, INT3, groups=4), UINT4)
    joined = net.even(net.sum(wide, each, gains=(3, -2)), INT3)
    net.even(net.dense(joined, 6, INT3), IntType(5, signed=bool(seed % 2)))
    net.dense(net.last, 3, INT3)
    return net.graph()


def shifted(design: Design) -> list[str]:
    """The units whose codes are sums that are shifted."""
    activations = {unit.name: getattr(unit, "activation", None) for unit in design.units}
    return [name for name, each in activations.items() if each and each.scaling and not each.scaling.multiplies]


@pytest.mark.parametrize("seed", tiered(range(6), 0, 2, 3, 4, 5))
def test_every_back_end(seed: int, tmp_path: Path) -> None:
    graph = network(seed)
    wishes = random_folding(np.random.default_rng(seed), hwgen.compile(graph).graph)
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    assert len(shifted(design.design)) == 5
    prove(design, seed, 4, tmp_path)
