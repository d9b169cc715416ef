"""The operations of the integer network: one frozen dataclass each, arrays read-only.

A network arrives as MatMul and Activation nodes (the activation still in the model's own floating-point terms) and
leaves the threshold pass as MatMul and Threshold nodes, integers throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.types import DType, FloatArray, IntArray


class Rounding(Enum):
    """How a quantiser turns a real number into an integer."""

    HALF_EVEN = "half_even"
    FLOOR = "floor"
    CEIL = "ceil"
    TO_ZERO = "to_zero"
    FROM_ZERO = "from_zero"
    HALF_UP = "half_up"
    HALF_DOWN = "half_down"


def frozen(array: npt.ArrayLike, dtype: Any) -> npt.NDArray[Any]:
    """A read-only copy of `array` as `dtype`."""
    copy = np.array(array, dtype=dtype)
    copy.setflags(write=False)
    return copy


class _Arrays:
    """Equality and hashing by value for dataclasses that hold arrays; freezes them on construction.

    An array annotated `FloatArray` becomes float64, one annotated `IntArray` int64. Parameters of a step have
    shape () for the whole tensor or (C,) per channel.
    """

    def __post_init__(self) -> None:
        for name, kind in self.__class__.__annotations__.items():
            if kind in ("FloatArray", "IntArray"):
                dtype = np.float64 if kind == "FloatArray" else np.int64
                object.__setattr__(self, name, frozen(getattr(self, name), dtype))

    def _key(self) -> tuple[Any, ...]:
        values = (getattr(self, name) for name in self.__class__.__dataclass_fields__)  # type: ignore[attr-defined]
        return tuple((v.shape, v.tobytes()) if isinstance(v, np.ndarray) else v for v in values)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))


@dataclass(frozen=True, eq=False)
class Mul(_Arrays):
    """x * factor."""

    factor: FloatArray


@dataclass(frozen=True, eq=False)
class Add(_Arrays):
    """x + term."""

    term: FloatArray


@dataclass(frozen=True, eq=False)
class Div(_Arrays):
    """x / divisor, with no zero in `divisor`."""

    divisor: FloatArray


@dataclass(frozen=True, eq=False)
class BatchNorm(_Arrays):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, per channel."""

    gamma: FloatArray
    beta: FloatArray
    mean: FloatArray
    variance: FloatArray
    epsilon: float


@dataclass(frozen=True, eq=False)
class Clip(_Arrays):
    """min(max(x, low), high): ReLU is Clip(0, inf), hard-tanh Clip(-1, 1)."""

    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class LeakyRelu(_Arrays):
    """x where x >= 0, slope * x elsewhere."""

    slope: FloatArray


@dataclass(frozen=True, eq=False)
class Sign(_Arrays):
    """The bipolar quantiser: +1 where x >= 0, -1 elsewhere."""


@dataclass(frozen=True, eq=False)
class Quantise(_Arrays):
    """The uniform quantiser: clamp(round(x / scale + zero_point), low, high)."""

    scale: FloatArray
    zero_point: FloatArray
    low: int
    high: int
    rounding: Rounding


@dataclass(frozen=True, eq=False)
class Levels(_Arrays):
    """The multi-threshold quantiser: base + step * sum_i [x >= levels_i]; `levels` is (1, L) or (C, L), ascending."""

    levels: FloatArray
    base: int
    step: int


Step = Mul | Add | Div | BatchNorm | Clip | LeakyRelu | Sign | Quantise | Levels
"""One elementwise step of an activation, parameters per channel or for the whole tensor."""


@dataclass(frozen=True, eq=False)
class MatMul(_Arrays):
    """out[j] = sum_i weights[j, i] * in[i] over the last axis; `weights` is (out, in) codes of `weight_type`."""

    weights: IntArray
    weight_type: DType


@dataclass(frozen=True)
class Activation:
    """A chain of elementwise steps on integers whose last step is a quantiser (Sign, Quantise or Levels).

    The output value's type says which codes the quantiser gives.
    """

    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Threshold(_Arrays):
    """base + step * n with n = sum_i [x >= thresholds_i], or L - n in channels where `descending`.

    `thresholds` is (C, L) or (1, L), ascending along L; `descending` is (C,) or (1,) of 0/1.
    """

    thresholds: IntArray
    descending: IntArray
    base: int
    step: int


@dataclass(frozen=True)
class ArgMax:
    """The index of the largest channel, the lowest index where several are equal."""


Op = MatMul | Activation | Threshold | ArgMax
