"""The training loop: it learns, the same seed gives the same parameters, weights stay in their bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hwgen.zoo import Dataset, Recipe, accuracy, find, load_dataset, scores, train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset()


def trained(digits: Dataset, recipe: Recipe, seed: int = 0) -> torch.nn.Module:
    model = find("tfc").network(digits.kind, seed)
    train(model, digits, recipe, seed)
    return model


@pytest.mark.parametrize("loss", ["squared_hinge", "cross_entropy"])
def test_it_learns(digits: Dataset, loss: str) -> None:
    seen: list[tuple[int, int]] = []
    losses: list[float] = []
    model = find("tfc").network(digits.kind)
    before = accuracy(model, digits)

    def progress(epoch: int, epochs: int, mean: float) -> None:
        seen.append((epoch, epochs))
        losses.append(mean)

    train(model, digits, Recipe(epochs=6, loss=loss), progress=progress)
    assert seen == [(epoch + 1, 6) for epoch in range(6)]
    assert losses[-1] < losses[0]
    assert accuracy(model, digits) > max(0.6, before)
    assert not model.training


def test_the_same_seed_gives_the_same_parameters(digits: Dataset) -> None:
    first, again, other = (trained(digits, Recipe(epochs=1), seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_weights_are_clipped(digits: Dataset) -> None:
    fast = Recipe(epochs=1, rate=0.3)
    largest = [
        max(float(p.detach().abs().max()) for p in trained(digits, recipe).parameters() if p.ndim >= 2)
        for recipe in (fast, replace(fast, clip=0.5), replace(fast, clip=None))
    ]
    assert largest[0] <= 1.0 and largest[1] <= 0.5 and largest[2] > 1.0


def test_scores_do_not_depend_on_how_many_are_asked_for(digits: Dataset) -> None:
    model = find("tfc").network(digits.kind)
    images = np.concatenate([digits.test_images, digits.test_images])
    assert np.array_equal(scores(model, images, digits.kind)[-3:], scores(model, images[-3:], digits.kind))
