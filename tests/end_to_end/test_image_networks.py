"""Networks on images and signals: every back end agrees with golden, and cycles are as predicted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.ir.graph import Graph
from hwgen.passes.pipeline import integer_network
from tests.builders import IMAGE_NETWORKS, Rng, random_conv_network, random_folding, random_image_network
from tests.end_to_end.prove import prove

FRAMES = 4


def prove_images(make: Callable[[Rng], Graph], seed: int, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    graph = make(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, FRAMES, folder)


@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_families(make: Callable[[Rng], Graph], tmp_path: Path) -> None:
    """Residual sums, depthwise convolutions, signals, counted padding, concatenation."""
    prove_images(make, seed=1, folder=tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_families_at_other_foldings(make: Callable[[Rng], Graph], seed: int, tmp_path: Path) -> None:
    prove_images(make, seed, tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_random_convolutions(seed: int, tmp_path: Path) -> None:
    prove_images(random_conv_network, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 220))
def test_many_random_convolutions(seed: int, tmp_path: Path) -> None:
    prove_images(random_conv_network, seed, tmp_path)


@pytest.mark.parametrize("seed", range(100, 102))
def test_random_images(seed: int, tmp_path: Path) -> None:
    prove_images(random_image_network, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(102, 150))
def test_many_random_images(seed: int, tmp_path: Path) -> None:
    prove_images(random_image_network, seed, tmp_path)
