"""The HORQ example: its estimates, and its networks against golden and each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from hwgen.verify.evaluate import classes
from hwgen.zoo.datasets import DIGITS
from hwgen.zoo.horq import network
from tests.examples.load import EXAMPLES, example

EXAMPLE = EXAMPLES / "horq"


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, ModuleType]]:
    with example("horq", "train", "run") as found:
        yield found


@pytest.fixture
def run(modules: dict[str, ModuleType]) -> ModuleType:
    return modules["run"]


def test_more_planes_learn_more_and_agree_with_golden(run: ModuleType) -> None:
    train_images, images, train_labels, labels = run.digits()
    shares = {}
    for order in (0, 1, 3):
        model = run.train(order, train_images, train_labels, epochs=3)
        built = run.accelerator(model, images)
        assert run.torch_mismatches(built, model, images) == 0
        outputs = built.outputs(run.pixels(built, images))
        shares[order] = run.right(model, images, labels)
        assert (classes(built.graph, outputs) == labels).mean() == shares[order]
    assert shares[3] > 0.9 > max(shares[0], shares[1])
    another = run.train(3, train_images, train_labels, epochs=1, seed=1)
    assert run.torch_mismatches(built, another, images) > 0


def test_factors_of_each_input(run: ModuleType) -> None:
    """Measuring them leaves the network as it is; what planes leave shrinks with the order."""
    train_images, images, train_labels, labels = run.digits()
    left = []
    for order in (1, 2, 3):
        model = run.train(order, train_images, train_labels, epochs=1)
        before = run.scores(model, images, 16)
        assert all(0 < share <= 1 for share in run.others(model, images, labels, train_images))
        left.append(run.left(model, images)[1])
        assert np.array_equal(run.scores(model, images, 16), before)
    assert left == sorted(left, reverse=True)


def test_report(run: ModuleType) -> None:
    expected = json.loads((EXAMPLE / "expected.json").read_text())
    assert len(expected) == 8
    images = np.full((1, 1, 8, 8), 16, dtype=np.uint8)
    for name, figures in expected.items():
        order, planes = name.removeprefix("order ").split(", ")
        found = run.accelerator(network(kind=DIGITS, order=int(order)).eval(), images, planes).estimate().to_json()
        assert {key: found[key] for key in figures} == figures
