"""Activations: how the running sum of a unit becomes the code that leaves it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int


@dataclass(frozen=True)
class Linear:
    """The accumulator of a unit whose running sum is another number: slope * sum + offset * fan-in."""

    slope: int
    offset: int

    def threshold(self, accumulators: IntArray, fan_in: int) -> IntArray:
        """The sums from which on the accumulator reaches each of `accumulators`."""
        return np.asarray(-((self.offset * fan_in - accumulators) // self.slope), dtype=np.int64)


@dataclass(frozen=True)
class Scaling:
    """Codes by a multiplication: (factor * (x + start) + rest) >> shift, clipped, at the lower end to `base`.

    Attributes:
        high: the highest code.
        to_even: whether an odd result whose shifted-out bits are all 0 is one less.
        factor_bits, place_bits: of a factor and of x + start, signed. With a factor of one bit nothing is multiplied:
            the code is (start + x) >> shift, or (start - x) >> shift where `descending`.
    """

    shift: int
    high: int
    to_even: bool
    factor_bits: int
    place_bits: int

    @property
    def multiplies(self) -> bool:
        return self.factor_bits > 1

    @property
    def depth(self) -> int:
        """Multiplier blocks that a product passes through, one after another, about."""
        return self.product_bits // 40 + 1 if self.multiplies else 0

    @property
    def line_bits(self) -> int:
        """Of what is shifted."""
        return self.product_bits + self.multiplies

    @property
    def product_bits(self) -> int:
        """Of factor * (x + start)."""
        return self.factor_bits * self.multiplies + self.place_bits


@dataclass(frozen=True, eq=False)
class Thresholding:
    """Turns an accumulator into base + step * n, n = sum_i [acc >= thresholds_i] (L - n where descending), or codes[n].

    Attributes:
        thresholds: (C, L) or (1, L), ascending; for an XNOR unit in popcounts, not in accumulator values. With
            `scaling` the factor, start and rest of each channel, or its start alone: what is added to the sum, or to
            its complement where `descending`.
        descending: (C,) or (1,) of 0/1.
        base, step: first output code and the distance to the next (2 for bipolar, else 1).
        room: the type that thresholds can be rewritten within; None where they are fixed.
        codes: (L + 1,) the code of each n where codes rise and fall; empty where they only rise.
        scaling: what makes codes in place of thresholds.
        instead: the thresholds that give the same codes as a line without its multiplier blocks; None for none.
    """

    thresholds: IntArray
    descending: IntArray
    base: int
    step: int
    room: IntType | None = None
    codes: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    scaling: Scaling | None = None
    instead: Thresholding | None = None

    @property
    def table(self) -> IntArray:
        """(L + 1,) the code of each n."""
        return self.codes if self.codes.size else self.base + self.step * np.arange(self.levels + 1)

    @property
    def levels(self) -> int:
        """Numbers of a channel."""
        return int(self.thresholds.shape[1])

    @property
    def type(self) -> IntType:
        """The narrowest type that holds every threshold, now or rewritten; that of a line's numbers is signed."""
        least = int(self.thresholds.min())
        return self.room or smallest_int(least if self.scaling is None else min(least, -1), int(self.thresholds.max()))

    @property
    def any_descending(self) -> bool:
        """Whether a channel's codes fall as its accumulator rises, or may do so once rewritten."""
        return self.room is not None or bool(self.descending.any())


@dataclass(frozen=True)
class Coding:
    """Output bits = base + step * n, modulo 2**bits."""

    base: int
    step: int
    bits: int


def coding_of(activation: Thresholding, dtype: DType) -> Coding:
    """How a count of thresholds becomes the bits of a code of `dtype`."""
    if isinstance(dtype, Bipolar):
        return Coding((activation.base + 1) // 2, activation.step // 2, 1)
    return Coding(activation.base, activation.step, dtype.bits)
