"""A layer behind branches of several scales: on one grid where that is narrow, else a layer for each branch.

A layer is linear, so that L(concat(x_i)) = sum_i L_i(x_i), where L_i has the weights of the channels of branch i, and
L(sum_i x_i) = sum_i L(x_i).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hwgen.frontend.grid import common_grid, lines
from hwgen.frontend.joins import add, gained, straightened
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, at_channels, collapse
from hwgen.ir.ops import Activation, Add, Concat, Div, Mul, Sum, Threshold
from hwgen.ir.types import IntArray, TensorType, smallest_int

MOST_INPUT_BITS = 16
"""Of numbers that a layer multiplies as they are, without a quantiser."""


@dataclass(frozen=True)
class Part:
    """A branch of a concatenation as a layer reads it.

    Attributes:
        stream: the elements of the branch alone, along `axis` of the concatenation's.
        columns: their positions along that axis.
    """

    stream: CodedTensor
    columns: IntArray


def several_scales(stream: CodedTensor) -> bool:
    """Whether the channels of a stream have scales of their own."""
    return any(isinstance(step, Mul | Div) and next(iter(vars(step).values())).size > 1 for step in stream.steps)


def by_parts(
    build: Build,
    node: SourceNode,
    stream: CodedTensor,
    axis: int,
    layer: Callable[[CodedTensor, IntArray], CodedTensor],
) -> CodedTensor:
    """`layer` of a stream whose inputs lie along `axis`, given all their positions; of several scales by its parts.

    Raises: ModelError.
    """
    if smallest_int(stream.low, stream.high).bits <= MOST_INPUT_BITS:
        stream = straightened(build, node, stream)
    terms = _terms(build, stream)
    if len(terms) > 1:
        every = np.arange(stream.shape[axis])
        return add(build, node, [layer(term, every) for term in terms])
    parts = _parts(build, stream, axis) if several_scales(stream) else None
    if parts is None:
        return layer(stream, np.arange(stream.shape[axis]))
    together = _on_one_grid(build, node, stream, parts)
    if together is not None:
        return layer(together, np.arange(stream.shape[axis]))
    return add(build, node, [layer(part.stream, part.columns) for part in parts])


def _parts(build: Build, stream: CodedTensor, axis: int) -> list[Part] | None:
    """The branches of the concatenation that gives a stream; None where it is no such, or they lie across the axis."""
    source = build.maker(stream.value)
    if source is None or not isinstance(source.op, Concat) or source.op.axis != -1:
        return None
    channels, start = stream.value.type.channels, 0
    parts: list[Part] = []
    rows = np.moveaxis(stream.places, axis, 0).reshape(stream.shape[axis], -1)
    for value in source.inputs:
        count = value.type.channels
        inside = (rows % channels >= start) & (rows % channels < start + count)
        if np.any(inside != inside[:, :1]):
            return None
        places = np.compress(inside[:, 0], stream.places, axis=axis)
        own = places // channels * count + places % channels - start
        steps = at_channels(stream.steps, np.arange(start, start + count))
        part = replace(stream, value=value, steps=steps, places=own)
        columns = np.flatnonzero(inside[:, 0])
        nested = _parts(build, part, axis) if several_scales(part) else None
        parts += [replace(each, columns=columns[each.columns]) for each in nested] if nested else [Part(part, columns)]
        start += count
    return parts


def _terms(build: Build, stream: CodedTensor) -> list[CodedTensor]:
    """The operands of a sum that is too wide for a layer, on their own scales; else the stream itself."""
    source = build.maker(stream.value)
    wide = smallest_int(stream.low, stream.high).bits > MOST_INPUT_BITS
    affine = all(isinstance(step, Mul | Div | Add) for step in stream.steps)
    if not wide or not affine or source is None or not isinstance(source.op, Sum):
        return [stream]
    if source.op.of_elements(stream.value.type.channels):
        return [stream]
    terms: list[CodedTensor] = []
    for value, gain in zip(source.inputs, source.op.gains_of(len(source.inputs)).T, strict=True):
        low, high = value.type.dtype.min, value.type.dtype.max
        made = build.maker(value)
        coded = made is None or isinstance(made.op, Activation | Threshold)
        steps = (Mul(collapse(gain)), *(step for step in stream.steps if not terms or not isinstance(step, Add)))
        terms += _terms(build, replace(stream, value=value, low=low, high=high, steps=steps, quantised=coded))
    return terms


def _on_one_grid(build: Build, node: SourceNode, stream: CodedTensor, parts: Sequence[Part]) -> CodedTensor | None:
    """The concatenation of the branches on a common grid; None where their numbers would be too wide for a layer."""
    meanings = [lines(part.stream.steps, part.stream.value.type.channels) for part in parts]
    known = [meaning for meaning in meanings if meaning is not None and len(meaning) == 1]
    if len(known) < len(parts):
        return None
    grid = common_grid([[replace(line, offset=Fraction(0)) for line in each] for each in known])
    offsets = [float(line.offset) for (line,) in known]
    exact = all(Fraction(offset) == line.offset for offset, (line,) in zip(offsets, known, strict=True))
    if grid is None or not exact:
        return None
    gains = grid.gains[0].tolist()
    ends = [gain * code for gain in gains for code in (stream.low, stream.high)]
    low, high = min(ends), max(ends)
    if smallest_int(low, high).bits > MOST_INPUT_BITS:
        return None
    name = build.next_name("concat")
    values = [
        gained(build, node, f"{name}_gain{index}", part.stream, np.array([[gain]])).value
        for index, (part, gain) in enumerate(zip(parts, gains, strict=True))
    ]
    kind = TensorType(stream.value.type.shape, smallest_int(low, high))
    value = build.emit(name, Concat(), values, kind, module_path(node.name, node.name))
    channels = [each.type.channels for each in values]
    offset = (Add(collapse(np.repeat(offsets, channels))),) if any(offsets) else ()
    return CodedTensor(value, low, high, (*grid.steps, *offset), stream.places, quantised=False)
