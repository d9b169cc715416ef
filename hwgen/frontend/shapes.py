"""Operators that only move elements: a stream's places are rearranged and its value stays, constants move."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Absolute, Build, Const, Padded, QuantConst, Stream, Tensor

_FLOATS = (1, 10, 11, 16)
"""TensorProto's float32, float16, float64 and bfloat16."""


def _reshaped(tensor: Const | QuantConst | Stream, shape: tuple[int, ...]) -> Tensor:
    if isinstance(tensor, Const):
        return replace(tensor, value=tensor.value.reshape(shape))
    return tensor.reshape(shape)


def _some(node: SourceNode, tensor: Tensor | None) -> Const | QuantConst | Stream:
    if tensor is None or isinstance(tensor, Padded):
        raise ModelError(node.label, "it must have an input", "none", "Export the model again")
    return stream_of(node, tensor) if isinstance(tensor, Absolute) else tensor


def same(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Identity, Dropout at inference: the tensor itself."""
    return _some(node, args[0])


def cast(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Cast to a float type, or of whole numbers to an integer type: nothing changes. Raises: ModelError."""
    tensor = _some(node, args[0])
    if isinstance(tensor, Stream) and tensor.steps and node.integer("to", 1) not in _FLOATS:
        raise ModelError(
            node.label, "it must not cut real numbers to integers", "a cast to integers", "Use a quantiser instead"
        )
    return tensor


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
        tensor = _some(node, args[0])
        wanted = constant_of(node, args[1], "target shape")
        sizes = wanted.value if isinstance(wanted, Const) else wanted.codes
        return _reshaped(tensor, _target(node, tensor.shape, [int(d) for d in sizes.reshape(-1)], batch))

    return reshape


def flatten(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Flatten to two axes."""
    tensor = _some(node, args[0])
    axis = node.integer("axis", 1)
    axis = axis + len(tensor.shape) if axis < 0 else axis
    return _reshaped(tensor, (math.prod(tensor.shape[:axis]), math.prod(tensor.shape[axis:])))


def _axes(node: SourceNode, args: Sequence[Tensor | None]) -> list[int] | None:
    if args[1] is not None:
        given = constant_of(node, args[1], "axes")
        return [int(a) for a in (given.value if isinstance(given, Const) else given.codes).reshape(-1)]
    return [int(a) for a in node.attributes["axes"]] if "axes" in node.attributes else None


def squeeze(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Drop axes of size 1."""
    tensor, axes = _some(node, args[0]), _axes(node, args)
    rank = len(tensor.shape)
    drop = {a % rank for a in axes} if axes is not None else {a for a in range(rank) if tensor.shape[a] == 1}
    if any(tensor.shape[a] != 1 for a in drop):
        raise ModelError(
            node.label, "it must drop axes of size 1 only", f"shape {tensor.shape}, axes {sorted(drop)}", "Correct axes"
        )
    return _reshaped(tensor, tuple(d for a, d in enumerate(tensor.shape) if a not in drop))


def unsqueeze(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Insert axes of size 1."""
    tensor, axes = _some(node, args[0]), _axes(node, args) or []
    rank = len(tensor.shape) + len(axes)
    new, rest = {a % rank for a in axes}, iter(tensor.shape)
    return _reshaped(tensor, tuple(1 if a in new else next(rest) for a in range(rank)))


def transpose(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Permute axes."""
    tensor = _some(node, args[0])
    perm = [int(a) for a in node.attributes.get("perm", range(len(tensor.shape))[::-1])]
    return tensor.transpose(perm)


def shape_of(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The shape of a tensor as a constant, or how many elements it has."""
    if args[0] is None:
        raise ModelError(node.label, "it must have an input", "none", "Export the model again")
    shape = args[0].shape
    return Const(np.asarray(shape if node.op == "Shape" else math.prod(shape), dtype=np.int64), node.outputs[0])
