"""Random shapes, types, foldings and stalls: every back end agrees with golden, and cycles are as predicted."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwgen
from hwgen.verify.bench import Stalls
from hwgen.verify.vectors import random_codes
from tests.end_to_end.networks import random_dense_network, random_folding

FRAMES = 12


def compiled(seed: int, depth: int) -> hwgen.Accelerator:
    graph = random_dense_network(seed, depth)
    return hwgen.compile(graph, folding=random_folding(seed, graph), top1=seed % 4 == 0)


def prove(seed: int, depth: int, folder: Path) -> None:
    """The RTL, flowing, stalled and reset in mid-frame; the HLS C++ alone and under DPI-C."""
    design = compiled(seed, depth).write(folder / "project")
    codes = random_codes(design.graph, FRAMES, seed)
    beats = design.design.input.beats
    flowing = design.simulate(codes, "rtl", work=folder / "rtl")
    assert not flowing.mismatches, flowing.mismatches
    assert len(flowing.checked) == len(design.design.units)
    assert flowing.cycles == flowing.predicted
    slowest = max(unit.cycles for unit in design.design.units)
    assert flowing.cycles is not None and flowing.cycles.interval == slowest
    stalls = Stalls(source=0.3 * (seed % 3), sink=0.4 * (seed % 2), seed=seed + 1)
    middle = beats * (FRAMES // 2) + beats // 2 or 1
    for options in ({"stalls": stalls}, {"reset_after_beats": middle}, {"stalls": stalls, "reset_after_beats": middle}):
        shaken = design.simulate(codes, "rtl", work=folder / "rtl", **options)
        assert not shaken.mismatches, (options, shaken.mismatches)
    assert not design.simulate(codes, "csim").mismatches
    under_dpi = design.simulate(codes, "dpi", work=folder / "dpi", stalls=stalls)
    assert not under_dpi.mismatches, under_dpi.mismatches


@pytest.mark.parametrize("seed", range(6))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    prove(seed, depth=1 + seed % 3, folder=tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6, 60))
def test_many_random_networks(seed: int, tmp_path: Path) -> None:
    prove(seed, depth=1 + seed % 4, folder=tmp_path)
