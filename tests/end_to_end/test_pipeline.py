"""Networks with pipeline registers: the same numbers, and every beat of every stream in its predicted cycle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from tests.builders import resnet_like
from tests.end_to_end import networks
from tests.end_to_end.test_cycles import as_predicted
from tests.seeds import fresh


def test_the_interval_stays(tmp_path: Path) -> None:
    """FIFOs make up for the longer latency of a branch."""
    graph = resnet_like(np.random.default_rng(5))
    plain, deep = (hwgen.compile(graph, target_interval=600, pipeline=stages) for stages in (0, 3))
    assert plain.design.cycles.interval == deep.design.cycles.interval
    assert plain.design.cycles.predict(1).latency < deep.design.cycles.predict(1).latency
    as_predicted(deep, 4, work=tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(12))
def test_random_networks(seed: int, tmp_path: Path) -> None:
    options: dict[str, Any] = {"pipeline": (1, 2, 9, "auto")[seed % 4], "clock_mhz": 350}
    graph, folding, _ = networks.random_case(seed)
    as_predicted(hwgen.compile(graph, folding=folding, **options), 4, work=tmp_path)
