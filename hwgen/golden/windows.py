"""Convolutions and pools in numpy, over views of the windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hwgen.golden.matmul import Codes, kind_of, largest_code, product_kind
from hwgen.golden.planes import from_planes
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import Conv, Pool, PoolKind
from hwgen.ir.types import DType

_BLOCK_ELEMENTS = 1 << 20
"""Elements of all windows that are laid out at once: a few rows of a large image, a few frames of a small one."""


def pad(x: Codes, geometry: Geometry, fill: Codes | int) -> Codes:
    """Images x (N, H, W, C) with the window's padding around them, holding `fill` (C,) or ()."""
    if not geometry.pads:
        return x
    top, left, bottom, right = geometry.padding
    frames, height, width, channels = x.shape
    padded = np.empty((frames, height + top + bottom, width + left + right, channels), dtype=x.dtype)
    padded[...] = fill
    padded[:, top : top + height, left : left + width] = x
    return padded


def windows(x: Codes, geometry: Geometry) -> Codes:
    """A view of the windows of padded images x (N, H, W, C): (N, OH, OW, kernel rows, kernel columns, C)."""
    seen = np.lib.stride_tricks.sliding_window_view(x, geometry.extent, axis=(1, 2))
    (down, across), (vertical, horizontal) = geometry.stride, geometry.dilation
    return seen[:, ::down, ::across, :, ::vertical, ::horizontal].transpose(0, 1, 2, 4, 5, 3)


def _taps(x: Codes, geometry: Geometry) -> Iterator[tuple[int, int, Codes]]:
    """For each tap (row, column of the kernel) a view (N, OH, OW, C) of the pixel that each window has there."""
    for row in range(geometry.kernel[0]):
        for column in range(geometry.kernel[1]):
            top, left = row * geometry.dilation[0], column * geometry.dilation[1]
            bottom = x.shape[1] - geometry.extent[0] + top + 1
            right = x.shape[2] - geometry.extent[1] + left + 1
            yield row, column, x[:, top : bottom : geometry.stride[0], left : right : geometry.stride[1]]


def convolve(op: Conv, x: Codes, source: DType, result: DType) -> Codes:
    """The accumulators (N, OH, OW, out), of `result`, of images x (N, H, W, C) of `source`, exact."""
    x = from_planes(op.planes, x)
    largest = sum(op.planes.tolist()) if op.planes.size else largest_code(source)
    kind = product_kind(op.weights, largest)
    down, across = op.geometry.output_size(*x.shape[1:3])
    sums = np.empty((len(x), down, across, len(op.weights)), dtype=kind_of(result, np.int32))
    row = across * x.shape[3] * (1 if op.is_depthwise else op.geometry.taps)
    frames = max(1, _BLOCK_ELEMENTS // max(1, row * down))
    rows = down if frames > 1 else max(1, _BLOCK_ELEMENTS // max(1, row))
    multiply = _depthwise if op.is_depthwise else _grouped
    weights = op.weights.astype(kind)
    stride, extent = op.geometry.stride[0], op.geometry.extent[0]
    for start in range(0, len(x), frames):
        some = slice(start, start + frames)
        padded = pad(x[some].astype(kind), op.geometry, op.pad)
        for top in range(0, down, rows):
            last = min(top + rows, down) - 1
            band = padded[:, top * stride : last * stride + extent]
            sums[some, top : last + 1] = multiply(op, band, weights)
    return sums


def _depthwise(op: Conv, x: Codes, weights: Codes) -> Codes:
    """One channel an output: tap by tap."""
    total: Codes | None = None
    for row, column, seen in _taps(x, op.geometry):
        product: Codes = seen * weights[:, row, column, 0]
        total = product if total is None else np.add(total, product, out=total)
    assert total is not None
    return total


def _grouped(op: Conv, x: Codes, weights: Codes) -> Codes:
    """All taps of all windows laid out, times the weights of each group."""
    seen = windows(x, op.geometry)
    frames, down, across, vertical, horizontal, channels = seen.shape
    taps, each = vertical * horizontal, channels // op.groups
    if op.groups == 1:
        laid = np.ascontiguousarray(seen).reshape(-1, taps * channels)
        return np.asarray(laid @ weights.reshape(len(weights), -1).T).reshape(frames, down, across, -1)
    split = seen.reshape(frames * down * across, taps, op.groups, each).transpose(2, 0, 1, 3)
    rows = np.ascontiguousarray(split).reshape(op.groups, -1, taps * each)
    products = rows @ weights.reshape(op.groups, -1, taps * each).transpose(0, 2, 1)
    return products.transpose(1, 0, 2).reshape(frames, down, across, -1)


def pool(op: Pool, x: Codes, result: DType) -> Codes:
    """Pooled images (N, OH, OW, C), of `result`, of images x (N, H, W, C)."""
    if op.kind is PoolKind.SUM:
        return _reduce(np.add, pad(x.astype(kind_of(result, np.int32)), op.geometry, 0), op.geometry)
    limits, least = np.iinfo(x.dtype), op.minimum.astype(bool)
    if not least.any():
        return _reduce(np.maximum, pad(x, op.geometry, limits.min), op.geometry)
    low = _reduce(np.minimum, pad(x, op.geometry, limits.max), op.geometry)
    if least.all():
        return low
    return np.where(least, low, _reduce(np.maximum, pad(x, op.geometry, limits.min), op.geometry))


def _reduce(function: np.ufunc, x: Codes, geometry: Geometry) -> Codes:
    """`function` over all taps of each window of padded images."""
    total: Codes | None = None
    for _, _, seen in _taps(x, geometry):
        total = seen.copy() if total is None else function(total, seen, out=total)
    assert total is not None
    return total
