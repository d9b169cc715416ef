"""Resize by linear interpolation to a whole multiple: a depthwise transposed convolution of the image, edges repeated.

At half pixels a result lies between two pixels, or on one, and each counts by how near it is. So the weights along an
axis are a triangle, whole numbers over a common divisor; beyond the edge the outermost pixel counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.moves import edged, require_size
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Const, Tensor
from hwgen.frontend.transposed import conv_transpose
from hwgen.frontend.truths import quantised
from hwgen.ir.ops import Div
from hwgen.ir.types import IntArray


def interpolated(build: Build, node: SourceNode, tensor: Tensor | None, factors: Mapping[int, int]) -> CodedTensor:
    """An image or signal enlarged along its axes by whole `factors`. Raises: ModelError, Relayout."""
    stream = quantised(build, node, stream_of(node, tensor))
    rank = len(stream.shape)
    if node.channels_last and rank > 2:
        order = (0, rank - 1, *range(1, rank - 1))
        inner = {axis + 1: factor for axis, factor in factors.items()}
        first = interpolated(build, replace(node, channels_last=False), stream.transpose(order), inner)
        return first.transpose((0, *range(2, rank), 1))
    factor = [factors.get(axis, 1) for axis in range(2, rank)]
    apart = [int(each > 1) for each in factor]
    stream = edged(node, stream, [0, 0, *apart] * 2, "edge")
    require_size(node, (stream.shape[1], *(2 * each for each in factor)))
    kernel = np.ones(1, dtype=np.int64)
    for triangle in map(_triangle, factor):
        kernel = np.multiply.outer(kernel, triangle)
    channels = stream.shape[1]
    weights = Const(np.broadcast_to(kernel, (channels, *kernel.shape)).astype(np.float64), node.name)
    pads = [each // 2 + each if each > 1 else 0 for each in factor]
    layer = replace(node, attributes={"group": channels, "strides": factor, "pads": pads * 2})
    result = conv_transpose(build, layer, [stream, weights, None])
    assert isinstance(result, CodedTensor)
    divisor = math.prod(each if each % 2 else 2 * each for each in factor)
    return result.then(Div(np.asarray(float(divisor))))


def _triangle(factor: int) -> IntArray:
    """What a pixel counts for the results around it: in parts of `factor`, of 2 * `factor` where that is even."""
    span = np.arange(2 * factor - factor % 2)
    return factor - abs(span + 1 - factor) if factor % 2 else 2 * factor - abs(2 * span + 1 - 2 * factor)
