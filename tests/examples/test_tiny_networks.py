"""The example of tiny networks: its reports, its networks against Brevitas's own forward, in RTL and C simulation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
import torch

from hwgen.golden.execute import run_all
from hwgen.verify.vectors import Layout, frames_of
from tests.examples.load import EXAMPLES, example
from tests.tiers import tiered

EXPECTED = json.loads((EXAMPLES / "tiny_networks" / "expected.json").read_text())
SMALL = "ecg"
"""The one that a short test simulates, as the script does: it is compiled once."""


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The example's modules, by name."""
    with example("tiny_networks", "networks", "build") as modules:
        yield modules


@pytest.mark.parametrize("name", tiered(EXPECTED, "resnet8", "ds_cnn"))
def test_golden_is_brevitas(scripts: dict[str, ModuleType], name: str) -> None:
    network = scripts["networks"].NETWORKS[name]
    module = scripts["networks"].calibrated(name)
    graph = scripts["build"].loaded(name, module)
    codes = np.random.default_rng(1).integers(-128, 128, (20, *network.shape))
    with torch.no_grad():
        wanted = module(torch.tensor(codes * scripts["networks"].INPUT_SCALE, dtype=torch.float32))
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found = run_all(graph, frames_of(graph.inputs, (codes,), "frames", layout=Layout.NCHW))
    for port, outputs, scores in zip(graph.outputs, found, wanted, strict=True):
        assert np.array_equal(graph.reading_of(port).decode(outputs), scores.numpy())
        assert len(np.unique(scores)) > 20


@pytest.mark.parametrize("name", tiered(EXPECTED, *EXPECTED.keys() - {SMALL}))
def test_back_ends(scripts: dict[str, ModuleType], name: str) -> None:
    built = scripts["build"].accelerator(name, scripts["networks"].calibrated(name))
    report = built.estimate()
    assert {"interval_cycles": report.interval_cycles, "bottleneck": report.bottleneck} == EXPECTED[name]
    for backend in ("rtl", "csim"):
        outcome = built.simulate(2, backend)
        assert outcome.passed and outcome.frames == 2
        assert backend == "csim" or outcome.cycles == outcome.predicted


@pytest.mark.parametrize("name", tiered([SMALL, "autoencoder"], "autoencoder"))
def test_the_script(
    scripts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["build.py", "--network", name, "--frames", "3", "--backend", "csim"])
    scripts["build"].main()
    row = next(line.split() for line in capsys.readouterr().out.splitlines() if name in line)
    assert row[0] == name and row[-1] == "0"
