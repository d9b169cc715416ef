"""The LCCL example: its report, its network against Brevitas's own forward pass, its gates in simulation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
import torch

from hwgen.nn.lccl import LCCLConv2d
from tests.examples.load import EXAMPLES, example

EXAMPLE = EXAMPLES / "lccl"


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    with example("lccl", "train", "run") as modules:
        yield modules["run"]


def test_report_and_proof(run: ModuleType) -> None:
    """After one epoch: the figures of the estimate, golden as Brevitas, RTL as predicted with its gates."""
    train_images, images, train_labels, _ = run.digits()
    network = run.train(train_images, train_labels, epochs=1)
    for part in network.modules():
        if isinstance(part, LCCLConv2d):
            torch.nn.init.zeros_(part.gate_norm.bias)  # as closed as after a whole training
    built = run.accelerator(network)
    expected = json.loads((EXAMPLE / "expected.json").read_text())
    found = built.estimate().to_json()
    assert json.loads(json.dumps({key: found[key] for key in expected})) == expected
    assert run.brevitas_mismatches(built, network, images) == 0
    swapped = np.concatenate((images[1:], images[:1]))
    assert (run.scores(network, images) != run.scores(network, swapped)).any()
    outcome = built.simulate(run.codes_of(built, images[:6]), "rtl")
    spared = outcome.skipping
    assert outcome.passed and spared is not None and spared.found == spared.predicted
    assert 0.2 < spared.skipped < 1 and spared.predicted < spared.ungated == expected["interval_cycles"]


@pytest.mark.long
def test_training_closes_gates_and_learns(run: ModuleType) -> None:
    train_images, images, train_labels, labels = run.digits()
    network = run.train(train_images, train_labels, epochs=6, price=2.0)
    assert run.accuracy(network, images, labels) > 0.7
    assert np.mean([part.open for part in network.modules() if isinstance(part, LCCLConv2d)]) < 0.95
