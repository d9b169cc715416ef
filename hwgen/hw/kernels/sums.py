"""The bill of products and their sums: what the lanes of a unit with weights are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from operator import and_, or_

import numpy as np

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import FEW_WORDS, Bill, bits_for
from hwgen.hw.device import Family
from hwgen.hw.kernels.packed import PackedSize, is_packed, packing_for
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Weighted
from hwgen.ir.types import Bipolar, DType

FEW_BITS = 4
"""Products of two numbers of at most so many bits take LUTs, wider ones multiplier blocks, while the part has them."""

_WITH_ADDER = 4
"""Inputs of a function that the LUT of an adder behind it takes in, whatever it was written as."""

_OF_A_ROW = 5
"""Inputs of a LUT that makes a bit of a row of pairs of numbers and adds it."""


def products_bill(unit: Weighted, bill: Bill) -> None:
    """Products of SIMD weights and inputs in each of PE lanes, their sum, and the sum over slots.

    Weights of a memory of one word are constants, which Yosys folds into the logic behind; LUTs of six inputs take in
    signs of two words before planes side by side, too.
    """
    simd, lanes, total = unit.simd, unit.output.lanes, unit.sum_type.bits
    fixed = _of_constants(unit, 1)
    if unit.arithmetic is Arithmetic.PAIRS:
        reach = _pairs(unit, simd, lanes, bill)
    elif is_packed(unit):
        reach = _packed(unit, bill)
    elif unit.planes:
        few = 2 if bill.lut_inputs > _OF_A_ROW and unit.plane_folds == 1 else 1
        reach = _residual(unit, simd, lanes, _of_constants(unit, few), bill)
    elif unit.is_xnor or unit.padded_bipolar:
        reach = _agreements(unit, fixed, bill)
    else:
        reach = _products(unit, simd, lanes, fixed, bill)
    direct = unit.arithmetic is Arithmetic.DIRECT
    if direct and simd == 1 and has_adder(unit.weight_type, unit.input.dtype, bill.family):
        return  # the accumulator is in the multiplier block
    bill.register(lanes * (total if unit.sum_slots > 1 else min(total, reach)))
    loaded = "loaded " if unit.arithmetic in (Arithmetic.PAIRS, Arithmetic.PACKED) else ""
    bill.add(f"{loaded}accumulator bit", lanes * total * (unit.sum_slots > 1))


def _of_constants(unit: Weighted, words: int) -> str:
    """How kinds of logic end that take in the weights of a memory of at most so many `words`."""
    return " of constants" if unit.weight_rom.depth <= words and not unit.writable else ""


def counted_lanes(unit: Weighted) -> int:
    """Lanes that a popcount counts; one more may be the accumulator's carry (`hwgen_steps_pkg::counted_lanes`)."""
    return unit.simd - (unit.is_xnor and unit.simd % 4 == 0)


def _agreements(unit: Weighted, fixed: str, bill: Bill) -> int:
    """Popcounts of lanes that agree. Returns: bits of the sum."""
    simd, lanes, total = unit.simd, unit.output.lanes, unit.sum_type.bits
    _popcounts(counted_lanes(unit), lanes, fixed, bill)
    if not unit.padded_bipolar:
        bill.register(lanes * (simd - counted_lanes(unit)))
        return simd.bit_length()
    bill.add("padded agreement", lanes * simd)
    bill.add("shared bit", lanes * total)
    _popcounts(simd, 1, "", bill)
    return total


def arithmetics_for(unit: Weighted, family: Family, *, fixed: bool) -> tuple[Arithmetic, ...]:
    """The ways to the sum of `unit` that a part of `family` has: what it takes where nothing is scarce, then the other.

    Up to four bits by four products take LUTs, wider ones multiplier blocks, which neurons share on Xilinx parts. Where
    one side alone is wider (`is_between`), the bill decides (`hwgen.hw.pools`).
    `fixed` weights of one word are constants, which products take in; a single bipolar operand a lane only adds or
    subtracts.
    """
    weight, value = unit.weight_type, unit.input.dtype
    if unit.planes or unit.is_xnor or unit.padded_bipolar or (unit.weight_rom.depth == 1 and fixed):
        return (unit.arithmetic,)
    if isinstance(weight, Bipolar) or isinstance(value, Bipolar):
        return (Arithmetic.PAIRS if unit.simd > 1 else Arithmetic.DIRECT,)
    blocks = in_blocks(unit, family)
    few = max(weight.bits, value.bits) <= FEW_BITS
    if few or not is_dsp(weight, value, Family.XC7):
        return Arithmetic.PAIRS, blocks
    return blocks, Arithmetic.PAIRS


def is_between(unit: Weighted) -> bool:
    """Whether one side of the products of `unit` alone has few bits."""
    weight, value = unit.weight_type.bits, unit.input.dtype.bits
    return min(weight, value) <= FEW_BITS < max(weight, value)


def in_blocks(unit: Weighted, family: Family) -> Arithmetic:
    """How multiplier blocks make the products of `unit`: shared, but for a single product, whose block adds up slots.

    Those of ECP5 have no wide factor and no adder that Yosys uses.
    """
    lanes = unit.output.lanes
    shared = family is not Family.ECP5 and packing_for(unit.weight_type, unit.input.dtype, lanes, unit.simd) is not None
    return Arithmetic.PACKED if shared and lanes * unit.simd > 1 else Arithmetic.DIRECT


def pair_chains(simd: int) -> int:
    """Chains that the pairs of `simd` inputs are on."""
    return ceil_div(ceil_div(simd, 2), 8)


def pair_rows(simd: int) -> int:
    """Rows of the longest of them."""
    return ceil_div(ceil_div(simd, 2), pair_chains(simd))


def _pairs(unit: Weighted, simd: int, lanes: int, bill: Bill) -> int:
    """Rows of pairs on chains, the sums of chains and of digits, and what the lanes share. Returns: bits of the sum."""
    total, signs = unit.sum_type.bits, isinstance(unit.weight_type, Bipolar)
    size = PairsSize.of(unit)
    # A bit of a row is one of two numbers, their sum or nothing: five inputs; of two signs, four, which a LUT4 takes.
    small = bill.lut_inputs < _OF_A_ROW
    bill.add("row bit of signs" if small and isinstance(unit.input.dtype, Bipolar) else "row bit", _choices(unit, size))
    bill.add("row adder bit", lanes * size.digits * size.chain_bits if small else 0)
    bill.add("digit sum bit", lanes * size.adder_bits)
    bill.add("pair bit", simd // 2 * size.value_bits)
    bill.register(lanes * size.digits * size.kept_bits)
    if signs:
        bill.add("shared bit", lanes * min(total, size.value_bits + bits_for(simd) + 1))
        bill.add("shared sum bit", size.row_bits + size.adder_bits)
        bill.register(size.kept_bits)
    return size.value_bits + bits_for(simd) + size.digits + signs


def _choices(unit: Weighted, size: PairsSize) -> float:
    """Bits of the choices of all rows, those that one weight bit decides counted half.

    Weights of few words are synthesised with the rows: bits that never change decide nothing, and bits that agree in
    every word are one.
    """
    rom, lanes = unit.weight_rom, unit.output.lanes
    if unit.writable or rom.style is MemoryStyle.BLOCK or rom.depth > FEW_WORDS:
        return lanes * size.digits * size.row_bits
    bits = np.unpackbits(unit.layout.words(unit.weights), axis=1, bitorder="little", count=rom.width)
    words = np.packbits(bits, axis=0).reshape(lanes, unit.simd, size.digits)
    words = np.where(bits.min(axis=0) == bits.max(axis=0), 0, words.ravel()).reshape(words.shape)
    if unit.simd % 2:
        words = np.concatenate([words, np.zeros_like(words[:, :1])], axis=1)
    first, second = words[:, ::2], words[:, 1::2]
    deciding = (first != 0).astype(np.int64) + ((second != 0) & (second != first))
    return float((deciding * size.value_bits / 2 + (deciding > 0)).sum())


def _packed(unit: Weighted, bill: Bill) -> int:
    """Blocks, the sums of their chains, and what the lanes share. Returns: bits of the sum."""
    size, value = PackedSize.of(unit), unit.input.dtype
    blocks = len(size.teams) * unit.simd
    bill.memories += Resources(dsp=blocks * (2 if bill.family is Family.ECP5 else 1))
    lengths = [ceil_div(unit.simd - chain, size.chains) for chain in range(size.chains)]
    gates = sum(ceil_div(2 * length - 1, 5) for length in lengths)  # of six inputs
    for team in size.teams:
        for bits in size.bits(team):
            bill.add("field adder bit", _tree_bits(size.chains, bits))
        bill.add("parity gate", (team - 1) * gates)
        bill.add("field carry", (team - 1) * size.chains)
        bill.add("offset weight", (team - 1) * unit.simd * unit.weight_type.signed)
        bill.register((team - 1) * size.chains)
    if size.packing.fields > 1 and unit.weight_type.signed:
        bill.add("input sum bit", sum(_tree_bits(length, value.bits) for length in lengths))
        bill.add("input offset bit", size.chains * size.offset_bits)
    return size.top_bits + bits_for(size.chains) + 1


@cache
def _tree_bits(terms: int, bits: int) -> int:
    """Bits of the adders of `hwgen_place_sum` whose terms have one place."""
    if terms == 1:
        return 0
    first = terms // 2
    return _tree_bits(first, bits) + _tree_bits(terms - first, bits) + bits + bits_for(terms)


_TREE_BITS = 13
_TREE_LUTS = (
    *(0, 0, 14, 30, 44, 72, 100, 150, 200, 332, 271, 356, 324, 492, 388, 402, 414),
    *(492, 568, 605, 564, 588, 650, 680, 661, 695, 811, 845, 846, 875, 992, 1037, 957),
)
_NARROW_TREE_LUTS = {3: 40, 4: 89}
_TREE_LUTS_EACH = 24
"""LUT4 of `hwgen_dot_products` for ECP5 by the number of its products, which have `_TREE_BITS` bits; of many, for each.

They are the sums behind multiplier blocks, the module synthesised alone by Yosys 0.70, which makes carry chains of some
adders of a tree and carry-save adders of others: which ones depends on its shape, so that 9 take more than 12.
A sum of three or four that has fewer bits than any products may need has no carry chain but the last.
"""


def tree_luts(terms: int, bits: int, total: int) -> float:
    """LUT4 of a sum of `total` bits of products of `bits` bits from multiplier blocks of ECP5."""
    luts = _TREE_LUTS[terms] if terms < len(_TREE_LUTS) else max(_TREE_LUTS[-1], _TREE_LUTS_EACH * terms)
    if total < bits + bits_for(terms):
        luts = _NARROW_TREE_LUTS.get(terms, luts)
    return luts * bits / _TREE_BITS


@dataclass(frozen=True)
class PairsSize:
    """What a sum by pairs is made of.

    Attributes:
        value_bits: of an input as a number.
        digits: of a weight.
        row_bits: of all rows of a digit.
        chain_bits: of the adders of these rows, with the bit below that carries in.
        kept_bits: behind the chains of a digit.
        adder_bits: of adders behind them, of all digits.
    """

    value_bits: int
    digits: int
    row_bits: int
    chain_bits: int
    kept_bits: int
    adder_bits: int

    @classmethod
    def of(cls, unit: Weighted) -> PairsSize:
        value = unit.input.dtype
        bits = 2 if isinstance(value, Bipolar) else value.bits
        pairs, chains, digits = ceil_div(unit.simd, 2), pair_chains(unit.simd), unit.weight_type.bits
        lengths = [ceil_div(pairs - chain, chains) for chain in range(chains)]
        kept = sum(bits + 1 + bits_for(length) for length in lengths)
        adders = sum(bits + 2 + bits_for(row) for length in lengths for row in range(2, length + 1))
        longest = bits + 1 + bits_for(lengths[0])
        sums = digits * (chains - 1) * longest + (digits - 1) * (longest + bits_for(chains))
        return cls(bits, digits, unit.simd * bits // 2 + pairs, adders, kept, sums)


def _residual(unit: Weighted, simd: int, lanes: int, fixed: str, bill: Bill) -> int:
    """Popcounts of residual planes times their factors, of all planes or of one at a time. Returns: bits of the sum.

    A product by a factor is a sum of shifted counts: one for each of its ones, or, where planes are folded, for each
    place of a one in any factor.
    """
    folded, total = unit.plane_folds > 1, unit.sum_type.bits
    arrays = 1 if folded else len(unit.planes)
    ones = reduce(or_, unit.planes).bit_count() if folded else sum(beta.bit_count() for beta in unit.planes)
    _popcounts(simd, lanes * arrays, fixed, bill)
    votes = simd.bit_length() + unit.padded_bipolar
    inputs = simd * (arrays + unit.padded_bipolar) + 2 * folded  # which factor it is comes as an input, too
    adder = "sum bit of a factor" if folded else "adder bit"
    if inputs > _WITH_ADDER:
        width = total if unit.padded_bipolar else min(total, votes + max(unit.planes).bit_length())
        bill.add(adder, lanes * (ones - 1) * width)
    elif unit.padded_bipolar:
        # Both operands of the last adder are functions of what agrees in the planes and of the shared count.
        operand = 1 << max(0, simd * arrays + votes - bill.lut_inputs)
        bill.add(adder, lanes * 2 * operand * total)
    if unit.padded_bipolar:
        bill.add("padded agreement", lanes * simd * arrays)
        bill.add("shared bit", lanes * arrays * votes)
        _popcounts(simd, 1, "", bill)
    if folded:
        changing = (reduce(or_, unit.planes) ^ reduce(and_, unit.planes)).bit_count()
        bill.counter(len(unit.planes))
        bill.register(bits_for(len(unit.planes)) + changing)
        bill.add("operand mux bit", (len(unit.planes) - 1) * simd)
    return total


def _products(unit: Weighted, simd: int, lanes: int, fixed: str, bill: Bill) -> int:
    """Products and their sum. Returns: bits of the sum."""
    weight, value, total = unit.weight_type, unit.input.dtype, unit.sum_type.bits
    if isinstance(weight, Bipolar) or isinstance(value, Bipolar):
        product = max(weight.bits, value.bits) + 2
        if fixed and bill.family is Family.ECP5:
            bill.add("term bit of constants", max(0, _term_bits(unit) - lanes * total))
        else:
            _signs(unit, lanes * simd * (product - 1), fixed, bill)
            bill.add(f"sum adder bit{fixed}", lanes * (simd - 1) * total)
    else:
        product = _signed(weight) + _signed(value)
        _multipliers(weight, value, lanes * simd, fixed, bill)
        if simd <= 2 and has_adder(weight, value, bill.family):
            return total
        if bill.family is Family.ECP5:
            bill.add("sum of blocks", lanes * tree_luts(simd, weight.bits + value.bits, total))
        else:
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


def _signs(unit: Weighted, bits: int, fixed: str, bill: Bill) -> None:
    """Products of a number and a sign: the number or its negative. Lanes of an MVTU share the negatives of inputs."""
    if fixed:
        bill.add("product bit of constants", bits)
    elif isinstance(unit.weight_type, Bipolar):
        bill.add("input or its negative, bit", bits)
        bill.add("negative bit", bits / unit.sharing)
    else:
        bill.add("weight or its negative, bit", bits)


def _term_bits(unit: Weighted) -> int:
    """Bits that change of the products of a number and a sign, one of them a constant, as wide as their sum."""
    total, value = unit.sum_type.bits, unit.input.dtype
    if isinstance(value, Bipolar):
        # A number and its negative agree up to their lowest one.
        codes = unit.weights[unit.weights != 0].astype(np.int64)
        return int((total - 1 - np.log2(codes & -codes)).clip(0).sum())
    positive = int((unit.weights > 0).sum())
    return positive * (total if value.signed else min(total, value.bits)) + (unit.weights.size - positive) * total


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
