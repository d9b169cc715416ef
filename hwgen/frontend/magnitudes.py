"""Means and sums of |x| over the channels of each pixel: the K of XNOR-Net before its box filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import reduced_axes
from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.layout import as_image, lies_channels_last, settled
from hwgen.frontend.pooling import reduce_mean as spatial_mean
from hwgen.frontend.pooling import reduce_sum as spatial_sum
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Absolute, Build, CodedTensor, Tensor, bounds_of, fold_affine
from hwgen.ir.ops import Div, Magnitude, Mul
from hwgen.ir.ranges import op_range
from hwgen.ir.types import Bipolar, IntArray, TensorType, smallest_int


def absolute(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """|x|, on its way to a sum over channels. Raises: ModelError."""
    return Absolute(stream_of(node, args[0]))


def reduce_mean(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceMean of |x| over the channels, or of anything over rows and columns. Raises: ModelError."""
    if not isinstance(args[0], Absolute):
        return spatial_mean(build, node, args)
    return _reduced(build, node, args[0].stream, args, mean=True)


def reduce_sum(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceSum of |x| over the channels, or of anything over rows and columns. Raises: ModelError."""
    if not isinstance(args[0], Absolute):
        return spatial_sum(build, node, args)
    return _reduced(build, node, args[0].stream, args, mean=False)


def reduce_l1(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The sum of |x| over the channels. Raises: ModelError."""
    return _reduced(build, node, stream_of(node, args[0]), args, mean=False)


def _reduced(
    build: Build, node: SourceNode, stream: CodedTensor, args: Sequence[Tensor | None], *, mean: bool
) -> CodedTensor:
    """The sum of |a x| = |a| |x| over the axes, and its division."""
    factor = _factor(build, node, stream)
    axes = reduced_axes(node, args[1], len(stream.shape))
    spread = [axis for axis, size in enumerate(stream.shape) if size > 1]
    if len(stream.shape) in (3, 4) and not set(spread) <= set(axes):
        stream = as_image(build, _as_it_lies(node, stream), stream)
    stream = settled(build, node, stream)
    places = _sums(node, stream, axes)
    elements = stream.places.size // places.size
    op, source = Magnitude(elements), stream.value.type
    bounds = op_range(op, [bounds_of(stream)], 1)
    shape = (*source.shape[:-1], 1) if elements == source.channels else (1,)
    kind = TensorType(shape, smallest_int(bounds.min, bounds.max))
    origin = module_path(node.name, node.name)
    value = build.emit(build.next_name("magnitude"), op, (stream.value,), kind, origin)
    steps = (Mul(np.asarray(factor)),) if factor != 1 else ()
    divided = (Div(np.asarray(float(elements))),) if mean else ()
    keep = bool(node.integer("keepdims", 1))
    left = tuple(1 if a in axes else n for a, n in enumerate(stream.shape) if keep or a not in axes)
    return CodedTensor(value, bounds.min, bounds.max, (*steps, *divided), places.reshape(left), quantised=False)


def _factor(build: Build, node: SourceNode, stream: CodedTensor) -> float:
    """The real value of a code's magnitude of 1. Raises: ModelError where the codes are no fixed-point numbers."""
    meaning = fold_affine(stream.steps)
    found = ""
    if not stream.quantised:
        found = f"{build.label(stream.value)} with no quantiser behind it"
    elif isinstance(stream.value.type.dtype, Bipolar):
        found = f"bipolar codes from {build.label(stream.value)}"
    elif meaning is None or np.any(meaning.offset != 0):
        found = f"an offset or an activation function after {build.label(stream.value)}"
    elif meaning.scale.ndim:
        found = f"a scale for each channel after {build.label(stream.value)}"
    if found or meaning is None:
        raise ModelError(
            node.label,
            "magnitudes must be of fixed-point numbers of one scale, 0 standing for 0",
            found,
            "Quantise the layer's input to a few bits, per tensor and without a zero point",
        )
    return abs(float(meaning.scale))


def _as_it_lies(node: SourceNode, stream: CodedTensor) -> SourceNode:
    """The node, marked as channels last where its input is."""
    return replace(node, channels_last=lies_channels_last(stream))


def _sums(node: SourceNode, stream: CodedTensor, axes: tuple[int, ...]) -> IntArray:
    """The place of each sum: the pixels, or one for all. Raises: ModelError where it sums something else."""
    channels = stream.value.type.channels
    kept = [axis for axis in range(len(stream.shape)) if axis not in axes]
    count = int(np.prod([stream.shape[axis] for axis in kept], dtype=np.int64))
    groups = stream.places.transpose(*kept, *axes).reshape(count, -1)
    pixels = groups // channels
    if groups.shape[1] == channels and np.all(pixels == pixels[:, :1]):
        return pixels[:, 0]
    if count != 1:
        raise ModelError(
            node.label,
            "it must sum absolute values over all channels of each pixel, or over the whole tensor",
            f"axes {axes} of shape {stream.shape}",
            "Choose the channel axis",
        )
    return np.zeros(1, dtype=np.int64)
