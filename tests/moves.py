"""Index maps of images to test with, and the designs that move codes by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from hwgen.config import LayerFolding
from hwgen.hw.design import Design
from hwgen.hw.folding import channelwise_lanes, resolve
from hwgen.hw.lower import draft
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import Gather
from hwgen.ir.types import DType, IntArray, TensorType
from tests.builders import PART

Move = Callable[[IntArray], IntArray]
"""From the places of an image (H, W, C) to those that its result takes."""


def _shuffled(image: IntArray) -> IntArray:
    """Pixel shuffle: four channels of a pixel become one each of 2 x 2 pixels."""
    height, width, channels = image.shape
    parts = image.reshape(height, width, 2, 2, channels // 4)
    return parts.transpose(0, 2, 1, 3, 4).reshape(2 * height, 2 * width, channels // 4)


def _unshuffled(image: IntArray) -> IntArray:
    """2 x 2 pixels become one of four times the channels."""
    height, width, channels = image.shape
    parts = image.reshape(height // 2, 2, width // 2, 2, channels)
    return parts.transpose(0, 2, 1, 3, 4).reshape(height // 2, width // 2, 4 * channels)


def _drawn(image: IntArray) -> IntArray:
    """Any places, some of them several times and others never."""
    return np.asarray(np.random.default_rng(5).choice(image.ravel(), (3, 5, 2)))


SELECTED: Mapping[str, Move] = {
    "crop": lambda image: image[1:-1, 1:-1],
    "stride": lambda image: image[::2, 1::2],
    "half of the channels": lambda image: image[..., : image.shape[2] // 2],
    "some channels of a crop": lambda image: image[:-1, 2:, 1::2],
    "one row": lambda image: image[1:2],
    "any": lambda image: np.sort(np.random.default_rng(3).choice(image.ravel(), (20, 1), replace=False), axis=0),
}
"""Maps that keep the order: a select unit is enough."""

REORDERED: Mapping[str, Move] = {
    "twice as large": lambda image: image.repeat(2, 0).repeat(2, 1),
    "wider": lambda image: image.repeat(3, 1),
    "mirrored": lambda image: image[:, ::-1],
    "upside down": lambda image: image[::-1],
    "transposed": lambda image: image.transpose(1, 0, 2),
    "channels first": lambda image: image.transpose(2, 0, 1),
    "channels reversed": lambda image: image[..., ::-1],
    "shuffled": _shuffled,
    "unshuffled": _unshuffled,
    "permuted": lambda image: np.random.default_rng(4).permutation(image.ravel()).reshape(image.shape),
}
"""Maps in which each element is somewhere: a reorder unit does them."""

BOTH: Mapping[str, Move] = {
    "part of it twice as large": lambda image: image[1:, :-1].repeat(2, 0).repeat(2, 1),
    "drawn": _drawn,
}

MOVES: Mapping[str, Move] = {**SELECTED, **REORDERED, **BOTH}


def move_graph(move: Move, shape: tuple[int, int, int], dtype: DType) -> Graph:
    """A network of one move of images of `shape`."""
    places = move(np.arange(np.prod(shape)).reshape(shape))
    source, result = Value("x", TensorType(shape, dtype)), Value("y", TensorType(places.shape, dtype))
    node = Node("move", Gather(places.ravel()), (source,), result, "net.move")
    return Graph.of("net", source, (node,), result, Affine())


def moved(graph: Graph, frames: IntArray) -> IntArray:
    """What a network of one move makes of frames of codes (frames, elements)."""
    op = graph.node("move").op
    assert isinstance(op, Gather)
    return np.asarray(frames[:, op.places])


def move_designs(graph: Graph) -> dict[int, Design]:
    """The designs of a network of one move, by all lanes that it can take."""
    return {lanes: _design(graph, lanes) for lanes in channelwise_lanes(graph.node("move"))}


def _design(graph: Graph, lanes: int) -> Design:
    folding = resolve(graph, {"move": LayerFolding(pe=lanes)}, 1)
    return draft(graph, folding, part=PART, clock_mhz=100.0)
