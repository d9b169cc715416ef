"""Networks of QDQ and QLinear files on every back end, cycles as predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import random_folding
from tests.end_to_end.prove import prove
from tests.frontend.random_qdq import random_qdq
from tests.seeds import fresh


def _prove(seed: int, folder: Path) -> None:
    graph = hwgen.load(random_qdq(seed), input_type=IntType(8, signed=True), input_scale=1 / 8)
    wishes = random_folding(np.random.default_rng(seed), integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, 3, folder)


@pytest.mark.parametrize("seed", [1])
def test_a_file(seed: int, tmp_path: Path) -> None:
    _prove(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, *range(3, 10), *fresh(12)])
def test_many_files(seed: int, tmp_path: Path) -> None:
    _prove(seed, tmp_path)
