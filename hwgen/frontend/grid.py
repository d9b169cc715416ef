"""A common grid: the real values of several streams as whole multiples of one step, computed in rational numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hwgen.frontend.symbolic import collapse
from hwgen.ir.ops import Add, BatchNorm, Div, Mul, Step
from hwgen.ir.types import FloatArray, IntArray

_MOST_GAIN = 1 << 61
"""Above every factor that leaves a code of two bits or more in an integer type."""


@dataclass(frozen=True)
class Line:
    """scale * code + offset on one channel.

    Attributes:
        centre: the code, or what lies between two, that keeps its real number when the scale is rounded.
    """

    scale: Fraction
    offset: Fraction
    centre: Fraction = Fraction(0)

    @property
    def rounded(self) -> Line:
        """The line with its scale rounded to float32. Raises: OverflowError."""
        scale = Fraction(float(np.float32(float(self.scale))))
        return replace(self, scale=scale, offset=self.offset + (self.scale - scale) * self.centre)


@dataclass(frozen=True)
class Grid:
    """Streams on one grid: on channel c the codes x_i together stand for steps(sum_i gains[c, i] * x_i).

    Attributes:
        gains: (C, streams), (1, streams) where they are the same on all channels.
    """

    gains: IntArray
    steps: tuple[Step, ...]


def is_affine(steps: Sequence[Step]) -> bool:
    """Whether each step is a factor, a term or both."""
    return all(isinstance(step, Mul | Div | Add | BatchNorm) for step in steps)


def lines(steps: Sequence[Step], channels: int) -> tuple[Line, ...] | None:
    """What the codes of a stream stand for on each channel; one line where all are alike, None where it is none.

    A scale in which a batch norm has its part is a root: it is rounded to float32, with which models compute.

    Raises: OverflowError.
    """
    if not is_affine(steps):
        return None
    wide = any(value.ndim for step in steps for value in vars(step).values() if isinstance(value, np.ndarray))
    normed = any(isinstance(step, BatchNorm) for step in steps)
    found = tuple(line_at(steps, channel) for channel in range(channels if wide else 1))
    return tuple(line.rounded for line in found) if normed else found


def line_at(steps: Sequence[Step], channel: int) -> Line:
    """What a code stands for on one channel, a root in float64: exact at the mean of the last batch norm."""
    scale, offset, centre = Fraction(1), Fraction(0), Fraction(0)
    for step in steps:
        match step:
            case Mul(factor):
                slope, term = parameter_at(factor, channel), Fraction(0)
            case Div(divisor):
                slope, term = 1 / parameter_at(divisor, channel), Fraction(0)
            case Add(term=added):
                slope, term = Fraction(1), parameter_at(added, channel)
            case BatchNorm(gamma, beta, mean, variance, epsilon):
                deviation = math.sqrt(parameter_at(variance, channel) + Fraction(epsilon))
                slope = Fraction(float(parameter_at(gamma, channel)) / deviation)
                term = parameter_at(beta, channel) - parameter_at(mean, channel) * slope
                centre = (parameter_at(mean, channel) - offset) / scale if scale else centre
            case _:
                raise TypeError(f"{type(step).__name__} is not affine")
        scale, offset = scale * slope, offset * slope + term
    return Line(scale, offset, centre)


def parameter_at(parameter: FloatArray, channel: int) -> Fraction:
    """A parameter of one channel as the number that it is."""
    return Fraction(float(parameter if parameter.ndim == 0 else parameter[channel]))


def common_grid(streams: Sequence[Sequence[Line]]) -> Grid | None:
    """The coarsest grid that holds the sums of streams, given what each stands for.

    None where a gain or a step is beyond what numbers hold. Raises: OverflowError.
    """
    channels = max(map(len, streams))
    rows = [[stream[channel % len(stream)] for stream in streams] for channel in range(channels)]
    units = [_unit([line.scale for line in row]) for row in rows]
    gains = [[line.scale / unit for line in row] for row, unit in zip(rows, units, strict=True)]
    steps = _steps(units, [sum((line.offset for line in row), Fraction(0)) for row in rows])
    if steps is None or any(abs(gain) >= _MOST_GAIN for row in gains for gain in row):
        return None
    whole = np.array([[int(gain) for gain in row] for row in gains], dtype=np.int64)
    return Grid(whole[:1] if np.all(whole == whole[0]) else whole, steps)


def steps_of(meaning: Sequence[Line]) -> tuple[Step, ...] | None:
    """Factors and terms that are these lines, one for each channel; None where float64 does not hold them."""
    return _steps([line.scale for line in meaning], [line.offset for line in meaning])


def _unit(scales: Sequence[Fraction]) -> Fraction:
    """The largest number of which all are multiples; 1 where all are 0."""
    below = math.lcm(*(scale.denominator for scale in scales))
    return Fraction(math.gcd(*(int(scale * below) for scale in scales)), below) or Fraction(1)


def _steps(units: Sequence[Fraction], offsets: Sequence[Fraction]) -> tuple[Step, ...] | None:
    """unit * sum + offset on each channel, exactly; None where float64 does not hold a part of a unit.

    An offset is added in parts, which hold it to the last bit or to a 2**-159th of it.
    """
    whole = all(Fraction(float(unit)) == unit for unit in units)
    parts = [(float(unit), 1.0) if whole else (float(unit.numerator), float(unit.denominator)) for unit in units]
    if any(Fraction(top) / Fraction(bottom) != unit for (top, bottom), unit in zip(parts, units, strict=True)):
        return None
    factor, divisor = (collapse(np.array(column)) for column in zip(*parts, strict=True))
    steps: list[Step] = [Mul(factor)] if np.any(factor != 1) else []
    steps += [Div(divisor)] if np.any(divisor != 1) else []
    rest = list(offsets)
    for _ in range(3):
        if any(rest):
            terms = [float(each) for each in rest]
            rest = [each - Fraction(term) for each, term in zip(rest, terms, strict=True)]
            steps.append(Add(collapse(np.array(terms))))
    return tuple(steps)
