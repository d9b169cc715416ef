"""The graph of adders of a constant matrix: the smallest of a few tries, the same ones in every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from hwgen.hw.adders.build import MOST_CARRIES, Builder, Found
from hwgen.hw.adders.digits import digit_counts, signed_digits
from hwgen.hw.adders.luts import cells
from hwgen.hw.adders.rows import Row, rows_of
from hwgen.hw.adders.steps import BIT, Wire
from hwgen.ir.types import IntArray

if TYPE_CHECKING:
    from hwgen.hw.adders.share import Pair

MOST_DIGITS = 1 << 17
"""Non-zero digits of a matrix beyond which a search takes more than seconds, and none is made."""

_LARGE = 1 << 14
"""Digits beyond which a try takes seconds."""

_LARGEST = 1 << 16
"""Digits beyond which one try is all."""

_DIGITS = 1 << 13
"""Digits that the tries of a kind work through together, beside the first."""

_TRIES = 3


@dataclass(frozen=True)
class Plan:
    """How a try is made: the depth of differences of rows, the share of inputs as carries, the order of inputs."""

    depth: int
    lent: float
    seed: int


@dataclass(frozen=True, eq=False)
class Graph:
    """Steps that give the rows of a matrix, each as it lies in hardware."""

    builder: Builder
    rows: tuple[Found, ...]


def graph_of(matrix: IntArray, entering: Wire) -> Graph:
    """The graph of `matrix` (outputs, inputs) on inputs of the bits `entering`."""
    plans = list(_plans(matrix, entering))
    if len(plans) == 1:
        return _try(matrix, entering, plans[0])
    return min((_try(matrix, entering, plan) for plan in plans), key=_size)


def _size(graph: Graph) -> tuple[int, int]:
    """LUTs, and of equally many carry chains."""
    rows = [found.source for found in graph.rows if found.source is not None]
    found = cells(graph.builder.netlist(rows))
    return found.luts, found.carries


def _plans(matrix: IntArray, entering: Wire) -> Iterator[Plan]:
    """The tries: of each kind one, and a few more while they are cheap; of large matrices two or one in all.

    Differences of rows of which most digits are zero save nothing, nor do carries where inputs have more bits.
    """
    digits = digit_counts(matrix)
    total = max(1, int(digits.sum()))
    rides, is_dense = entering == BIT and digits.max(initial=0) <= 1, bool(digits.all())
    if rides and is_dense:
        kinds = ((3, 0.2), (1, 0.15)) if total > _LARGE else ((3, 0.37), (3, 0.44), (1, 0.37))
    else:
        kinds = ((1, 0.0), (0, 0.3 if rides else 0.0))
    for depth, lent in kinds[-1:] if total > _LARGEST else kinds:
        yield from (Plan(depth, lent, seed) for seed in range(int(np.clip(_DIGITS // total, 1, _TRIES))))


def _try(matrix: IntArray, entering: Wire, plan: Plan) -> Graph:
    from hwgen.hw.adders.share import shared_pairs  # numba is imported where it is needed

    generator = np.random.Generator(np.random.PCG64(plan.seed))
    order = generator.permutation(matrix.shape[1])
    rows = rows_of(matrix, plan.depth)
    rests = np.stack([row.rest for row in rows])
    lent = order[: int(plan.lent * len(order))]
    if np.abs(rests).max(initial=0) > 1:
        lent = lent[:0]
    kept = np.sort(order[len(lent) :]) if not plan.seed else order[len(lent) :]
    pairs, terms = shared_pairs(signed_digits(rests[:, kept]), entering.ends)
    builder = Builder(matrix.shape[1], entering)
    sources = _Sources(builder, kept.tolist(), pairs, _uses(len(kept), pairs, terms))
    found: dict[int, Found] = {}
    for row, rest in zip(rows, terms, strict=True):
        carries = [Found(int(each), 0, bool(row.rest[each] < 0)) for each in lent if row.rest[each]]
        found[row.index] = _row(builder, sources.terms(rest), carries, row, found)
    return Graph(builder, tuple(found[index] for index in range(len(matrix))))


def _uses(inputs: int, pairs: Sequence[Pair], rows: Sequence[Sequence[tuple[int, int, int]]]) -> Counter[int]:
    """How often each source is read."""
    uses = Counter(source for row in rows for source, _, _ in row)
    for pair in pairs:
        uses.update((pair.first, pair.second))
    return uses


@dataclass(frozen=True, eq=False)
class _Sources:
    """The sums of pairs, made when they are first read; a pair with one reader is a part of that reader's sum."""

    builder: Builder
    inputs: Sequence[int]
    pairs: Sequence[Pair]
    uses: Counter[int]
    known: dict[int, Found] = field(default_factory=dict)

    def terms(self, row: Sequence[tuple[int, int, int]]) -> list[Found]:
        """The terms of a row, those of pairs that only it reads in place of their sums."""
        found: list[Found] = []
        for source, shift, sign in row:
            found += self._parts(source, shift, sign < 0)
        return found

    def _parts(self, source: int, shift: int, negative: bool) -> list[Found]:
        if source < len(self.inputs) or self.uses[source] > 1:
            found = self._found(source)
            return [replace(found, shift=found.shift + shift, negative=found.negative ^ negative)]
        pair = self.pairs[source - len(self.inputs)]
        return [
            *self._parts(pair.first, shift + pair.shifts[0], negative),
            *self._parts(pair.second, shift + pair.shifts[1], negative ^ (pair.sign < 0)),
        ]

    def _found(self, source: int) -> Found:
        if source < len(self.inputs):
            return Found(self.inputs[source])
        if source not in self.known:
            pair = self.pairs[source - len(self.inputs)]
            parts = [
                *self._parts(pair.first, pair.shifts[0], False),
                *self._parts(pair.second, pair.shifts[1], pair.sign < 0),
            ]
            self.known[source] = _tree(self.builder, parts, [], 1)[0]
        return self.known[source]


def _tree(builder: Builder, terms: list[Found], carries: list[Found], most: int) -> list[Found]:
    """Sum the narrowest terms three at a time until at most `most` are left; the adders take the carries."""
    while len(terms) > most:
        terms = sorted(terms, key=lambda each: (builder.bits_of(each), builder.level(each), each.source, each.shift))
        count = 3 if len(terms) >= 3 else 2
        few = terms[:count]
        lent = _lent(carries) if not min(each.shift for each in few) else []
        terms = [builder.sum(few, lent), *terms[count:]]
    return terms


def _lent(carries: list[Found]) -> list[Found]:
    """Take two carries, of one sign if there are two."""
    carries.sort(key=lambda each: each.negative)
    if len(carries) < MOST_CARRIES:
        taken = carries[:]
        carries.clear()
        return taken
    at = 0 if not carries[1].negative else len(carries) - 2
    taken = carries[at : at + 2]
    del carries[at : at + 2]
    return taken


def _row(builder: Builder, terms: list[Found], carries: list[Found], row: Row, known: dict[int, Found]) -> Found:
    """The sum of a row's terms, its carries and its parent."""
    while carries and len(carries) > MOST_CARRIES * (len(terms) // 2):
        terms.append(carries.pop())
    parent = known[row.parent] if row.parent >= 0 else None
    if parent is None or parent.source is None:
        found = _tree(builder, terms, carries, 1)
        return _shifted(_tree(builder, [*found, *carries], [], 1), row.shift)
    parent = replace(parent, negative=parent.negative ^ (row.sign < 0))
    if not terms:
        return parent
    left = _tree(builder, terms, carries, 2)
    moved = [replace(each, shift=each.shift + row.shift) for each in left]
    can_lend = row.shift > 0 and parent.shift == 0 and all(each.shift >= row.shift for each in moved)
    lent = _lent(carries) if can_lend else []
    rest = [replace(each, shift=row.shift) for each in carries]
    if len(moved) + len(rest) <= 2:
        return builder.sum([parent, *moved, *rest], lent, row.shift if lent else 0)
    left = [replace(each, shift=each.shift - row.shift) for each in _tree(builder, [*moved, *rest], [], 2)]
    return builder.sum(
        [parent, *(replace(each, shift=each.shift + row.shift) for each in left)], lent, row.shift if lent else 0
    )


def _shifted(found: list[Found], shift: int) -> Found:
    return replace(found[0], shift=found[0].shift + shift) if found else Found(None)
