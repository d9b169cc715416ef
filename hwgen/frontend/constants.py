"""Constants as streams: a layer of one input that is always 1, whose weights are the constant's codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.layout import image_layout, laid_out, lies_channels_last
from hwgen.frontend.linear import LAYERS, Weights, weights_from
from hwgen.frontend.pieces import reached
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, in_order, real
from hwgen.ir.ops import MatMul, Mul
from hwgen.ir.types import TensorType, smallest_int


def constant_stream(build: Build, node: SourceNode, constant: Const | QuantConst, beside: CodedTensor) -> CodedTensor:
    """The constant, once a frame of `beside`, in whose layout it lies. Raises: ModelError where it has no few codes."""
    image = len(constant.shape) in (3, 4) and constant.shape[0] == 1
    last = lies_channels_last(beside)
    layout = image_layout(constant.shape, channels_last=last) if image else None
    shape, places = layout or ((int(np.prod(constant.shape)),), in_order(constant.shape))
    weights = _weights(node, constant)
    order = np.argsort(places.reshape(-1))
    codes = weights.codes[order]
    low, high = int(codes.min()), int(codes.max())
    narrow = smallest_int(low, high)
    name = build.next_name("fc", LAYERS)
    once, origin = _once(build, node, f"{name}_one", beside), module_path(weights.name, node.name)
    value = build.emit(name, MatMul(codes, narrow), (once.value,), TensorType((codes.size,), narrow), origin)
    scale = np.broadcast_to(weights.scale, (codes.size,))[order]
    scale = scale[0].reshape(()) if np.all(scale == scale[0]) else scale
    steps = (Mul(scale),) if np.any(scale != 1) else ()
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
