"""Transposed convolutions: a convolution to the pixels of each block of strides, whose elements then move.

Along an axis, output u = stride * q + r takes input q - m with the weight k where stride * m = k * dilation - r. So all
outputs of one remainder r are a convolution of the input with every few weights, reversed, and no inserted zero is
multiplied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.convolution import convolved
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.layout import as_image, image_shape, require_image
from hwgen.frontend.linear import Weights, weights_from
from hwgen.frontend.moves import require_size
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, Tensor, per_channel, real
from hwgen.frontend.windows import LARGEST
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import Add
from hwgen.ir.types import IntArray, holds, smallest_int


@dataclass(frozen=True)
class _Axis:
    """A transposed convolution along one axis.

    Attributes:
        taps: (remainders, taps) weights of each remainder that has any, in the order of the convolution; -1 for none.
        dilation: of the convolution.
        before, after: its padding.
        block: (outputs,) for each output the index of its remainder, -1 where no weight meets an input.
        at: (outputs,) the position of the convolution that gives the output.
    """

    taps: IntArray
    dilation: int
    before: int
    after: int
    block: IntArray
    at: IntArray


def _axis(length: int, kernel: int, stride: int, dilation: int, start: int, outputs: int) -> _Axis:
    """The axis of `length` inputs whose output 0 is at `start` of the uncropped one."""
    weights = np.arange(kernel)
    remainders = weights * dilation % stride
    present = np.unique(remainders)
    own = [weights[remainders == remainder] for remainder in present]
    most = max(map(len, own))
    taps = np.stack([np.pad(each, (0, most - len(each)), constant_values=-1)[::-1] for each in own])
    step = dilation // math.gcd(dilation, stride)
    first = np.asarray([(each[0] * dilation - r) // stride for each, r in zip(own, present, strict=True)])
    reach = np.asarray([(len(each) - 1) * step for each in own])

    place = start + np.arange(outputs)
    block = np.searchsorted(present, place % stride).clip(max=len(present) - 1)
    at = place // stride - first[block]
    meets = (present[block] == place % stride) & (at >= 0) & (at - reach[block] < length)
    low, high = (int(at[meets].min()), int(at[meets].max())) if meets.any() else (0, 0)
    extent = (most - 1) * step
    before, after = max(0, extent - low), max(0, high - (length - 1))
    return _Axis(taps, step, before, after, np.where(meets, block, -1), np.where(meets, at - extent + before, 0))


def conv_transpose(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """A transposed convolution with constant integer weights, of an image or a signal. Raises: ModelError, Relayout."""
    stream = stream_of(node, args[0])
    require_image(node, stream)
    weights = _weights(node, args[1], len(stream.shape))
    height, width, channels = image_shape(stream.shape, channels_last=False)
    groups = node.integer("group", 1)
    if groups < 1 or weights.codes.shape[3] != channels or channels % groups:
        found = f"{weights.codes.shape[3]} in {groups} groups for {channels} channels"
        raise ModelError(node.label, "its weights must have its channels, in whole groups", found, "Check the layers")
    rows, columns = _axes(node, weights.codes.shape[1:3], (height, width), len(stream.shape) - 2)
    wide = _spread(weights, rows, columns, groups)
    geometry = Geometry(
        (rows.taps.shape[1], columns.taps.shape[1]),
        (1, 1),
        (rows.dilation, columns.dilation),
        (rows.before, columns.before, rows.after, columns.after),
    )
    result = convolved(build, node, as_image(build, node, stream), wide, geometry, None)
    places = _places(rows, columns, groups, result.value.type.shape)
    result = result.at(places if len(stream.shape) == 4 else places[..., 0])
    if args[2] is None:
        return result
    bias = per_channel(result, real(constant_of(node, args[2], "bias"), node).reshape(-1), node)
    return result.then(Add(bias)) if np.any(bias != 0) else result


def _weights(node: SourceNode, tensor: Tensor | None, rank: int) -> Weights:
    """The kernel as (outputs of a group, height, width, in) codes; a signal's has width 1. Raises: ModelError."""
    constant = constant_of(node, tensor, "weights")
    if len(constant.shape) != rank or 0 in constant.shape:
        found = f"shape {constant.shape}"
        raise ModelError(
            node.label, f"its weights must have {rank} axes as its input has", found, "Check the model's layers"
        )
    axes = ", ".join(("out", "in", *("y", "x")[: rank - 2]))
    weights = weights_from(node, constant.transpose((1, 0, *range(2, rank))), axes)
    codes = np.moveaxis(weights.codes, 1, -1)
    return replace(weights, codes=codes if rank == 4 else codes[:, :, None])


def _axes(node: SourceNode, kernel: Sequence[int], size: tuple[int, int], rank: int) -> tuple[_Axis, _Axis]:
    """The axes of the image. Raises: ModelError on attributes that make no sense."""
    flat, actual = (1,) * rank, tuple(kernel[:rank])
    stated = node.integers("kernel_shape", actual)
    strides, dilations = node.integers("strides", flat), node.integers("dilations", flat)
    added, pads = node.integers("output_padding", (0,) * rank), node.integers("pads", (0,) * 2 * rank)
    found = (
        f"kernel {stated} of {actual}, strides {strides}, dilations {dilations}, pads {pads}, output_padding {added}"
    )
    fits = len(strides) == len(dilations) == len(added) == rank and len(pads) == 2 * rank and stated == actual
    if not fits or min(*strides, *dilations) < 1 or min(*added, *pads) < 0:
        must = f"its window must have {rank} axes, the kernel of its weights and be positive"
        raise ModelError(node.label, must, found, "Correct the layer")
    if max(*strides, *dilations, *added, *pads) > LARGEST:
        raise ModelError(node.label, f"no number of its window may be above {LARGEST:,}", found, "Correct the layer")
    spans = [(k - 1) * d + 1 for k, d in zip(actual, dilations, strict=True)]
    full = [(n - 1) * s + a + e for n, s, a, e in zip(size, strides, added, spans, strict=False)]
    starts, outputs = _cropped(node, full, [n * s for n, s in zip(size, strides, strict=False)], pads)
    if min(outputs) < 1:
        raise ModelError(node.label, "it must give pixels", f"{found} of {size[:rank]}", "Pad less")
    require_size(node, outputs)
    axes = [_axis(*numbers) for numbers in zip(size, actual, strides, dilations, starts, outputs, strict=False)]
    return axes[0], axes[1] if rank == 2 else _axis(1, 1, 1, 1, 0, 1)


def _cropped(
    node: SourceNode, full: Sequence[int], scaled: Sequence[int], pads: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Where the outputs start in the uncropped ones `full`, and how many there are along each axis. Raises: ModelError.

    Args:
        scaled: the inputs times the stride, as SAME padding gives them.
    """
    rank, mode = len(full), node.text("auto_pad", "NOTSET")
    if mode not in ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"):
        must = "its auto_pad must be NOTSET, SAME_UPPER, SAME_LOWER or VALID"
        raise ModelError(node.label, must, repr(mode), "State its pads instead")
    wanted = node.integers("output_shape", scaled if mode.startswith("SAME") else ())
    if not wanted:
        own = pads if mode == "NOTSET" else (0,) * 2 * rank
        return list(own[:rank]), [n - own[a] - own[a + rank] for a, n in enumerate(full)]
    if len(wanted) != rank or any(n < m for n, m in zip(full, wanted, strict=False)):
        must = f"its output_shape must have {rank} numbers, none above what its window reaches, {tuple(full)}"
        raise ModelError(node.label, must, f"{tuple(wanted)}", "State its pads instead")
    cut = [n - m for n, m in zip(full, wanted, strict=True)]
    return [c // 2 if mode == "SAME_UPPER" else c - c // 2 for c in cut], list(wanted)


def _spread(weights: Weights, rows: _Axis, columns: _Axis, groups: int) -> Weights:
    """Weights of the convolution: outputs (group, block of a row's and a column's remainder, output of the group).

    A block of zeros comes last where some outputs meet no weight.
    """
    outputs, inputs = len(weights.codes), weights.codes.shape[3] // groups
    codes = np.pad(weights.codes, ((0, 0), (0, 1), (0, 1), (0, 0)))  # index -1 is a weight of 0
    blocks = codes[:, rows.taps][:, :, :, columns.taps].transpose(1, 3, 0, 2, 4, 5)
    blocks = blocks.reshape(-1, *blocks.shape[2:])
    if _has_gaps(rows, columns):
        blocks = np.concatenate([blocks, np.zeros_like(blocks[:1])])
    grouped = blocks.reshape(*blocks.shape[:-1], groups, inputs)
    wide = np.ascontiguousarray(np.moveaxis(grouped, -2, 0)).reshape(-1, *blocks.shape[2:-1], inputs)
    dtype = weights.dtype if holds(weights.dtype, wide) else smallest_int(int(wide.min()), int(wide.max()))
    scale = np.tile(weights.scale, len(wide) // outputs) if weights.scale.ndim else weights.scale
    return replace(weights, codes=wide, scale=scale, dtype=dtype)


def _has_gaps(rows: _Axis, columns: _Axis) -> bool:
    return bool(min(rows.block.min(), columns.block.min()) < 0)


def _places(rows: _Axis, columns: _Axis, groups: int, shape: tuple[int, ...]) -> IntArray:
    """For each output (1, C, H, W) its position in the convolution's of `shape`."""
    count = len(rows.taps) * len(columns.taps) + _has_gaps(rows, columns)
    each = shape[2] // groups // count
    blocks = rows.block[:, None] * len(columns.taps) + columns.block
    met = (rows.block[:, None] >= 0) & (columns.block >= 0)
    pixels = np.where(met, rows.at[:, None] * shape[1] + columns.at, 0)
    first = pixels * shape[2] + np.where(met, blocks, count - 1) * each
    channels = (np.arange(groups)[:, None] * count * each + np.arange(each)).reshape(-1)
    places: IntArray = (channels[:, None, None] + first)[None]
    return places
