"""Operators that only move elements: a stream's places are rearranged and its value stays, constants move."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axes_of, axis_of, listed, numbers_of
from hwgen.frontend.elements import CASTS
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Absolute, Build, CodedTensor, Const, Padded, QuantConst, Tensor, moved, real


def movable(node: SourceNode, tensor: Tensor | None) -> Const | QuantConst | CodedTensor:
    """An operand whose elements can move. Raises: ModelError."""
    if tensor is None:
        raise ModelError(node.label, "it must have an input", "none", "Export the model again")
    return stream_of(node, tensor) if isinstance(tensor, Absolute | Padded) else tensor


def _reshaped(tensor: Const | QuantConst | CodedTensor, shape: tuple[int, ...]) -> Tensor:
    return moved(tensor, lambda places: places.reshape(shape))


def same(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Identity: the tensor itself."""
    return movable(node, args[0])


def dropout(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Dropout at inference, of any ratio: the tensor itself. Raises: ModelError in training."""
    if args[2] is not None and np.any(real(constant_of(node, args[2], "training_mode"), node) != 0):
        raise ModelError(node.label, "it must run at inference", "training_mode = 1", "Export the model in eval mode")
    return movable(node, args[0])


def cast(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Cast to a type that holds every number of the tensor (`elements`): nothing changes. Raises: ModelError."""
    target = node.integer("to", 0)
    if target not in CASTS:
        raise ModelError(
            node.label,
            f"it must cast to one of {', '.join(CASTS.values())}",
            f"element type {target}" if target else "no type",
            "Cast to float32",
        )
    return movable(node, args[0])


def _target(node: SourceNode, shape: tuple[int, ...], wanted: Sequence[int], batch: int) -> tuple[int, ...]:
    """The shape a Reshape asks for, a fixed batch size read as 1. Raises: ModelError."""
    keep = not node.integer("allowzero", 0)
    sizes = [shape[i] if d == 0 and keep and i < len(shape) else int(d) for i, d in enumerate(wanted)]
    total = math.prod(shape)
    if sizes and sizes[0] == batch > 1 and (-1 in sizes or math.prod(sizes) == batch * total):
        sizes[0] = 1
    known = math.prod(d for d in sizes if d != -1)
    if -1 in sizes and known and total % known == 0:
        sizes[sizes.index(-1)] = total // known
    if math.prod(sizes) != total or min(sizes, default=1) < 0:
        raise ModelError(
            node.label,
            f"it must keep the {total} elements of one frame, input shape {shape}",
            f"target shape {tuple(int(d) for d in wanted)}",
            "Export the model with batch size 1",
        )
    return tuple(sizes)


def reshape_for(batch: int) -> Callable[[Build, SourceNode, Sequence[Tensor | None]], Tensor]:
    """The Reshape handler for a file that was exported with batch size `batch`."""

    def reshape(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
        tensor = movable(node, args[0])
        wanted = numbers_of(node, args[1], "target shape")
        return _reshaped(tensor, _target(node, tensor.shape, wanted, batch))

    return reshape


def flatten(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Flatten to two axes."""
    tensor = movable(node, args[0])
    axis, rank = node.integer("axis", 1), len(tensor.shape)
    axis = rank if axis == rank else axis_of(node, axis, rank)
    return _reshaped(tensor, (math.prod(tensor.shape[:axis]), math.prod(tensor.shape[axis:])))


def squeeze(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Drop axes of size 1."""
    tensor, axes = movable(node, args[0]), listed(node, args[1], "axes")
    rank = len(tensor.shape)
    ones = (a for a in range(rank) if tensor.shape[a] == 1)
    drop = {axis_of(node, axis, rank) for axis in axes} if axes is not None else set(ones)
    if any(tensor.shape[a] != 1 for a in drop):
        raise ModelError(
            node.label, "it must drop axes of size 1 only", f"shape {tensor.shape}, axes {sorted(drop)}", "Correct axes"
        )
    return _reshaped(tensor, tuple(d for a, d in enumerate(tensor.shape) if a not in drop))


def unsqueeze(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Insert axes of size 1."""
    tensor, axes = movable(node, args[0]), listed(node, args[1], "axes")
    if axes is None:
        axes = numbers_of(node, None, "axes")
    rank = len(tensor.shape) + len(axes)
    new, rest = set(axes_of(node, axes, rank)), iter(tensor.shape)
    return _reshaped(tensor, tuple(1 if a in new else next(rest) for a in range(rank)))


def transpose(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Permute axes."""
    tensor = movable(node, args[0])
    rank = len(tensor.shape)
    perm = axes_of(node, node.integers("perm", range(rank)[::-1]), rank)
    if len(perm) != rank:
        raise ModelError(node.label, f"its perm must name all {rank} axes", str(perm), "Correct perm")
    return moved(tensor, lambda places: places.transpose(perm))


def shape_of(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The shape of a tensor as a constant, cut from `start` to `end`, or how many elements it has."""
    if args[0] is None:
        raise ModelError(node.label, "it must have an input", "none", "Export the model again")
    shape = args[0].shape
    cut = shape[node.integer("start", 0) : node.integer("end", len(shape))]
    return Const(np.asarray(cut if node.op == "Shape" else math.prod(shape), dtype=np.int64), node.outputs[0])
