"""Read-only arrays, and dataclasses that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.types import DType, IntType, holds, narrowest


def frozen(array: npt.ArrayLike, dtype: Any) -> npt.NDArray[Any]:
    """A read-only copy of `array` as `dtype`; itself where it is one."""
    if isinstance(array, np.ndarray) and array.dtype == dtype and array.flags.owndata and not array.flags.writeable:
        return array
    copy = np.array(array, dtype=dtype)
    copy.setflags(write=False)
    return copy


def _narrow(codes: npt.NDArray[Any], kind: DType) -> np.dtype[Any]:
    """The narrowest integers that hold all codes of a type, and `codes` among them."""
    found = narrowest(kind)
    if codes.dtype == found or found.itemsize == 8:
        return found
    return found if holds(IntType(8 * found.itemsize, signed=True), codes) else np.dtype(np.int64)


class Arrays:
    """Equality and hashing by value for dataclasses that hold arrays; freezes them on construction.

    An array annotated `FloatArray` becomes float64, one annotated `IntArray` int64. One annotated `CodeArray`, codes
    of the type in the field `weight_type`, gets the narrowest integers of that type, as there are many; int64 where
    some are no codes of it. Parameters of a step have shape () for the whole tensor or (C,) per channel.
    """

    weight_type: DType

    def __post_init__(self) -> None:
        for name, kind in self.__class__.__annotations__.items():
            array: Any = getattr(self, name, None)
            if kind in ("FloatArray", "IntArray"):
                object.__setattr__(self, name, frozen(array, np.float64 if kind == "FloatArray" else np.int64))
            if kind == "CodeArray":
                object.__setattr__(self, name, frozen(array, _narrow(np.asarray(array), self.weight_type)))

    def _key(self) -> tuple[Any, ...]:
        values = (getattr(self, name) for name in self.__class__.__dataclass_fields__)  # type: ignore[attr-defined]
        return tuple((v.shape, v.tobytes()) if isinstance(v, np.ndarray) else v for v in values)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((type(self), self._key()))
