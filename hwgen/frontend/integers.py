"""QuantizeLinear and DequantizeLinear: between real numbers and the integer tensors of ONNX.

A quantised stream is a tensor of its codes; zero points and scales are steps behind it. So operators that only move
integers or compare them may stand between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axis_of
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.quantisers import finish, positive_scale
from hwgen.frontend.source import Array, SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, Tensor, affine_steps, aligned, collapse, real
from hwgen.golden.chain import evaluate
from hwgen.ir.ops import Quantise, Rounding
from hwgen.ir.types import FloatArray, IntArray, IntType, smallest_int

_MOST_BITS = 16
"""Most bits of codes; wider constants are biases."""

_SUM_FIRST = frozenset({"QLinearAdd", "QLinearAveragePool", "QLinearMul"})
"""Operators whose results onnxruntime rounds with their zero point added."""

_MOST_COMPARED = 1 << 16
"""Most codes that a quantiser is compared on with a tensor that is quantised already."""


def _type_of(node: SourceNode, array: Array, what: str) -> IntType:
    """The integer type of a constant's elements. Raises: ModelError."""
    name = array.dtype.name
    kind = name.removeprefix("u")
    if not kind.startswith("int") or not kind[3:].isdecimal():
        raise ModelError(node.label, f"its {what} must be integers", f"elements of type {name}", "Quantise to int8")
    return IntType(int(kind[3:]), signed=kind == name)


def _require_type(node: SourceNode, element: str, tensor: Tensor | None) -> None:
    """The zero point must be of the type of the codes. Raises: ModelError."""
    if isinstance(tensor, Const):
        kind = _name(_type_of(node, tensor.value, "zero point"))
        if kind != element:
            must = f"its zero point must be of the type of its codes, {element}"
            raise ModelError(node.label, must, kind, "Export the model again")


def _name(kind: IntType) -> str:
    """ONNX's name of an integer type."""
    return f"{'' if kind.signed else 'u'}int{kind.bits}"


def _along(node: SourceNode, array: FloatArray, rank: int, what: str) -> FloatArray:
    """A parameter that is one number, or one for each place on the node's axis. Raises: ModelError."""
    if array.size == 1:
        return collapse(array)
    if array.ndim != 1:
        found = f"shape {array.shape}"
        change = "Quantise per tensor or per channel, not in blocks"
        raise ModelError(node.label, f"its {what} must be one number, or one for each channel", found, change)
    shape = [1] * rank
    shape[axis_of(node, node.integer("axis", 1), rank)] = array.size
    return array.reshape(shape)


def _parameters(node: SourceNode, args: Sequence[Tensor | None], rank: int) -> tuple[FloatArray, FloatArray]:
    """Scale and zero point, to be broadcast to a tensor of `rank` axes. Raises: ModelError."""
    scale = positive_scale(node, real(constant_of(node, args[1], "scale"), node))
    zero = np.zeros(()) if args[2] is None else real(constant_of(node, args[2], "zero point"), node)
    return _along(node, scale, rank, "scale"), _along(node, zero, rank, "zero point")


def _range(node: SourceNode, args: Sequence[Tensor | None]) -> tuple[str, int, int]:
    """The element type of the codes, and their least and greatest; of the Clip too that the node replaces."""
    kind = IntType(8, signed=False)
    if args[2] is not None:
        zero = constant_of(node, args[2], "zero point")
        assert isinstance(zero, Const)
        kind = _type_of(node, zero.value, "zero point")
    low, high = kind.min, kind.max
    for index, outer in ((3, max), (4, min)):
        if args[index] is not None:
            bound = real(constant_of(node, args[index], "bound"), node)
            if bound.size != 1 or bound.flat[0] % 1:
                raise ModelError(node.label, "its bounds must be whole numbers", f"{bound}", "Correct the Clip")
            low, high = (outer(low, int(bound.flat[0])), high) if index == 3 else (low, outer(high, int(bound.flat[0])))
    if low >= high:
        raise ModelError(node.label, "its codes must be several", f"from {low} to {high}", "Correct the Clip")
    return _name(kind), low, high


def quantize_linear(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """round(x / scale) + zero point between two codes; ties go to the even integer before the sum. Raises: ModelError.

    Operands: x, scale, zero point, and the bounds of a Clip behind it.
    """
    stream = stream_of(node, args[0])
    scale, zero = _parameters(node, args, len(stream.shape))
    element, low, high = _range(node, args)
    odd = np.zeros(1) if node.whole in _SUM_FIRST else np.unique(zero % 2)
    if odd.size > 1:
        change = "Quantise per tensor"
        raise ModelError(node.label, "its zero points must all be even or all odd", "both", change)
    rounding = Rounding.HALF_ODD if odd[0] else Rounding.HALF_EVEN
    step = Quantise(aligned(stream, scale, node), aligned(stream, zero, node), low, high, rounding)
    for name in node.outputs:
        build.elements[name] = element
    if _keeps(stream, step):
        return replace(stream, steps=())
    return finish(build, node, stream, step=step, kind=smallest_int(low, high), span=(low, high))


def _keeps(stream: CodedTensor, step: Quantise) -> bool:
    """Whether the stream's codes are those that the quantiser gives."""
    if not stream.quantised or stream.planes or stream.high - stream.low >= _MOST_COMPARED:
        return False
    codes = np.arange(stream.low, stream.high + 1, dtype=np.int64)
    wide: IntArray = np.repeat(codes[:, None], stream.value.type.channels, axis=1)
    return bool(np.array_equal(evaluate((*stream.steps, step), wide), wide))


def dequantize_linear(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """(x - zero point) * scale of codes, or of a constant: weights are codes with a scale, biases numbers.

    Raises: ModelError.
    """
    tensor = args[0]
    if isinstance(tensor, QuantConst):
        tensor = Const(real(tensor, node), tensor.name)
    if isinstance(tensor, Const):
        return _constant(node, tensor, args)
    stream = stream_of(node, tensor)
    element = build.elements[node.inputs[0]]
    if not node.whole and not element.removeprefix("u").startswith("int"):
        raise ModelError(node.label, "its codes must be integers", element, "Put a QuantizeLinear before it")
    _require_type(node, element, args[2])
    scale, zero = (aligned(stream, array, node) for array in _parameters(node, args, len(stream.shape)))
    for name in node.outputs:
        build.elements[name] = "float32"
    return stream.then(*affine_steps(np.ones(()), -zero), *affine_steps(scale, np.zeros(())))


def _constant(node: SourceNode, tensor: Const, args: Sequence[Tensor | None]) -> Tensor:
    """A constant of codes. Raises: ModelError."""
    kind = _type_of(node, tensor.value, "codes")
    codes = real(tensor, node)
    _require_type(node, _name(kind), args[2])
    scale, zero = _parameters(node, args, codes.ndim)
    name = tensor.name.removesuffix("_quantized")
    try:
        centred = np.broadcast_to(codes - zero, codes.shape)
        np.broadcast_to(scale, codes.shape)
    except ValueError:
        found = f"shapes {scale.shape} and {zero.shape} of a tensor of shape {codes.shape}"
        raise ModelError(node.label, "its scale must fit its codes", found, "Check its axis") from None
    if kind.bits > _MOST_BITS or centred.size == 0:
        return Const(centred * scale, name)
    whole = centred.astype(np.int64)
    return QuantConst(whole, scale, np.zeros(()), smallest_int(int(whole.min()), int(whole.max())), name)
