"""Random shapes, types, foldings and stalls: every back end agrees with golden, and cycles are as predicted."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwgen
from tests.end_to_end.networks import random_dense_network, random_folding
from tests.end_to_end.prove import prove
from tests.seeds import fresh

FRAMES = 12


def prove_dense(seed: int, depth: int, folder: Path) -> None:
    graph = random_dense_network(seed, depth)
    design = hwgen.compile(graph, folding=random_folding(seed, graph), top1=seed % 4 == 0)
    assert design.design.cycles.interval == design.design.bound
    prove(design, seed, FRAMES, folder)


@pytest.mark.parametrize("seed", range(1))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    prove_dense(seed, depth=1 + seed % 3, folder=tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(59))
def test_many_random_networks(seed: int, tmp_path: Path) -> None:
    prove_dense(seed, depth=1 + seed % 4, folder=tmp_path)
