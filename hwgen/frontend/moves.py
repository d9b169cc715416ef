"""Operators that pick, repeat and leave out elements: each is an index of a stream's places, and no hardware yet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axes_of, axis_of, listed, wholes_of
from hwgen.frontend.embedding import embedding
from hwgen.frontend.shapes import movable
from hwgen.frontend.source import MAX_ELEMENTS, SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, Tensor, moved
from hwgen.ir.types import IntArray

Source = Const | QuantConst | CodedTensor


def _required(node: SourceNode, tensor: Tensor | None, what: str) -> Tensor:
    if tensor is None:
        raise ModelError(node.label, f"it must state its {what}", "none", "Export the model again")
    return tensor


def require_size(node: SourceNode, shape: Sequence[int]) -> None:
    """A result must have elements, and not too many. Raises: ModelError."""
    count = math.prod(shape)
    if not 0 < count <= MAX_ELEMENTS:
        must = f"it must give 1 to {MAX_ELEMENTS:,} numbers a frame"
        raise ModelError(node.label, must, f"{count:,}, shape {tuple(shape)}", "Correct its sizes")


def picked(node: SourceNode, tensor: Source, axis: int, index: IntArray) -> Source:
    """The elements at `index` along an axis. Raises: ModelError where it is empty."""
    shape = tensor.shape
    require_size(node, (*shape[:axis], *index.shape, *shape[axis + 1 :]))
    return moved(tensor, lambda places: np.take(places, index, axis=axis))


def slice_(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Slice along axes, of any steps; operands since opset 10, attributes before. Raises: ModelError."""
    tensor = movable(node, args[0])
    starts, ends, axes, steps = (
        listed(node, given, name) for given, name in zip(args[1:5], ("starts", "ends", "axes", "steps"), strict=True)
    )
    if starts is None or ends is None:
        raise ModelError(node.label, "it must state its starts and ends", "none", "Export the model again")
    axes = axes_of(node, range(len(starts)) if axes is None else axes, len(tensor.shape))
    steps = (1,) * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        found = f"starts {starts}, ends {ends}, axes {axes}, steps {steps}"
        raise ModelError(
            node.label, "it must have a start, an end and a step for each axis", found, "Correct the Slice"
        )
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index = range(*slice(start, end, step).indices(tensor.shape[axis]))
        tensor = picked(node, tensor, axis, np.asarray(index, dtype=np.int64))
    return tensor


def split(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> tuple[Tensor | None, ...]:
    """Split along an axis, into equal parts or parts of stated sizes. Raises: ModelError."""
    tensor = movable(node, args[0])
    axis = axis_of(node, node.integer("axis", 0), len(tensor.shape))
    length, count = tensor.shape[axis], len(node.outputs)
    sizes = listed(node, args[1], "split")
    if sizes is None:
        each = -(-length // count)
        sizes = (*(each,) * (count - 1), length - each * (count - 1))
        if node.opset < 18 and length % count:
            sizes = ()
    if node.integer("num_outputs", count) != count or len(sizes) != count or sum(sizes) != length or min(sizes) < 1:
        found = f"{count} outputs, sizes {sizes or 'that are not whole'} of {length} elements"
        raise ModelError(
            node.label, "its parts must be all of the axis, one for each output", found, "Correct the Split"
        )
    starts = np.cumsum((0, *sizes))
    return tuple(
        picked(node, tensor, axis, np.arange(start, start + size))
        for start, size in zip(starts[:-1], sizes, strict=True)
    )


def gather(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Gather along an axis by constant indices of any shape, or of rows of a constant. Raises: ModelError, Relayout."""
    if isinstance(args[0], Const | QuantConst) and isinstance(args[1], CodedTensor):
        return embedding(build, node, args[0], args[1])
    tensor = movable(node, args[0])
    axis = axis_of(node, node.integer("axis", 0), len(tensor.shape))
    given = _required(node, args[1], "indices")
    index = np.asarray(wholes_of(node, given, "indices"), dtype=np.int64).reshape(given.shape)
    length = tensor.shape[axis]
    if index.size and not -length <= index.min() <= index.max() < length:
        found = f"from {index.min()} to {index.max()}"
        raise ModelError(
            node.label, f"its indices must be of the {length} along its axis", found, "Correct its indices"
        )
    return picked(node, tensor, axis, index % length)


def expand(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Expand: axes of size 1 repeated, as ONNX broadcasts. Raises: ModelError."""
    tensor, target = movable(node, args[0]), listed(node, args[1], "shape") or ()
    try:
        shape = np.broadcast_shapes(tensor.shape, target)
    except ValueError:
        found = f"shape {tensor.shape} to {target}"
        raise ModelError(node.label, "its input must broadcast to its shape", found, "Correct its shape") from None
    require_size(node, shape)
    return moved(tensor, lambda places: np.broadcast_to(places, shape))


def tile(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Tile: the tensor repeated along each axis. Raises: ModelError."""
    tensor, repeats = movable(node, args[0]), listed(node, args[1], "repeats") or ()
    if len(repeats) != len(tensor.shape):
        found = f"repeats {repeats} of shape {tensor.shape}"
        raise ModelError(node.label, "it must have a number of repeats for each axis", found, "Correct the Tile")
    require_size(node, [n * r for n, r in zip(tensor.shape, repeats, strict=True)])
    return moved(tensor, lambda places: np.tile(places, repeats))


def _blocks(node: SourceNode, shape: tuple[int, ...], *, packed: bool) -> int:
    """The block size of pixels packed into channels, or to be packed. Raises: ModelError."""
    size = node.integer("blocksize", 0)
    fits = size > 0 and len(shape) == 4
    if not fits or (shape[1] % size**2 if packed else shape[2] % size or shape[3] % size):
        must = "its blocksize must divide " + ("the channels twice" if packed else "the rows and columns")
        raise ModelError(node.label, must, f"blocksize {size} of shape {shape}", "Choose another block size")
    return size


def depth_to_space(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """DepthToSpace in both modes: blocks of pixels from channels. Raises: ModelError."""
    tensor, mode = movable(node, args[0]), node.text("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise ModelError(node.label, "its mode must be DCR or CRD", mode, "Choose one of these")
    size = _blocks(node, tensor.shape, packed=True)
    frames, channels, height, width = tensor.shape
    inner = channels // size**2
    split_up = (
        (frames, size, size, inner, height, width) if mode == "DCR" else (frames, inner, size, size, height, width)
    )
    axes = (0, 3, 4, 1, 5, 2) if mode == "DCR" else (0, 1, 4, 2, 5, 3)
    shape = (frames, inner, height * size, width * size)
    return moved(tensor, lambda places: places.reshape(split_up).transpose(axes).reshape(shape))


def space_to_depth(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """SpaceToDepth: blocks of pixels into channels. Raises: ModelError."""
    tensor = movable(node, args[0])
    size = _blocks(node, tensor.shape, packed=False)
    frames, channels, height, width = tensor.shape
    split_up = (frames, channels, height // size, size, width // size, size)
    shape = (frames, channels * size**2, height // size, width // size)
    return moved(tensor, lambda places: places.reshape(split_up).transpose(0, 3, 5, 1, 2, 4).reshape(shape))


_EDGES: dict[str, Callable[[IntArray, tuple[int, int]], Any]] = {
    "edge": lambda index, pads: np.pad(index, pads, mode="edge"),
    "reflect": lambda index, pads: np.pad(index, pads, mode="reflect"),
    "wrap": lambda index, pads: np.pad(index, pads, mode="wrap"),
}


def edged(node: SourceNode, stream: CodedTensor, pads: Sequence[int], mode: str) -> CodedTensor:
    """The stream cropped by negative padding, and padded with its own elements in the modes that do that.

    Args:
        pads: as ONNX orders them, starts of all axes and then ends.

    Raises: ModelError.
    """
    rank = len(stream.shape)
    for axis, length in enumerate(stream.shape):
        before, after = pads[axis], pads[axis + rank]
        index = np.arange(max(0, -before), length - max(0, -after))
        own = max(0, before), max(0, after)
        if mode in _EDGES and any(own):
            if max(own) > len(index) - (mode == "reflect"):
                found = f"pads {own} of {len(index)} elements, mode {mode!r}"
                raise ModelError(node.label, "it must pad with elements that are there", found, "Pad less")
            index = _EDGES[mode](index, own)
        if index.size != length or any(own):
            result = picked(node, stream, axis, index)
            assert isinstance(result, CodedTensor)
            stream = result
    return stream
