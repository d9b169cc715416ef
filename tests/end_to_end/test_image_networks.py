"""Networks on images and signals: every back end agrees with golden, and cycles are as predicted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar, IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import (
    IMAGE_NETWORKS,
    ImageBuilder,
    Rng,
    random_conv_network,
    random_folding,
    random_image_network,
)
from tests.end_to_end.prove import prove
from tests.seeds import fresh
from tests.tiers import tiered

FRAMES = 4
UINT8, INT8 = IntType(8, signed=False), IntType(8, signed=True)


def prove_images(make: Callable[[Rng], Graph], seed: int, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    graph = make(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, FRAMES, folder)


@pytest.mark.parametrize(
    "make", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[:3], *IMAGE_NETWORKS[4:]), ids=lambda make: make.__name__
)
def test_families(make: Callable[[Rng], Graph], tmp_path: Path) -> None:
    """Residual sums, depthwise convolutions, signals, counted padding, concatenation."""
    prove_images(make, seed=1, folder=tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(4))
@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_families_at_other_foldings(make: Callable[[Rng], Graph], seed: int, tmp_path: Path) -> None:
    prove_images(make, seed, tmp_path)


@pytest.mark.parametrize("seed", range(1))
def test_random_convolutions(seed: int, tmp_path: Path) -> None:
    prove_images(random_conv_network, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(219))
def test_many_random_convolutions(seed: int, tmp_path: Path) -> None:
    prove_images(random_conv_network, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", [100])
def test_random_images(seed: int, tmp_path: Path) -> None:
    prove_images(random_image_network, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(49))
def test_many_random_images(seed: int, tmp_path: Path) -> None:
    prove_images(random_image_network, seed, tmp_path)


@pytest.mark.parametrize("dtype", tiered([UINT8, INT8], INT8), ids=str)
def test_pairs_and_chosen_memories(dtype: IntType, tmp_path: Path) -> None:
    """A first layer on pairs of 8-bit pixels, memories where the user wants them: the same numbers."""
    net = ImageBuilder(np.random.default_rng(3), (6, 6, 3), dtype)
    net.act(net.conv(net.input, 4, Geometry((3, 3), padding=(1, 1, 1, 1)), Bipolar()), Bipolar())
    net.dense(net.last, 5, Bipolar())
    choices = {"memory": {"conv0": "block", "fc0": "distributed"}}
    design = hwgen.compile(net.graph(), folding={"conv0": {"pe": 2, "simd": 3}, "fc0": {"pe": 1, "simd": 4}}, **choices)
    prove(design, 1, FRAMES, tmp_path)
    source = (tmp_path / "project" / "rtl" / "net_conv0.sv").read_text()
    assert ".Pairs(1'b1)" in source
    assert '.Style("block")' in source
