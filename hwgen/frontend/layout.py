"""Where each ONNX element lies in the hardware's tensor: layouts are resolved here, and nowhere behind.

Hardware tensors are flat (elements,) or images (H, W, C), channel innermost; a signal (C, L) is an image (L, 1, C).
Operators that move elements change a stream's places alone. What reads the stream takes them into its weights, or has
the value laid out anew: by the host where it is an input of the network, else by a Gather.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import (
    MOST_OWN,
    Absolute,
    Build,
    CodedTensor,
    Misplaced,
    Tensor,
    frame_shape,
    in_order,
    of_channels,
)
from hwgen.ir.graph import Value
from hwgen.ir.ops import Activation, Gather, Step
from hwgen.ir.order import Order
from hwgen.ir.types import IntArray, TensorType

Layout = tuple[tuple[int, ...], IntArray]
"""The shape of a value, and the place there of each element of an ONNX tensor."""


class Relayout(Exception):
    """An input of the network must take another layout; caught by the walk."""

    def __init__(self, value: Value, layout: Layout) -> None:
        super().__init__(layout[0])
        self.value, self.layout = value, layout


def image_shape(shape: tuple[int, ...], *, channels_last: bool) -> tuple[int, int, int]:
    """The (H, W, C) of an ONNX shape (1, C, H, W), (1, C, L), or with the channels last."""
    spatial = shape[1:-1] if channels_last else shape[2:]
    height, width = (*spatial, 1)[:2]
    return height, width, shape[-1] if channels_last else shape[1]


def image_places(shape: tuple[int, ...], *, channels_last: bool) -> IntArray:
    """Places of the elements of an image of the ONNX shape (1, C, H, W), (1, C, L), or with the channels last."""
    if channels_last:
        return in_order(shape)
    return np.moveaxis(in_order((shape[0], *shape[2:], shape[1])), -1, 1)


def order_of_input(shape: tuple[int, ...], hardware: tuple[int, ...], places: IntArray) -> Order | None:
    """Where the elements of the network's input of the ONNX `shape` lie in the value of the shape `hardware`.

    None where that is a vector of them in order, or the image or signal itself with its channels innermost. Tokens
    (1, T, F) have an order of their own, as (1, C, L) is what a file of signals holds.
    """
    if len(hardware) == 1:
        return None if np.array_equal(places, in_order(shape)) else Order(frame_shape(shape), places)
    layouts = {3: (False,), 4: (False, True)}.get(len(shape), ())
    same = (hardware == image_shape(shape, channels_last=last) for last in layouts)
    lying = (np.array_equal(places, image_places(shape, channels_last=last)) for last in layouts)
    if any(map(all, zip(same, lying, strict=True))):
        return None
    return Order(frame_shape(shape), places)


def image_layout(shape: tuple[int, ...], *, channels_last: bool) -> Layout:
    """The layout of an image or signal of an ONNX shape."""
    return image_shape(shape, channels_last=channels_last), image_places(shape, channels_last=channels_last)


def lies_so(stream: CodedTensor, layout: Layout) -> bool:
    """Whether a stream has the layout already."""
    return stream.value.type.shape == layout[0] and np.array_equal(stream.places, layout[1])


def lies_channels_last(stream: CodedTensor) -> bool:
    """Whether the stream is an image whose ONNX shape is (1, H, W, C) or (1, L, C)."""
    return len(stream.shape) in (3, 4) and lies_so(stream, image_layout(stream.shape, channels_last=True))


def as_image(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """The stream with the image that the node sees as its value. Raises: ModelError, Relayout."""
    require_image(node, stream)
    return laid_out(build, node, stream, image_layout(stream.shape, channels_last=node.channels_last))


def require_image(node: SourceNode, stream: CodedTensor) -> None:
    """The stream must have the ONNX shape of an image. Raises: ModelError."""
    if len(stream.shape) not in (3, 4) or stream.shape[0] != 1:
        volume = len(stream.shape) == 5
        raise ModelError(
            node.label,
            "its input must be an image (1, C, H, W) or a signal (1, C, L)",
            f"{'a volume of ' if volume else ''}shape {stream.shape}",
            "Use a layer of two axes, as QuantConv2d is" if volume else "Give the layer what it was trained on",
        )


def channels_of(node: SourceNode, stream: CodedTensor) -> IntArray | None:
    """The channel of the value that each channel of the image is; None where pixels move too."""
    channels, size = stream.value.type.channels, len(stream.shape)
    if size not in (3, 4) or stream.shape[0] != 1:
        return None
    height, width, count = image_shape(stream.shape, channels_last=node.channels_last)
    if stream.value.type.shape[:-1] != (height, width):
        return None
    found = np.moveaxis(stream.places, -1 if node.channels_last else 1, -1).reshape(height * width, count)
    rows = found - channels * np.arange(height * width)[:, None]
    inside = rows[0].min() >= 0 and rows[0].max() < channels
    return rows[0] if inside and bool(np.all(rows == rows[:1])) else None


def laid_out(build: Build, node: SourceNode, stream: CodedTensor, layout: Layout) -> CodedTensor:
    """The stream in a layout that holds each element once: an input of the network takes it, else the codes move.

    Raises: Relayout where an input can lie so; ModelError where pending steps cannot move.
    """
    if lies_so(stream, layout):
        return stream
    shape, places = layout
    source = _input_of(build, stream)
    if source is not None and source.name not in build.settled and stream.is_permutation:
        now_at = np.empty(places.size, dtype=np.int64)
        now_at[stream.places.reshape(-1)] = places.reshape(-1)
        raise Relayout(source, (shape, now_at[build.starts[source]]))
    gathered, steps = _gathered(stream, layout)
    if steps is None:
        raise ModelError(
            node.label,
            "what moves to one channel must have one scale and one offset",
            f"channels of {build.label(stream.value)} that differ in them, as {stream.shape} of {stream.value.type}",
            "Quantise it with one scale for all channels before it moves",
        )
    return replace(stream, value=_moved(build, node, stream.value, shape, gathered), steps=steps, places=places)


def _gathered(stream: CodedTensor, layout: Layout) -> tuple[IntArray, tuple[Step, ...] | None]:
    """The element of the stream's value at each place of the layout; the pending steps there, if they can be."""
    shape, places = layout
    gathered = np.empty(places.size, dtype=np.int64)
    gathered[places.reshape(-1)] = stream.places.reshape(-1)
    return gathered, of_channels(stream.steps, (gathered % stream.value.type.channels).reshape(-1, shape[-1]))


def _moved(build: Build, node: SourceNode, value: Value, shape: tuple[int, ...], places: IntArray) -> Value:
    """The value of a Gather, of one that is there already where it is the same."""
    op, kind = Gather(places), TensorType(shape, value.type.dtype)
    for known in build.nodes:
        if isinstance(known.op, Gather) and known.inputs == (value,) and known.output.type == kind and known.op == op:
            return known.output
    return build.emit(build.next_name("move"), op, (value,), kind, module_path(node.name, node.name))


def layouts(shape: tuple[int, ...]) -> list[Layout]:
    """What a tensor of an ONNX shape may be: an image of channels first or last, or a vector."""
    image = len(shape) in (3, 4) and shape[0] == 1
    found = [image_layout(shape, channels_last=last) for last in (False, True)] if image else []
    return [*found, ((math.prod(shape),), in_order(shape))]


def settled(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """The stream with each element once in its value, moved as little as can be. Raises: ModelError."""
    if stream.is_permutation:
        return stream

    def fit(layout: Layout) -> tuple[bool, int]:
        """Whether the pending steps can move so, and how many elements follow the one that they followed."""
        gathered, steps = _gathered(stream, layout)
        return steps is not None, int(np.count_nonzero(np.diff(gathered) == 1))

    return laid_out(build, node, stream, max(layouts(stream.shape), key=fit))


def for_parameter(build: Build, node: SourceNode, tensor: Tensor | None, found: Misplaced) -> Tensor | None:
    """An operand laid out so that a parameter along `found.axes` is one of each channel; others as they are.

    Raises: ModelError where no layout does that.
    """
    stream = tensor.stream if isinstance(tensor, Absolute) else tensor
    if not isinstance(stream, CodedTensor) or stream.value != found.stream.value:
        return tensor
    wide = stream.reshape(found.stream.shape)
    moved = laid_out(build, node, wide, _for_axes(wide, found))
    if moved is wide:
        raise found.error
    moved = moved.reshape(stream.shape)
    return Absolute(moved) if isinstance(tensor, Absolute) else moved


def _for_axes(stream: CodedTensor, found: Misplaced) -> Layout:
    """The layout with a channel for each number of the parameter. Raises: ModelError where these are too many."""
    shape, rank = stream.shape, len(stream.shape)
    if rank in (3, 4) and shape[0] == 1 and found.axes in ((1,), (rank - 1,)):
        return image_layout(shape, channels_last=found.axes != (1,))
    if stream.places.size > MOST_OWN:
        raise found.error
    return (stream.places.size,), stream.places if stream.is_permutation else in_order(shape)


def _input_of(build: Build, stream: CodedTensor) -> Value | None:
    """The input of the network between which and the stream stand only activations, which move nothing."""
    value = stream.value
    while (node := build.maker(value)) is not None and isinstance(node.op, Activation):
        value = node.inputs[0]
    return value if value in build.starts else None


def image_like(node: SourceNode, stream: CodedTensor, size: tuple[int, int], channels: int) -> IntArray:
    """Places of an image of another size, its ONNX shape laid out as that of `stream`."""
    spatial = size[: len(stream.shape) - 2]
    shape = (1, *spatial, channels) if node.channels_last else (1, channels, *spatial)
    return image_places(shape, channels_last=node.channels_last)
