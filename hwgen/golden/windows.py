"""Convolutions and pools in numpy: what each window sees, and what is made of it."""

from __future__ import annotations

import numpy as np

from hwgen.golden.matmul import Codes, bipolar_matmul, integer_matmul
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import Conv, Pool, PoolKind
from hwgen.ir.types import Bipolar, DType

_BLOCK_ELEMENTS = 1 << 22
"""Elements of all windows that are laid out at once: a few frames of a large image, many of a small one."""


def windows(x: Codes, geometry: Geometry, fill: Codes | int) -> Codes:
    """What each window of images x (N, H, W, C) sees: (N, OH, OW, taps, C), padded taps holding `fill` (C,) or ()."""
    top, left, bottom, right = geometry.padding
    frames, height, width, channels = x.shape
    if geometry.pads:
        padded = np.empty((frames, height + top + bottom, width + left + right, channels), dtype=x.dtype)
        padded[...] = fill
        padded[:, top : top + height, left : left + width] = x
        x = padded
    seen = np.lib.stride_tricks.sliding_window_view(x, geometry.extent, axis=(1, 2))
    (down, across), (vertical, horizontal) = geometry.stride, geometry.dilation
    some = seen[:, ::down, ::across, :, ::vertical, ::horizontal]
    taken = np.ascontiguousarray(some.transpose(0, 1, 2, 4, 5, 3))
    return taken.reshape(*taken.shape[:3], geometry.taps, channels)


def convolve(op: Conv, x: Codes, dtype: DType) -> Codes:
    """The accumulators (N, OH, OW, out) of images x (N, H, W, C) of codes of `dtype`, exact."""
    down, across = op.geometry.output_size(*x.shape[1:3])
    block = max(1, _BLOCK_ELEMENTS // max(1, down * across * op.geometry.taps * x.shape[3]))
    parts = [_convolve(op, x[start : start + block], dtype) for start in range(0, max(1, len(x)), block)]
    return np.concatenate(parts)


def _convolve(op: Conv, x: Codes, dtype: DType) -> Codes:
    wide = x.astype(np.int64) if not _fits(op.pad, x) else x
    seen = windows(wide, op.geometry, op.pad)
    frames, down, across, taps, channels = seen.shape
    if op.is_depthwise:
        weights = op.weights.reshape(channels, taps).T
        return np.einsum("...tc,tc->...c", seen, weights, dtype=np.int64)
    bipolar = isinstance(op.weight_type, Bipolar) and isinstance(dtype, Bipolar) and not op.geometry.pads
    product = bipolar_matmul if bipolar else integer_matmul
    per_group = channels // op.groups
    parts = []
    for group, weights in enumerate(np.split(op.weights, op.groups)):
        part = seen[..., group * per_group : (group + 1) * per_group]
        parts.append(product(part.reshape(frames * down * across, -1), weights.reshape(len(weights), -1)))
    return np.concatenate(parts, axis=1).reshape(frames, down, across, -1)


def _fits(code: int, x: Codes) -> bool:
    limits = np.iinfo(x.dtype)
    return bool(limits.min <= code <= limits.max)


def pool(op: Pool, x: Codes) -> Codes:
    """Pooled images (N, OH, OW, C) of images x (N, H, W, C)."""
    if op.kind is PoolKind.SUM:
        return np.asarray(windows(x, op.geometry, 0).sum(axis=3, dtype=np.int64))
    least = op.minimum.astype(bool)
    limits = np.iinfo(x.dtype)
    if not op.minimum.any():
        return np.asarray(windows(x, op.geometry, limits.min).max(axis=3))
    seen = windows(x, op.geometry, np.where(least, limits.max, limits.min).astype(x.dtype))
    return np.where(least, seen.min(axis=3), seen.max(axis=3))
