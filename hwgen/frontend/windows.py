"""The windows of convolutions and pools: kernel, stride, dilation and padding as ONNX writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axes_of, listed, numbers_of
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.moves import edged
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Padded, Tensor, real
from hwgen.ir.geometry import Geometry

Pads = tuple[int, int, int, int]

_PADDING = frozenset({"AveragePool", "Conv", "MaxPool"})
"""Operators whose windows may be padded."""

LARGEST = 1 << 16
"""The largest size, stride, dilation and padding of a window."""


def pad(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Pad with a constant, merged into the convolution or pool behind it, or with the tensor's own elements; or crop.

    Raises: ModelError.
    """
    stream = stream_of(node, args[0])
    mode = node.text("mode", "constant")
    if mode not in ("constant", "edge", "reflect", "wrap"):
        raise ModelError(node.label, "its mode must be constant, edge, reflect or wrap", repr(mode), "Pad with zeros")
    given, fill = listed(node, args[1], "pads") or (), np.asarray(node.real("value", 0.0))
    if args[2] is not None:
        fill = real(constant_of(node, args[2], "value"), node, infinite=True)
    rank = len(stream.shape)
    axes = tuple(range(rank)) if args[3] is None else axes_of(node, numbers_of(node, args[3], "axes"), rank)
    if len(given) != 2 * len(axes) or fill.size != 1:
        found = f"{len(given)} numbers and {fill.size} values"
        raise ModelError(
            node.label, f"it must have {2 * len(axes)} numbers of padding and one value", found, "Correct the Pad"
        )
    pads = [0] * (2 * rank)
    for index, axis in enumerate(axes):
        pads[axis], pads[axis + rank] = given[index], given[index + len(axes)]
    if max(pads) > LARGEST:
        raise ModelError(node.label, f"it must pad by at most {LARGEST:,}", f"pads {given}", "Pad less")
    stream = edged(node, stream, pads, mode)
    added = tuple(max(0, number) for number in pads)
    return Padded(stream, added, float(fill.flat[0])) if any(added) and mode == "constant" else stream


def merges(node: SourceNode, padded: Padded) -> bool:
    """Whether the node's window takes the padding: of rows and columns, and with its own less than the window."""
    rank = len(padded.shape)
    spatial = _spatial_axes(node, rank)
    added = [padded.pads[axis] + padded.pads[axis + rank] for axis in range(rank) if axis not in spatial]
    if node.op not in _PADDING or any(added):
        return False
    kernel, flat = node.integers("kernel_shape", ()), (1,) * len(spatial)
    dilations, own = node.integers("dilations", flat), node.integers("pads", (0,) * 2 * len(spatial))
    if not len(kernel) == len(dilations) == len(spatial) == len(own) / 2:
        return True
    extents = [(size - 1) * dilation + 1 for size, dilation in zip(kernel, dilations, strict=True)] * 2
    before = [padded.pads[axis] for axis in (*spatial, *(axis + rank for axis in spatial))]
    return all(a + b < extent for a, b, extent in zip(before, own, extents, strict=True))


def _spatial_axes(node: SourceNode, rank: int) -> range:
    """The axes of rows and columns."""
    return range(1, rank - 1) if node.channels_last else range(2, rank)


def _spatial(padded: Padded, node: SourceNode) -> Pads:
    """The padding as top, left, bottom, right."""
    rank = len(padded.shape)
    spatial = _spatial_axes(node, rank)
    return _four([padded.pads[a] for a in spatial] + [padded.pads[a + rank] for a in spatial])


def _pair(numbers: Sequence[int], fill: int) -> tuple[int, int]:
    vertical, horizontal = (*numbers, fill)[:2]
    return vertical, horizontal


def _four(pads: Sequence[int]) -> Pads:
    if len(pads) == 2:
        return pads[0], 0, pads[1], 0
    top, left, bottom, right = pads
    return top, left, bottom, right


def unpadded(node: SourceNode, tensor: Tensor | None) -> tuple[CodedTensor, Pads, float | None]:
    """The stream behind a Pad, its padding and what it is filled with, None where there is no Pad."""
    if isinstance(tensor, Padded):
        return tensor.stream, _spatial(tensor, node), tensor.fill
    return stream_of(node, tensor), (0, 0, 0, 0), None


def geometry_of(node: SourceNode, kernel: tuple[int, ...], size: tuple[int, int], before: Pads) -> Geometry:
    """The window that the node's attributes describe, on an image of `size` rows and columns.

    Args:
        before: the padding of a Pad in front; the window's own is added around it.

    Raises: ModelError.
    """
    flat = (1,) * len(kernel)
    strides, dilations = node.integers("strides", flat), node.integers("dilations", flat)
    pads = node.integers("pads", (0,) * 2 * len(kernel))
    if max((*kernel, *strides, *dilations, *pads), default=0) > LARGEST:
        found = f"kernel {kernel}, strides {strides}, dilations {dilations}, pads {pads}"
        raise ModelError(node.label, f"no number of its window may be above {LARGEST:,}", found, "Correct the layer")
    fits = len(strides) == len(dilations) == len(kernel) and len(pads) == 2 * len(kernel)
    if not fits or len(kernel) not in (1, 2) or min(*kernel, *strides, *dilations) < 1 or min(pads) < 0:
        found = f"kernel {kernel}, strides {strides}, dilations {dilations}, pads {pads}"
        raise ModelError(node.label, "its window must have one or two axes and be positive", found, "Correct the layer")
    geometry = Geometry(_pair(kernel, 1), _pair(strides, 1), _pair(dilations, 1), _four(pads))
    top, left, bottom, right = before
    mode = node.text("auto_pad", "NOTSET")
    if mode not in ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"):
        must = "its auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID"
        raise ModelError(node.label, must, repr(mode), "State its pads instead")
    own = geometry.padding if mode == "NOTSET" else (0, 0, 0, 0)
    if mode.startswith("SAME"):
        own = _same(geometry, (size[0] + top + bottom, size[1] + left + right), lower=mode == "SAME_LOWER")
    return replace(geometry, padding=(own[0] + top, own[1] + left, own[2] + bottom, own[3] + right))


def _same(geometry: Geometry, size: tuple[int, int], *, lower: bool) -> Pads:
    """The padding that gives one window for each stride; an odd one is larger at the end, with `lower` at the start."""
    pairs = []
    for length, extent, stride in zip(size, geometry.extent, geometry.stride, strict=True):
        total = max(0, (-(-length // stride) - 1) * stride + extent - length)
        less, more = total // 2, total - total // 2
        pairs.append((more, less) if lower else (less, more))
    (top, bottom), (left, right) = pairs
    return top, left, bottom, right


def require_fits(node: SourceNode, geometry: Geometry, size: tuple[int, int]) -> None:
    """Every window must cover at least one row and column of the image. Raises: ModelError."""
    top, left, bottom, right = geometry.padding
    if max(top, bottom) >= geometry.extent[0] or max(left, right) >= geometry.extent[1]:
        raise ModelError(
            node.label,
            "its padding must be less than its window",
            f"padding {geometry.padding} of a window of {geometry.extent[0]}x{geometry.extent[1]}",
            "Pad less",
        )
    if min(geometry.output_size(*size)) < 1:
        raise ModelError(
            node.label,
            "its window must fit its input",
            f"{geometry} on {size[0]}x{size[1]}",
            "Give a larger input, or a smaller kernel",
        )


def covered(node: SourceNode, geometry: Geometry, size: tuple[int, int]) -> Geometry:
    """A pool's window, padded behind the image as far as its windows reach; with ceil_mode one more where one is cut.

    Rows and columns that no window reaches are left out, as the operator does.

    Raises: ModelError where a window covers padding alone.
    """
    ceil = bool(node.integer("ceil_mode", 0))
    bottom, right = (_reached(geometry, axis, size[axis], ceil=ceil) for axis in (0, 1))
    geometry = replace(geometry, padding=(*geometry.padding[:2], bottom, right))
    for axis, before in enumerate(geometry.padding[:2]):
        _require_taps(node, geometry, size[axis], axis=axis, before=before)
    return geometry


def _reached(geometry: Geometry, axis: int, length: int, *, ceil: bool) -> int:
    """Rows (columns) behind the image that the last window reaches."""
    before, after = geometry.padding[axis], geometry.padding[axis + 2]
    extent, stride = geometry.extent[axis], geometry.stride[axis]
    last, over = divmod(before + length + after - extent, stride)
    last += ceil and over > 0
    return max(0, last * stride + extent - before - length)


def _require_taps(node: SourceNode, geometry: Geometry, length: int, *, axis: int, before: int) -> None:
    """Each window must have a tap on the image along one axis. Raises: ModelError."""
    windows = geometry.output_size(*((length, length)))[axis]
    starts = np.arange(windows) * geometry.stride[axis] - before
    taps = starts[:, None] + np.arange(geometry.kernel[axis]) * geometry.dilation[axis]
    if not np.all(((taps >= 0) & (taps < length)).any(axis=1)):
        change = "Pad less, or set ceil_mode = False" if node.integer("ceil_mode", 0) else "Pad less"
        raise ModelError(node.label, "its windows must see the image", f"one of padding alone, {geometry}", change)
