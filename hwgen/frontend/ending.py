"""The end of the network: what leaves the chip and what the host makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, Stream, Tensor, fold_affine, in_order, real
from hwgen.ir.graph import Affine
from hwgen.ir.ops import ArgMax
from hwgen.ir.order import Order
from hwgen.ir.types import TensorType, smallest_int


def _require_class_axis(node: SourceNode, stream: Stream, default: int) -> None:
    """The axis must hold all elements. Raises: ModelError."""
    axis = node.integer("axis", default)
    if not -len(stream.shape) <= axis < len(stream.shape) or stream.shape[axis] != math.prod(stream.shape):
        raise ModelError(
            node.label,
            "its axis must be the one that holds the classes",
            f"axis {axis} of shape {stream.shape}",
            "Choose the class axis",
        )


def softmax(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Softmax at the network's end keeps the order of the classes: left out, the scores before it are the output."""
    stream = stream_of(node, args[0])
    _require_class_axis(node, stream, -1)
    return stream


def _best(build: Build, node: SourceNode, stream: Stream) -> Tensor:
    """The index of the best class on chip where codes order as reals do; the scores themselves elsewhere."""
    meaning = fold_affine(stream.steps)
    if meaning is None or not meaning.keeps_order:
        return stream
    classes = math.prod(stream.shape)
    if classes != stream.value.type.channels or np.any(np.diff(stream.places.reshape(-1)) != 1):
        return stream
    kind = TensorType((1,), smallest_int(0, classes - 1))
    value = build.emit("top1", ArgMax(), (stream.value,), kind, node.name)
    return Stream(value, 0, classes - 1, (), in_order((1,)), quantised=False)


def arg_max(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ArgMax over the classes, the lowest index where several are equal. Raises: ModelError."""
    stream = stream_of(node, args[0])
    _require_class_axis(node, stream, 0)
    if node.integer("select_last_index", 0):
        raise ModelError(
            node.label, "ties must go to the lowest index", "select_last_index = 1", "Set select_last_index = 0"
        )
    return _best(build, node, stream)


def top_k(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> tuple[Tensor | None, Tensor]:
    """TopK with k = 1, largest first; only the index can be used. Raises: ModelError."""
    stream = stream_of(node, args[0])
    _require_class_axis(node, stream, -1)
    given = real(constant_of(node, args[1], "k"), node).reshape(-1) if args[1] is not None else None
    k = node.integer("k", 1) if given is None else int(given[0])
    if k != 1 or not node.integer("largest", 1):
        found = f"k = {k}, largest = {node.integer('largest', 1)}"
        raise ModelError(node.label, "it must pick the one largest class", found, "Set k = 1 and largest = 1")
    return None, _best(build, node, stream)


def decoding_of(stream: Stream) -> Affine:
    """What the host makes of the output codes. Raises: ModelError where the remaining chain is not affine."""
    meaning = fold_affine(stream.steps)
    if meaning is None:
        raise ModelError(
            "the network's output",
            "the chain behind the last layer must end with a quantiser or be affine",
            "an activation function with no quantiser behind it",
            "Quantise the output, or leave the activation to the host",
        )
    return Affine(np.asarray(meaning.scale), np.asarray(meaning.offset))


def order_of(stream: Stream) -> Order | None:
    """Where the elements of the model's output lie; None where they lie as the model has them."""
    shape = stream.shape[1:] if stream.shape[:1] == (1,) else stream.shape
    order = Order(shape, stream.places)
    same = shape == stream.value.type.shape and bool(np.all(np.diff(order.places) == 1))
    return None if same else order
