"""The bill of products, sums and activations: what the lanes of a unit with weights are made of."""

from __future__ import annotations

from functools import cache

import numpy as np

from hwgen.hw.cost.bill import Bill, bits_for
from hwgen.hw.device import Family
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.matvec import Arithmetic, MatVec, Thresholding
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray


def products_bill(unit: MatVec | DepthwiseUnit, simd: int, lanes: int, depth: int, bill: Bill) -> None:
    """Products of `simd` weights and inputs in each of `lanes` lanes, their sum, and the sum over slots.

    Weights of a memory of one word are constants, which Yosys folds into the logic behind.
    """
    weight, value, total = unit.weight_type, unit.input.dtype, unit.sum_type.bits
    fixed = " of constants" if depth == 1 else ""
    counted = isinstance(unit, MatVec) and unit.counted
    planes = isinstance(unit, MatVec) and unit.arithmetic is Arithmetic.BIT_PLANES
    lane_sum = total
    if unit.is_xnor or counted or planes:
        _popcounts(simd, lanes, total, value.bits if planes else 1, counted and not planes, fixed, bill)
        if planes:
            _tree(simd, value.bits, total, 1, bill, "shared adder bit")
        if unit.is_xnor:
            lane_sum = simd.bit_length()
    else:
        product = _signed(weight) + _signed(value)
        if isinstance(weight, Bipolar) or isinstance(value, Bipolar):
            product -= 1
            _signs(unit, lanes * simd * product, fixed, bill)
        else:
            _multipliers(weight, value, lanes * simd, fixed, bill)
        if simd <= 2:
            lane_sum = min(total, product + 2 * (simd - 1))
        _tree(simd, product, total, lanes, bill, f"product adder bit{fixed}")
    folds = unit.synapse_folds if isinstance(unit, MatVec) else unit.taps
    bill.register(lanes * (lane_sum + (total if folds > 1 else lane_sum)))
    bill.add("accumulator bit", lanes * total * (folds > 1))


def _popcounts(simd: int, lanes: int, total: int, planes: int, counted: bool, fixed: str, bill: Bill) -> None:
    adders, leaves = popcount_size(simd)
    kind = "counted" if counted else "plane" if planes > 1 else "xnor"
    bill.add(f"{kind} adder bit{fixed}", lanes * planes * adders)
    bill.add(f"{kind} leaf{fixed}", lanes * planes * leaves)
    if counted:
        bill.add(f"{kind} lane{fixed}", lanes * simd)
        bill.add("plane adder bit", adders)
    if kind != "xnor":
        bill.add("shared bit", lanes * total)
    if planes > 1:
        bill.add("plane sum bit", lanes * (planes - 1) * min(total, simd.bit_length() + planes))


@cache
def popcount_size(width: int) -> tuple[int, int]:
    """Bits of adders and counts of three bits in front of one, in `hwgen_popcount` of `width` bits.

    A part of at most three bits that is an adder's second operand is made in the adder's own LUTs.
    """
    if width <= 3:
        return 0, 1
    bits = width.bit_length()
    first = width // 4 * 4 - 1 if width <= 15 else (1 << bits - 1) - 1
    second = max(1, width - first - 1)
    parts = [popcount_size(first)] + ([popcount_size(second)] if second > 3 else [])
    return bits + 1 + sum(adders for adders, _ in parts), sum(leaves for _, leaves in parts)


def _signs(unit: MatVec | DepthwiseUnit, bits: int, fixed: str, bill: Bill) -> None:
    """Products of a number and a sign: the number or its negative. Lanes of an MVTU share the negatives of inputs."""
    if isinstance(unit.weight_type, Bipolar):
        bill.add(f"input or its negative, bit{fixed}", bits)
        bill.add("negative bit", bits / (unit.folding.pe if isinstance(unit, MatVec) else 1))
    else:
        bill.add(f"weight or its negative, bit{fixed}", bits)


def _multipliers(weight: DType, value: DType, count: int, fixed: str, bill: Bill) -> None:
    if is_dsp(weight, value, bill.family):
        bill.memories += Resources(dsp=count)
        bill.add("dsp product", count)
    else:
        bill.add(f"multiplier bit{fixed}", count * weight.bits * value.bits)


def is_dsp(weight: DType, value: DType, family: Family) -> bool:
    """Whether Yosys maps a product of integers to a multiplier block: from nine bits on, and on ECP5 always.

    Measured for all pairs of 2 to 9 bits; the threshold is DSP_Y_MINWIDTH of `synth_xilinx`.
    """
    return family is Family.ECP5 or _signed(weight) + _signed(value) >= 9


def _signed(dtype: DType) -> int:
    """Bits of `dtype` as a signed integer."""
    return dtype.bits + (not dtype.signed) + isinstance(dtype, Bipolar)


def _tree(terms: int, bits: int, total: int, trees: int, bill: Bill, kind: str) -> None:
    """A balanced adder tree of `terms` integers of `bits` bits; each level is one bit wider, up to `total`."""
    adders, width, count = 0, bits, terms
    while terms > 1:
        width = min(total, width + 1)
        adders += terms // 2 * width
        terms = (terms + 1) // 2
    bill.add(kind, trees * adders)
    bill.add(f"{kind}, whole width", trees * max(0, count - 2) * total)


def activation_bill(
    activation: Thresholding, lanes: int, sums: DType, bill: Bill, *, words: int, flips: bool
) -> None:
    """Thresholds on sums of a type in each of `lanes` lanes, from a memory of `words` words; constants with none."""
    levels, bits = activation.levels, max(sums.bits, activation.type.bits)
    if words:
        fixed = " with a constant" if words == 1 else ""
        bill.add(f"comparison{fixed}", lanes * levels * comparison_luts(bits))
        bill.add("level", lanes * (levels - 1))
    else:
        compared = bits_compared(activation.thresholds, sums)
        bill.add("constant", lanes * int(np.count_nonzero(compared)))
        bill.add("bit of a constant past six", lanes * float((compared - 6).clip(0).sum()))
    bill.add("descending bit", lanes * bits_for(levels + 1) * flips)


def comparison_luts(bits: int) -> int:
    """LUTs of a comparison of two numbers, as measured on the 7 series: from seven bits on two for each three bits."""
    return 2 * ceil_div(bits, 3) if bits > 6 else (0, 1, 1, 1, 3, 3, 5)[bits]


def bits_compared(thresholds: IntArray, sums: DType) -> IntArray:
    """How many bits of a sum a comparison with each threshold looks at.

    None where every sum is on the same side, and else not those below the threshold's lowest one.
    """
    lowest = np.where(thresholds == 0, 1 << sums.bits, thresholds & -thresholds)
    zeros = np.log2(lowest).astype(np.int64).clip(0, sums.bits - 1)
    return np.where((thresholds > sums.min) & (thresholds <= sums.max), sums.bits - zeros, 0)
