"""What lines in place of thresholds take."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.hw.activation import Scaling
from hwgen.hw.device import Family
from hwgen.hw.kernels import coding, scaling
from hwgen.hw.kernels.search import is_searched
from hwgen.ir.ops import Line, Threshold
from hwgen.ir.ranges import Range
from hwgen.ir.types import IntType
from hwgen.passes.lines import line_of


@pytest.mark.parametrize(
    ("factor", "place", "xc7"),
    [
        *((22, 17, 1), (28, 17, 2), (23, 20, 2), (29, 24, 4), (34, 28, 4), (39, 32, 4), (44, 36, 9), (18, 25, 1)),
        *((25, 25, 2), (17, 27, 2), (34, 35, 4), (50, 41, 9), (16, 36, 2), (18, 53, 3), (35, 53, 6), (2, 25, 1)),
    ],
)
def test_multiplier_blocks_are_those_of_yosys(factor: int, place: int, xc7: int) -> None:
    """As synth_xilinx of Yosys 0.70 makes them of `hwgen_activation`."""
    line = Scaling(4, 255, False, factor, place)
    assert scaling.multipliers(line, Family.XC7) == scaling.multipliers(line, Family.XCUP) == xc7


@pytest.mark.parametrize(("factor", "place", "ecp5"), [(19, 9, 1), (37, 27, 4), (34, 26, 4), (20, 18, 2), (40, 9, 3)])
def test_a_bit_left_over_takes_no_block_on_ecp5(factor: int, place: int, ecp5: int) -> None:
    assert scaling.multipliers(Scaling(4, 255, False, factor, place), Family.ECP5) == ecp5


def quantiser(bits: int, channels: int, slope: float = 0.37) -> tuple[Threshold, IntType]:
    """The thresholds of a straight line on sums that are four times as many, and the sums' type."""
    sums = IntType(bits + 3, signed=True)
    levels = np.floor(np.arange(1, 1 << bits) / slope - (1 << bits)).astype(np.int64)
    op = Threshold(levels[None, :].repeat(channels, axis=0), np.zeros(1, np.int64), 0, 1)
    bounds = Range(np.full(channels, sums.min), np.full(channels, sums.max))
    return Threshold(op.thresholds, op.descending, 0, 1, line=line_of(op, bounds)), sums


@pytest.mark.parametrize(("bits", "channels", "straight"), [(4, 3, False), (8, 3, True), (10, 1, True)])
def test_a_line_is_taken_where_it_is_smaller(bits: int, channels: int, straight: bool) -> None:
    op, sums = quantiser(bits, channels)
    if bits < 7:
        op = Threshold(op.thresholds, op.descending, 0, 1, line=Line([5], [0], [0], 3, 0, 15, False))
    assert (coding.thresholding(op, sums).scaling is not None) == straight
    assert not is_searched(op, sums)


def test_codes_that_are_no_line_are_searched_from_9_bits_on() -> None:
    for bits, searched in ((8, False), (9, True)):
        op, sums = quantiser(bits, 3)
        bent = Threshold(np.sort(op.thresholds**3 // (1 << 2 * bits)), op.descending, 0, 1)
        assert is_searched(bent, sums) == searched
        assert not is_searched(bent, IntType(60, signed=True))
