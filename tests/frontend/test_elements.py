"""Which numbers an element type holds: told by the types themselves."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto

from hwgen.errors import ModelError
from hwgen.frontend.elements import CASTS, require_exact
from hwgen.frontend.symbolic import CodedTensor, in_order
from hwgen.ir.graph import Value
from hwgen.ir.ops import Add, Mul
from hwgen.ir.types import TensorType, smallest_int

FLOAT8 = {
    "float8e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8e5m2": ml_dtypes.float8_e5m2,
    "float8e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
}


def _holds(kind: str, number: float) -> bool:
    """Whether a tensor of this one number is taken."""
    value = Value("v", TensorType((1,), smallest_int(1, 1)))
    stream = CodedTensor(value, 1, 1, (Mul(np.asarray(number)), Add(np.asarray(0.0))), in_order((1, 1)), quantised=True)
    try:
        require_exact("here", stream, kind)
    except ModelError:
        return False
    return True


@pytest.mark.parametrize("kind", FLOAT8)
def test_eight_bit_floats(kind: str) -> None:
    numbers = np.arange(256, dtype=np.uint8).view(FLOAT8[kind]).astype(np.float64)
    numbers = np.unique(numbers[np.isfinite(numbers)])
    assert len(numbers) > 240 and all(_holds(kind, number) for number in numbers)
    assert not any(_holds(kind, number) for number in (numbers[1:] + numbers[:-1]) / 2)
    assert not _holds(kind, numbers[-1] * 2) and not _holds(kind, numbers[0] * 2)


def _random(rng: np.random.Generator) -> Any:
    return np.ldexp(rng.integers(-(1 << 12), 1 << 12, 400).astype(np.float64), rng.integers(-30, 8, 400))


def test_half_precision() -> None:
    numbers = _random(np.random.default_rng(1))
    with np.errstate(over="ignore"):
        half = numbers.astype(np.float16).astype(np.float64) == numbers
    cut = (numbers.astype(np.float32).view(np.uint32) & 0xFFFF) == 0
    for kind, wanted in (("float16", half), ("bfloat16", cut)):
        assert [_holds(kind, number) for number in numbers] == wanted.tolist()
        assert 20 < wanted.sum() < 380


@pytest.mark.parametrize("kind", [name for name in CASTS.values() if "int" in name])
def test_integers(kind: str) -> None:
    bits, signed = int(kind.removeprefix("u").removeprefix("int")), kind.startswith("int")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    top = float(high - 1) if bits <= 32 else float(np.nextafter(float(high), 0))
    assert _holds(kind, float(low)) and _holds(kind, top) and _holds(kind, 1.0)
    below = float(np.nextafter(float(low), -np.inf)) if bits > 32 and signed else low - 1.0
    assert not _holds(kind, float(high)) and not _holds(kind, below) and not _holds(kind, 0.5)


def test_every_name_is_the_one_of_its_number() -> None:
    named = {"float": "float32", "double": "float64"}
    for number, name in CASTS.items():
        other = TensorProto.DataType.Name(number).lower()
        assert named.get(other, other) == name
