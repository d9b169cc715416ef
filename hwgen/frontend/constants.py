"""Constants as streams: a layer of one input that is always 1, whose weights are the constant's codes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.grid import lines
from hwgen.frontend.layout import image_layout, laid_out, lies_channels_last
from hwgen.frontend.linear import LAYERS, Weights, weights_from
from hwgen.frontend.pieces import reached
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, in_order, real
from hwgen.ir.ops import MatMul, Mul
from hwgen.ir.types import FloatArray, IntArray, TensorType, smallest_int

_LARGEST_CODE = 1 << 16
"""Above the codes that padding may have, as those of activations."""


def constant_stream(build: Build, node: SourceNode, constant: Const | QuantConst, beside: CodedTensor) -> CodedTensor:
    """The constant, once a frame of `beside`, in whose layout it lies. Raises: ModelError where it has no few codes."""
    weights = _weights(node, constant)
    scale = np.broadcast_to(weights.scale, (weights.codes.size,))
    scale = scale[0].reshape(()) if np.all(scale == scale[0]) else scale
    return _laid(
        build, node, weights.codes.reshape(constant.shape), scale, beside, module_path(weights.name, node.name)
    )


def filled(build: Build, node: SourceNode, shape: tuple[int, ...], fill: float, beside: CodedTensor) -> CodedTensor:
    """A tensor that is `fill` everywhere, with the scale of `beside` where that holds it. Raises: ModelError."""
    code = _code_of(fill, beside)
    if code is None:
        return constant_stream(build, node, Const(np.full(shape, fill), node.name), beside)
    return replace(_laid(build, node, np.full(shape, code), np.ones(()), beside, node.name), steps=beside.steps)


def _code_of(number: float, stream: CodedTensor) -> int | None:
    """The code that stands for a number on all channels of a stream, None where there is none of few bits."""
    try:
        meaning = lines(stream.steps, stream.value.type.channels)
    except OverflowError:
        return None
    if meaning is None or len(meaning) > 1 or meaning[0].scale == 0:
        return None
    code = (Fraction(number) - meaning[0].offset) / meaning[0].scale
    return int(code) if code.denominator == 1 and abs(code) < _LARGEST_CODE else None


def _laid(
    build: Build, node: SourceNode, codes: IntArray, scale: FloatArray, beside: CodedTensor, origin: str
) -> CodedTensor:
    """Codes once a frame of `beside`, in whose layout they lie; `scale` is () or one for each of them in order."""
    image = len(codes.shape) in (3, 4) and codes.shape[0] == 1
    layout = image_layout(codes.shape, channels_last=lies_channels_last(beside)) if image else None
    shape, places = layout or ((codes.size,), in_order(codes.shape))
    order = np.argsort(places.reshape(-1))
    low, high = int(codes.min()), int(codes.max())
    narrow = smallest_int(low, high)
    name = build.next_name("fc", LAYERS)
    once = _once(build, node, f"{name}_one", beside)
    column = MatMul(codes.reshape(-1, 1)[order], narrow)
    value = build.emit(name, column, (once.value,), TensorType((codes.size,), narrow), origin)
    steps = (Mul(scale[order] if scale.ndim else scale),) if np.any(scale != 1) else ()
    stream = CodedTensor(value, low, high, steps, places, quantised=True)
    return laid_out(build, node, stream, (shape, places))


def _once(build: Build, node: SourceNode, name: str, beside: CodedTensor) -> CodedTensor:
    """A bit that is 1 once a frame: the first element of `beside` is never less than it can be."""
    place = beside.places.reshape(-1)[:1].reshape(1, 1)
    first = laid_out(build, node, replace(beside, steps=(), planes=()).at(place), ((1,), in_order((1, 1))))
    return reached(build, node, name, first, [beside.low])


def _weights(node: SourceNode, constant: Const | QuantConst) -> Weights:
    """The codes of a constant, (elements, 1). Raises: ModelError."""
    column = (int(np.prod(constant.shape)), 1)
    whole = constant if isinstance(constant, QuantConst) else Const(real(constant, node), constant.name)
    flat = whole.reshape(column) if isinstance(whole, QuantConst) else replace(whole, value=whole.value.reshape(column))
    try:
        return weights_from(node, flat, "element, 0")
    except ModelError as error:
        must = "the constant that it joins must be quantised, or whole multiples of a power of two"
        found, change = (
            error.found.replace("weights", "numbers"),
            "Quantise the constant, too: brevitas.nn.QuantIdentity",
        )
        raise ModelError(error.where, must, found, change) from None
