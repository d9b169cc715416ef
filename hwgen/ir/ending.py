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
    ARGMAX = "argmax"


@dataclass(frozen=True)
class Ending:
    """A function of the model's output.

    Attributes:
        axis: of a frame's shape, along which a softmax sums or an argmax chooses; None where that is all of the frame.
        keep: whether an argmax leaves that axis, of size 1.
    """

    kind: EndKind
    axis: int | None = None
    keep: bool = False

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
            case EndKind.ARGMAX:
                assert self.axis is not None
                return np.asarray(np.argmax(numbers, axis=self.axis + 1, keepdims=self.keep), dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; without the axis where that is the whole frame."""
        axis: dict[str, Any] = {} if self.axis is None else {"axis": self.axis}
        return {"name": self.kind.value} | axis | ({"keep": True} if self.keep else {})

    @classmethod
    def of_json(cls, found: Mapping[str, Any], rank: int) -> Ending:
        """The inverse of `to_json`, for an output of `rank` axes. Raises: ValueError, KeyError, TypeError."""
        kind, axis, keep = EndKind(found["name"]), found.get("axis"), found.get("keep", False)
        picks = kind is EndKind.ARGMAX
        along = picks or kind in (EndKind.SOFTMAX, EndKind.LOG_SOFTMAX)
        fits = not picks if axis is None else along and type(axis) is int and 0 <= axis < rank
        if set(found) - {"name", "axis", "keep"} or not fits or keep not in (False, picks):
            raise ValueError(f"no function of an output of {rank} axes: {str(dict(found))[:80]}")
        return cls(kind, axis, bool(keep))
