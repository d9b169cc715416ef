"""Number types: ranges, names and membership."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen.ir.types import Bipolar, IntType, TensorType, holds, parse_dtype, smallest_int

INTS = st.integers(-(1 << 61), 1 << 61)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0, "uint1"),
        (0, 1, "uint1"),
        (0, 255, "uint8"),
        (0, 256, "uint9"),
        (-1, 0, "int1"),
        (-1, 1, "int2"),
        (-128, 127, "int8"),
        (-129, 0, "int9"),
        (-1, 128, "int9"),
        (-5, -3, "int4"),
    ],
)
def test_smallest_int(low: int, high: int, expected: str) -> None:
    assert str(smallest_int(low, high)) == expected


@given(INTS, INTS)
def test_smallest_int_holds_and_is_narrowest(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    found = smallest_int(low, high)
    assert found.min <= low and high <= found.max and found.signed == (low < 0)
    if found.bits > 1:
        narrower = IntType(found.bits - 1, found.signed)
        assert low < narrower.min or high > narrower.max


def test_empty_range() -> None:
    with pytest.raises(ValueError, match=r"^empty range \[1, 0\]$"):
        smallest_int(1, 0)


@pytest.mark.parametrize("bits", [0, -3, 64])
def test_impossible_width(bits: int) -> None:
    with pytest.raises(ValueError, match=f"^an integer type has 1 to 63 bits, found {bits}$"):
        IntType(bits, signed=True)


def test_every_type_reads_back() -> None:
    kinds = [Bipolar(), *(IntType(bits, signed) for bits in range(1, 64) for signed in (False, True))]
    for kind in kinds:
        assert parse_dtype(str(kind)) == kind
    assert len({str(kind) for kind in kinds}) == len(kinds)


def test_names_are_read_loosely() -> None:
    assert parse_dtype(" UINT8 ") == IntType(8, signed=False)
    assert parse_dtype("Bipolar") == Bipolar()


@pytest.mark.parametrize("text", ["", "int", "uint", "int-3", "float32", "int8x", "bipolar1", "8"])
def test_no_type(text: str) -> None:
    with pytest.raises(ValueError, match="^a type is bipolar, intN or uintN, found "):
        parse_dtype(text)


@pytest.mark.parametrize(("text", "low", "high"), [("int3", -4, 3), ("uint3", 0, 7), ("bipolar", -1, 1)])
def test_ends(text: str, low: int, high: int) -> None:
    kind = parse_dtype(text)
    assert (kind.min, kind.max) == (low, high)


def test_holds() -> None:
    int3 = IntType(3, signed=True)
    assert holds(int3, np.array([-4, 3])) and holds(int3, np.array([], dtype=np.int64))
    assert not holds(int3, np.array([-5])) and not holds(int3, np.array([4]))
    assert holds(Bipolar(), np.array([1, -1, 1])) and not holds(Bipolar(), np.array([1, 0]))
    assert not holds(Bipolar(), np.array([-128, 1], dtype=np.int8))


def test_tensor_type() -> None:
    kind = TensorType((3, 4, 5), Bipolar())
    assert (kind.elements, kind.channels, str(kind)) == (60, 5, "3x4x5xbipolar")
