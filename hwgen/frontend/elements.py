"""Element types: the walk computes in real numbers, and refuses tensors whose element type would give other results.

Integer tensors wrap and divide differently, half-precision ones round. Where every number that a tensor can hold is a
number of its type, the results are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import QUANTISERS, SourceNode
from hwgen.frontend.symbolic import Absolute, Build, CodedTensor, Padded, QuantConst, Tensor, real
from hwgen.frontend.truths import levels_of
from hwgen.golden.chain import approximate
from hwgen.ir.ending import EndKind
from hwgen.ir.ops import Add, BatchNorm, Clip, Div, LeakyRelu, Mul, Step
from hwgen.ir.types import FloatArray

REAL = frozenset({"float32", "float64"})
"""Types whose rounding is ignored."""

CASTS: Mapping[int, str] = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    16: "bfloat16",
    17: "float8e4m3fn",
    18: "float8e4m3fnuz",
    19: "float8e5m2",
    20: "float8e5m2fnuz",
    21: "uint4",
    22: "int4",
}
"""TensorProto's element types that a tensor of the network may be cast to."""

_FLOATS: Mapping[str, tuple[int, int, float]] = {
    "float16": (11, -24, 65504.0),
    "bfloat16": (8, -133, 2.0**127 * (2 - 2**-7)),
    "float8e4m3fn": (4, -9, 448.0),
    "float8e4m3fnuz": (4, -10, 240.0),
    "float8e5m2": (3, -16, 57344.0),
    "float8e5m2fnuz": (3, -17, 57344.0),
}
"""Significant bits, exponent of the least number above zero, greatest number."""
_MOST_CODES = 1 << 16
_TRUTHS = frozenset({"And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "Or"})


def settle(build: Build, node: SourceNode, results: Sequence[Tensor | None]) -> None:
    """Record the element types of the node's outputs. Raises: ModelError where a number is none of its type."""
    read = {"Gather": node.inputs[:1], "Where": node.inputs[1:]}.get(node.op, node.inputs)
    given = next((build.elements[name] for name in read if name in build.elements), "float32")
    for name, tensor in zip(node.outputs, results, strict=False):
        if isinstance(tensor, CodedTensor | Absolute | Padded):
            build.elements[name] = kind = build.elements.get(name) or _kind(node, given)
            if isinstance(tensor, CodedTensor) and tensor.ending and tensor.ending.kind is EndKind.ARGMAX:
                continue
            require_exact(node.label, tensor, kind, cast=node.op == "Cast")
        elif isinstance(tensor, QuantConst) and node.op == "Cast":
            _require_kept(node.label, real(tensor, node), CASTS[node.integer("to", 1)], cast=True)


def _kind(node: SourceNode, given: str) -> str:
    """The element type of the node's output, `given` that of its input. Of a TopK the index alone can be used."""
    if node.op in ("ArgMax", "TopK"):
        return "int64"
    if node.op == "Cast":
        return CASTS[node.integer("to", 1)]
    if node.op in _TRUTHS:
        return "bool"
    return "float32" if node.op in QUANTISERS else given


def require_exact(where: str, tensor: CodedTensor | Absolute | Padded, kind: str, *, cast: bool = False) -> None:
    """Every number that the tensor may hold must be one of the element type `kind`. Raises: ModelError."""
    if kind in REAL:
        return
    stream = tensor if isinstance(tensor, CodedTensor) else tensor.stream
    levels = levels_of(stream.steps)
    if levels is not None:
        _require_kept(where, np.asarray(sorted(levels)), kind, cast=cast)
        return
    if stream.planes:
        numbers = np.asarray([-sum(stream.planes), sum(stream.planes)], dtype=np.float64)
    elif stream.high - stream.low < _MOST_CODES:
        numbers = np.arange(stream.low, stream.high + 1, dtype=np.float64)
    elif all(_is_whole(step) for step in stream.steps):
        numbers = np.asarray([stream.low, stream.high], dtype=np.float64)
    else:
        raise _inexact(where, kind, f"more than {_MOST_CODES} numbers", cast=False)
    with np.errstate(all="ignore"):
        for step in stream.steps:
            numbers = _after(step, numbers[:, None] if numbers.ndim == 1 else numbers)
    _require_kept(where, np.abs(numbers) if isinstance(tensor, Absolute) else numbers, kind, cast=cast)


def _is_whole(step: Step) -> bool:
    """Whether a step maps whole numbers to whole numbers, and the ends of a range to the ends."""
    return isinstance(step, Mul | Add) and all(bool(np.all(array % 1 == 0)) for array in vars(step).values())


def _after(step: Step, x: FloatArray) -> FloatArray:
    """A pending step applied to numbers (codes, channels or 1)."""
    match step:
        case Mul(factor):
            return x * factor
        case Add(term):
            return x + term
        case Div(divisor):
            return x / divisor
        case BatchNorm():
            return (x - step.mean) * step.gamma / np.sqrt(step.variance + step.epsilon) + step.beta
        case Clip(low, high):
            return np.clip(x, low, high)
        case LeakyRelu(slope):
            return np.where(x >= 0, x, x * slope)
    return approximate((step,), x)


def _kept(numbers: FloatArray, kind: str) -> Any:
    """Which numbers are numbers of the element type."""
    if kind == "bool":
        return (numbers == 0) | (numbers == 1)
    if kind in _FLOATS:
        bits, least, greatest = _FLOATS[kind]
        steps = np.ldexp(np.frexp(numbers)[0], bits), np.ldexp(numbers, -least)
        return (np.abs(numbers) <= greatest) & (steps[0] % 1 == 0) & (steps[1] % 1 == 0)
    signed, bits = kind.startswith("int"), int(kind.removeprefix("u").removeprefix("int"))
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1)) if signed else (0.0, 2.0**bits)
    return (numbers % 1 == 0) & (numbers >= low) & (numbers < high)


def _require_kept(where: str, numbers: FloatArray, kind: str, *, cast: bool) -> None:
    if kind in REAL:
        return
    with np.errstate(all="ignore"):
        lost = numbers[~_kept(numbers, kind)]
    if lost.size:
        raise _inexact(where, kind, f"{lost.flat[0]:g}", cast=cast and bool(np.any(lost % 1 != 0)))


def _inexact(where: str, kind: str, found: str, *, cast: bool) -> ModelError:
    if cast and kind not in _FLOATS:
        change = "Use a quantiser instead"
        return ModelError(where, "it must not cut real numbers to integers", "a cast to integers", change)
    return ModelError(where, f"its numbers must all be of its type {kind}", found, "Compute in float32")
