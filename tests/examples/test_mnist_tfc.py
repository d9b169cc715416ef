"""The MNIST example: its reports, its networks against Brevitas's own forward pass, its scripts end to end."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import hwgen
from hwgen.golden.execute import decode
from hwgen.verify.vectors import random_codes
from tests.examples.load import EXAMPLES, example
from tests.tiers import tiered

EXAMPLE = EXAMPLES / "mnist_tfc"
EXPECTED = json.loads((EXAMPLE / "expected.json").read_text())
MODULES = ("build", "train")
LIMITS = {"tfc_64_cycles": 64, "sfc_16_cycles": 16, "lfc_512_cycles": 512, "lfc_128_cycles": 128}


@pytest.fixture(scope="module")
def build() -> Iterator[ModuleType]:
    """The example's `build.py`."""
    with example("mnist_tfc", *MODULES) as modules:
        yield modules["build"]


def write_idx(path: Path, array: np.ndarray) -> Path:
    """Bytes as an IDX file."""
    path.write_bytes(struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes())
    return path


def test_every_network_has_a_report(build: ModuleType) -> None:
    wanted = {f"{n}_{p} {f}" for n, foldings in build.FOLDINGS.items() for f in foldings for p in build.PRECISIONS}
    assert set(EXPECTED) == wanted


@pytest.mark.parametrize("key", tiered(EXPECTED, *(key for key in EXPECTED if "_w1a2 " in key or "_w2a2 " in key)))
def test_report(build: ModuleType, key: str) -> None:
    network, folding = key.split()
    found = build.summary(build.random_accelerator(*network.split("_"), folding))
    assert found == EXPECTED[key]
    assert found["interval_cycles"] == LIMITS[folding]


@pytest.mark.parametrize("precision", ["w1a1", "w1a2", "w2a2"])
def test_golden_is_brevitas(build: ModuleType, precision: str) -> None:
    import torch

    model = build.fully_connected("tfc", precision)
    build.randomise(model, seed=1)
    built = build.accelerator(model, "tfc", EXAMPLE / "folding" / "tfc_64_cycles.json")
    codes = np.random.default_rng(2).integers(0, 256, (200, 784), dtype=np.uint8)
    with torch.no_grad():
        scores = model.eval()(torch.from_numpy(codes.astype(np.float32) / np.float32(255))).numpy()
    found = decode(built.graph, built.outputs(codes.reshape(-1, *built.graph.input.type.shape)))
    assert np.abs(found - scores).max() < 1e-4  # the scores are multiples of 1 or 2, so one wrong bit shows


def test_random_build(build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "tfc"
    monkeypatch.setattr(sys, "argv", ["build.py", "--random", "--output", str(project)])
    build.main()
    assert json.loads((project / "estimate.json").read_text())["interval_cycles"] == 64


def test_train_and_build(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import train

    rng = np.random.default_rng(0)
    images = write_idx(tmp_path / "images", rng.integers(0, 256, (200, 28, 28), dtype=np.uint8))
    labels = write_idx(tmp_path / "labels", rng.integers(0, 10, 200, dtype=np.uint8))
    monkeypatch.chdir(tmp_path)
    files = ["--images", images, "--labels", labels, "--test-images", images, "--test-labels", labels]
    options = ["train.py", *map(str, files), "--epochs", "1", "--output", "trained"]
    monkeypatch.setattr(sys, "argv", options)
    train.main()
    printed = capsys.readouterr().out
    brevitas, golden = (line.split(": ")[1].split(" ")[0] for line in printed.splitlines()[1:3])
    assert brevitas == golden
    monkeypatch.setattr(sys, "argv", ["build.py", "--checkpoint", "tfc_w1a1.pt", "--output", "again"])
    build.main()
    assert (tmp_path / "again" / "network.txt").read_text() == (tmp_path / "trained" / "network.txt").read_text()


@pytest.mark.parametrize(
    ("network", "folding"),
    [
        ("tfc", "tfc_64_cycles"),
        pytest.param("sfc", "sfc_16_cycles", marks=pytest.mark.long),
        pytest.param("lfc", "lfc_512_cycles", marks=pytest.mark.long),
        pytest.param("lfc", "lfc_128_cycles", marks=pytest.mark.long),
    ],
)
def test_rtl_takes_the_folds_of_its_slowest_unit(build: ModuleType, network: str, folding: str) -> None:
    built = build.random_accelerator(network, "w1a1", folding)
    outcome = built.simulate(random_codes(built.graph.inputs[0], 20, seed=5), "rtl")
    assert not outcome.mismatches, outcome.mismatches
    assert outcome.cycles is not None
    assert outcome.cycles == outcome.predicted
    assert outcome.cycles.interval == max(unit.cycles for unit in built.design.units) == LIMITS[folding]


@pytest.mark.long
def test_rtl_of_an_uneven_folding(build: ModuleType) -> None:
    """Nothing divides: 784 inputs by 60, 256 neurons by 48, every layer another way."""
    folding = {"fc0": (48, 60), "fc1": (36, 50), "fc2": (20, 96), "fc3": (4, 100)}
    graph = build.random_accelerator("sfc", "w1a1", "sfc_16_cycles").graph
    built = hwgen.compile(graph, folding={name: {"pe": pe, "simd": simd} for name, (pe, simd) in folding.items()})
    outcome = built.simulate(random_codes(built.graph.inputs[0], 12, seed=6), "rtl")
    assert outcome.passed
    assert outcome.cycles is not None
    assert outcome.cycles.interval == max(unit.cycles for unit in built.design.units) == 84
