"""The order of the model's input and output: the position of each element in the value on the chip."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hwgen.ir.arrays import frozen
from hwgen.ir.types import IntArray


def sizes_of(found: Sequence[Any], least: int = 1) -> tuple[int, ...]:
    """Sizes or places read from a text; ValueError where one is no integer from `least` on, TypeError for no list."""
    for each in found:
        if type(each) is not int or not least <= each < 1 << 62:
            raise ValueError(f"no size: {each!r}")
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Order:
    """Positions of the elements of the model's input or output.

    Attributes:
        shape: of the model's tensor, without its batch axis.
        places: (elements,) for each element of the model's tensor, in C order, its position in the value in C order.
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

    def to_json(self) -> dict[str, Any]:
        """The order as plain JSON values."""
        places = {"places": self.places.tolist()} if self.strides is None else {"strides": self.strides}
        return {"shape": self.shape, **places}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Order:
        """What `to_json` gave; ValueError, KeyError or TypeError where it is something else."""
        shape = sizes_of(found["shape"])
        if "strides" in found:
            axes = [sizes_of(axis) for axis in found["strides"]]
            return cls.of_strides(shape, [(size, stride) for size, stride in axes])
        return cls(shape, np.asarray(sizes_of(found["places"], least=0), dtype=np.int64))

    def is_permutation_of(self, elements: int) -> bool:
        """Whether each of `elements` positions has one element of the shape."""
        if math.prod(self.shape) != elements or self.places.size != elements:
            return False
        return np.array_equal(np.sort(self.places), np.arange(elements))
