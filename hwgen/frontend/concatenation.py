"""Concatenations: along the channels of images and vectors as they lie, along rows and columns, or as vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.axes import axis_of
from hwgen.frontend.chains import joined_steps
from hwgen.frontend.constants import constant_stream, filled
from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.grid import common_grid, lines
from hwgen.frontend.joins import gained, straightened, weighted_sum
from hwgen.frontend.layout import Layout, image_layout, laid_out, lies_so
from hwgen.frontend.moves import require_size
from hwgen.frontend.residual import unreadable
from hwgen.frontend.retype import sources
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Const, Padded, QuantConst, Tensor, in_order
from hwgen.frontend.truths import quantised
from hwgen.ir.ops import Add, Concat, Step
from hwgen.ir.types import Bipolar, DType, TensorType, smallest_int

_LEAST_READ = 0.75
"""Of a branch's elements, those that the concatenation must join: of others the rest is left out in front of it."""


def _one_type(streams: Sequence[CodedTensor]) -> DType:
    """The type that holds the codes of all branches."""
    dtypes = {stream.value.type.dtype for stream in streams}
    low, high = min(dtype.min for dtype in dtypes), max(dtype.max for dtype in dtypes)
    return next(iter(dtypes)) if len(dtypes) == 1 else smallest_int(low, high)


def _of_one_type(build: Build, node: SourceNode, name: str, streams: Sequence[CodedTensor]) -> list[CodedTensor]:
    """The branches, those copied as integers that cannot be declared of another type where they stand.

    These are bipolar codes beside integers, and the network's input beside wider codes.
    """
    wide = _one_type(streams)

    def fixed(stream: CodedTensor) -> bool:
        dtype, origins = stream.value.type.dtype, sources(build.nodes, stream.value)
        held = any(value in build.starts or isinstance(value.type.dtype, Bipolar) for value in origins)
        return dtype != wide and held

    once = np.ones((1, 1), dtype=np.int64)
    copies = enumerate(streams)
    return [
        weighted_sum(build, node, f"{name}_copy{i}", [each], once).then(*each.steps) if fixed(each) else each
        for i, each in copies
    ]


def concat(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Streams side by side along any axis. Raises: ModelError, Relayout."""
    operands = [tensor for tensor in args if tensor is not None]
    beside = next(tensor for tensor in operands if not isinstance(tensor, Const | QuantConst))
    streams = [
        constant_stream(build, node, tensor, stream_of(node, beside))
        if isinstance(tensor, Const | QuantConst)
        else stream_of(node, tensor)
        for tensor in operands
    ]
    if len(streams) == 1:
        return streams[0]
    rank = len(streams[0].shape)
    if "axis" not in node.attributes and node.opset >= 4:
        raise ModelError(node.label, "it must state its axis", "none", "Export the model again")
    axis = axis_of(node, node.integer("axis", 1), rank)
    rest = {(len(stream.shape), *(n for a, n in enumerate(stream.shape) if a != axis)) for stream in streams}
    if len(rest) > 1:
        shapes = " and ".join(f"{stream.shape} from {build.label(stream.value)}" for stream in streams)
        must, change = "what it joins must have one shape but for the axis", "Bring all to one shape"
        raise ModelError(node.label, must, f"axis {axis} of {shapes}", change)
    if all(_of_one_chain(streams[0], other) for other in streams[1:]):
        return streams[0].at(np.concatenate([stream.places for stream in streams], axis=axis))
    along, laid = _brought(build, node, streams, axis)
    return _joined(build, node, laid, axis, along)


def surrounded(build: Build, node: SourceNode, padded: Padded) -> CodedTensor:
    """What a Pad gives where no window takes it: the stream between constants. Raises: ModelError, Relayout."""
    require_size(node, padded.shape)
    if padded.stream.planes:
        raise unreadable(build, padded.stream, f"the padding in front of {node.label}")
    if not math.isfinite(padded.fill):
        must, found = "the padding in front of it must be finite", f"{padded.fill:g}"
        raise ModelError(node.label, must, found, "Let the layer itself pad")
    stream, rank = quantised(build, node, padded.stream), len(padded.shape)
    for axis in np.flatnonzero(np.reshape(padded.pads, (2, rank)).any(axis=0)):
        shape = list(stream.shape)
        parts: list[Tensor] = [stream]
        for place, count in ((0, padded.pads[axis]), (2, padded.pads[axis + rank])):
            shape[axis] = count
            if count:
                parts.insert(place, filled(build, node, tuple(shape), padded.fill, stream))
        joined = concat(build, replace(node, attributes={"axis": int(axis)}), parts)
        assert isinstance(joined, CodedTensor)
        stream = joined
    return stream


def _of_one_chain(first: CodedTensor, second: CodedTensor) -> bool:
    """Whether two streams have elements of one value, with one meaning: to join them is to move these."""
    return (first.value, first.steps, first.planes) == (second.value, second.steps, second.planes)


def _brought(
    build: Build, node: SourceNode, streams: Sequence[CodedTensor], axis: int
) -> tuple[int, Sequence[CodedTensor]]:
    """The axis of the values along which they are joined, counted from the last, and the streams laid out for it.

    Raises: ModelError, Relayout.
    """
    shape, rank = streams[0].shape, len(streams[0].shape)
    single = rank > 2 and axis > 1 and all(stream.shape[axis] == 1 for stream in streams)
    alike = all(stream.steps == streams[0].steps for stream in streams[1:])
    if _as_they_lie(streams, axis) and (alike or not single):  # rows of several scales are no channels
        return -1, streams
    if rank not in (3, 4) or shape[0] != 1 or axis == 0:
        return -1, [_as_vector(build, node, stream) for stream in streams]

    first, last = ([image_layout(stream.shape, channels_last=last) for stream in streams] for last in (False, True))

    def lying(layouts: Sequence[Layout]) -> int:
        """How many streams lie so."""
        return sum(lies_so(stream, layout) for stream, layout in zip(streams, layouts, strict=True))

    behind = lying(last) > lying(first) or (node.channels_last and lying(last) == lying(first))
    spatial = list(range(1, rank - 1) if behind else range(2, rank))
    along = spatial.index(axis) - 3 if axis in spatial else -1
    pairs = zip(streams, last if behind else first, strict=True)
    return along, [laid_out(build, node, stream, layout) for stream, layout in pairs]


def _as_they_lie(streams: Sequence[CodedTensor], axis: int) -> bool:
    """Whether the channels of the values can be joined as they lie: along the axis no branch goes to other pixels."""
    if len({stream.value.type.shape[:-1] for stream in streams}) > 1:
        return False
    if min(stream.read for stream in streams) < _LEAST_READ:
        return False
    if len(streams[0].shape) < 3:
        return True
    pixels = [np.moveaxis(stream.places // stream.value.type.channels, axis, 0) for stream in streams]
    return all(np.all(each == pixels[0][:1]) for each in pixels)


def _as_vector(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """The stream with a vector as its value: its elements as they lie, where each is there once."""
    places = stream.places if stream.is_permutation else in_order(stream.shape)
    return laid_out(build, node, stream, ((stream.places.size,), places))


def _joined(build: Build, node: SourceNode, streams: Sequence[CodedTensor], axis: int, along: int) -> CodedTensor:
    """The concatenation of values along their axis `along`, of the streams along their ONNX axis."""
    name = build.next_name("concat")
    if along != -1:
        streams, steps = _of_one_scale(build, node, name, streams)
    streams = _of_one_type(build, node, name, streams)
    if along == -1:
        steps = joined_steps(node, build, streams)
    low, high = min(stream.low for stream in streams), max(stream.high for stream in streams)
    shape = list(streams[0].value.type.shape)
    shape[along] = sum(stream.value.type.shape[along] for stream in streams)
    kind = TensorType(tuple(shape), _one_type(streams))
    value = build.emit(name, Concat(along), [s.value for s in streams], kind, module_path(node.name, node.name))
    ends = np.cumsum([stream.value.type.shape[along] for stream in streams])
    parts = np.split(in_order(kind.shape), ends[:-1], axis=along)
    moved = [part.reshape(-1)[stream.places] for stream, part in zip(streams, parts, strict=True)]
    quantised = all(stream.quantised for stream in streams)
    return CodedTensor(value, low, high, steps, np.concatenate(moved, axis=axis), quantised)


def _of_one_scale(
    build: Build, node: SourceNode, name: str, streams: Sequence[CodedTensor]
) -> tuple[Sequence[CodedTensor], tuple[Step, ...]]:
    """Branches that are joined along rows or columns, on one grid, and the steps that they have. Raises: ModelError.

    Where scales differ, each branch is multiplied by a whole number.
    """
    if all(other.steps == streams[0].steps for other in streams[1:]):
        return streams, streams[0].steps
    streams = [straightened(build, node, stream) for stream in streams]
    meanings = [lines(stream.steps, stream.value.type.channels) for stream in streams]
    known = [meaning[0] for meaning in meanings if meaning is not None and len(meaning) == 1]
    same = len(known) == len(streams) and len({line.offset for line in known}) == 1
    grid = common_grid([[replace(line, offset=Fraction(0))] for line in known]) if same else None
    if grid is None or not grid.gains.all() or float(known[0].offset) != known[0].offset:
        names = " and ".join(build.label(stream.value) for stream in streams)
        raise ModelError(
            node.label,
            "what it joins along rows or columns must be quantised, with one offset and a scale for all channels",
            f"others behind {names}",
            "Quantise all branches with one shared quantiser",
        )
    scaled = [
        gained(build, node, f"{name}_gain{index}", stream, grid.gains[:, [index]])
        for index, stream in enumerate(streams)
    ]
    offset = float(known[0].offset)
    return scaled, (*grid.steps, Add(np.asarray(offset))) if offset else grid.steps
