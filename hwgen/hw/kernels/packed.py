"""Products packed into multiplier blocks: neurons that share a block, and inputs that a chain of blocks adds up.

The weights of an input are fields of the wide factor of a DSP48E1 (25 x 18 bits), the input is the other one; a product
is then the sum of all fields' products in their places (`hwgen_dot_packed`): two neurons of 8 by 8 bits, three of 4
by 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Weighted
from hwgen.ir.types import Bipolar, DType

FACTOR_BITS, VALUE_BITS, SUM_BITS = 25, 18, 48
"""Of a DSP48E1: its factors and what it adds up; a DSP48E2 has two bits more in the first."""

LONGEST = 8
"""Blocks on a chain at most: without pipeline registers a sum passes all of them in one cycle."""

_LONG = 4
"""Blocks on a chain that take most of the adders behind them away; another neuron a block is not worth fewer. No chain
is longer whose inputs are added up for what it begins with: no register cuts that sum."""


@dataclass(frozen=True)
class Packing:
    """How the neurons of a unit share blocks.

    Attributes:
        fields: neurons of a block; the last blocks may have fewer.
        field_bits: places from one neuron's products to the next one's.
        chained: inputs of a chain at most.
    """

    fields: int
    field_bits: int
    chained: int

    @classmethod
    def of(cls, unit: Weighted) -> Packing:
        """That of `unit`, whose products are packed."""
        found = packing_for(unit.weight_type, unit.input.dtype, unit.output.lanes, unit.simd)
        assert found is not None
        return found


@dataclass(frozen=True)
class PackedSize:
    """What sums in blocks are made of.

    Attributes:
        packing: of full teams.
        teams: neurons of each team, which shares blocks.
        chains: of blocks, for each team.
        rows: blocks of the longest one.
        top_bits: of the sum of the last neuron of a team on a chain.
        offset_bits: of the sum of a chain's inputs.
    """

    packing: Packing
    teams: tuple[int, ...]
    chains: int
    rows: int
    top_bits: int
    offset_bits: int

    @classmethod
    def of(cls, unit: Weighted) -> PackedSize:
        packing, pe, simd = Packing.of(unit), unit.output.lanes, unit.simd
        fields, chains = packing.fields, ceil_div(simd, packing.chained)
        rows, (weight, value) = ceil_div(simd, chains), (unit.weight_type, unit.input.dtype)
        teams = tuple(min(fields, pe - first) for first in range(0, pe, fields))
        top = weight.bits + (not weight.signed) + value.bits + _levels(rows)
        return cls(packing, teams, chains, rows, top, value.bits + _levels(rows))

    def bits(self, team: int) -> tuple[int, ...]:
        """Of the sums on a chain of the neurons of a team of so many."""
        return (*[self.packing.field_bits + 1] * (team - 1), self.top_bits)


def is_packed(unit: Weighted) -> bool:
    """Whether neurons share the multiplier blocks of `unit`."""
    return unit.arithmetic is Arithmetic.PACKED


@cache
def packing_for(weight: DType, value: DType, pe: int, simd: int) -> Packing | None:
    """The packing that takes the fewest blocks, with long chains if there is one; None where products do not fit."""
    signs = isinstance(weight, Bipolar) or isinstance(value, Bipolar)
    top = weight.bits + (not weight.signed)
    if signs or min(weight.bits, value.bits) < 2 or top > FACTOR_BITS or value.bits + (not value.signed) > VALUE_BITS:
        return None
    fitting = [found for fields in range(1, pe + 1) if (found := _packing(weight, value, fields, simd)) is not None]
    best = max(fitting, key=lambda each: (each.fields > 1, min(each.chained, _LONG), each.fields), default=None)
    return best and _packing(weight, value, ceil_div(pe, ceil_div(pe, best.fields)), simd)


def _packing(weight: DType, value: DType, fields: int, simd: int) -> Packing | None:
    """The packing of so many neurons with the longest chains, if there is one."""
    top = weight.bits + (not weight.signed)
    field_bits = (FACTOR_BITS - top) // (fields - 1) if fields > 1 else 1
    if field_bits < weight.bits and fields > 1:
        return None
    longest = _LONG if fields > 1 and weight.signed else LONGEST
    for chained in range(min(longest, simd), 0, -1):
        rows = ceil_div(simd, ceil_div(simd, chained))
        total = (fields - 1) * field_bits + top + value.bits + _levels(rows)
        if total <= SUM_BITS and (fields == 1 or _is_exact(weight, value, field_bits, rows)):
            return Packing(fields, field_bits, chained)
    return None


def _is_exact(weight: DType, value: DType, field_bits: int, most: int) -> bool:
    """Whether the sum of a field stays at least zero, and with a carry from below at most a bit wider than the field.

    It begins with less than a field holds (`hwgen_packed`), so that its weights may stand there as they are.
    """
    products = [one * other for one, other in product((weight.min, weight.max), (value.min, value.max))]
    offset = 1 << (weight.bits + value.bits - 1 + _levels(most))
    for rows in {most, max(1, most - 1)}:
        begins = 0
        if weight.signed:
            begins = offset - 1 - weight.min * value.min * rows * value.signed
        elif value.signed:
            begins = offset
        low, high = begins + rows * min(products), begins + rows * max(products)
        if low < 0 or high + 1 >= 2 << field_bits:
            return False
    # What it begins with must not reach the next field.
    return not (weight.signed or value.signed) or offset <= 1 << (field_bits - (not weight.signed))


def _levels(terms: int) -> int:
    """Of a balanced adder tree."""
    return (terms - 1).bit_length()
