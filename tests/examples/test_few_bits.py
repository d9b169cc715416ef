"""The few-bit example: its cycles and weight types, and its script from training to proof."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from hwgen.zoo import Recipe, find, load_dataset, train
from hwgen.zoo.few_bits import METHODS
from hwgen.zoo.proof import prove
from hwgen.zoo.script import expected_reports
from tests.examples.load import EXAMPLES, example
from tests.tiers import some

EXPECTED = json.loads((EXAMPLES / "few_bits" / "expected.json").read_text())
WEIGHTS = {
    "small-w1a1": "bipolar",
    "dorefa-w1a2": "bipolar",
    "dorefa-w2a2": "int3",
    "qnn-w4a4": "int4",
    "qnn-shift": "int5",
    "twn": "int2",
    "ternary-connect": "int2",
    "binaryconnect": "bipolar",
}


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    with example("few_bits", "run") as modules:
        yield modules["run"]


def test_cycles_and_types(script: ModuleType) -> None:
    assert list(EXPECTED) == list(script.NETWORKS)
    names = some(script.NETWORKS, 3)
    assert expected_reports(names, script.accelerator, script.line) == {name: EXPECTED[name] for name in names}
    assert {name: report["fc2"].split(", ")[1] for name, report in EXPECTED.items()} == {
        name: f"{kind} weights" for name, kind in WEIGHTS.items()
    }


def test_from_training_to_proof(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run.py", "--network", "dorefa-w2a2", "--epochs", "1", "--frames", "5"])
    script.main()
    assert "5 test images of digits, PyTorch on all 540" in " ".join(capsys.readouterr().out.split())


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_trained_networks_are_exact_on_all_test_images(script: ModuleType, method: str) -> None:
    data, entry = load_dataset(), find(method)
    model = entry.network()
    train(model, data, Recipe(epochs=4, rate=0.02))
    found = prove(script.accelerator(model, entry, data.kind), model, data, 100, backends=("csim",))
    assert found.mismatches == {"torch": 0, "csim": 0}
    assert found.accuracy > 0.5


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_zero_mismatches_on_a_hundred_images(script: ModuleType, method: str) -> None:
    data, entry = load_dataset(), find(method)
    model = entry.network()
    train(model, data, Recipe(epochs=4, rate=0.02))
    found = prove(script.accelerator(model, entry, data.kind), model, data, 100)
    assert found.mismatches == {"torch": 0, "csim": 0, "dpi": 0, "rtl": 0}
    assert found.holds
