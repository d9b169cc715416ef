"""The order of the model's output: where each of its elements lies in the value that leaves the chip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwgen.ir.ops import frozen
from hwgen.ir.types import IntArray


@dataclass(frozen=True, eq=False)
class Order:
    """Where the elements of the model's output lie.

    Attributes:
        shape: of the model's output, without its batch axis.
        places: (elements,) for each element of the model's output, in C order, its position in the value in C order.
    """

    shape: tuple[int, ...]
    places: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", frozen(self.places, np.int64).reshape(-1))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Order):
            return NotImplemented
        return self.shape == other.shape and np.array_equal(self.places, other.places)

    def __hash__(self) -> int:
        return hash((self.shape, self.places.tobytes()))

    @classmethod
    def of_strides(cls, shape: tuple[int, ...], strides: Sequence[tuple[int, int]]) -> Order:
        """The order that `strides` describes. Raises: ValueError where it is no permutation of the shape's elements."""
        reach = 1
        for size, stride in sorted(strides, key=lambda axis: axis[1]):
            if size < 2 or stride != reach:
                raise ValueError(f"strides {list(strides)} are no permutation")
            reach *= size
        if reach != math.prod(shape):
            raise ValueError(f"strides of {reach} elements, shape {list(shape)}")
        places = np.zeros(1, np.int64)
        for size, stride in strides:
            places = (places[:, None] + np.arange(size) * stride).reshape(-1)
        return cls(shape, places)

    @cached_property
    def strides(self) -> tuple[tuple[int, int], ...] | None:
        """The places as (size, stride) of nested axes, outermost first: those of any transposition; None of others."""
        rest, axes = self.places, []
        while rest.size > 1:
            stride = int(rest[1] - rest[0])
            ends = np.flatnonzero(np.diff(rest) != stride)
            size = int(ends[0]) + 1 if ends.size else rest.size
            if rest.size % size or rest[0]:
                return None
            rows = rest.reshape(-1, size)
            if np.any(rows != rows[:, :1] + np.arange(size) * stride):
                return None
            axes.append((size, stride))
            rest = rows[:, 0]
        return tuple(reversed(axes))

    def is_permutation_of(self, elements: int) -> bool:
        """Whether each of `elements` positions has one element of the shape."""
        if math.prod(self.shape) != elements or self.places.size != elements:
            return False
        return np.array_equal(np.sort(self.places), np.arange(elements))
