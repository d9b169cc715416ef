"""The digits example: its report, and its network against Brevitas's own forward pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from hwgen.verify.evaluate import classes
from tests.examples.load import EXAMPLES, example

EXAMPLE = EXAMPLES / "digits_bnn"


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    with example("digits_bnn", "model", "train", "run") as modules:
        yield modules["run"]


def test_the_network_learns_and_agrees_with_brevitas(run: ModuleType) -> None:
    train_images, images, train_labels, labels = run.digits()
    network = run.train(train_images, train_labels, epochs=6)
    accelerator = run.accelerator(network)
    codes = accelerator.codes(images)
    assert len(codes) >= 300
    assert run.brevitas_mismatches(accelerator, network, codes) == 0
    assert (classes(accelerator.graph, accelerator.outputs(codes)) == labels).mean() > 0.85
    another = run.train(train_images, train_labels, epochs=1, seed=1)
    assert run.brevitas_mismatches(accelerator, another, codes) > 0


def test_report(run: ModuleType) -> None:
    expected = json.loads((EXAMPLE / "expected.json").read_text())
    train_images, _, train_labels, _ = run.digits()
    found = run.accelerator(run.train(train_images, train_labels, epochs=1)).estimate().to_json()
    assert {key: found[key] for key in expected} == expected
