"""Tables of codes: what they hold, where they take the place of thresholds, and what they cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.hw.activation import Thresholding
from hwgen.hw.bill import table_luts
from hwgen.hw.cost import bill_of, unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.coding import lookup
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType, IntType, smallest_int

U4, U8, I8 = IntType(4, signed=False), IntType(8, signed=False), IntType(8, signed=True)


def every(thresholds: list[int], codes: list[int] | None = None, *, falls: int = 0) -> Thresholding:
    given = np.array(codes if codes is not None else [])
    return Thresholding(np.array([thresholds]), np.array([falls]), 0, 1, codes=given)


SPREAD = list(range(-120, 120, 8))
TURNS = [abs(n - 7) for n in range(len(SPREAD) + 1)]


@pytest.mark.parametrize("falls", [0, 1])
@pytest.mark.parametrize("codes", [None, TURNS], ids=["rising", "turning"])
@pytest.mark.parametrize("dtype", [I8, U8, IntType(7, signed=True)], ids=str)
def test_an_entry_for_each_input(dtype: DType, codes: list[int] | None, falls: int) -> None:
    """By the bits of the input: negative numbers come behind."""
    spread = [dtype.min + 8 + (bound + 120) // (9 - dtype.bits) for bound in SPREAD]
    table = lookup(every(spread, codes, falls=falls), dtype, IntType(5, signed=False))
    assert table is not None and len(table) == 1 << dtype.bits
    for number in range(dtype.min, dtype.max + 1):
        reached = sum(number >= bound for bound in spread)
        count = len(SPREAD) - reached if falls else reached
        assert table[number % (1 << dtype.bits)] == (count if codes is None else codes[count])


@pytest.mark.parametrize(
    ("dtype", "thresholds", "output"),
    [
        (I8, [0, 5, 9], U4),  # three constants are cheaper
        (IntType(6, signed=True), list(range(-16, 16, 2)), U4),  # synthesis makes a table of its own accord
        (IntType(13, signed=True), list(range(-3000, 3000, 8)), I8),
        (Bipolar(), [0], U4),
    ],
    ids=["few", "one LUT", "wide", "bipolar"],
)
def test_thresholds_stay_where_they_are_cheaper(dtype: DType, thresholds: list[int], output: DType) -> None:
    assert lookup(every(thresholds), dtype, output) is None


def test_thresholds_of_channels_or_of_the_host_stay() -> None:
    one = every(SPREAD)
    assert lookup(one, I8, IntType(5, signed=False)) is not None
    assert lookup(replace(one, descending=np.array([0, 1])), I8, U4) is None
    assert lookup(replace(one, thresholds=np.array([SPREAD, SPREAD])), I8, U4) is None
    assert lookup(replace(one, room=smallest_int(-200, 200)), I8, U4) is None


@pytest.mark.parametrize(("family", "inputs"), [(Family.XC7, 6), (Family.ECP5, 4)])
def test_the_bill_of_a_table(family: Family, inputs: int) -> None:
    """Constants are billed exactly, and no comparison is."""
    activation = every(list(range(-120, 120, 2)))
    streams = (Stream("x", dtype, 6, 3) for dtype in (I8, IntType(7, signed=False)))
    unit = ThresholdUnit("th", "th", *((each,) for each in streams), activation)
    bill = bill_of(unit, family)
    assert bill.memories.lut >= 3 * table_luts(256, 7, inputs) and "constant" not in bill.logic
    cheap = unit_resources(unit, family).lut
    many = replace(activation, room=smallest_int(-128, 127))
    assert cheap < unit_resources(replace(unit, activation=many), family).lut / 3
