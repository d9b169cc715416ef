"""Accuracy by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import DataError
from hwgen.ir.graph import Affine
from hwgen.verify.evaluate import accuracy, classes, labels_of
from tests.builders import random_network, with_output

RNG = np.random.default_rng(0)
SCORES = random_network(RNG, (6, 3))
TOP1 = random_network(RNG, (6, 3), top1=True)
SINGLE = random_network(RNG, (6, 1))
OUTPUTS = np.array([[1, 5, 2], [7, 7, 3], [-4, -9, -4]])


def test_first_of_the_largest() -> None:
    assert classes(SCORES, OUTPUTS).tolist() == [1, 0, 0]


def test_scores_are_decoded() -> None:
    decoded = with_output(SCORES, decoding=Affine(np.array([1.0, 0.1, -1.0]), np.array([0.0, 0.0, 6.0])))
    assert classes(decoded, OUTPUTS).tolist() == [2, 0, 2]


def test_index_is_the_class() -> None:
    assert classes(TOP1, np.array([[2], [0]])).tolist() == [2, 0]


def test_single_output() -> None:
    assert classes(SINGLE, np.array([[-2], [0], [4]])).tolist() == [0, 0, 1]
    assert accuracy(SINGLE, "golden", np.array([[-2], [4]]), np.array([-1, 1]), "l").correct == 2


def test_report() -> None:
    report = accuracy(SCORES, "rtl", OUTPUTS, np.array([[1], [1], [0]]), "labels")
    assert report.to_json() == {"backend": "rtl", "frames": 3, "correct": 2, "accuracy": 2 / 3}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([1, 2]), "l.npy: must hold one label for each of 3 frames; found shape (2,)."),
        (np.zeros((3, 3), dtype=int), "l.npy: must hold one label for each of 3 frames; found shape (3, 3)."),
        (np.array(1), "l.npy: must hold one label for each of 3 frames; found shape ()."),
        (np.array([0.5, 1, 2]), "l.npy: labels must be integers; found float64."),
        (np.array([0.0, 1, 2]), "l.npy: labels must be integers; found float64."),
        (np.array(["0", "1", "2"]), "l.npy: labels must be integers; found <U1."),
        (np.array([1, 2, 0, 1]), "l.npy: must hold one label for each of 3 frames; found shape (4,)."),
        (np.zeros(0, int), "l.npy: must hold one label for each of 3 frames; found shape (0,)."),
        (
            np.eye(3, dtype=int),
            "l.npy: must hold one label for each of 3 frames; found shape (3, 3). Give its class,"
            " numpy.argmax(labels, axis=1).",
        ),
        (
            np.array([0, 3, 1]),
            "l.npy: labels must be classes from 0 to 2; found 0 to 3. Check that they are this network's.",
        ),
        (
            np.array([0, -1, 1]),
            "l.npy: labels must be classes from 0 to 2; found -1 to 1. Check that they are this network's.",
        ),
        (
            np.array([0, 2**64 - 1, 1], dtype=np.uint64),
            "l.npy: labels must be classes from 0 to 2; found 0 to 18446744073709551615. Check that they are this"
            " network's.",
        ),
    ],
)
def test_wrong_labels(labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError) as error:
        accuracy(SCORES, "golden", OUTPUTS, labels, "l.npy")
    assert str(error.value) == message


@pytest.mark.parametrize(("labels", "found"), [([0, 2], "0 to 2"), ([-1, 0], "-1 to 0"), ([-2, 1], "-2 to 1")])
def test_wrong_labels_of_a_single_score(labels: list[int], found: str) -> None:
    with pytest.raises(DataError) as error:
        accuracy(SINGLE, "golden", np.array([[-2], [4]]), np.array(labels), "l")
    must = "labels must be 0 and 1, or -1 and +1, where a single score leaves the network"
    assert str(error.value) == f"l: {must}; found {found}. Check that they are this network's."


def test_labels_of_a_ranking_network() -> None:
    """A top-1 unit gives an index, of as many classes as it ranks."""
    assert accuracy(TOP1, "golden", np.array([[2], [0]]), np.array([2, 1], np.uint8), "l").correct == 1
    with pytest.raises(DataError, match="labels must be classes from 0 to 2; found 0 to 3"):
        accuracy(TOP1, "golden", np.array([[2], [0]]), np.array([3, 0]), "l")


def test_labels_of_the_first_frames() -> None:
    """One for each image in the file, or for each that is used; what is not used is not looked at."""
    for labels in (np.array([1, 2, 0, 9]), np.array([1, 2])):
        assert labels_of(SCORES, labels, "l", frames=2, images=4).tolist() == [1, 2]
    for count in (1, 3, 5):
        with pytest.raises(DataError, match="must hold one label for each of 4 frames"):
            labels_of(SCORES, np.zeros(count, int), "l", frames=2, images=4)


def test_one_frame_and_a_scalar_label() -> None:
    with pytest.raises(DataError, match="must hold one label"):
        accuracy(SCORES, "golden", OUTPUTS[:1], np.array(1), "l.npy")
