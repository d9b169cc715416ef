"""The bill of products, sums and activations: what the lanes of a unit with weights are made of."""

from __future__ import annotations

import numpy as np

from hwgen.hw.cost.bill import Bill, bits_for
from hwgen.hw.device import Family
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.matvec import Arithmetic, MatVec, Thresholding
from hwgen.hw.resources import Resources
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
            bill.add(f"sign bit{fixed}", lanes * simd * product)
        else:
            _multipliers(weight, value, lanes * simd, fixed, bill)
        if simd == 1:
            lane_sum = min(total, product)
        _tree(simd, product, total, lanes, bill, f"product adder bit{fixed}")
    folds = unit.synapse_folds if isinstance(unit, MatVec) else unit.taps
    bill.register(lanes * (lane_sum + (total if folds > 1 else lane_sum)))
    bill.add("accumulator bit", lanes * total * (folds > 1))


def _popcounts(simd: int, lanes: int, total: int, planes: int, counted: bool, fixed: str, bill: Bill) -> None:
    count = simd.bit_length()
    kind = "counted" if counted else "plane" if planes > 1 else "xnor"
    bill.add(f"{kind} lane{fixed}", lanes * planes * simd)
    bill.add(f"popcount bit{fixed}", lanes * planes * count)
    if counted:
        bill.add("popcount lane", simd)
    if kind != "xnor":
        bill.add("shared bit", lanes * min(total, count + planes + 1))
    if planes > 1:
        bill.add("plane adder bit", lanes * (planes - 1) * min(total, count + planes))


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
    adders, width = 0, bits
    while terms > 1:
        width = min(total, width + 1)
        adders += terms // 2 * width
        terms = (terms + 1) // 2
    bill.add(kind, trees * adders)


def activation_bill(
    activation: Thresholding, lanes: int, bits: int, bill: Bill, *, varies: bool, flips: bool
) -> None:
    """Thresholds on sums of `bits` bits in each of `lanes` lanes; `varies` where they come from a memory."""
    levels, count = activation.levels, bits_for(activation.levels + 1)
    if varies:
        bill.add("comparison", lanes * levels)
        bill.add("comparison bit", lanes * levels * max(bits, activation.type.bits))
    else:
        share = lanes / len(activation.thresholds)
        bill.add("comparison with a constant", lanes * levels)
        bill.add("bit compared with a constant", share * (bits - trailing_zeros(activation.thresholds, bits)).sum())
    bill.add("level", lanes * (levels - 1))
    bill.add("descending bit", lanes * count * flips)


def trailing_zeros(numbers: IntArray, bits: int) -> IntArray:
    """Low bits of each number that are zero, at most `bits`: no comparison with the number looks at them."""
    lowest = np.where(numbers == 0, 1 << bits, numbers & -numbers)
    return np.asarray(np.log2(lowest).astype(np.int64).clip(0, bits))
