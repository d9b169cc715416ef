"""Comparisons as quantisers: a chain that gives few whole numbers, in front of what reads codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import add, mul

import numpy as np

from hwgen.frontend.quantisers import finish
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor
from hwgen.ir.ops import Add, Combine, Compare, Mul, Operator, Quantise, Rounding, Step
from hwgen.ir.types import smallest_int

_MOST = 16
"""Numbers that a chain may give."""

_OPERATORS: Mapping[Operator, Callable[[float, float], float]] = {
    Operator.ADD: add,
    Operator.MAX: max,
    Operator.MIN: min,
    Operator.MUL: mul,
}


def quantised(build: Build, node: SourceNode, stream: CodedTensor) -> CodedTensor:
    """The stream, a quantiser in place of the comparisons at the end of its steps: one bit for x > t."""
    for count in range(len(stream.steps), 0, -1):
        levels = levels_of(stream.steps[:count])
        if levels is None:
            break
        low, high = int(min(levels)), int(max(levels))
        if levels == frozenset(range(low, high + 1)) and high > low:
            last = Quantise(np.ones(()), np.zeros(()), low, high, Rounding.HALF_EVEN)
            before = replace(stream, steps=stream.steps[:count])
            coded = finish(build, node, before, step=last, kind=smallest_int(low, high), span=(low, high))
            return coded.then(*stream.steps[count:])
    return stream


def levels_of(steps: Sequence[Step]) -> frozenset[float] | None:
    """The numbers that a chain gives, None where they may be many."""
    levels: frozenset[float] | None = None
    for step in steps:
        match step:
            case Compare():
                levels = frozenset({0.0, 1.0})
            case Combine(operator=operator, left=left, right=right) if operator in _OPERATORS:
                parts = [levels_of(part) if part else levels for part in (left, right)]
                levels = _combined(operator, *parts)
            case Mul(factor) if levels is not None and factor.size == 1:
                levels = frozenset(level * float(factor) for level in levels)
            case Add(term) if levels is not None and term.size == 1:
                levels = frozenset(level + float(term) for level in levels)
            case _:
                levels = None
    return levels


def _combined(
    operator: Operator, left: frozenset[float] | None, right: frozenset[float] | None
) -> frozenset[float] | None:
    if left is None or right is None or len(left) * len(right) > _MOST:
        return None
    return frozenset(_OPERATORS[operator](a, b) for a in left for b in right)
