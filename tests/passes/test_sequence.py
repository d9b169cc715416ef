"""One sequence of codes for all channels: each channel's codes come back from its thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.passes.runs import runs_of_table
from hwgen.passes.sequence import Sequenced, sequenced
from tests.tiers import often

LOW = -5


def codes_of(found: Sequenced, count: int) -> np.ndarray:
    """The codes (C, integers) of thresholds, one at a time."""
    rows = []
    for row, falls in zip(found.thresholds.tolist(), found.descending.tolist(), strict=True):
        reached = [sum(x >= bound for bound in row) for x in range(LOW, LOW + count)]
        rows.append([found.codes.tolist()[len(row) - n if falls else n] for n in reached])
    return np.array(rows)


def found_for(codes: np.ndarray, stride: int = 1) -> Sequenced:
    found = sequenced(runs_of_table(codes, LOW), LOW, LOW + codes.shape[1] - 1, stride)
    assert np.array_equal(codes_of(found, codes.shape[1]), codes)
    assert np.all(np.diff(found.thresholds, axis=1) >= 0)
    given = {int(code) for code in codes.ravel()}
    assert len(found.codes) == 2 or set(found.codes.tolist()) == given
    return found


TURNING = [
    ("dip", [[0, -1, 0, 1, 2]], [0, -1, 0, 1, 2]),
    ("mirrored", [[0, -1, 0, 1, 2], [2, 1, 0, -1, 0]], [0, -1, 0, 1, 2]),
    ("deeper", [[0, -1, -2, -1, 0], [0, 0, -1, 0, 1]], [0, -1, -2, -1, 0, 1]),
    ("constant", [[0, -1, 0, 1, 2], [1, 1, 1, 1, 1]], [0, -1, 0, 1, 2]),
    ("constant above", [[4, 3, 2, 3, 4], [5, 5, 5, 5, 5]], [5, 4, 3, 2, 3, 4]),
    ("constant below", [[4, 3, 2, 3, 4], [0, 0, 0, 0, 0]], [4, 3, 2, 0, 3, 4]),
    ("jump", [[0, 0, 5, 5, 0]], [0, 5, 0]),
    ("rising beside a dip", [[0, 1, 2, 3, 4], [1, 0, 1, 2, 2]], [1, 0, 1, 2, 3, 4]),
    ("twice", [[0, 1, 0, 1, 0]], [0, 1, 0, 1, 0]),
]


@pytest.mark.parametrize(("codes", "sequence"), [case[1:] for case in TURNING], ids=[case[0] for case in TURNING])
def test_shapes(codes: list[list[int]], sequence: list[int]) -> None:
    assert found_for(np.array(codes)).codes.tolist() == sequence


def test_a_peak_beside_a_dip() -> None:
    """Three turns hold both."""
    found = found_for(np.array([[0, -1, -2, -1, 0], [0, 1, 2, 1, 0]]))
    assert len(found.codes) <= 9


def test_bipolar_codes() -> None:
    found = found_for(np.array([[1, -1, -1, 1], [-1, -1, 1, 1], [1, 1, 1, 1]]), stride=2)
    assert found.codes.tolist() == [1, -1, 1]


@settings(max_examples=often(500, 200), deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda channels: st.lists(
            st.lists(st.integers(-3, 4), min_size=9, max_size=9) | st.integers(-9, 9).map(lambda code: [code] * 9),
            min_size=channels,
            max_size=channels,
        )
    )
)
def test_any_codes(codes: list[list[int]]) -> None:
    array = np.array(codes)
    turns = (np.diff(array) > 0).any(axis=1) & (np.diff(array) < 0).any(axis=1)
    if turns.any():
        found_for(array)
