"""LUTs and carry chains of a step on the 7 series, as `hwgen_wired_sum` and its like have them.

An adder of two terms takes a LUT a bit, one of three terms as well: the majority of three bits goes through the second
output of a LUT to the next (AMD UG474; the structure is that of Vivado's ternary adders). Sums of few bits are tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hwgen.hw.adders.steps import AtLeast, Clip, Constant, Lookup, Netlist, Step, Sum, Wire
from hwgen.hw.stream import ceil_div

TABLE_BITS = 6
"""A sum of so many bits is a table."""

_COMPARED = 3
"""Bits of two numbers that are compared by a bit of a carry chain, with two LUTs of six inputs (Yosys's cmp2lcu)."""


@dataclass(frozen=True)
class Cells:
    """LUTs (two functions of the same five inputs count as one) and CARRY4; they add."""

    luts: int = 0
    carries: int = 0

    def __add__(self, other: Cells) -> Cells:
        return Cells(self.luts + other.luts, self.carries + other.carries)


def cells_of(step: Step, wire: Callable[[int], Wire]) -> Cells:
    """What a step takes; inverted carries not counted."""
    match step:
        case AtLeast(chosen=()):
            return Cells(compared_luts(step, wire(step.source)))
        case AtLeast():
            groups = ceil_div(wire(step.source).bits, _COMPARED)
            return Cells(2 * groups - 1, ceil_div(groups, 4))
        case Clip():
            return Cells(clipped_luts(step, wire(step.source)))
        case Lookup():
            return Cells(step.wire.bits * max(1, len(step.entries) >> TABLE_BITS))
        case Constant():
            return Cells()
    places = operand_places(step, wire)
    if len(places) <= TABLE_BITS:
        return Cells(table_luts(places, step.wire.bits))
    used = chain_bits(step, wire)
    return Cells(used, ceil_div(used, 4))


def chain_bits(step: Sum, wire: Callable[[int], Wire]) -> int:
    """Bits of an adder's chain: of two numbers without a sign the highest bit of the sum is the carry out."""
    used = step.wire.bits - step.base
    if has_three(step) or step.constant or any(wire(term.source).signed or term.negative for term in step.terms):
        return used
    return min(used, max(operand_places(step, wire)) + 1 - step.base)


def has_three(step: Sum) -> bool:
    """Whether an adder is one of three operands."""
    return len(step.terms) + (step.constant != 0) > 2 or len(step.carries) > 1


def operand_places(step: Sum, wire: Callable[[int], Wire]) -> list[int]:
    """The place of each bit that a sum is made of."""
    places = [term.shift + bit for term in step.terms for bit in range(wire(term.source).bits)]
    return sorted([*places, *(term.shift for term in step.carries)])


def table_luts(places: list[int], bits: int) -> int:
    """LUTs of a table of the bits of a sum: output i depends on the bits at places up to i."""
    small = sum(1 for bit in range(bits) if 1 < sum(place <= bit for place in places) <= TABLE_BITS - 1)
    wires = sum(1 for bit in range(bits) if sum(place <= bit for place in places) <= 1)
    return ceil_div(small, 2) + bits - small - wires


def compared_luts(step: AtLeast, wire: Wire) -> int:
    """LUTs of a comparison with a constant: one for six bits, one for each five more."""
    reach = step.constants[0] - wire.low
    bits = wire.bits - ((reach & -reach).bit_length() - 1 if reach else 0)
    return 0 if bits <= 1 else ceil_div(bits - 1, 5)


def clipped_luts(step: Clip, wire: Wire) -> int:
    """LUTs of a clipped shift: one a bit of the code, and what finds that the number is beyond either end, or a tie.

    Where codes begin at 0, the sign says by itself that the number is below them.
    """
    beyond = wire.bits - step.shift - step.wire.bits
    tie = ceil_div(step.shift, 5) if step.to_even else 0
    ends, signs = (1, 1) if wire.signed and step.low == 0 else (2, 0)
    return step.wire.bits + (ends * max(1, ceil_div(beyond - signs, 5)) if beyond > 0 else 0) + tie


def cells(netlist: Netlist) -> Cells:
    """What all steps take, and the inverters of carries."""
    total = sum((cells_of(step, netlist.wire) for step in netlist.steps), Cells())
    inverted = {
        term.source for step in netlist.steps if isinstance(step, Sum) for term in step.carries if term.negative
    }
    return total + Cells(len(inverted))
