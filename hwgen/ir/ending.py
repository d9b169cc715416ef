"""Functions at the end of a network, which the host applies to the real numbers that leave the chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from hwgen.ir.types import FloatArray


class EndKind(Enum):
    """What the host can apply."""

    RELU = "relu"
    SIGMOID = "sigmoid"
    TANH = "tanh"
    SOFTMAX = "softmax"
    LOG_SOFTMAX = "log_softmax"


@dataclass(frozen=True)
class Ending:
    """A function of the model's output.

    Attributes:
        axis: of a frame's shape, along which a softmax sums; None where that is all of the frame.
    """

    kind: EndKind
    axis: int | None = None

    @property
    def keeps_order(self) -> bool:
        """Whether larger numbers stay larger: of a softmax, those that are summed together."""
        return self.kind is not EndKind.RELU

    def apply(self, numbers: FloatArray) -> FloatArray:
        """The function of frames (N, *shape) in float64."""
        match self.kind:
            case EndKind.RELU:
                return np.maximum(numbers, 0.0)
            case EndKind.SIGMOID:
                power = np.exp(-np.abs(numbers))
                return np.asarray(np.where(numbers >= 0, 1.0, power) / (1 + power))
            case EndKind.TANH:
                return np.asarray(np.tanh(numbers))
            case EndKind.SOFTMAX | EndKind.LOG_SOFTMAX:
                axes = tuple(range(1, numbers.ndim)) if self.axis is None else (self.axis + 1,)
                below = numbers - numbers.max(axis=axes, keepdims=True)
                total = np.exp(below).sum(axis=axes, keepdims=True)
                return np.asarray(below - np.log(total) if self.kind is EndKind.LOG_SOFTMAX else np.exp(below) / total)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; without the axis where that is the whole frame."""
        return {"name": self.kind.value} | ({} if self.axis is None else {"axis": self.axis})

    @classmethod
    def of_json(cls, found: Mapping[str, Any], rank: int) -> Ending:
        """The inverse of `to_json`, for an output of `rank` axes. Raises: ValueError, KeyError, TypeError."""
        kind, axis = EndKind(found["name"]), found.get("axis")
        summed = kind in (EndKind.SOFTMAX, EndKind.LOG_SOFTMAX)
        if set(found) - {"name", "axis"} or not (axis is None or (summed and type(axis) is int and 0 <= axis < rank)):
            raise ValueError(f"no function of an output of {rank} axes: {str(dict(found))[:80]}")
        return cls(kind, axis)
