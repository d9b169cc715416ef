"""Operations: equality by value, arrays frozen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.ir import ops
from hwgen.ir.graph import Affine
from tests.builders import B
from tests.ir.samples import LEVELS, QUANTISE, STEPS

THRESHOLD = ops.Threshold(np.array([[1, 2]]), np.array([0]), 0, 1, codes=np.array([1, 0, 1]))
PLANES = ops.MatMul(np.eye(2), B, np.array([2, 1]))
ALL = (*STEPS, ops.Sign(), QUANTISE, LEVELS, THRESHOLD, PLANES, ops.ArgMax(), ops.Activation(STEPS))


@pytest.mark.parametrize("op", ALL, ids=lambda op: type(op).__name__)
def test_equal_by_value(op: ops.Op | ops.Step) -> None:
    again = replace(op)
    assert again == op and again is not op and hash(again) == hash(op)
    assert all(other != op for other in ALL if other is not op)


@pytest.mark.parametrize("op", ALL, ids=lambda op: type(op).__name__)
def test_any_number_matters(op: ops.Op | ops.Step) -> None:
    for name, found in vars(op).items():
        if isinstance(found, np.ndarray):
            if not found.size:
                continue
            changed = found.copy()
            changed.flat[-1] = 5 if np.isinf(changed.flat[-1]) else changed.flat[-1] + 1
            assert replace(op, **{name: changed}) != op
            assert replace(op, **{name: np.stack([found, found])}) != op


@pytest.mark.parametrize("op", ALL, ids=lambda op: type(op).__name__)
def test_arrays_are_read_only_copies(op: ops.Op | ops.Step) -> None:
    for found in vars(op).values():
        if isinstance(found, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                found.flat[0] = 1


def test_parameters_of_combined_chains() -> None:
    """All of them are found, and those of channels put in another order."""
    inner = ops.Combine(ops.Operator.MAX, (ops.Mul(np.array([1.0, 2.0])),), (ops.Compare(np.array(3.0), False),))
    outer = ops.Combine(ops.Operator.ADD, (inner,), (ops.Add(np.array([4.0, 5.0])),))
    assert [(name, array.tolist()) for name, array in ops.arrays_of(outer)] == [
        ("factor", [1.0, 2.0]),
        ("bound", 3.0),
        ("term", [4.0, 5.0]),
    ]
    moved = ops.for_channels((outer, LEVELS), np.array([1, 0, 1]))
    assert [array.tolist() for _, array in ops.arrays_of(moved[0])] == [[2.0, 1.0, 2.0], 3.0, [5.0, 4.0, 5.0]]
    assert moved[1] == LEVELS


def test_the_given_array_stays_free() -> None:
    given = np.array([1.0, 2.0])
    step = ops.Mul(given)
    given[0] = 9
    assert step.factor[0] == 1.0


def test_dtypes_are_fixed() -> None:
    assert ops.Mul(np.array([1], dtype=np.int8)).factor.dtype == np.float64
    assert ops.MatMul(np.eye(2, dtype=np.float32), B).weights.dtype == np.int8


def test_affine() -> None:
    one = Affine(np.asarray(2.0), np.asarray(0.0))
    other = Affine(np.asarray(2.0), np.asarray(-0.0))
    assert one == other and hash(one) == hash(other)
    assert one != Affine(np.asarray(2.0), np.asarray(1.0)) and one != Affine(np.array([2.0]), np.asarray(0.0))


@pytest.mark.parametrize(
    ("scale", "offset", "keeps"),
    [
        (0.5, 0.0, True),
        ([0.5, 0.5], [1.0, 1.0], True),
        ([0.5, 0.25], 0.0, False),
        (0.5, [0.0, 1.0], False),
        (-0.5, 0.0, False),
        (0.0, 0.0, False),
    ],
)
def test_affine_keeps_order(scale: object, offset: object, keeps: bool) -> None:
    assert Affine(np.asarray(scale), np.asarray(offset)).keeps_order is keeps
