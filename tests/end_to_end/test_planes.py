"""Networks on residual planes: every back end agrees with golden, and cycles are as predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.passes.pipeline import integer_network
from tests.builders import random_folding
from tests.end_to_end.prove import prove
from tests.plane_nets import random_plane_network
from tests.seeds import fresh


def prove_planes(seed: int, folder: Path) -> None:
    """Layers with parallel and folded planes, drawn at random."""
    rng = np.random.default_rng(seed)
    graph = random_plane_network(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    planes = {name: str(rng.choice(["parallel", "serial"])) for name in ("conv0", "conv1", "fc0")}
    prove(hwgen.compile(graph, folding=folding, planes=planes), seed, 4, folder)


@pytest.mark.parametrize("seed", range(1))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    prove_planes(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(59))
def test_many_random_networks(seed: int, tmp_path: Path) -> None:
    prove_planes(seed, tmp_path)
