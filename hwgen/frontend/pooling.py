"""Pools: the largest code of a window, or the sum of its codes with the division left to the chain that follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import reduced_axes
from hwgen.frontend.convolution import zero_code
from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.joins import gained, straightened
from hwgen.frontend.layout import as_image, channels_of, image_like, lies_channels_last
from hwgen.frontend.linear import multiply, weights_from
from hwgen.frontend.parts import MOST_INPUT_BITS
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Const, Tensor, bounds_of, fold_affine
from hwgen.frontend.windows import Pads, covered, geometry_of, require_fits, unpadded
from hwgen.golden.chain import direction
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import Clip, Div, Mul, Pool, PoolKind, arrays_of
from hwgen.ir.planes import is_ordered
from hwgen.ir.ranges import op_range
from hwgen.ir.types import IntArray, TensorType, smallest_int


def _emit(build: Build, node: SourceNode, stream: CodedTensor, op: Pool) -> CodedTensor:
    """The stream of pooled codes, the same steps pending. A maximum keeps its type, a sum grows."""
    source = stream.value.type
    size = op.geometry.output_size(*source.shape[:2])
    bounds = op_range(op, [bounds_of(stream)], source.channels)
    kept = op.kind is PoolKind.MAX
    dtype = source.dtype if kept else smallest_int(bounds.min, bounds.max)
    kind = TensorType((*size, source.channels), dtype)
    value = build.emit(build.next_name("pool"), op, (stream.value,), kind, module_path(node.name, node.name))
    channels = channels_of(node, stream)
    assert channels is not None
    places = image_like(node, stream, size, len(channels))
    places = places // len(channels) * source.channels + channels[places % len(channels)]
    return replace(
        stream, value=value, low=bounds.min, high=bounds.max, places=places, quantised=kept and stream.quantised
    )


def _window(node: SourceNode, stream: CodedTensor, pads: Pads) -> Geometry:
    """The window of a MaxPool or AveragePool. Raises: ModelError."""
    size, kernel = stream.value.type.shape[:2], node.integers("kernel_shape", ())
    if len(kernel) != len(stream.shape) - 2:
        must = f"its kernel_shape must have {len(stream.shape) - 2} axes as its input has"
        raise ModelError(node.label, must, f"kernel_shape {kernel}", "Correct the layer")
    geometry = geometry_of(node, kernel, (size[0], size[1]), pads)
    require_fits(node, geometry, (size[0], size[1]))
    return covered(node, geometry, (size[0], size[1]))


def _all(stream: CodedTensor) -> Geometry:
    """One window over the whole image."""
    height, width = stream.value.type.shape[:2]
    return Geometry((height, width))


def _falling(node: SourceNode, stream: CodedTensor) -> IntArray:
    """Per channel whether the largest real value is the smallest code, (C,) or (1,). Raises: ModelError."""
    sign = direction(stream.steps, stream.value.type.channels)
    if sign is None:
        raise ModelError(
            node.label,
            "what it compares must rise or fall, not both, as the code grows",
            "an activation function that may do both",
            "Put the activation behind the pool",
        )
    falls = np.asarray(sign < 0, dtype=np.int64)
    return falls if falls.any() else np.zeros(1, dtype=np.int64)


def _never_below(stream: CodedTensor, fill: float) -> bool:
    """Whether the chain shows that every real value of the stream is at least `fill`."""
    if fill == -np.inf or (
        stream.steps and isinstance(stream.steps[-1], Clip) and np.all(stream.steps[-1].low >= fill)
    ):
        return True
    meaning = fold_affine(stream.steps)
    if meaning is None:
        return False
    most = sum(stream.planes)
    ends = [meaning.scale * code + meaning.offset for code in ((-most, most) if most else (stream.low, stream.high))]
    return bool(np.all(np.minimum(*ends) >= fill))


def _maximum(
    build: Build, node: SourceNode, stream: CodedTensor, geometry: Geometry, *, smallest: bool = False
) -> CodedTensor:
    """The largest real value of each window, or the smallest. Raises: ModelError."""
    if geometry.taps == 1 and geometry.stride == (1, 1):
        return stream
    if not is_ordered(stream.planes):
        raise ModelError(
            node.label,
            "residual planes must rise with their code where it takes a maximum",
            f"factors {', '.join(map(str, stream.planes))}",
            "Pool in front of the quantiser",
        )
    if direction(stream.steps, stream.value.type.channels) is None:
        stream = straightened(build, node, stream)
    falling = _falling(node, stream)
    return _emit(build, node, stream, Pool(geometry, PoolKind.MAX, 1 - falling if smallest else falling))


def max_pool(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """MaxPool over an image or a signal; padded taps are left out. Raises: ModelError."""
    stream, pads, fill = unpadded(node, args[0])
    stream = as_image(build, node, stream)
    if fill is not None and not _never_below(stream, fill):
        raise ModelError(
            node.label,
            "padding before it must not be the largest number of a window",
            f"padding with {fill:g} of numbers that may be less",
            "Let the pool itself pad",
        )
    return _maximum(build, node, stream, _window(node, stream, pads))


def global_max_pool(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The largest pixel of each channel. Raises: ModelError."""
    stream = stream_of(node, args[0])
    stream = as_image(build, node, stream)
    return _maximum(build, node, stream, _all(stream))


def _mean(
    build: Build, node: SourceNode, stream: CodedTensor, geometry: Geometry, counted: Pads = (0, 0, 0, 0)
) -> CodedTensor:
    """The sum of the codes S: a x + b becomes a (S / taps) + b. Raises: ModelError.

    Windows of fewer taps get a factor each, so that all have one divisor.

    Args:
        counted: rows and columns of padding that belong to the image.
    """
    if fold_affine(stream.steps) is None:
        stream = straightened(build, node, stream)
    if fold_affine(stream.steps) is None:
        raise ModelError(
            node.label,
            "what it averages must be quantised, or have an activation function of few straight pieces",
            "another function with no quantiser behind it",
            "Quantise the activation before the pool",
        )
    if any(counted) and zero_code(stream) != 0:
        raise ModelError(
            node.label,
            "what it pads must have the code 0 for 0",
            "an input with an offset or a zero point",
            "Quantise its input symmetrically, set count_include_pad = False, or pool without padding",
        )
    if geometry.taps == 1 and geometry.stride == (1, 1):
        return stream
    height, width, channels = stream.value.type.shape
    taps = _divisors(geometry, (height, width), counted)
    divisor = math.lcm(*taps.reshape(-1).tolist())
    summed = _emit(build, node, stream, Pool(geometry, PoolKind.SUM, np.zeros(1, dtype=np.int64)))
    gains = np.repeat(divisor // taps.reshape(-1, 1), channels, axis=0)
    whole = gained(build, node, f"{build.producer(summed.value)}_gain", summed, gains) if np.any(gains != 1) else summed
    return replace(whole, steps=(Div(np.asarray(float(divisor))), *summed.steps))


def average_pool(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """AveragePool over an image or a signal; padding counts where count_include_pad says so. Raises: ModelError."""
    stream, pads, fill = unpadded(node, args[0])
    stream = as_image(build, node, stream)
    if fill not in (None, 0.0):
        raise ModelError(node.label, "its input must be padded with 0", f"padding with {fill:g}", "Pad with zeros")
    geometry = _window(node, stream, pads)
    return _mean(build, node, stream, geometry, _counted(node, stream, geometry, pads))


def _counted(node: SourceNode, stream: CodedTensor, geometry: Geometry, pads: Pads) -> Pads:
    """The padding that a mean counts: that of a Pad in front, and with count_include_pad the pool's own.

    Where ceil_mode adds a window that ends behind the padding, what lies there does not count, as in PyTorch.

    Args:
        geometry: padded as far as the windows reach.
    """
    if not node.integer("count_include_pad", 0):
        return pads
    height, width = stream.value.type.shape[:2]
    own = geometry_of(node, node.integers("kernel_shape", ()), (height, width), pads).padding
    top, left, bottom, right = (min(each) for each in zip(geometry.padding, own, strict=True))
    return top, left, bottom, right


def _divisors(geometry: Geometry, size: tuple[int, int], counted: Pads) -> IntArray:
    """How many taps each window counts, (rows of windows, columns of windows): some see the edge of the image."""
    along: list[IntArray] = []
    for axis, windows in enumerate(geometry.output_size(*size)):
        first = np.arange(windows)[:, None] * geometry.stride[axis] - geometry.padding[axis]
        taps = first + np.arange(geometry.kernel[axis]) * geometry.dilation[axis]
        along.append(((taps >= -counted[axis]) & (taps < size[axis] + counted[axis + 2])).sum(axis=1))
    return along[0][:, None] * along[1]


def global_average_pool(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The mean over all pixels. Raises: ModelError."""
    stream = stream_of(node, args[0])
    stream = as_image(build, node, stream)
    return _mean(build, node, stream, _all(stream))


def reduce_mean(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceMean over any axes. Raises: ModelError, Relayout."""

    def across(build: Build, node: SourceNode, stream: CodedTensor, axis: int) -> CodedTensor:
        return _total(build, node, stream, axis).then(Div(np.asarray(float(stream.shape[axis]))))

    return _over(build, node, args, _mean, across)


def reduce_sum(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceSum over any axes. Raises: ModelError, Relayout."""

    def total(build: Build, node: SourceNode, stream: CodedTensor, geometry: Geometry) -> CodedTensor:
        return _mean(build, node, stream, geometry).then(Mul(np.asarray(float(geometry.taps))))

    return _over(build, node, args, total, _total)


def reduce_max(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceMax over any axes. Raises: ModelError, Relayout."""
    return _over(build, node, args, _maximum)


def reduce_min(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """ReduceMin over any axes. Raises: ModelError, Relayout."""
    return _over(build, node, args, partial(_maximum, smallest=True))


def _total(build: Build, node: SourceNode, stream: CodedTensor, axis: int) -> CodedTensor:
    """The sum over the channels, of size 1 then: a layer of one output, its weights all 1. Raises: ModelError."""
    order = [other for other in range(len(stream.shape)) if other != axis] + [axis]
    ones = Const(np.ones((1, stream.shape[axis])), node.name)
    summed = multiply(build, node, stream.transpose(order), weights_from(node, ones, "out, in"))
    return summed.transpose(np.argsort(order).tolist())


def _channels_in_place(node: SourceNode, stream: CodedTensor) -> bool:
    """Whether a stream is an image as it lies, of channels of one scale and of few bits."""
    alike = all(array.size == 1 for step in stream.steps for _, array in arrays_of(step))
    few = smallest_int(stream.low, stream.high).bits <= MOST_INPUT_BITS and not stream.planes
    found = channels_of(node, stream)
    return alike and few and found is not None and np.array_equal(found, np.arange(stream.value.type.channels))


def _over(
    build: Build,
    node: SourceNode,
    args: Sequence[Tensor | None],
    pool: Callable[[Build, SourceNode, CodedTensor, Geometry], CodedTensor],
    across: Callable[[Build, SourceNode, CodedTensor, int], CodedTensor] | None = None,
) -> CodedTensor:
    """What `pool` makes of the numbers along axes: rows, columns or both of an image, or others brought to rows.

    Args:
        across: what it makes of the channels of an image in place, given their axis; None where they are to move.
    """
    stream = stream_of(node, args[0])
    shape, rank = stream.shape, len(stream.shape)
    axes = reduced_axes(node, args[1], rank)
    kept = tuple(1 if a in axes else n for a, n in enumerate(shape) if node.integer("keepdims", 1) or a not in axes)
    node = replace(node, channels_last=lies_channels_last(stream))
    spatial = list(range(1, rank - 1) if node.channels_last else range(2, rank))
    if set(axes) <= set(spatial) and rank in (3, 4) and shape[0] == 1:
        # One window over all rows (or columns) along a reduced axis, a window at every pixel along the other.
        height, width = (*(shape[a] if a in axes else 1 for a in spatial), 1)[:2]
        return pool(build, node, as_image(build, node, stream), Geometry((height, width))).reshape(kept)
    channel = rank - 1 if node.channels_last else 1
    if across is not None and axes == (channel,) and _channels_in_place(node, stream):
        return across(build, node, stream, channel).reshape(kept)
    node = replace(node, channels_last=True)
    others = [a for a in range(rank) if a not in axes]
    height = math.prod(shape[a] for a in axes)
    rows = stream.transpose((*axes, *others)).reshape((1, height, stream.places.size // height))
    return pool(build, node, as_image(build, node, rows), Geometry((height, 1))).reshape(kept)
