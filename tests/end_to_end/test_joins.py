"""Branches of any scales that meet: every back end agrees with golden, cycles as predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.passes.pipeline import integer_network
from tests.builders import random_folding
from tests.end_to_end.prove import prove
from tests.frontend.join_nets import NETS

OFTEN = ("concat_of_scales_into_a_layer",)


def prove_join(name: str, folder: Path) -> None:
    path = folder / "net.onnx"
    path.write_bytes(NETS[name]().SerializeToString())
    graph = hwgen.load(path, input_type="int5", input_scale=0.25)
    seed = sorted(NETS).index(name)
    wishes = random_folding(np.random.default_rng(seed), integer_network(graph))
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, 4, folder)


@pytest.mark.parametrize("name", OFTEN)
def test_joins(name: str, tmp_path: Path) -> None:
    prove_join(name, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in NETS if name not in OFTEN])
def test_all_other_joins(name: str, tmp_path: Path) -> None:
    prove_join(name, tmp_path)
