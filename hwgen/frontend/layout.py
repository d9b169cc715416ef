"""Where each ONNX element lies in the hardware's tensor: layouts are resolved here, and nowhere behind.

Hardware tensors are flat (elements,) or images (H, W, C), channel innermost; a signal (C, L) is an image (L, 1, C).
"""

from __future__ import annotations

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, frame_shape, in_order
from hwgen.ir.graph import Value
from hwgen.ir.ops import Activation
from hwgen.ir.order import Order
from hwgen.ir.types import IntArray


class Relayout(Exception):
    """An input of the network must be the image `shape`, ONNX element i at `places[i]`; caught by the walk."""

    def __init__(self, value: Value, shape: tuple[int, ...], places: IntArray, error: ModelError) -> None:
        super().__init__(shape)
        self.value = value
        self.shape = shape
        self.places = places
        self.error = error


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

    None where that is a vector, or the image or signal itself with its channels innermost.
    """
    layouts = (False, True) if len(shape) in (3, 4) else ()
    same = (hardware == image_shape(shape, channels_last=last) for last in layouts)
    lying = (np.array_equal(places, image_places(shape, channels_last=last)) for last in layouts)
    if len(hardware) == 1 or any(map(all, zip(same, lying, strict=True))):
        return None
    return Order(frame_shape(shape), places)


def _is_image(stream: CodedTensor, shape: tuple[int, int, int], places: IntArray) -> bool:
    return stream.value.type.shape == shape and np.array_equal(stream.places, places)


def lies_channels_last(stream: CodedTensor) -> bool:
    """Whether the stream is an image whose ONNX shape is (1, H, W, C) or (1, L, C)."""
    if len(stream.shape) not in (3, 4):
        return False
    shape = image_shape(stream.shape, channels_last=True)
    return _is_image(stream, shape, image_places(stream.shape, channels_last=True))


def require_image(build: Build, node: SourceNode, stream: CodedTensor) -> None:
    """The stream's value must be the image that the node sees. Raises: ModelError; Relayout where the input can be."""
    if len(stream.shape) not in (3, 4) or stream.shape[0] != 1:
        raise ModelError(
            node.label,
            "its input must be an image (1, C, H, W) or a signal (1, C, L)",
            f"shape {stream.shape}",
            "Give the layer what it was trained on",
        )
    shape = image_shape(stream.shape, channels_last=node.channels_last)
    places = image_places(stream.shape, channels_last=node.channels_last)
    if _is_image(stream, shape, places):
        return
    error = ModelError(
        node.label,
        "its input must be an image as the layers before it leave it",
        f"{stream.value.type} reshaped or transposed to {stream.shape}",
        "Reshape nothing but the network's own input to an image",
    )
    source = _input_of(build, stream)
    if source is None:
        raise error
    now_at = np.empty(places.size, dtype=np.int64)
    now_at[stream.places.reshape(-1)] = places.reshape(-1)
    raise Relayout(source, shape, now_at[build.starts[source]], error)


def _input_of(build: Build, stream: CodedTensor) -> Value | None:
    """The input of the network between which and the stream stand only activations, which move nothing."""
    producers = {node.output: node for node in build.nodes}
    value = stream.value
    while value in producers and isinstance(producers[value].op, Activation):
        value = producers[value].inputs[0]
    return value if value in build.starts else None


def image_like(node: SourceNode, stream: CodedTensor, size: tuple[int, int], channels: int) -> IntArray:
    """Places of an image of another size, its ONNX shape laid out as that of `stream`."""
    spatial = size[: len(stream.shape) - 2]
    shape = (1, *spatial, channels) if node.channels_last else (1, channels, *spatial)
    return image_places(shape, channels_last=node.channels_last)
