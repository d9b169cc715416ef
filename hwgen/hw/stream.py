"""A stream: frames of vectors, cut into beats of `lanes` elements, carried by valid/ready."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hwgen.ir.graph import Value
from hwgen.ir.types import DType

WIDEST = 8191
"""Bits of the widest stream: the most that FINN lets a word of Vitis HLS have (`get_ap_int_max_w`)."""


def ceil_div(numerator: int, denominator: int) -> int:
    """numerator / denominator, rounded up; both non-negative."""
    return -(-numerator // denominator)


def divisors(number: int) -> list[int]:
    """The divisors of `number`, ascending."""
    low = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return low + [number // d for d in reversed(low) if d * d != number]


@dataclass(frozen=True)
class Stream:
    """A frame is `vectors` vectors (an image's pixels; 1 for a dense layer) of `elements` codes of `dtype` each.

    A vector is cut into beats of `lanes` elements, lane 0 the least significant. Where `lanes` does not divide
    `elements`, the lanes left over in a vector's last beat carry zero bits; vectors never share a beat.

    Attributes:
        name: of the unit that writes the stream (`source` at the chip's input); unique in a design.
        tensor: the value of the integer network that the stream carries; empty for windows, which carry none.
    """

    name: str
    dtype: DType
    elements: int
    lanes: int
    tensor: str = ""
    vectors: int = 1

    @classmethod
    def of(cls, name: str, value: Value, lanes: int) -> Stream:
        """The stream that unit `name` writes: a vector for each pixel of `value`."""
        channels = value.type.channels
        vectors = value.type.elements // channels
        return cls(name, value.type.dtype, channels, min(lanes, channels), value.name, vectors=vectors)

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.dtype.bits

    @property
    def vector_beats(self) -> int:
        """Beats of a vector."""
        return ceil_div(self.elements, self.lanes)

    @property
    def beats(self) -> int:
        """Beats of a frame."""
        return self.vectors * self.vector_beats

    @property
    def size(self) -> int:
        """Codes of a frame."""
        return self.vectors * self.elements

    @property
    def last_lanes(self) -> int:
        """Lanes of a vector's last beat that carry elements."""
        return self.elements - (self.vector_beats - 1) * self.lanes

    @property
    def axis_width(self) -> int:
        """Bits of `tdata` at the edge of the chip: the beat, padded to bytes."""
        return ceil_div(self.width, 8) * 8

    @property
    def bus_width(self) -> int:
        """Bits of `tdata` on buses that take powers of two of bytes: those of DMAs, and of Vitis."""
        return int(8 << (self.axis_width // 8 - 1).bit_length())
