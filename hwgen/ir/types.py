"""Number types of the integer network: the integers that codes stand for.

A *code* is the integer a type stands for (bipolar: -1 or +1); the *bits* are how hardware stores it
(bipolar +1 is bit 1, signed integers are two's complement).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
CodeArray = npt.NDArray[Any]
"""Codes of a type in its narrowest integers, as weights are."""
FloatArray = npt.NDArray[np.float64]

MOST_BITS = 63
"""Most bits of an integer type: every code fits int64."""


class WidthError(ValueError):
    """A range of integers that no integer type holds; the text is the range."""


@dataclass(frozen=True)
class IntType:
    """An integer of `bits` bits, two's complement when `signed`."""

    bits: int
    signed: bool

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= MOST_BITS:
            raise ValueError(f"an integer type has 1 to {MOST_BITS} bits, found {self.bits}")

    @property
    def min(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def max(self) -> int:
        return (1 << (self.bits - 1)) - 1 if self.signed else (1 << self.bits) - 1

    def __str__(self) -> str:
        return f"{'int' if self.signed else 'uint'}{self.bits}"


@dataclass(frozen=True)
class Bipolar:
    """-1 or +1 in one bit; +1 is bit 1."""

    @property
    def bits(self) -> int:
        return 1

    @property
    def signed(self) -> bool:
        return True

    @property
    def min(self) -> int:
        return -1

    @property
    def max(self) -> int:
        return 1

    def __str__(self) -> str:
        return "bipolar"


DType = IntType | Bipolar


def smallest_int(low: int, high: int) -> IntType:
    """The narrowest integer type that holds every integer in [low, high]. Raises: WidthError."""
    if low > high:
        raise ValueError(f"empty range [{low}, {high}]")
    signed = low < 0
    bits = max(1, int(high).bit_length()) if not signed else max((-low - 1).bit_length(), max(high, 0).bit_length()) + 1
    if bits > MOST_BITS:
        raise WidthError(f"[{low}, {high}]")
    return IntType(bits, signed)


def parse_dtype(text: str) -> DType:
    """Read `bipolar`, `intN` or `uintN` (the form that `str` of a type prints); ValueError otherwise."""
    name = text.strip().lower()
    if name == "bipolar":
        return Bipolar()
    for prefix, signed in (("uint", False), ("int", True)):
        digits = name.removeprefix(prefix)
        if name.startswith(prefix) and digits.isdigit():
            return IntType(int(digits), signed)
    raise ValueError(f"a type is bipolar, intN or uintN, found {text!r}")


def holds(dtype: DType, codes: npt.NDArray[np.integer]) -> bool:
    """Whether every element of `codes` is a code of `dtype`."""
    if codes.size == 0:
        return True
    if isinstance(dtype, Bipolar):
        return bool(np.all(np.abs(codes) == 1))
    return dtype.min <= int(codes.min()) and int(codes.max()) <= dtype.max


def narrowest(dtype: DType) -> np.dtype[np.signedinteger]:
    """The narrowest of int8 to int64 that holds every code of `dtype`: what its codes are stored in, where many are."""
    kinds = (np.int8, np.int16, np.int32, np.int64)
    fitting = (kind for kind in kinds if np.iinfo(kind).min <= dtype.min and dtype.max <= np.iinfo(kind).max)
    return np.dtype(next(fitting))


@dataclass(frozen=True)
class TensorType:
    """A tensor of one frame: `shape` without the batch axis, channel innermost (NHWC)."""

    shape: tuple[int, ...]
    dtype: DType

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def channels(self) -> int:
        return self.shape[-1]

    def __str__(self) -> str:
        return f"{'x'.join(map(str, self.shape))}x{self.dtype}"
