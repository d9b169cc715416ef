"""Networks with gates: every back end agrees with golden, and cycles are those of the very frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.passes.pipeline import integer_network
from tests.builders import random_folding
from tests.end_to_end.prove import prove
from tests.gated_networks import gated_network
from tests.seeds import fresh

FRAMES = 5


def prove_gates(seed: int, folder: Path) -> hwgen.Accelerator:
    rng = np.random.default_rng(seed)
    graph = gated_network(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    assert any(isinstance(unit, MvtuGatedUnit) for unit in design.design.units)
    prove(design, seed, FRAMES, folder)
    return design


@pytest.mark.parametrize("seed", range(1))
def test_random_gates(seed: int, tmp_path: Path) -> None:
    prove_gates(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(99))
def test_many_random_gates(seed: int, tmp_path: Path) -> None:
    prove_gates(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", [41, 42])
def test_with_hardly_more_than_the_worst_case_needs(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A beat and a row of slack at most: slower, but never stuck."""
    monkeypatch.setattr("hwgen.hw.fifo.SLACK", 10**9)
    prove_gates(seed, tmp_path)
