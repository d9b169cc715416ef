"""The select and reorder units as C++, and parts of streams joined in turn, against numpy's own indexing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.select import SelectUnit
from hwgen.ir.types import Bipolar, DType, IntType
from tests.hls_lib.cases import FRAMES, Case, generator, random_codes, run_cases
from tests.moves import MOVES, move_designs, move_graph, moved
from tests.tiers import some

SHAPE = (4, 6, 8)


def move_cases(name: str, dtype: DType, shape: tuple[int, int, int] = SHAPE) -> list[Case]:
    """A map with each of the lanes that it can take."""
    graph = move_graph(MOVES[name], shape, dtype)
    inputs = random_codes(generator(*name.encode()), dtype, (FRAMES, int(np.prod(shape))))
    legal = name.replace(" ", "_")
    designs = move_designs(graph).items()
    return [Case(replace(design, name=f"{legal}{lanes}"), inputs, moved(graph, inputs)) for lanes, design in designs]


def test_every_map_with_every_lanes(tmp_path: Path) -> None:
    types = (Bipolar(), IntType(3, signed=False), IntType(5, signed=True))
    cases = [case for i, name in enumerate(MOVES) for case in move_cases(name, types[i % len(types)])]
    assert {type(unit) for case in cases for unit in case.design.units} == {SelectUnit, ReorderUnit}
    assert run_cases(some(cases, 3), tmp_path) == []
