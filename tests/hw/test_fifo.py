"""FIFOs: where they stand, and that behind them the slowest unit alone sets the pace."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.hw.design import Design
from hwgen.hw.fifo import cycles, deepen, fifo_before
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.width import WidthConverter
from hwgen.ir.types import IntType
from tests.builders import B, designed, random_network
from tests.hw.naive import naive_times

UINT4 = IntType(4, signed=False)


def folded(rng: np.random.Generator, sizes: tuple[int, ...], pairs: list[tuple[int, int]] | None = None) -> Design:
    """A design of dense layers with any folding, dividing or not."""
    if pairs is None:
        ends = zip(sizes[1:], sizes[:-1], strict=True)
        pairs = [(int(rng.integers(1, out + 1)), int(rng.integers(1, into + 1))) for out, into in ends]
    quantised = bool(rng.random() < 0.3)
    graph = random_network(
        rng, sizes, input_type=UINT4 if quantised else B, input_quantiser=quantised, top1=sizes[-1] > 1
    )
    wishes = {f"fc{i}": LayerFolding(pe=pe, simd=simd) for i, (pe, simd) in enumerate(pairs)}
    return designed(graph, wishes)[2]


def reaches_its_bound(seed: int, layers: int) -> bool:
    """Check one design; whether it needed more than the FIFOs it came with."""
    rng = np.random.default_rng(seed)
    design = folded(rng, tuple(int(size) for size in rng.integers(1, 30, layers + 1)))
    deeper = deepen(design)
    bound = max(unit.cycles for unit in deeper.units)
    assert cycles(deeper).interval == bound, f"seed {seed}"
    kept = [unit for unit in deeper.units if not isinstance(unit, Fifo)]
    assert len(kept) == len([unit for unit in design.units if not isinstance(unit, Fifo)])
    return deeper != design


@pytest.mark.parametrize("layers", range(1, 6))
def test_the_slowest_unit_sets_the_interval(layers: int) -> None:
    for seed in range(60):
        reaches_its_bound(5000 * layers + seed, layers)


@pytest.mark.long
def test_the_slowest_unit_sets_the_interval_at_length() -> None:
    changed = [reaches_its_bound(300_000 + seed, 1 + seed % 6) for seed in range(8000)]
    assert 0 < sum(changed) < 100


def test_an_uneven_converter_gets_a_fifo() -> None:
    """8 elements, 6 lanes to 2: beats are taken after 3 and 1 cycles by turns, the unit before gives one in 2."""
    rng = np.random.default_rng(0)
    design = folded(rng, (14, 10, 8, 2), [(6, 14), (6, 6), (2, 2)])
    assert cycles(design).interval == 5
    deeper = deepen(design)
    assert cycles(deeper).interval == 4 == max(unit.cycles for unit in deeper.units)
    place = next(i for i, unit in enumerate(deeper.units) if isinstance(unit, WidthConverter))
    fifo, converter = deeper.units[place - 1], deeper.units[place]
    assert isinstance(fifo, Fifo) and (fifo.name, fifo.depth) == ("fc2_width_fifo", 2)
    assert fifo.output == converter.input and fifo.input == deeper.units[place - 2].output


def test_zero_fill_costs_no_cycle() -> None:
    """12 elements, 2 lanes to 11: the last beat is filled up with 10 zeros, and the converter does not pause."""
    rng = np.random.default_rng(0)
    design = deepen(folded(rng, (9, 12, 4), [(2, 9), (2, 11)]))
    converter = next(unit for unit in design.units if isinstance(unit, WidthConverter))
    assert (converter.input.beats, converter.output.beats) == (6, 2)
    assert cycles(design).interval == 6


def test_where_fifos_stand() -> None:
    """In front of units that read in bursts, one frame deep; nowhere else."""
    design = folded(np.random.default_rng(3), (16, 8, 8), [(4, 4), (8, 2)])
    fifos = {unit.name: unit.depth for unit in design.units if isinstance(unit, Fifo)}
    assert fifos == {"fc0_fifo": 4}
    for unit in design.layers:
        needs = isinstance(unit, MatVec) and unit.neuron_folds > 1
        assert (fifo_before(unit) is not None) == needs
        if isinstance(unit, ArgMaxUnit):
            assert fifo_before(unit) is None


def test_the_whole_design_on_a_clock() -> None:
    design = deepen(folded(np.random.default_rng(4), (12, 9, 7, 5), [(2, 5), (3, 4), (1, 7)]))
    frames = 12
    times = naive_times([unit.schedule for unit in design.units], design.input.beats, frames, design.output.beats)
    ends = times[-1].reshape(frames, -1)[:, -1] - times[0][0]
    found = cycles(design).predict(frames)
    assert (found.interval, found.latency, found.total) == (ends[-1] - ends[-2], ends[0], ends[-1] + 1)
