"""The bill of products, sums and activations: what the lanes of a unit with weights are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_

import numpy as np

from hwgen.hw.cost.bill import Bill, bits_for
from hwgen.hw.device import Family
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import Arithmetic, MvtuUnit, Thresholding
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray

_WITH_ADDER = 4
"""Inputs of a function that the LUT of an adder behind it takes in, whatever it was written as."""


def products_bill(unit: MvtuUnit | DepthwiseUnit, simd: int, lanes: int, depth: int, bill: Bill) -> None:
    """Products of `simd` weights and inputs in each of `lanes` lanes, their sum, and the sum over slots.

    Weights of a memory of one word are constants, which Yosys folds into the logic behind.
    """
    total, fixed = unit.sum_type.bits, " of constants" if depth == 1 and not unit.writable else ""
    counted = isinstance(unit, MvtuUnit) and unit.counted
    if isinstance(unit, MvtuUnit) and unit.arithmetic is Arithmetic.BIT_PLANES:
        reach = _planes(unit, simd, lanes, fixed, bill)
    elif isinstance(unit, MvtuUnit) and unit.planes:
        reach = _residual(unit, simd, lanes, fixed, bill)
    elif unit.is_xnor or counted:
        reach = _agreements(simd, lanes, total, counted, fixed, bill)
    else:
        reach = _products(unit, simd, lanes, fixed, bill)
    if simd == 1 and has_adder(unit.weight_type, unit.input.dtype, bill.family):
        return  # the accumulator is in the multiplier block
    folds = unit.synapse_folds * unit.plane_folds if isinstance(unit, MvtuUnit) else unit.taps
    bill.register(lanes * (total if folds > 1 else min(total, reach)))
    bill.add("accumulator bit", lanes * total * (folds > 1))


def _agreements(simd: int, lanes: int, total: int, counted: bool, fixed: str, bill: Bill) -> int:
    """Popcounts of lanes that agree. Returns: bits of the sum."""
    _popcounts(simd, lanes, fixed, bill)
    if not counted:
        return simd.bit_length()
    bill.add("padded agreement", lanes * simd)
    bill.add("shared bit", lanes * total)
    _popcounts(simd, 1, "", bill)
    return total


def _planes(unit: MvtuUnit, simd: int, lanes: int, fixed: str, bill: Bill) -> int:
    """Popcounts of bit planes, and the sum of inputs that all lanes share. Returns: bits of the sum."""
    planes, total = unit.input.dtype.bits, unit.sum_type.bits
    _popcounts(simd, lanes * planes, fixed, bill)
    bill.add("plane sum bit", lanes * (planes - 1) * min(total, simd.bit_length() + planes))
    bill.add("shared bit", lanes * total)
    bill.add("sum adder bit", (simd - 1) * total)
    bill.register(total if unit.input.dtype.signed else min(total, planes + bits_for(simd)))
    return total


def _residual(unit: MvtuUnit, simd: int, lanes: int, fixed: str, bill: Bill) -> int:
    """Popcounts of residual planes times their factors, of all planes or of one at a time. Returns: bits of the sum.

    Times a factor is a sum of shifted counts: one for each of its ones, or, where planes take turns, for each place
    that a factor has a one in.
    """
    turns, total = unit.plane_folds > 1, unit.sum_type.bits
    arrays = 1 if turns else len(unit.planes)
    ones = reduce(or_, unit.planes).bit_count() if turns else sum(beta.bit_count() for beta in unit.planes)
    _popcounts(simd, lanes * arrays, fixed, bill)
    votes = simd.bit_length() + unit.counted
    inputs = simd * (arrays + unit.counted) + 2 * turns  # which factor it is comes as an input, too
    if inputs > _WITH_ADDER:
        adder = "sum bit of a factor" if turns else "adder bit"
        width = total if unit.counted else min(total, votes + max(unit.planes).bit_length())
        bill.add(adder, lanes * (ones - 1) * width)
    if unit.counted:
        bill.add("padded agreement", lanes * simd * arrays)
        bill.add("shared bit", lanes * arrays * votes)
        _popcounts(simd, 1, "", bill)
    if turns:
        changing = (reduce(or_, unit.planes) ^ reduce(and_, unit.planes)).bit_count()
        bill.counter(len(unit.planes))
        bill.register(bits_for(len(unit.planes)) + changing)
        bill.add("operand mux bit", simd)
    return total


def _products(unit: MvtuUnit | DepthwiseUnit, simd: int, lanes: int, fixed: str, bill: Bill) -> int:
    """Products and their sum. Returns: bits of the sum."""
    weight, value, total = unit.weight_type, unit.input.dtype, unit.sum_type.bits
    if isinstance(weight, Bipolar) or isinstance(value, Bipolar):
        product = max(weight.bits, value.bits) + 2
        _signs(unit, lanes * simd * (product - 1), fixed, bill)
    else:
        product = _signed(weight) + _signed(value)
        _multipliers(weight, value, lanes * simd, fixed, bill)
        if simd <= 2 and has_adder(weight, value, bill.family):
            return total
    bill.add(f"sum adder bit{fixed}", lanes * (simd - 1) * total)
    reach = total if simd > 2 else min(total, product + simd - 1)
    bill.register(lanes * reach)
    return reach


def _popcounts(width: int, count: int, fixed: str, bill: Bill) -> None:
    """Numbers of ones among `width` bits, `count` times (`hwgen_popcount`)."""
    size = popcount_size(width)
    bill.add(f"count of three bits{fixed}", count * size.leaves)
    bill.add(f"group adder bit{fixed}", count * size.group_bits)
    bill.add("count adder bit", count * size.adder_bits)
    bill.register(count * size.registers)


@dataclass(frozen=True)
class PopcountSize:
    """What a popcount is made of.

    Attributes:
        leaves: counts of at most three bits in front of an adder; as its second operand they cost nothing.
        group_bits: bits of adders in groups of at most 15 bits.
        registers: behind the groups.
        adder_bits: of adders behind the registers.
    """

    leaves: int
    group_bits: int
    registers: int
    adder_bits: int


@cache
def popcount_size(width: int) -> PopcountSize:
    """The size of `hwgen_popcount`, following its recursion."""
    bits = width.bit_length()
    if width <= 15:
        return PopcountSize(1, _group_bits(width), bits, 0)
    first = (1 << bits - 1) - 1
    one, two = popcount_size(first), popcount_size(max(1, width - first - 1))
    return PopcountSize(
        one.leaves + two.leaves,
        one.group_bits + two.group_bits,
        one.registers + two.registers + 1,
        one.adder_bits + two.adder_bits + bits + 1,
    )


def _group_bits(width: int) -> int:
    """Bits of adders in `hwgen_group_count`."""
    return 0 if width <= 3 else width.bit_length() + 1 + _group_bits(width // 4 * 4 - 1)


def _signs(unit: MvtuUnit | DepthwiseUnit, bits: int, fixed: str, bill: Bill) -> None:
    """Products of a number and a sign: the number or its negative. Lanes of an MVTU share the negatives of inputs."""
    if fixed:
        bill.add("product bit of constants", bits)
    elif isinstance(unit.weight_type, Bipolar):
        bill.add("input or its negative, bit", bits)
        bill.add("negative bit", bits / (unit.folding.pe if isinstance(unit, MvtuUnit) else 1))
    else:
        bill.add("weight or its negative, bit", bits)


def _multipliers(weight: DType, value: DType, count: int, fixed: str, bill: Bill) -> None:
    if is_dsp(weight, value, bill.family):
        bill.memories += Resources(dsp=count)
    else:
        bill.add(f"product bit{fixed}", count * weight.bits * value.bits)


def is_dsp(weight: DType, value: DType, family: Family) -> bool:
    """Whether Yosys maps a product to a multiplier block: from nine bits on, and on ECP5 always.

    Measured for all pairs of 2 to 9 bits; the threshold is DSP_Y_MINWIDTH of `synth_xilinx`.
    """
    if isinstance(weight, Bipolar) or isinstance(value, Bipolar):
        return False
    return family is Family.ECP5 or _signed(weight) + _signed(value) >= 9


def has_adder(weight: DType, value: DType, family: Family) -> bool:
    """Whether the product is in a multiplier block that also takes in an adder and registers around it (DSP48E1)."""
    return is_dsp(weight, value, family) and family is not Family.ECP5


def _signed(dtype: DType) -> int:
    """Bits of `dtype` as a signed integer."""
    return dtype.bits + (not dtype.signed) + isinstance(dtype, Bipolar)


def activation_bill(activation: Thresholding, lanes: int, sums: DType, bill: Bill, *, words: int, flips: bool) -> None:
    """Thresholds on sums of a type in each of `lanes` lanes, from a memory of `words` words; constants with none."""
    levels, bits = activation.levels, max(sums.bits, activation.type.bits)
    if words > 1:
        bill.add("comparison", lanes * levels * comparison_luts(bits, words))
    elif words == 1:
        bill.add("comparison with a constant", lanes * constant_luts(bits, levels))
    else:
        compared = bits_compared(activation.thresholds, sums)
        bill.add("constant", lanes * int(np.count_nonzero(compared > 1)))
        inputs = 4 if bill.family is Family.ECP5 else 6
        bill.add("bit of a constant past a LUT", lanes * float((compared - inputs).clip(0).sum()))
    bill.add("descending bit", lanes * bits_for(levels + 1) * flips)


def comparison_luts(bits: int, words: int) -> int:
    """LUTs of a comparison with one of `words` numbers, as measured on the 7 series.

    From seven bits on two for each three bits on a carry chain; one of two numbers is one more input of small ones.
    """
    if bits > 6:
        return 2 * ceil_div(bits, 3)
    return 1 + (bits > 5) if words == 2 else (1, 1, 1, 1, 3, 3, 5)[bits]


def constant_luts(bits: int, levels: int) -> float:
    """LUTs of comparisons of a number with `levels` constants that are known late, of a memory of one word.

    Small ones take a LUT. From seven bits on each three bits are compared by two functions of eight, of which several
    levels share what they have in common.
    """
    return levels if bits <= 6 else 16 * (1 - (7 / 8) ** levels) * ceil_div(bits, 3)


def bits_compared(thresholds: IntArray, sums: DType) -> IntArray:
    """How many bits of a sum a comparison with each threshold looks at.

    None where every sum is on the same side, and else not those below the threshold's lowest one.
    """
    lowest = np.where(thresholds == 0, 1 << sums.bits, thresholds & -thresholds)
    zeros = np.log2(lowest).astype(np.int64).clip(0, sums.bits - 1)
    return np.where((thresholds > sums.min) & (thresholds <= sums.max), sums.bits - zeros, 0)
