"""Convolutions: integer weights over windows of an image, padding as the code that stands for zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of
from hwgen.frontend.layout import as_image, channels_of, image_like, image_shape, require_image
from hwgen.frontend.linear import Weights, absorbed, absorbs, behind, emit_product, require_quantised, weights_from
from hwgen.frontend.parts import by_parts
from hwgen.frontend.residual import require_bipolar
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Tensor, collapse, real
from hwgen.frontend.windows import geometry_of, require_fits, unpadded
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import Add, Conv, Div, Mul
from hwgen.ir.types import Bipolar, IntArray, holds


def _weights(node: SourceNode, tensor: Tensor | None, rank: int) -> Weights:
    """The kernel as (out, height, width, in / groups) codes; a signal's has width 1. Raises: ModelError."""
    constant = constant_of(node, tensor, "weights")
    if len(constant.shape) != rank or 0 in constant.shape:
        raise ModelError(
            node.label,
            f"its weights must have {rank} axes as its input has",
            f"shape {constant.shape}",
            "Check the model's layers",
        )
    space = ("y", "x")[: rank - 2]
    axes = ", ".join(("out", *space, "in") if node.channels_last else ("out", "in", *space))
    weights = weights_from(node, constant, axes)
    codes = weights.codes if node.channels_last else np.moveaxis(weights.codes, 1, -1)
    return replace(weights, codes=codes if rank == 4 else codes[:, :, None])


def zero_code(stream: CodedTensor) -> int | None:
    """The code whose real value is exactly 0 on every channel, None where there is none."""
    if not all(isinstance(step, Mul | Div | Add) for step in stream.steps):
        return None
    if all(isinstance(step, Mul | Div) for step in stream.steps):
        return 0
    sizes = [array.size for step in stream.steps for array in vars(step).values()]
    codes = {_root(stream, channel) for channel in range(max(sizes))}
    code = codes.pop()
    if codes or code is None or code.denominator != 1:
        return None
    dtype = stream.value.type.dtype
    fits = code == 0 or (not isinstance(dtype, Bipolar) and holds(dtype, np.asarray([int(code)])))
    return int(code) if fits else None


def _root(stream: CodedTensor, channel: int) -> Fraction | None:
    """The zero of the pending steps of one channel, in rational numbers."""
    scale, offset = Fraction(1), Fraction(0)
    for step in stream.steps:
        match step:
            case Mul(factor):
                number = Fraction(float(factor.flat[channel % factor.size]))
                scale, offset = scale * number, offset * number
            case Div(divisor):
                number = Fraction(float(divisor.flat[channel % divisor.size]))
                scale, offset = scale / number, offset / number
            case Add(term):
                offset += Fraction(float(term.flat[channel % term.size]))
    return -offset / scale if scale else None


def _pad(node: SourceNode, stream: CodedTensor, geometry: Geometry, fill: float | None) -> int:
    """The code of padded taps. Raises: ModelError where no code stands for zero, or the padding is another number."""
    if fill not in (None, 0.0):
        raise ModelError(
            node.label,
            "its input must be padded with 0",
            f"padding with {fill:g} of a tensor of {stream.value.type.dtype}",
            "Pad with zeros",
        )
    if not geometry.pads:
        return 0
    code = zero_code(stream)
    if code is None:
        raise ModelError(
            node.label,
            "what it pads must have a code for 0",
            f"padding of a tensor that has no code for 0, {stream.value.type.dtype} with an offset",
            "Quantise its input symmetrically, or without padding",
        )
    return code


@dataclass(frozen=True)
class _Groups:
    """The groups of channels and outputs."""

    count: int
    channels: int
    outputs: int

    def sums(self, codes: IntArray) -> IntArray:
        """For each output (out, C) the sum of the weights of each channel."""
        wide = np.zeros((self.outputs, self.channels), dtype=np.int64)
        each, seen = self.outputs // self.count, self.channels // self.count
        for group in range(self.count):
            rows = slice(group * each, (group + 1) * each)
            wide[rows, group * seen : (group + 1) * seen] = codes[rows].sum(axis=(1, 2))
        return wide


def _groups(node: SourceNode, channels: int, codes: IntArray) -> _Groups:
    """The groups of a convolution. Raises: ModelError where they do not divide, or the weights have other channels."""
    count, outputs = node.integer("group", 1), len(codes)
    if count < 1 or channels % count or outputs % count:
        raise ModelError(
            node.label,
            "its groups must divide its channels and outputs",
            f"{count} groups of {channels} channels and {outputs} outputs",
            "Choose another number of groups",
        )
    if codes.shape[3] * count != channels:
        raise ModelError(
            node.label,
            f"its weights must have {channels // count} channels",
            f"{codes.shape[3]}",
            "Check the model's layer sizes",
        )
    return _Groups(count, channels, outputs)


def conv(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """A convolution with constant integer weights, over an image or a signal. Raises: ModelError."""
    stream, pads, fill = unpadded(node, args[0])
    require_image(node, stream)
    weights = _weights(node, args[1], len(stream.shape))
    stream = _image(build, node, stream, weights)
    height, width, channels = image_shape(stream.shape, channels_last=node.channels_last)
    groups = _groups(node, channels, weights.codes)
    actual = weights.codes.shape[1 : len(stream.shape) - 1]
    kernel = node.integers("kernel_shape", actual)
    if kernel != actual:
        raise ModelError(
            node.label,
            f"its weights must have the kernel {kernel}",
            f"{actual}",
            "Check the model's layer sizes",
        )
    geometry = geometry_of(node, kernel, (height, width), pads)
    require_fits(node, geometry, (height, width))
    result = convolved(build, node, stream, weights, geometry, fill)
    if args[2] is not None:
        bias = real(constant_of(node, args[2], "bias"), node).reshape(-1)
        if bias.size not in (1, groups.outputs):
            must = f"its bias must have one number for each of the {groups.outputs} outputs"
            raise ModelError(node.label, must, f"{bias.size}", "Check the model's layer sizes")
        result = result.then(Add(collapse(bias))) if np.any(bias != 0) else result
    return result


def _image(build: Build, node: SourceNode, stream: CodedTensor, weights: Weights) -> CodedTensor:
    """The stream as an image, whose channels may move where the weights can take that. Raises: ModelError, Relayout."""
    channels = channels_of(node, stream) if node.integer("group", 1) == 1 else None
    if channels is None or not absorbs(stream, weights, channels, stream.value.type.channels):
        return as_image(build, node, stream)
    return stream


def convolved(
    build: Build, node: SourceNode, stream: CodedTensor, weights: Weights, geometry: Geometry, fill: float | None
) -> CodedTensor:
    """The convolution, or one for each branch that `stream` joins on scales of their own. Raises: ModelError."""
    if node.integer("group", 1) > 1:
        return _product(build, node, stream, weights, geometry, fill)

    def layer(part: CodedTensor, channels: IntArray) -> CodedTensor:
        return _product(build, node, part, replace(weights, codes=weights.codes[..., channels]), geometry, fill)

    return by_parts(build, node, stream, -1 if node.channels_last else 1, layer)


def _product(
    build: Build, node: SourceNode, stream: CodedTensor, weights: Weights, geometry: Geometry, fill: float | None
) -> CodedTensor:
    """Emit a Conv node. Raises: ModelError."""
    require_quantised(build, node, stream)
    height, width, channels = stream.value.type.shape
    moved = channels_of(node, stream) if node.integer("group", 1) == 1 else None
    weights = weights if moved is None else absorbed(weights, moved, channels)
    groups = _groups(node, channels, weights.codes)
    single = weights.codes.shape[3] == 1
    sums = groups.sums(weights.codes) if any(isinstance(step, Add) for step in stream.steps) else weights.codes[:, 0, 0]
    steps = behind(build, node, stream, sums, single=single)
    require_bipolar(node, stream, weights.dtype, single=single and groups.outputs == groups.count)
    planes = np.asarray(stream.planes)
    op = Conv(weights.codes, weights.dtype, geometry, groups.count, _pad(node, stream, geometry, fill), planes)
    size = geometry.output_size(height, width)
    shape = (*size, groups.outputs)
    return emit_product(build, node, stream, op, weights, shape, steps).at(image_like(node, stream, size, shape[2]))
