"""Products of two streams: element by element, or by a number of each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend import joins
from hwgen.frontend.expressions import of_itself, operands_of
from hwgen.frontend.grid import lines
from hwgen.frontend.pieces import times
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Tensor, collapse
from hwgen.frontend.truths import quantised
from hwgen.ir.ops import Add, Div, Mul, Step
from hwgen.ir.types import FloatArray


def mul(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Mul of any two operands. Raises: ModelError."""
    streams = [each for each in operands_of(node, args[:2]) if isinstance(each, CodedTensor)]
    if len(streams) < 2 or of_itself(node, streams):
        return joins.binary(build, node, args)
    return product(build, node, *streams)


def product(build: Build, node: SourceNode, first: CodedTensor, second: CodedTensor) -> CodedTensor:
    """The product of two tensors, a number a pixel where one has one channel. Raises: ModelError, Relayout."""
    if first.value.type.channels == 1 and second.value.type.channels > 1:
        first, second = second, first
    first, second = (quantised(build, node, stream) for stream in (first, second))
    if second.value.type.shape != (*first.value.type.shape[:-1], 1) or not _pixel_by_pixel(first, second):
        first, second = joins.alike(build, node, [first, second])
    first, second = (joins.straightened(build, node, stream) for stream in (first, second))
    each = first.shape == second.shape
    if all(isinstance(step, Mul | Div) for step in (*first.steps, *second.steps)):
        return times(build, node, build.next_name("scale"), first, second)
    meanings = [_affine(stream) if each else None for stream in (first, second)]
    for stream, meaning in zip((first, second), meanings, strict=True):
        if meaning is None:
            raise ModelError(
                node.label,
                "its operands must be products or quantised" + (", 0 standing for 0" if not each else ""),
                f"an offset or an activation function after {build.label(stream.value)}",
                "Leave out the bias and the batch norm before the product, or quantise",
            )
    left, right = (meaning for meaning in meanings if meaning is not None)
    return _expanded(build, node, replace(first, steps=left), replace(second, steps=right))


def _affine(stream: CodedTensor) -> tuple[Step, ...] | None:
    """The steps of a stream as one factor and one term, None where they are others or float64 does not hold them."""
    meaning = lines(stream.steps, stream.value.type.channels)
    if meaning is None:
        return None
    scale, offset = (_floats([getattr(line, name) for line in meaning]) for name in ("scale", "offset"))
    return None if scale is None or offset is None else (Mul(scale), Add(offset))


def _floats(numbers: Sequence[Fraction]) -> FloatArray | None:
    """Rational numbers in float64, None where one would be rounded."""
    floats = [float(number) for number in numbers]
    exact = all(Fraction(found) == number for found, number in zip(floats, numbers, strict=True))
    return collapse(np.array(floats)) if exact else None


def _expanded(build: Build, node: SourceNode, first: CodedTensor, second: CodedTensor) -> CodedTensor:
    """(a x + b) (c y + d) as the sum ac xy + d (a x + b) + bc y, of those that are not 0. Raises: ModelError."""
    (scale, offset), (factor, term) = first.steps, second.steps
    assert isinstance(offset, Add)
    assert isinstance(term, Add)
    bare = [replace(stream, steps=()) for stream in (first, second)]
    terms = [times(build, node, build.next_name("scale"), *bare).then(scale, factor)]
    terms += [first.then(Mul(term.term))] if np.any(term.term != 0) else []
    terms += [bare[1].then(factor, Mul(offset.term))] if np.any(offset.term != 0) else []
    return joins.add(build, node, terms) if len(terms) > 1 else terms[0]


def _pixel_by_pixel(first: CodedTensor, second: CodedTensor) -> bool:
    """Whether ONNX multiplies every element of `first` by the element of `second` that belongs to its pixel."""
    try:
        places = np.broadcast_to(second.places, first.shape)
    except ValueError:
        return False
    return bool(np.array_equal(first.places // first.value.type.channels, places))
