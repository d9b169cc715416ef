"""The keyword spotting example: its reports, its network against Brevitas's own, its scripts end to end."""

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

EXPECTED = json.loads((EXAMPLES / "kws" / "expected.json").read_text())
MODULES = ("network", "build", "data", "train")
LIMITS = {"kws_490_cycles": 490, "kws_49_cycles": 49}


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The example's modules, by name."""
    with example("kws", *MODULES) as modules:
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
    built = scripts["build"].accelerator(model)
    codes = np.random.default_rng(seed).integers(-128, 128, (300, 10, 49)).astype(np.int8)
    scores = scripts["train"].scores(model, codes)
    found = decode(built.graph, built.outputs(codes))
    assert np.array_equal(found, scores)  # to the last bit: all scales are powers of two
    assert len(np.unique(np.asarray(built.graph.decoding.scale))) > 1 or built.graph.decoding.scale.ndim == 0
    assert not np.array_equal(found, scripts["train"].scores(model, codes[::-1]))


def test_rtl(scripts: dict[str, ModuleType]) -> None:
    model = scripts["network"].network(hidden=32)
    scripts["network"].randomise(model, seed=3)
    outcome = scripts["build"].accelerator(model).simulate(8, "rtl")
    assert outcome.passed
    assert outcome.cycles == outcome.predicted


def test_random_build(scripts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(scripts["build"], monkeypatch, "--random", "--output", tmp_path / "kws")
    assert json.loads((tmp_path / "kws" / "estimate.json").read_text())["interval_cycles"] == 490


@pytest.mark.parametrize("stored", tiered([True, False], True), ids=["npz", "generated"])
def test_train_and_build(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stored: bool,
) -> None:
    features, labels = scripts["data"].generated(200, seed=5)
    np.savez(tmp_path / "features.npz", x_int8=features, y=labels)
    monkeypatch.chdir(tmp_path)
    source = ["--data", "features.npz"] if stored else ["--frames", 200]
    call(scripts["train"], monkeypatch, *source, "--hidden", 32, "--epochs", 2, "--output", "trained")
    printed = capsys.readouterr().out.splitlines()
    assert (printed[0] == "no --data: 200 generated features, not speech") is not stored
    brevitas, golden = (line.split(": ")[1].split(" (")[0] for line in printed[-3:-1])
    assert brevitas == golden
    assert brevitas.endswith(" of 40 test frames")
    call(scripts["build"], monkeypatch, "--checkpoint", "kws.pt", "--hidden", 32, "--output", "again")
    assert (tmp_path / "again" / "network.txt").read_text() == (tmp_path / "trained" / "network.txt").read_text()


X, Y = np.zeros((3, 10, 49), np.int8), np.array([0, 1, 11])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (None, "must be an .npz file of x_int8 and y; found FileNotFoundError: "),
        ({"x": X, "y": Y}, "must be an .npz file of x_int8 and y; found KeyError: "),
        ({"x_int8": X.astype(float), "y": Y}, "x_int8 must hold int8 of shape (N, 10, 49); found float64 of shape"),
        ({"x_int8": X[:, 1:], "y": Y}, "x_int8 must hold int8 of shape (N, 10, 49); found int8 of shape (3, 9, 49)"),
        (
            {"x_int8": X, "y": Y[1:]},
            "y must hold a class of 0 to 11 for each of 3; found int64 of shape (2,), 1 to 11.",
        ),
        (
            {"x_int8": X, "y": Y + 1},
            "y must hold a class of 0 to 11 for each of 3; found int64 of shape (3,), 1 to 12.",
        ),
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
