"""The select and reorder units in simulation against plain loops, and what leaves against numpy's own indexing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.select import SelectUnit
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar, DType, IntType
from tests.moves import BOTH, MOVES, REORDERED, SELECTED, move_designs, move_graph, moved
from tests.rtl_reference import reference
from tests.rtl_support import draw, prove
from tests.tiers import tiered

SHAPE = (4, 6, 8)
U3 = IntType(3, signed=False)
FRAMES = 4


def prove_move(graph: Graph, design: Design, work: Path) -> None:
    """The units do what the map says, and the modules what the units say."""
    source = graph.inputs[0].value.type
    frames = draw(np.random.default_rng(7), source.dtype, (FRAMES, source.elements))
    np.testing.assert_array_equal(reference(design, frames)[design.output.name], moved(graph, frames))
    prove(design, frames, work)


@pytest.mark.parametrize(
    "name", tiered(MOVES, "mirrored", "permuted", "wider", "one row", "upside down", "channels first")
)
def test_every_map_with_every_lanes(name: str, tmp_path: Path) -> None:
    graph = move_graph(MOVES[name], SHAPE, U3)
    for lanes, design in move_designs(graph).items():
        prove_move(graph, design, tmp_path / str(lanes))


@pytest.mark.parametrize(("rows", "dtype"), [(1, Bipolar()), (3, IntType(5, signed=True))], ids=str)
def test_rings_of_other_sizes(rows: int, dtype: DType, tmp_path: Path) -> None:
    """A ring of one block takes and sends in turn."""
    graph = move_graph(REORDERED["twice as large"], (3, 2, 2), dtype)
    design = move_designs(graph)[1]
    units = tuple(unit.resized(rows) for unit in design.units)
    prove_move(graph, replace(design, units=units), tmp_path)


def test_units_of_maps() -> None:
    """Which units a map takes: no memory where the order stays."""
    for moves, kinds in ((SELECTED, [SelectUnit]), (REORDERED, [ReorderUnit]), (BOTH, [SelectUnit, ReorderUnit])):
        for move in moves.values():
            for design in move_designs(move_graph(move, SHAPE, U3)).values():
                assert [type(unit) for unit in design.units] == kinds
