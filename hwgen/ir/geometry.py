"""How a window moves over an image: kernel, stride, dilation, padding.

Every image is (H, W, C); a one-dimensional signal of length L is (L, 1, C) and its kernel (k, 1).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Geometry:
    """A window of `kernel` taps over an image, all pairs (vertical, horizontal).

    Attributes:
        padding: rows and columns around the image: top, left, bottom, right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        if min(*self.kernel, *self.stride, *self.dilation) < 1 or min(self.padding) < 0:
            raise ValueError(f"kernel, stride and dilation are at least 1 and padding at least 0, found {self}")

    @property
    def taps(self) -> int:
        """Pixels of a window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns from the first tap to the last, both included."""
        vertical, horizontal = (d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        return vertical, horizontal

    @property
    def pads(self) -> bool:
        return any(self.padding)

    @property
    def tiles(self) -> bool:
        """Whether windows neither overlap nor leave gaps, and nothing is padded."""
        return self.stride == self.kernel and self.dilation == (1, 1) and not self.pads

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Windows down and across an image; zero or less where none fits."""
        top, left, bottom, right = self.padding
        down = (height + top + bottom - self.extent[0]) // self.stride[0] + 1
        across = (width + left + right - self.extent[1]) // self.stride[1] + 1
        return down, across

    def __str__(self) -> str:
        parts = [f"{self.kernel[0]}x{self.kernel[1]}"]
        parts += [f"stride {self.stride[0]}x{self.stride[1]}"] if self.stride != (1, 1) else []
        parts += [f"dilation {self.dilation[0]}x{self.dilation[1]}"] if self.dilation != (1, 1) else []
        parts += [f"padding {self.padding}"] if self.pads else []
        return ", ".join(parts)


POINT = Geometry((1, 1))
"""A window of one pixel at every pixel."""
