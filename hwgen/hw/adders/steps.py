"""What a layer of constants is made of: steps in one static order, each a number of few bits.

A step reads sources: inputs are 0 to N - 1, step i is source N + i. Sums are of numbers as they lie in their bits:
where the sum that was asked for is another one by a constant, whoever compares it moves the constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.ir.types import IntArray, smallest_int


@dataclass(frozen=True)
class Term:
    """The number of a source times 2**shift; that of its inverted bits, -x - 1, where `negative`."""

    source: int
    shift: int = 0
    negative: bool = False


@dataclass(frozen=True)
class Wire:
    """The bits of a number."""

    bits: int
    signed: bool = False

    @classmethod
    def holding(cls, low: int, high: int) -> Wire:
        """The fewest bits of numbers from `low` to `high`."""
        kind = smallest_int(low, high)
        return cls(kind.bits, kind.signed)

    @property
    def low(self) -> int:
        return -(1 << self.bits - 1) if self.signed else 0

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the most number."""
        return self.low, self.low + (1 << self.bits) - 1

    def wrapped(self, value: IntArray) -> IntArray:
        """Numbers of any size, of which these are the lowest bits."""
        found: IntArray = (value - self.low) % (1 << self.bits) + self.low
        return found


BIT = Wire(1)


@dataclass(frozen=True)
class Sum:
    """Up to three terms, up to two one-bit inputs as carries of weight 2**base, and a constant.

    Attributes:
        carries: terms of one-bit sources; inverted ones, 1 - x, are `negative`. Their shift is `base`.
        base: where the carry chain starts: of the bits below, at most one term has any.
        wire: the lowest bits of the sum, which tell all its values apart.
    """

    terms: tuple[Term, ...]
    carries: tuple[Term, ...]
    base: int
    constant: int
    wire: Wire

    @property
    def sources(self) -> tuple[int, ...]:
        return tuple(term.source for term in (*self.terms, *self.carries))

    def value(self, numbers: Sequence[IntArray]) -> IntArray:
        """The number, of those of all sources before."""
        total = np.full_like(numbers[0], self.constant)
        for term in self.terms:
            number = numbers[term.source]
            total += (~number if term.negative else number) << term.shift
        for term in self.carries:
            number = numbers[term.source]
            total += (1 - number if term.negative else number) << term.shift
        return self.wire.wrapped(total)


@dataclass(frozen=True)
class AtLeast:
    """Whether a number is at least a constant, or is not where `inverted`.

    Attributes:
        chosen: bits that say which of the constants, the lowest first; with a single one there are none.
    """

    source: int
    constants: tuple[int, ...]
    inverted: bool = False
    chosen: tuple[int, ...] = ()

    @property
    def wire(self) -> Wire:
        return BIT

    @property
    def sources(self) -> tuple[int, ...]:
        return (self.source, *self.chosen)

    def value(self, numbers: Sequence[IntArray]) -> IntArray:
        """1 or 0, of the numbers of all sources before."""
        limits = np.array(self.constants)[_number(self.chosen, numbers)]
        found: IntArray = ((numbers[self.source] >= limits) ^ self.inverted).astype(np.int64)
        return found


@dataclass(frozen=True)
class Clip:
    """A number shifted down and clipped to `low` to `high`.

    Attributes:
        to_even: whether an odd result whose shifted-out bits are all 0 is one less.
    """

    source: int
    shift: int
    low: int
    high: int
    to_even: bool
    wire: Wire

    @property
    def sources(self) -> tuple[int, ...]:
        return (self.source,)

    def value(self, numbers: Sequence[IntArray]) -> IntArray:
        """The code, of the numbers of all sources before."""
        number = numbers[self.source]
        found = number >> self.shift
        if self.to_even:
            found -= found & (number & (1 << self.shift) - 1 == 0)
        return found.clip(self.low, self.high)


@dataclass(frozen=True)
class Lookup:
    """The entry of a table at the number of some bits, the lowest first."""

    chosen: tuple[int, ...]
    entries: tuple[int, ...]
    wire: Wire

    @property
    def sources(self) -> tuple[int, ...]:
        return self.chosen

    def value(self, numbers: Sequence[IntArray]) -> IntArray:
        """The entry, of the numbers of all sources before."""
        found: IntArray = np.array(self.entries)[_number(self.chosen, numbers)]
        return found


def _number(bits: Sequence[int], numbers: Sequence[IntArray]) -> IntArray:
    """The number of bits, the lowest first."""
    total = np.zeros_like(numbers[0])
    for place, source in enumerate(bits):
        total += numbers[source] << place
    return total


@dataclass(frozen=True)
class Constant:
    """A number that no input changes."""

    number: int
    wire: Wire

    @property
    def sources(self) -> tuple[int, ...]:
        return ()

    def value(self, numbers: Sequence[IntArray]) -> IntArray:
        """The number, in the shape of others."""
        return np.full_like(numbers[0], self.number)


Step = Sum | AtLeast | Clip | Lookup | Constant


@dataclass(frozen=True)
class Netlist:
    """Numbers `outputs` (sources) of `inputs` numbers, all of the bits `entering`."""

    inputs: int
    entering: Wire
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    def wire(self, source: int) -> Wire:
        """The bits of a source."""
        return self.entering if source < self.inputs else self.steps[source - self.inputs].wire

    def values(self, numbers: IntArray) -> IntArray:
        """The outputs (frames, outputs) of input numbers (frames, inputs)."""
        known = list(np.asarray(numbers, dtype=np.int64).T)
        for step in self.steps:
            known.append(step.value(known))
        return np.stack([known[source] for source in self.outputs], axis=1)
