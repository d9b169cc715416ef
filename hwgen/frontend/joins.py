"""Joins of branches: residual sums and extremes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend import elementwise
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.expressions import combined, of_itself, operands_of
from hwgen.frontend.grid import Grid, Line, common_grid
from hwgen.frontend.layout import Layout, laid_out, layouts, lies_so
from hwgen.frontend.pieces import Term, has_pieces, terms_of
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, Tensor, aligned, bounds_of, real
from hwgen.frontend.truths import quantised
from hwgen.ir.ops import (
    Activation,
    Add,
    Div,
    Mul,
    Quantise,
    Rounding,
    Sum,
)
from hwgen.ir.ranges import op_range
from hwgen.ir.types import MOST_BITS, IntArray, TensorType, WidthError, smallest_int

_EXACT_BITS = 48
"""Of a sum on a grid that rounds no scale, however fine: as many as products of two float32 have."""
_MOST_APART = 1023
"""Steps of their grid by which the operands of a maximum may differ: comparisons that it takes."""


def binary(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Of two streams a step, where both are functions of one value, or a join of branches; else elementwise."""
    operands = operands_of(node, args[:2])
    streams = [each for each in operands if isinstance(each, CodedTensor)]
    if len(streams) < 2:
        return elementwise.binary(build, node, [*operands, None][:2])
    if node.op == "Sub":
        streams[1] = streams[1].then(Mul(np.asarray(-1.0)))
    if of_itself(node, streams):
        return combined(build, node, streams)
    if node.op == "Div":
        found, change = "a tensor divided by another", "Divide by constants, or by a function of the same tensor"
        raise ModelError(node.label, "its divisor must be constant", found, change)
    return add(build, node, streams)


def extremum(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Max and Min of any number of streams and constants. Raises: ModelError."""
    args = operands_of(node, args)
    streams = [tensor for tensor in args if isinstance(tensor, CodedTensor)]
    if len(streams) < 2:
        return elementwise.extremum(build, node, args)
    rest = [tensor for tensor in args if not isinstance(tensor, CodedTensor)]
    if of_itself(node, streams):
        return elementwise.extremum(build, node, [combined(build, node, streams), *rest])
    joined = streams[0]
    for other in streams[1:]:
        joined = _larger(build, node, joined, other)
    return elementwise.extremum(build, node, [joined, *rest])


def total(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Sum and Mean of any number of operands: streams in one addition, then the constants. Raises: ModelError."""
    given = operands_of(node, args)
    streams = [tensor for tensor in given if isinstance(tensor, CodedTensor)]
    summed = streams[0] if streams else stream_of(node, given[0])
    if len(streams) > 1:
        summed = (combined if of_itself(node, streams) else add)(build, node, streams)
    for constant in (tensor for tensor in given if not isinstance(tensor, CodedTensor)):
        values = real(constant_of(node, constant, "operands"), node)
        if node.opset < 8 and values.shape != summed.shape:
            must = f"its operands must have one shape before opset 8, {summed.shape}"
            raise ModelError(node.label, must, f"a constant of {values.shape}", "Export with a newer opset")
        summed = elementwise.broadcast(summed, values).then(Add(aligned(summed, values, node)))
    return summed.then(Div(np.asarray(float(len(given))))) if node.op == "Mean" and len(given) > 1 else summed


def _differ(node: SourceNode, build: Build, first: CodedTensor, second: CodedTensor) -> ModelError:
    """The error about branches whose shapes do not match."""
    names = build.label(first.value), build.label(second.value)
    return ModelError(
        node.label,
        "all its operands must have one shape",
        f"{first.shape} from {names[0]} and {second.shape} from {names[1]}",
        "Bring both to one shape",
    )


def alike(build: Build, node: SourceNode, streams: Sequence[CodedTensor]) -> list[CodedTensor]:
    """All branches in one shape, those of size 1 repeated, and laid out alike. Raises: ModelError, Relayout."""
    first = streams[0]
    for other in streams[1:]:
        try:
            shape = np.broadcast_shapes(first.shape, other.shape)
        except ValueError:
            raise _differ(node, build, first, other) from None
        first = first.at(np.broadcast_to(first.places, shape))
    wide = [stream.at(np.broadcast_to(stream.places, first.shape)) for stream in streams]
    whole = [(stream.value.type.shape, stream.places) for stream in wide if stream.is_permutation]

    def moves(layout: Layout) -> int:
        """How many branches lie otherwise."""
        return sum(not lies_so(stream, layout) for stream in wide)

    if not moves((wide[0].value.type.shape, wide[0].places)):
        return wide
    best = min([*whole, *layouts(first.shape)], key=moves)
    return [laid_out(build, node, stream, best) for stream in wide]


def _terms(node: SourceNode, build: Build, stream: CodedTensor) -> list[Term]:
    """The streams that a branch is the sum of, and what their codes stand for. Raises: ModelError."""
    found = terms_of(build, node, stream)
    if found is None:
        raise ModelError(
            node.label,
            "its operands must be quantised, or have an activation function of few straight pieces",
            f"another function with no quantiser behind it after {build.label(stream.value)}",
            "Quantise each branch before it",
        )
    return found


def straightened(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """The stream, where its chain has several straight pieces as the sum of these: affine. Raises: ModelError."""
    return add(build, node, [stream]) if has_pieces(stream) else stream


def _scale(stream: Sequence[Line]) -> str:
    return f"{float(stream[0].scale):.9g}" if len(stream) == 1 else "one for each channel"


def _grid(node: SourceNode, build: Build, streams: Sequence[CodedTensor], meanings: Sequence[Sequence[Line]]) -> Grid:
    """The grid of the branches, on which no code is too large. Raises: ModelError.

    Accumulators have scales of so many bits that their sum is wide or has no grid: then they are rounded to float32,
    with which models compute.
    """
    rounded = [[line.rounded for line in each] for each in meanings]
    for lines_of, most in ((meanings, _EXACT_BITS), (rounded, MOST_BITS), (meanings, MOST_BITS)):
        grid = _grid_within(streams, lines_of, most)
        if grid is not None:
            return grid
    named = zip(meanings, streams, strict=True)
    scales = " and ".join(f"{_scale(meaning)} from {build.label(stream.value)}" for meaning, stream in named)
    raise ModelError(
        node.label,
        f"its operands must be whole multiples of one number, their sum at most {MOST_BITS} bits of it",
        f"scales {scales}",
        "Quantise with one shared quantiser, or with scales that are closer to each other",
    )


def _grid_within(streams: Sequence[CodedTensor], meanings: Sequence[Sequence[Line]], most: int) -> Grid | None:
    """The grid of the branches, if their sum has at most so many bits on it."""
    try:
        grid = common_grid(meanings)
        if grid is None or not grid.gains.any():
            return None
        bounds = op_range(Sum(grid.gains), [bounds_of(stream) for stream in streams], streams[0].value.type.channels)
        return grid if smallest_int(bounds.min, bounds.max).bits <= most else None
    except (OverflowError, WidthError):
        return None


def add(build: Build, node: SourceNode, streams: Sequence[CodedTensor]) -> CodedTensor:
    """The sum of branches, of any scales: on a common grid, each branch times a whole number. Raises: ModelError."""
    streams = alike(build, node, [quantised(build, node, stream) for stream in streams])
    terms = [term for stream in streams for term in _terms(node, build, stream)]
    streams = [stream for stream, _ in terms]
    grid = _grid(node, build, streams, [meaning for _, meaning in terms])
    moving = np.flatnonzero(grid.gains.any(axis=0))  # the others are constants: their offsets are in the grid's steps
    streams, grid = [streams[index] for index in moving], replace(grid, gains=grid.gains[:, moving])
    if len(streams) == 1 and np.all(grid.gains == 1):
        return replace(streams[0], steps=grid.steps)
    name = build.next_name("add")
    if len(grid.gains) > 1:
        streams = [
            gained(build, node, f"{name}_gain{index}", stream, grid.gains[:, [index]])
            for index, stream in enumerate(streams)
        ]
        return weighted_sum(build, node, name, streams, np.ones((1, len(streams)), dtype=np.int64)).then(*grid.steps)
    return weighted_sum(build, node, name, streams, grid.gains).then(*grid.steps)


def _larger(build: Build, node: SourceNode, first: CodedTensor, second: CodedTensor) -> CodedTensor:
    """The maximum of two branches as y + relu(x - y), the minimum as y - relu(y - x). Raises: ModelError."""
    first, second = alike(build, node, [first, second])
    first, second = (straightened(build, node, stream) for stream in (first, second))
    meanings = [meaning for stream in (first, second) for _, meaning in _terms(node, build, stream)]
    offsets = {line.offset for meaning in meanings for line in meaning}
    grid = _grid(
        node, build, [first, second], [meanings[0], [replace(line, offset=Fraction(0)) for line in meanings[1]]]
    )
    if len(offsets) > 1 or len(grid.gains) > 1 or np.any(grid.gains <= 0):
        must, found = "its operands must have one offset, and a positive scale each for all channels", "others"
        raise ModelError(node.label, must, found, "Quantise both with one shared quantiser")
    name = build.next_name(node.op.lower())
    away = np.array([[1, -1]]) * (1 if node.op == "Max" else -1)
    apart = weighted_sum(build, node, f"{name}_apart", [first, second], grid.gains * away)
    if apart.high > _MOST_APART:
        raise ModelError(
            node.label,
            f"its operands must differ by at most {_MOST_APART:,} steps of their common grid",
            f"up to {apart.high:,}",
            "Quantise both with one shared quantiser",
        )
    relu = Quantise(np.ones(()), np.zeros(()), 0, max(apart.high, 1), Rounding.HALF_EVEN)
    kind = TensorType(apart.value.type.shape, smallest_int(0, max(apart.high, 1)))
    beyond = build.emit(f"{name}_act", Activation((relu,)), [apart.value], kind, module_path(node.name, node.name))
    over = CodedTensor(beyond, 0, max(apart.high, 1), (), first.places, quantised=True)
    gains = np.array([[away[0, 0], grid.gains[0, 1]]])
    return weighted_sum(build, node, name, [over, second], gains).then(*grid.steps)


def gained(build: Build, node: SourceNode, name: str, stream: CodedTensor, gains: IntArray) -> CodedTensor:
    """The codes of a branch, each channel times its gain."""
    same = bool(np.all(gains == gains[0]))
    if same and gains[0, 0] == 1:
        return replace(stream, steps=())
    return weighted_sum(build, node, name, [stream], gains[:1] if same else gains)


def weighted_sum(
    build: Build, node: SourceNode, name: str, streams: Sequence[CodedTensor], gains: IntArray
) -> CodedTensor:
    """The sum of gains times codes as a stream, no steps pending."""
    first = streams[0]
    op = Sum.of(gains)
    bounds = op_range(op, [bounds_of(stream) for stream in streams], first.value.type.channels)
    kind = TensorType(first.value.type.shape, smallest_int(bounds.min, bounds.max))
    value = build.emit(name, op, [stream.value for stream in streams], kind, module_path(node.name, node.name))
    return CodedTensor(value, bounds.min, bounds.max, (), first.places, quantised=False)
