"""The jet tagging example: its reports, its network against Brevitas's own, its scripts end to end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hwgen.golden.execute import decode
from tests.examples.load import EXAMPLES, example
from tests.tiers import tiered

EXPECTED = json.loads((EXAMPLES / "jet_tagging" / "expected.json").read_text())
MODULES = ("network", "build", "data", "train")
LIMITS = {"jet_1_cycle": 1, "jet_16_cycles": 16}
SLOWER = EXAMPLES / "jet_tagging" / "folding" / "jet_16_cycles.json"


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The example's modules, by name."""
    with example("jet_tagging", *MODULES) as modules:
        yield modules


def call(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *options: Any) -> None:
    monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, options)])
    script.main()


def test_reports(scripts: dict[str, ModuleType]) -> None:
    found = scripts["build"].expected_reports()
    assert found == EXPECTED
    assert {name: report["interval_cycles"] for name, report in found.items()} == LIMITS


@pytest.mark.parametrize("seed", tiered([1, 2], 2))
def test_golden_is_brevitas(scripts: dict[str, ModuleType], seed: int) -> None:
    model = scripts["network"].network()
    scripts["network"].randomise(model, seed)
    built = scripts["build"].accelerator(model, SLOWER)
    codes = np.random.default_rng(seed).integers(-128, 128, (500, 16))
    features = codes / 16
    assert np.array_equal(scripts["data"].codes(features), codes)
    scores = scripts["train"].scores(model, features)
    found = decode(built.graph, built.outputs(codes))
    assert np.array_equal(found, scores)  # to the last bit: all scales are powers of two
    assert not np.array_equal(found, scripts["train"].scores(model, features[::-1]))


def test_codes(scripts: dict[str, ModuleType]) -> None:
    features = np.array([-9.0, -8.0, -0.06, 0.0, 0.06, 1.0, 7.96, 9.0])
    assert scripts["data"].codes(features).tolist() == [-128, -128, -1, 0, 1, 16, 127, 127]


def test_rtl(scripts: dict[str, ModuleType]) -> None:
    model = scripts["network"].network()
    scripts["network"].randomise(model, seed=3)
    outcome = scripts["build"].accelerator(model, SLOWER).simulate(50, "rtl")
    assert outcome.passed
    assert outcome.cycles == outcome.predicted
    assert outcome.cycles.interval == 16


def test_random_build(scripts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(scripts["build"], monkeypatch, "--random", "--output", tmp_path / "jet")
    assert json.loads((tmp_path / "jet" / "estimate.json").read_text())["interval_cycles"] == 1


@pytest.mark.parametrize("stored", tiered([True, False], False), ids=["npz", "generated"])
def test_train_and_build(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stored: bool,
) -> None:
    features, labels = scripts["data"].generated(200, seed=5)
    np.savez(tmp_path / "jets.npz", x=features, y=labels)
    monkeypatch.chdir(tmp_path)
    source = ["--data", "jets.npz"] if stored else ["--jets", 200]
    call(scripts["train"], monkeypatch, *source, "--epochs", 2, "--output", "trained")
    printed = capsys.readouterr().out.splitlines()
    assert (printed[0] == "no --data: 200 generated features, not jets") is not stored
    brevitas, golden = (line.split(": ")[1].split(" (")[0] for line in printed[-3:-1])
    assert brevitas == golden
    assert brevitas.endswith(" of 40 test jets")
    call(scripts["build"], monkeypatch, "--checkpoint", "jet.pt", "--output", "again")
    assert (tmp_path / "again" / "network.txt").read_text() == (tmp_path / "trained" / "network.txt").read_text()


X, Y = np.zeros((3, 16)), np.array([0, 1, 4])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (None, "must be an .npz file of x and y; found FileNotFoundError: "),
        ({"features": X, "y": Y}, "must be an .npz file of x and y; found KeyError: "),
        (
            {"x": X.astype(int), "y": Y},
            "x must hold real numbers of shape (N, 16); found int64 of shape (3, 16), 0 to 0.",
        ),
        ({"x": X[:, 1:], "y": Y}, "x must hold real numbers of shape (N, 16); found float64 of shape (3, 15), "),
        ({"x": X + np.nan, "y": Y}, "x must be finite; found others."),
        ({"x": X, "y": Y[1:]}, "y must hold a class of 0 to 4 for each of 3; found int64 of shape (2,), 1 to 4."),
        ({"x": X, "y": Y + 1}, "y must hold a class of 0 to 4 for each of 3; found int64 of shape (3,), 1 to 5."),
    ],
)
def test_a_bad_file_is_one_error(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arrays: dict[str, np.ndarray] | None,
    message: str,
) -> None:
    path = tmp_path / "data.npz"
    if arrays is not None:
        np.savez(path, **arrays)
    with pytest.raises(SystemExit) as caught:
        call(scripts["train"], monkeypatch, "--data", path)
    assert str(caught.value).startswith(f"error: {path}: {message}")
    assert "\n" not in str(caught.value)
