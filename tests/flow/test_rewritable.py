"""Designs with writable layers: no HLS project, which the build says, and what wants one refuses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.errors import ConfigError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.hls import check_hls, read_hls, run_hls, write_layer
from tests.builders import random_network


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Accelerator:
    graph = random_network(np.random.default_rng(0), (12, 8, 4), name="tiny")
    return flow.compile(graph, writable=("fc0",)).write(tmp_path_factory.mktemp("rewritable") / "out")


def test_the_build_says_that_there_is_no_hls_project(built: Accelerator) -> None:
    assert built.project is not None and not (built.project / "hls").exists()
    told = "no HLS project is written, as fc0 can be rewritten: that is in SystemVerilog alone"
    assert told in built.estimate().warnings
    assert not any("HLS" in line for line in flow.compile(built.graph).estimate().warnings)


VERBS: dict[str, Callable[[Accelerator, Path], object]] = {
    "check": check_hls,
    "run": lambda built, folder: run_hls(built, "csim"),
    "reports": lambda built, folder: read_hls(built),
    "layer": lambda built, folder: write_layer(built, "fc1", folder / "layer"),
    "csim": lambda built, folder: built.simulate(1, "csim", work=folder),
    "dpi": lambda built, folder: built.simulate(1, "dpi", work=folder),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_wants_an_hls_project_refuses(built: Accelerator, verb: str, tmp_path: Path) -> None:
    """The setting, the layer and what to change; nothing is written."""
    with pytest.raises(ConfigError) as caught:
        VERBS[verb](built, tmp_path)
    assert str(caught.value) == (
        "writable: must name no layer where an HLS project is wanted: those are written in SystemVerilog alone; "
        "found fc0. Build it without --writable fc0."
    )
    assert list(tmp_path.iterdir()) == []
