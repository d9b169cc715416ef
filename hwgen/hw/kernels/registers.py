"""Flip-flops of the pipeline registers that a unit with weights has for a faster clock.

They follow the recursions of the RTL library. Digits and pairs wait in `hwgen_flops`; of other delays of three cycles
and more Yosys makes LUTs on the 7 series (SRL16E): there the figure is the most that they take.
"""

from __future__ import annotations

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.kernels import coding
from hwgen.hw.kernels.packed import PackedSize, is_packed
from hwgen.hw.kernels.sums import PairsSize, counted_lanes, pair_chains, pair_rows
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Weighted
from hwgen.ir.types import Bipolar


def registers_bill(unit: Weighted, weight_bits: int, bill: Bill) -> None:
    """The pipeline registers of `unit`, whose weights change in `weight_bits` of their word."""
    registers, lanes = unit.registers, unit.output.lanes
    waits = cycles_to_sum(unit)
    bill.register(waits * (1 + 2 * (unit.sum_slots > 1)))
    operands = unit.input.width
    if unit.plane_folds > 1:
        operands = unit.simd * (1 + unit.padded_bipolar) + unit.beta_bits
    bill.register(registers.operands * (weight_bits + operands))
    if unit.activation is not None:
        coding.stages_bill(unit.activation, registers.thresholds, lanes, unit.output.last_lanes < lanes, bill)
    if unit.adder_levels.cycles(registers.span):
        bill.register(_sum_registers(unit, registers.span))


def cycles_to_sum(unit: Weighted) -> int:
    """Cycles that the registers add before the accumulator."""
    return unit.registers.operands + unit.adder_levels.cycles(unit.registers.span)


def _sum_registers(unit: Weighted, span: int) -> int:
    """Registers among the steps of the lane sums of all PE."""
    simd, lanes, total = unit.simd, unit.output.lanes, unit.sum_type.bits
    width = counted_lanes(unit)
    levels, each = max(0, width.bit_length() - 4), max(1, span)
    count = popcount_registers(width, span, levels, _group_cycles(width, span))
    if unit.planes:
        arrays = 1 if unit.plane_folds > 1 else len(unit.planes)
        ones = sum(beta.bit_count() for beta in unit.planes)
        first, terms = levels + unit.padded_bipolar, unit.beta_bits if arrays == 1 else ones
        votes = simd.bit_length() + 1
        counted = arrays * (count + votes * (first // each - levels // each))
        return lanes * (counted + tree_registers(terms, votes, first, each)) + unit.padded_bipolar * count
    if unit.arithmetic is Arithmetic.PAIRS:
        return _pair_registers(unit, each) + _row_registers(unit) * (span == 0)
    if is_packed(unit):
        return _packed_registers(unit, span)
    if unit.is_xnor or unit.padded_bipolar:
        taken = total * unit.padded_bipolar * ((levels + 1) // each - levels // each)
        carry = (simd - width) * unit.adder_levels.cycles(span)
        return lanes * (count + taken + carry) + unit.padded_bipolar * count
    weight, value = unit.weight_type, unit.input.dtype
    product = weight.bits + value.bits + 1
    tree = tree_registers(simd, product, 1, span)
    root = min(total, product + bits_for(simd)) * ((1 + bits_for(simd)) // span - bits_for(simd) // span)
    return lanes * (simd * product * (1 // span) + tree - root * (simd > 1))


def _row_registers(unit: Weighted) -> int:
    """Those behind the choices of rows."""
    size = PairsSize.of(unit)
    lanes = unit.output.lanes * size.digits + isinstance(unit.weight_type, Bipolar)
    return lanes * ceil_div(unit.simd, 2) * (size.value_bits + 1)


def _pair_registers(unit: Weighted, span: int) -> int:
    """Those among the pairs, which all lanes share, and in the lanes."""
    size, simd, total = PairsSize.of(unit), unit.simd, unit.sum_type.bits
    pairs, chains, rows = ceil_div(simd, 2), pair_chains(simd), pair_rows(simd)
    waits = [max(1, pair // chains) // span if rows > 1 else 0 for pair in range(pairs)]
    steps = bits_for(chains) + bits_for(size.digits)
    digit_bits = size.value_bits + 1 + bits_for(rows) + bits_for(chains)
    digit = sum(_chain_registers(ceil_div(pairs - c, chains), rows, size, span) for c in range(chains))
    digit += tree_registers(chains, digit_bits - bits_for(chains), 0, span)
    each = size.digits * (2 * sum(waits) + digit) + tree_registers(size.digits, digit_bits, bits_for(chains), span)
    shared = sum(waits) * (3 * size.value_bits + 1)
    if isinstance(unit.weight_type, Bipolar):
        each += total * ((steps + 1) // span - steps // span)
        shared += digit + tree_registers(1, digit_bits, bits_for(chains), span)
    return unit.output.lanes * each + shared


def _packed_registers(unit: Weighted, span: int) -> int:
    """Those beside multiplier blocks, which have registers for products and sums of their own.

    Inputs wait once for all lanes, weights in each team; a block takes the first wait of its own weights in.
    """
    size, simd = PackedSize.of(unit), unit.simd
    waits = [(lane // size.chains + 1) // span - 1 // span for lane in range(simd)]
    signed = unit.weight_type.signed and size.packing.fields > 1
    shared = sum(waits) * unit.input.dtype.bits + signed * (1 // span) * size.chains * size.offset_bits
    each = 0
    for team in size.teams:
        each += sum(max(0, wait - 1) for wait in waits) * team * unit.weight_type.bits
        each += sum(place_registers(size.chains, bits, span) for bits in size.bits(team))
        each += (team - 1) * (simd * (1 // span) + size.chains * (size.rows // span))
    return shared + each


def place_registers(terms: int, bits: int, span: int) -> int:
    """Those of `hwgen_place_sum` of `terms` of one place and `bits` bits, each with a carry."""
    return tree_registers(terms, bits + 1, 0, span)


def _chain_registers(rows: int, longest: int, size: PairsSize, span: int) -> int:
    """Those of the sums on a chain of `rows`, and behind it until the longest one ends."""
    cut = [row for row in range(2, rows) if row // span > (row - 1) // span]
    waits = (longest - 1) // span - (rows - 1) // span
    return sum(size.value_bits + 1 + bits_for(row) for row in cut) + waits * (size.value_bits + 1 + bits_for(rows))


def popcount_registers(width: int, span: int, height: int, group_cycles: int) -> int:
    """Those that `hwgen_popcount` has more than without a span."""
    bits, each = width.bit_length(), max(1, span)
    if width <= 15:
        own = _group_cycles(width, span)
        return _group_registers(width, span) + bits * (group_cycles - own + height // each)
    below = bits - 5
    first = (1 << bits - 1) - 1
    parts = sum(popcount_registers(part, span, below, group_cycles) for part in (first, width - first - 1))
    return parts + group_cycles + below // each + bits * (height // each - below // each)


def _group_registers(width: int, span: int) -> int:
    """Those of `hwgen_group_count`."""
    if width <= 3:
        return 0
    first, wait = width // 4 * 4 - 1, _group_cycles(width, span)
    added = width - first if span else 1 + (width - first - 1).bit_length()
    counted = first.bit_length() * (wait - _group_cycles(first, span))
    return _group_registers(first, span) + added * wait + counted


def _group_cycles(width: int, span: int) -> int:
    """Cycles that a span adds to groups of a popcount of `width` bits."""
    return max(0, min(width, 15) // 4 - 1) // max(1, span) + (span == 0 and width > 3)


def tree_registers(terms: int, bits: int, start: int, span: int) -> int:
    """Those of `hwgen_sum` of `terms` of `bits` bits, which come after `start` steps; a sum is as wide as it needs."""

    def registers(count: int, height: int) -> int:
        levels = bits_for(count)
        below = start + max(0, levels - 1)
        own = (bits + levels) * ((start + height) // span - below // span)
        if count == 1:
            return own
        return own + registers(count // 2, levels - 1) + registers(count - count // 2, levels - 1)

    return registers(terms, bits_for(terms))
