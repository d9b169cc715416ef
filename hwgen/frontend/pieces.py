"""Chains of straight pieces as sums: what a ReLU with no quantiser behind it is to a join of branches.

On its code c such a chain is a c + b, and more from each of a few codes t on, where another piece begins: [c >= t] is a
comparison, [c >= t] c a product. So ReLU, clips, leaky ones, |x|, Max and Min with constants become streams of integers
that have a scale, and no number is rounded. A channel whose larger slope is at its lower codes is read backwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from hwgen.frontend.grid import Line, is_affine, line_at, lines, parameter_at
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, CodedTensor, bounds_of
from hwgen.ir.ops import (
    Add,
    BatchNorm,
    Clip,
    Combine,
    Compare,
    Div,
    LeakyRelu,
    Mul,
    Operator,
    Scale,
    Step,
    Threshold,
    arrays_of,
)
from hwgen.ir.ranges import op_range
from hwgen.ir.types import IntType, TensorType, smallest_int

_MOST_PIECES = 8
"""Pieces of a chain: each but the first costs a comparison and a product of every element."""

_LARGEST = 1 << 61
"""Codes up to which a code and its neighbours are integers of 63 bits."""

Term = tuple[CodedTensor, tuple[Line, ...]]
"""A stream, and what its codes stand for on each channel; one line where all are alike."""


@dataclass(frozen=True)
class _Piece:
    """What the codes from `first` to `last` stand for."""

    first: int
    last: int
    line: Line


def terms_of(build: Build, node: SourceNode, stream: CodedTensor) -> list[Term] | None:
    """Streams whose lines add up to the real values of `stream`; None where its chain has no few straight pieces.

    Raises: OverflowError.
    """
    meaning = lines(stream.steps, stream.value.type.channels)
    if meaning is not None:
        return [(stream, meaning)]
    found = _pieces_of(stream)
    return None if found is None else _Terms.of(build, node, replace(stream, steps=()), found).all()


def has_pieces(stream: CodedTensor) -> bool:
    """Whether the chain of a stream has few straight pieces, and more than one."""
    return not is_affine(stream.steps) and _pieces_of(stream) is not None


def _pieces_of(stream: CodedTensor) -> list[list[_Piece]] | None:
    """The pieces on each channel, on one where all are alike; None where some are not straight, or they are many."""
    wide = any(array.ndim for step in stream.steps for _, array in arrays_of(step))
    whole = [_Piece(stream.low, stream.high, Line(Fraction(1), Fraction(0)))]
    try:
        found = [_after(stream.steps, whole, channel) for channel in range(stream.value.type.channels if wide else 1)]
    except _CurvedError:
        return None
    few = max(map(len, found)) <= _MOST_PIECES and max(-stream.low, stream.high) <= _LARGEST and not stream.planes
    return found if few else None


class _CurvedError(Exception):
    """A chain that has other pieces than straight ones."""


def _after(steps: Sequence[Step], pieces: list[_Piece], channel: int) -> list[_Piece]:
    """What the chain makes of pieces on one channel, neighbours of one line as one. Raises: _CurvedError."""
    for step in steps:
        pieces = [part for piece in pieces for part in _stepped(step, piece, channel)]
    joined: list[_Piece] = []
    for piece in pieces:
        if joined and joined[-1].line == piece.line:
            joined[-1] = replace(joined[-1], last=piece.last)
        else:
            joined.append(piece)
    return joined


def _stepped(step: Step, piece: _Piece, channel: int) -> Iterator[_Piece]:
    match step:
        case Clip(low, high):
            bounds = [float(bound if bound.ndim == 0 else bound[channel]) for bound in (low, high)]
            parts = [piece]
            for bound, smaller in zip(bounds, (False, True), strict=True):
                if np.isfinite(bound):
                    flat = Line(Fraction(0), Fraction(bound))
                    parts = [each for part in parts for each in _larger(part, part.line, flat, smaller=smaller)]
            yield from parts
        case LeakyRelu(slope):
            for part, reached in _split(piece, piece.line):
                yield part if reached else replace(part, line=_times(part.line, parameter_at(slope, channel)))
        case Compare(bound, strict):
            for part, reached in _split(piece, _less(piece.line, parameter_at(bound, channel)), strict=strict):
                yield replace(part, line=Line(Fraction(0), Fraction(reached)))
        case Combine(operator, left, right):
            yield from _combined(operator, _after(left, [piece], channel), _after(right, [piece], channel))
        case Add() | BatchNorm() | Div() | Mul():
            own = line_at((step,), channel)
            yield replace(piece, line=Line(piece.line.scale * own.scale, piece.line.offset * own.scale + own.offset))
        case _:
            raise _CurvedError


def _combined(operator: Operator, left: Sequence[_Piece], right: Sequence[_Piece]) -> Iterator[_Piece]:
    """The operator on two chains of the same codes. Raises: _CurvedError."""
    starts = sorted({piece.first for piece in (*left, *right)})
    for first, behind in pairwise([*starts, left[-1].last + 1]):
        a, b = (next(each.line for each in pieces if each.first <= first <= each.last) for pieces in (left, right))
        part = _Piece(first, behind - 1, a)
        match operator:
            case Operator.ADD:
                yield replace(part, line=Line(a.scale + b.scale, a.offset + b.offset))
            case Operator.MAX | Operator.MIN:
                yield from _larger(part, a, b, smaller=operator is Operator.MIN)
            case Operator.MUL if not a.scale or not b.scale:
                yield replace(part, line=_times(b, a.offset) if not a.scale else _times(a, b.offset))
            case Operator.DIV if not b.scale and b.offset:
                yield replace(part, line=_times(a, 1 / b.offset))
            case _:
                raise _CurvedError


def _times(line: Line, factor: Fraction) -> Line:
    return Line(line.scale * factor, line.offset * factor)


def _less(line: Line, bound: Fraction) -> Line:
    return replace(line, offset=line.offset - bound)


def _larger(piece: _Piece, first: Line, second: Line, *, smaller: bool) -> Iterator[_Piece]:
    """The larger of two lines at each code of a piece, or the smaller."""
    apart = Line(first.scale - second.scale, first.offset - second.offset)
    for part, reached in _split(piece, apart):
        yield replace(part, line=first if reached != smaller else second)


def _split(piece: _Piece, line: Line, *, strict: bool = False) -> Iterator[tuple[_Piece, bool]]:
    """The codes of a piece at which a line is at least 0, or above it, apart from the others."""
    if not line.scale:
        yield piece, line.offset > 0 or (line.offset == 0 and not strict)
        return
    root, rises = -line.offset / line.scale, line.scale > 0
    # The first code of the upper part: a root that is a code belongs to the part where the line reaches 0.
    upper = root.__floor__() + 1 if strict == rises else root.__ceil__()
    if piece.first < upper:
        yield replace(piece, last=min(piece.last, upper - 1)), not rises
    if upper <= piece.last:
        yield replace(piece, first=max(piece.first, upper)), rises


@dataclass(frozen=True)
class _Terms:
    """A stream without steps, and the pieces of its chain on each channel: `pieces[k][c]`, empty ones to fill up.

    Attributes:
        backwards: (C,) or (1,) whether a channel is read from its last piece on.
    """

    build: Build
    node: SourceNode
    stream: CodedTensor
    name: str
    pieces: list[list[_Piece]]
    backwards: list[bool]

    @classmethod
    def of(cls, build: Build, node: SourceNode, stream: CodedTensor, found: Sequence[list[_Piece]]) -> _Terms:
        backwards = [abs(pieces[0].line.scale) > abs(pieces[-1].line.scale) for pieces in found]
        ordered = [pieces[::-1] if back else pieces for pieces, back in zip(found, backwards, strict=True)]
        if any(not pieces[0].line.scale for pieces in ordered):  # nothing to begin with: all begin so
            ordered = [_from_nothing(pieces) for pieces in ordered]
        most = max(map(len, ordered))
        filled = [pieces + [pieces[-1]] * (most - len(pieces)) for pieces in ordered]
        name = build.next_name("piece")
        return cls(build, node, stream, name, [list(each) for each in zip(*filled, strict=True)], backwards)

    def all(self) -> list[Term]:
        """The streams and their lines. The constant with which all begins is the offset of the first."""
        terms: list[Term] = []
        before = [Line(Fraction(0), Fraction(0)) for _ in self.backwards]
        for index, pieces in enumerate(self.pieces):
            jumps = [_minus(piece.line, line) for piece, line in zip(pieces, before, strict=True)]
            marks: dict[tuple[bool, ...], CodedTensor] = {}
            terms += self._from(index, [jump.scale for jump in jumps], marks, product=True)
            if index:
                terms += self._from(index, [jump.offset for jump in jumps], marks, product=False)
            before = [piece.line for piece in pieces]
        if not terms:
            terms = [(self.stream, (Line(Fraction(0), Fraction(0)),))]
        stream, meaning = terms[0]
        first = [piece.line.offset for piece in self.pieces[0]]
        wide = zip(meaning * (len(first) if len(meaning) == 1 else 1), first, strict=True)
        return [(stream, _collapsed([replace(line, offset=offset) for line, offset in wide])), *terms[1:]]

    def _from(
        self, index: int, factors: Sequence[Fraction], marks: dict[tuple[bool, ...], CodedTensor], *, product: bool
    ) -> list[Term]:
        """What begins with piece `index`: factors times the code, or times 1. Where a factor is 0 nothing begins.

        Args:
            marks: where the piece begins, by the channels on which it does.
        """
        if not any(factors):
            return []
        known = next(factor for factor in factors if factor)
        meaning = _collapsed([Line(factor or known, Fraction(0)) for factor in factors])
        if not index and all(factors):
            return [(self.stream, meaning)]
        begins = tuple(map(bool, factors))
        if begins not in marks:
            marks[begins] = self._reached(index, begins)
        if not product:
            return [(marks[begins], meaning)]
        return [(times(self.build, self.node, f"{self.name}_part", self.stream, marks[begins]), meaning)]

    def _reached(self, index: int, begins: Sequence[bool]) -> CodedTensor:
        """1 from the first code of piece `index` on, on the channels where it begins; 0 elsewhere.

        Backwards that is 1 where the code after its last is not reached.
        """
        never = [self.stream.low if back else self.stream.high + 1 for back in self.backwards]
        pairs = zip(self.pieces[index], self.backwards, strict=True)
        levels = [piece.last + 1 if back else piece.first for piece, back in pairs]
        chosen = [level if each else other for level, each, other in zip(levels, begins, never, strict=True)]
        return reached(self.build, self.node, f"{self.name}_act", self.stream, chosen, self.backwards)


def _from_nothing(pieces: list[_Piece]) -> list[_Piece]:
    """The pieces behind one without codes, where the first is not level."""
    nothing = replace(pieces[0], line=Line(Fraction(0), Fraction(0)))
    return [nothing, *pieces] if pieces[0].line.scale else pieces


def _minus(line: Line, other: Line) -> Line:
    return Line(line.scale - other.scale, line.offset - other.offset)


def _collapsed(meaning: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(meaning[:1]) if all(line == meaning[0] for line in meaning) else tuple(meaning)


def reached(
    build: Build,
    node: SourceNode,
    name: str,
    stream: CodedTensor,
    levels: Sequence[int],
    backwards: Sequence[bool] = (False,),
) -> CodedTensor:
    """A bit for each code of a stream: whether it reaches the level of its channel, or where `backwards` does not."""
    op = Threshold(np.array(levels)[:, None], np.array(backwards, dtype=np.int64), 0, 1)
    kind = TensorType(stream.value.type.shape, IntType(1, signed=False))
    value = build.emit(name, op, (stream.value,), kind, module_path(node.name, node.name))
    return CodedTensor(value, 0, 1, (), stream.places, quantised=True)


def times(build: Build, node: SourceNode, name: str, first: CodedTensor, second: CodedTensor) -> CodedTensor:
    """The product of the codes of two streams as a stream, the steps of both pending."""
    bounds = op_range(Scale(), [bounds_of(first), bounds_of(second)], first.value.type.channels)
    kind = TensorType(first.value.type.shape, smallest_int(bounds.min, bounds.max))
    origin = module_path(node.name, node.name)
    value = build.emit(name, Scale(), (first.value, second.value), kind, origin)
    return CodedTensor(value, bounds.min, bounds.max, first.steps + second.steps, first.places, quantised=False)
