"""Element types: the walk computes in real numbers, and refuses a tensor whose type would give other ones.

An integer tensor wraps and divides otherwise, a half-precision one rounds. Where every number that a tensor can hold
is a number of its type, both are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Absolute, Build, Padded, QuantConst, Stream, Tensor, real
from hwgen.ir.ops import Add, ArgMax, BatchNorm, Clip, Div, LeakyRelu, Mul, Step
from hwgen.ir.types import FloatArray

REAL = frozenset({"float32", "float64"})
"""Types whose rounding is left out of account everywhere."""
INDEX = "index"
"""A class that the host picks: the tensor's numbers are scores yet."""

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
}
"""TensorProto's element types that a tensor of the network may be cast to."""

_KEEP_SCORES = frozenset({"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
_MOST_CODES = 1 << 16
_QUANTISERS = frozenset({"BipolarQuant", "IntQuant", "MultiThreshold", "Quant", "Trunc"})


def settle(build: Build, node: SourceNode, results: Sequence[Tensor | None]) -> None:
    """File the element types of what the node gives. Raises: ModelError where a number is none of its type."""
    given = next((build.elements[name] for name in node.inputs if name in build.elements), "float32")
    if given == INDEX and node.op not in _KEEP_SCORES:
        raise ModelError(
            node.label,
            "nothing may be computed from a class that the host picks",
            f"{node.op} of the index of the best class",
            "End the network with the index",
        )
    for place, (name, tensor) in enumerate(zip(node.outputs, results, strict=False)):
        if isinstance(tensor, Stream | Absolute | Padded):
            build.elements[name] = kind = _kind(build, node, tensor, given, place)
            require_exact(node.label, tensor, kind, cast=node.op == "Cast")
        elif isinstance(tensor, QuantConst) and node.op == "Cast":
            _require_kept(node.label, real(tensor, node), CASTS[node.integer("to", 1)], cast=True)


def _kind(build: Build, node: SourceNode, tensor: Tensor, given: str, place: int) -> str:
    """The element type of the node's output number `place`, `given` that of its input."""
    if node.op == "ArgMax" or (node.op == "TopK" and place == 1):
        last = build.nodes[-1] if build.nodes else None
        ranked = isinstance(tensor, Stream) and last is not None and last.output == tensor.value
        return "int64" if ranked and last is not None and isinstance(last.op, ArgMax) else INDEX
    if given == INDEX:
        return INDEX
    if node.op == "Cast":
        return CASTS[node.integer("to", 1)]
    return "float32" if node.op in _QUANTISERS else given


def require_exact(where: str, tensor: Stream | Absolute | Padded, kind: str, *, cast: bool = False) -> None:
    """Every number that the tensor may hold must be one of the element type `kind`. Raises: ModelError."""
    if kind in REAL or kind == INDEX:
        return
    stream = tensor if isinstance(tensor, Stream) else tensor.stream
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
    """What a pending step makes of numbers (codes, channels or 1)."""
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
    raise TypeError(f"{type(step).__name__} is never pending")


def _kept(numbers: FloatArray, kind: str) -> Any:
    """Which numbers are numbers of the element type."""
    if kind == "bool":
        return (numbers == 0) | (numbers == 1)
    if kind == "bfloat16":
        single = numbers.astype(np.float32)
        return (single == numbers) & (single.view(np.uint32) & 0xFFFF == 0)
    if kind == "float16":
        return numbers.astype(np.float16) == numbers
    span = np.iinfo(kind)
    return (numbers % 1 == 0) & (numbers >= float(span.min)) & (numbers <= float(span.max))


def _require_kept(where: str, numbers: FloatArray, kind: str, *, cast: bool) -> None:
    if kind in REAL:
        return
    with np.errstate(all="ignore"):
        lost = numbers[~_kept(numbers, kind)]
    if lost.size:
        raise _inexact(where, kind, f"{lost.flat[0]:g}", cast=cast and bool(np.any(lost % 1 != 0)))


def _inexact(where: str, kind: str, found: str, *, cast: bool) -> ModelError:
    if cast and not kind.endswith("float16"):
        change = "Use a quantiser instead"
        return ModelError(where, "it must not cut real numbers to integers", "a cast to integers", change)
    return ModelError(where, f"its results must be numbers of its type {kind}", found, "Compute in float32")
