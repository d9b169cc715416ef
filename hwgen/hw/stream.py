"""A stream: a frame cut into beats of `lanes` elements, carried by valid/ready."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.ir.types import DType


def ceil_div(numerator: int, denominator: int) -> int:
    """numerator / denominator, rounded up; both non-negative."""
    return -(-numerator // denominator)


@dataclass(frozen=True)
class Stream:
    """`elements` codes of `dtype` per frame, `lanes` of them a beat; lane 0 is the least significant.

    Where `lanes` does not divide `elements`, the lanes left over in the last beat carry zero bits.

    Attributes:
        name: of the unit that writes the stream (`source` at the chip's input); unique in a design.
        tensor: the value of the integer network that the stream carries.
    """

    name: str
    dtype: DType
    elements: int
    lanes: int
    tensor: str = ""

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.dtype.bits

    @property
    def beats(self) -> int:
        """Beats of a frame."""
        return ceil_div(self.elements, self.lanes)

    @property
    def last_lanes(self) -> int:
        """Lanes of the last beat that carry elements."""
        return self.elements - (self.beats - 1) * self.lanes

    @property
    def axis_width(self) -> int:
        """Bits of `tdata` at the edge of the chip: the beat, padded to bytes."""
        return ceil_div(self.width, 8) * 8
