"""Read-only arrays, and dataclasses that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def frozen(array: npt.ArrayLike, dtype: Any) -> npt.NDArray[Any]:
    """A read-only copy of `array` as `dtype`."""
    copy = np.array(array, dtype=dtype)
    copy.setflags(write=False)
    return copy


class Arrays:
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
