"""The LCCL example: its report, its network against Brevitas's own forward pass, its gates in simulation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from torch import nn

from hwgen.flow import Accelerator
from hwgen.nn.lccl import LCCLConv2d
from tests.examples.load import EXAMPLES, example

EXPECTED = json.loads((EXAMPLES / "lccl" / "expected.json").read_text())


@pytest.fixture(scope="module")
def run() -> Iterator[ModuleType]:
    with example("lccl", "train", "run") as modules:
        yield modules["run"]


@pytest.fixture(scope="module")
def network(run: ModuleType) -> nn.Module:
    """After one epoch, its gates as closed as after a whole training."""
    train_images, _, train_labels, _ = run.digits()
    trained: nn.Module = run.train(train_images, train_labels, epochs=1)
    for part in trained.modules():
        if isinstance(part, LCCLConv2d):
            nn.init.zeros_(part.gate_norm.bias)
    return trained


@pytest.fixture(scope="module")
def built(run: ModuleType, network: nn.Module) -> Accelerator:
    accelerator: Accelerator = run.accelerator(network)
    return accelerator


def test_report(built: Accelerator) -> None:
    found = built.estimate().to_json()
    assert json.loads(json.dumps({key: found[key] for key in EXPECTED})) == EXPECTED


def test_golden_is_brevitas(run: ModuleType, network: nn.Module, built: Accelerator) -> None:
    images = run.digits()[1]
    assert run.brevitas_mismatches(built, network, images) == 0
    swapped = np.concatenate((images[1:], images[:1]))
    assert (run.scores(network, images) != run.scores(network, swapped)).any()


@pytest.mark.long
def test_rtl_takes_the_predicted_cycles(run: ModuleType, built: Accelerator) -> None:
    """With its gates, as the networks of tests/verify/test_skipping.py in the short tier."""
    outcome = built.simulate(run.codes_of(built, run.digits()[1][:6]), "rtl")
    spared = outcome.skipping
    assert outcome.passed and spared is not None and spared.found == spared.predicted
    assert 0.2 < spared.skipped < 1 and spared.predicted < spared.ungated == EXPECTED["interval_cycles"]


@pytest.mark.long
def test_training_closes_gates_and_learns(run: ModuleType) -> None:
    train_images, images, train_labels, labels = run.digits()
    network = run.train(train_images, train_labels, epochs=6, price=2.0)
    assert run.accuracy(network, images, labels) > 0.7
    assert np.mean([part.open for part in network.modules() if isinstance(part, LCCLConv2d)]) < 0.95
