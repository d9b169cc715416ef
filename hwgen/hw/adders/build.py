"""Assembles steps: orientations and widths of sums by their exact ranges, comparisons and constants behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hwgen.hw.adders.luts import TABLE_BITS, Cells, cells_of, operand_places
from hwgen.hw.adders.steps import BIT, AtLeast, Clip, Constant, Lookup, Netlist, Step, Sum, Term, Wire
from hwgen.ir.types import IntArray

MOST_CARRIES = 2


@dataclass(frozen=True)
class Found:
    """A linear form as it lies in hardware: sign * (source - offset) * 2**shift; no source is 0."""

    source: int | None
    shift: int = 0
    negative: bool = False


@dataclass
class Builder:
    """Steps so far, and of each source its linear form of the inputs: weights (N,), offset and level.

    The number of a source is weights @ inputs + offset.
    """

    inputs: int
    entering: Wire
    steps: list[Step] = field(default_factory=list)
    weights: list[IntArray] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    known: dict[tuple[object, ...], Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weights = list(np.eye(self.inputs, dtype=np.int64))
        self.offsets, self.levels = [0] * self.inputs, [0] * self.inputs

    def wire(self, source: int) -> Wire:
        """The bits of a source."""
        return self.entering if source < self.inputs else self.steps[source - self.inputs].wire

    def netlist(self, outputs: Sequence[int]) -> Netlist:
        """The steps, without those that no output needs."""
        needed = set(outputs)
        for source in range(self.inputs + len(self.steps) - 1, self.inputs - 1, -1):
            if source in needed:
                needed.update(self.steps[source - self.inputs].sources)
        kept = [index for index in range(len(self.steps)) if self.inputs + index in needed]
        moved = list(range(self.inputs)) + [0] * len(self.steps)
        for place, index in enumerate(kept):
            moved[self.inputs + index] = self.inputs + place
        steps = tuple(_renamed(self.steps[index], moved) for index in kept)
        return Netlist(self.inputs, self.entering, steps, tuple(moved[source] for source in outputs))

    def range_of(self, weights: IntArray) -> tuple[int, int]:
        """The least and the most of a linear form."""
        low, high = self.entering.ends
        up, down = int(weights[weights > 0].sum()), int(weights[weights < 0].sum())
        return low * up + high * down, high * up + low * down

    def bits_of(self, found: Found) -> int:
        """The place above the highest bit."""
        assert found.source is not None
        return self.wire(found.source).bits + found.shift

    def level(self, found: Found) -> int:
        """Adders one behind another up to a form."""
        assert found.source is not None
        return self.levels[found.source]

    def append(self, step: Step, weights: IntArray, offset: int) -> int:
        """A new source."""
        self.steps.append(step)
        self.weights.append(weights)
        self.offsets.append(offset)
        self.levels.append(1 + max((self.levels[source] for source in step.sources), default=-1))
        return self.inputs + len(self.steps) - 1

    def sum(self, terms: Iterable[Found], carries: Iterable[Found] = (), base: int = 0) -> Found:
        """The sum of forms; one-bit inputs `carries` have the weight 2**base beside the terms' own shifts.

        Args:
            base: where it is not 0, the first term alone has bits below, and keeps them as they are.
        """
        given = sorted(terms, key=lambda each: (each.shift, each.source, each.negative))
        down = min(each.shift for each in given) if not base else 0
        moved = [replace(each, shift=each.shift - down) for each in given]
        extra = tuple(sorted(carries, key=lambda each: (each.source or 0, each.negative)))
        key = (*moved, extra, base)
        if key not in self.known:
            flips = (moved[0].negative,) if base else (False, True)
            ways = [self._oriented(moved, extra, base, flipped) for flipped in flips]
            step, weights, offset, flipped = min(ways, key=lambda each: self._price(each[0]))
            self.known[key] = Found(self.append(step, weights, offset), 0, flipped)
        found = self.known[key]
        return replace(found, shift=found.shift + down)

    def _price(self, step: Sum) -> tuple[float, int]:
        found: Cells = cells_of(step, self.wire)
        inverted = sum(term.negative for term in step.carries)
        return found.luts + found.carries + 0.5 * inverted, step.wire.bits

    def _oriented(
        self, terms: Sequence[Found], carries: Sequence[Found], base: int, flipped: bool
    ) -> tuple[Sum, IntArray, int, bool]:
        """A step, the linear form that it has, its offset, and whether that form is the negative of the sum."""
        told = [Term(int(each.source or 0), each.shift, each.negative ^ flipped) for each in terms]
        lent = [Term(int(each.source or 0), base, each.negative ^ flipped) for each in carries]
        while len(told) < 3 and (len(lent) > MOST_CARRIES or (len(told) == 2 and any(each.negative for each in lent))):
            lent.sort(key=lambda each: each.negative)
            told.append(lent.pop())
        weights, offset = np.zeros(self.inputs, dtype=np.int64), 0
        for term in told:
            sign = -1 if term.negative else 1
            weights += sign * (self.weights[term.source] << term.shift)
            offset += (sign * self.offsets[term.source] - term.negative) * (1 << term.shift)
        for term in lent:
            weights += (-1 if term.negative else 1) * (self.weights[term.source] << term.shift)
            offset += term.negative << term.shift
        low, high = self.range_of(weights)
        step = Sum(tuple(told), tuple(lent), _start(told, base, bool(carries)), 0, Wire(1))
        constant = 0
        if len(operand_places(step, self.wire)) <= TABLE_BITS:
            constant = -(low + offset)
        wire, offset = _narrowest(low, high, offset + constant)
        return replace(step, constant=constant, wire=wire), weights, offset, flipped

    def plus(self, found: Found, constant: int) -> int:
        """A source whose number is the form plus a constant, exactly.

        The constant is a term of the last adder where that has room for it.
        """
        if found.source is None:
            return self.append(Constant(constant, Wire.holding(constant, constant)), np.zeros(self.inputs, np.int64), 0)
        sign = -1 if found.negative else 1
        weights = sign * (self.weights[found.source] << found.shift)
        low, high = self.range_of(weights)
        wire = Wire.holding(low + constant, high + constant)
        is_there = not found.negative and not found.shift and self.offsets[found.source] == constant
        if is_there and wire == self.wire(found.source):
            return found.source
        terms: tuple[Term, ...] = (Term(found.source, found.shift, found.negative),)
        carries: tuple[Term, ...] = ()
        last = self.steps[found.source - self.inputs] if found.source >= self.inputs else None
        if isinstance(last, Sum) and len(last.terms) == 2 and not (found.negative and found.shift):
            terms, carries = (
                tuple(
                    replace(each, shift=each.shift + found.shift, negative=each.negative ^ found.negative)
                    for each in side
                )
                for side in (last.terms, last.carries)
            )
            if any(each.shift for each in carries):
                terms, carries = (Term(found.source, found.shift, found.negative),), ()
        lying = sum(self._lying(term) for term in terms) + sum(term.negative << term.shift for term in carries)
        return self.append(Sum(terms, carries, 0, constant - lying, wire), weights, constant)

    def _lying(self, term: Term) -> int:
        """What a term is more than its linear form."""
        sign = -1 if term.negative else 1
        return (sign * self.offsets[term.source] - term.negative) * (1 << term.shift)

    def at_least(self, found: Found, constants: Sequence[int], chosen: tuple[int, ...] = ()) -> int:
        """A source that is 1 where the form is at least a constant, of several the one that the bits `chosen` say."""
        if found.source is None:
            assert not chosen
            return self.constant(int(constants[0] <= 0), BIT)
        offset, wire = self.offsets[found.source], self.wire(found.source)
        least = [-(-constant >> found.shift) for constant in constants]
        limits = [offset - each + 1 if found.negative else offset + each for each in least]
        ends = wire.low, wire.low + (1 << wire.bits)
        limits = [min(max(limit, ends[0]), ends[1]) for limit in limits]
        if len(set(limits)) == 1 and limits[0] in ends:
            return self.constant(int((limits[0] == ends[0]) ^ found.negative), BIT)
        if len(set(limits)) == 1:
            limits, chosen = limits[:1], ()
        return self.plain(AtLeast(found.source, tuple(limits), found.negative, chosen))

    def constant(self, number: int, wire: Wire) -> int:
        """A source that never changes."""
        return self.plain(Constant(number, wire))

    def plain(self, step: Step) -> int:
        """A source that is no linear form."""
        return self.append(step, np.zeros(self.inputs, np.int64), 0)


def _start(terms: Sequence[Term], base: int, has_carries: bool) -> int:
    """Where the carry chain of a sum starts: at `base` where it has carries, else where two terms have bits."""
    if has_carries or len(terms) < 2:
        return base
    lowest, second = sorted(term.shift for term in terms)[:2]
    first = next(term for term in terms if term.shift == lowest)
    return lowest if first.negative else second


def _narrowest(low: int, high: int, offset: int) -> tuple[Wire, int]:
    """The fewest bits that tell low to high apart with that offset, and the offset of the number in them."""
    first, last = low + offset, high + offset
    bits = max(1, (last - first).bit_length())
    while True:
        for wire in (Wire(bits), Wire(bits, signed=True)):
            turns = (first - wire.low) >> bits
            if turns == (last - wire.low) >> bits:
                return wire, offset - (turns << bits)
        bits += 1


def _renamed(step: Step, moved: Sequence[int]) -> Step:
    match step:
        case Sum():
            terms, carries = (
                tuple(replace(each, source=moved[each.source]) for each in side) for side in (step.terms, step.carries)
            )
            return replace(step, terms=terms, carries=carries)
        case AtLeast():
            return replace(step, source=moved[step.source], chosen=tuple(moved[each] for each in step.chosen))
        case Clip():
            return replace(step, source=moved[step.source])
        case Lookup():
            return replace(step, chosen=tuple(moved[each] for each in step.chosen))
        case _:
            return step
