"""Codes that are searched behind a unit: where that is taken, in how many lanes, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.flow.accelerator import Accelerator
from hwgen.hw.choices import Choices
from hwgen.hw.kernels.search import SearchUnit
from hwgen.hw.lower import draft
from hwgen.hw.matrices import Folding
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import IntType
from hwgen.passes.lines import Lines
from hwgen.verify.vectors import random_frames
from tests.builders import value
from tests.end_to_end.prove import prove

PART = "xc7z020"
INT3 = IntType(3, signed=True)


def layer(bits: int, *, inputs: int = 48, neurons: int = 8, bent: bool = True, weight: IntType = INT3) -> Graph:
    """A dense layer with codes of so many bits behind it, of thresholds anywhere or on a line, some falling."""
    rng = np.random.default_rng([bits, bent])
    product = MatMul(rng.integers(weight.min, weight.max + 1, (neurons, inputs)), weight)
    entry = value("x", inputs, INT3)
    sums = value("s", neurons, smallest_type(op_range(product, [type_range(entry)], neurons)))
    levels = (1 << bits) - 1
    if bent:
        steps = np.sort(rng.integers(-180, 180, (neurons, levels)), axis=1)
    else:
        steps = np.ceil(rng.uniform(10, 20, (neurons, 1)) * (np.arange(levels) - levels / 2)).astype(np.int64)
    codes = value("y", neurons, IntType(bits, signed=False))
    op = Threshold(steps, rng.integers(0, 2, neurons) * bent, 0, 1)
    nodes = Node("fc", product, (entry,), sums, "fc"), Node("act", op, (sums,), codes, "act")
    return Lines().apply(Graph.of("net", entry, nodes, codes))


def built(graph: Graph, pe: int = 4, simd: int = 4, **options: object) -> Accelerator:
    return flow.compile(graph, part=PART, folding={"fc": {"pe": pe, "simd": simd}}, **options)  # type: ignore[arg-type]


def lanes(accelerator: Accelerator) -> list[int]:
    return [unit.lanes for unit in accelerator.design.units if isinstance(unit, SearchUnit)]


@pytest.mark.starts_process
@pytest.mark.parametrize(
    ("bits", "folding", "wanted"),
    [
        (2, (4, 4), []),
        (6, (4, 24), [2] * 6),
        *(pytest.param(bits, (4, 4), [1] * bits, marks=pytest.mark.long) for bits in (4, 5)),
    ],
)
def test_as_few_lanes_as_are_no_slower(bits: int, folding: tuple[int, int], wanted: list[int], tmp_path: Path) -> None:
    """With the codes of golden, in every back end."""
    accelerator = built(layer(bits), *folding)
    assert lanes(accelerator) == wanted
    assert accelerator.design.bound == 48 // folding[1] * (8 // folding[0])
    prove(accelerator, bits, 6, tmp_path)


@pytest.mark.starts_process
def test_a_search_alone_goes_from_sums_to_codes(tmp_path: Path) -> None:
    """All its bits are one layer: what it hands on between them is no value of the network."""
    accelerator = built(layer(4)).write(tmp_path / "out")
    codes = random_frames(accelerator.graph.inputs, 2, seed=0)
    found = flow.simulate_layers(accelerator, codes, flow.LayerPlan(workers=1))
    assert [*found.layers] == ["fc", "fc_codes"] and not found.failed
    alone = accelerator.design.isolated("fc_codes")
    assert alone.input.tensor == "s" and len([each for each in alone.units if isinstance(each, SearchUnit)]) == 4


def test_taken_only_where_it_costs_a_fifth_less() -> None:
    """Not in every lane, where comparisons with a few constants are the smaller ones."""
    assert lanes(built(layer(3), 8, 48)) == []
    assert lanes(built(layer(3), writable=["fc"])) == []
    free = draft(layer(5), {"fc": Folding(4, 4)}, part=PART, clock_mhz=100.0, choices=Choices(searched=False))
    assert not any(isinstance(unit, SearchUnit) for unit in free.units)


def test_a_line_without_blocks_is_searched() -> None:
    """Where there is no multiplier block, a search takes the place of the line."""
    graph = layer(5, bent=False)
    none = built(graph, max_dsp=0)
    assert none.estimate().resources.dsp == 0 and lanes(none) == [1] * 5


def test_a_layer_without_any_block_is_searched() -> None:
    """Its products change sides, too, and its codes do not become comparisons in every lane for that."""
    graph = layer(8, inputs=96, neurons=32, bent=False, weight=IntType(8, signed=True))
    line, none = built(graph, 4, 8), built(graph, 4, 8, max_dsp=0)
    assert lanes(line) == [] and line.estimate().resources.dsp > 0
    assert lanes(none) == [1] * 8 and none.estimate().resources.dsp == 0
    assert none.design.bound == line.design.bound
