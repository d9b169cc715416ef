"""The BinaryNet example: its cycles, and its script from training to proof."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from hwgen.config import Settings
from hwgen.zoo import find, load_dataset
from hwgen.zoo.parameters import load
from hwgen.zoo.proof import compiled, prove
from hwgen.zoo.script import expected_reports
from tests.examples.load import EXAMPLES, example
from tests.tiers import tiered

EXPECTED = json.loads((EXAMPLES / "binarynet" / "expected.json").read_text())


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    with example("binarynet", "run") as modules:
        yield modules["run"]


def test_cycles(script: ModuleType) -> None:
    assert expected_reports(script.NETWORKS, script.accelerator, script.line) == EXPECTED
    assert all(report["interval_cycles"] <= 1024 for report in EXPECTED.values())


@pytest.mark.long
def test_from_training_to_proof(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--network", "binarynet-shift", "--epochs", "1", "--frames", "5"]
    monkeypatch.setattr(sys, "argv", ["run.py", *options])
    script.main()
    assert "5 test images of digits, PyTorch on all 540" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("frames", tiered([40, 100], 100))
@pytest.mark.parametrize("name", tiered(["binarynet-mlp", "binarynet-shift"], "binarynet-shift"))
def test_zero_mismatches(script: ModuleType, name: str, frames: int) -> None:
    """The trained parameters that hwgen brings, on every back end; few frames need no optimised models."""
    data = load_dataset()
    model, kind = load(find(name))
    found = prove(script.accelerator(model, find(name), kind), model, data, frames)
    assert found.frames == frames
    assert found.mismatches == {"torch": 0, "csim": 0, "dpi": 0, "rtl": 0}
    assert found.holds and found.interval == found.predicted
    assert found.accuracy > 0.9


def test_another_networks_scores_are_noticed(script: ModuleType) -> None:
    model, kind = load(find("binarynet-mlp"))
    built = compiled(model, find("binarynet-mlp"), kind, Settings())
    other = find("binarynet-mlp").network(kind, seed=1)
    assert not prove(built, other, load_dataset(), 5, backends=()).holds
