"""Which layers' weights go to an external memory where block RAM ends.

A layer that meets each weight once a frame, as a dense one does, takes the least bandwidth for the bits that it leaves
out of the chip. So layers go in the order of the vectors that meet their weights, the largest of equals first, until
the rest fits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.hw.design import Design
from hwgen.hw.external import frame_bits
from hwgen.hw.matrices import Folding
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv, MatMul


@dataclass(frozen=True)
class Offload:
    """Layers whose weights go to the external memory, beside those that lie there, and the design without them."""

    layers: tuple[str, ...]
    design: Design

    @property
    def options(self) -> str:
        """What a user says to get it."""
        return " ".join(f"--external {name}" for name in self.layers)


def offload(problem: Problem, folding: Mapping[str, Folding], budget: Budget) -> Offload | None:
    """The fewest layers that must go so that the design of `folding` fits `budget`; None where that does not help."""
    open_layers = [layer for layer in problem.graph.nodes if problem.may_be_external(layer)]
    names = [layer.name for layer in sorted(open_layers, key=_order)]

    def fits(count: int) -> bool:
        return budget.fits(problem.resources(_moved(problem, names[:count]).draft(folding)))

    if not names or not fits(len(names)):
        return None
    count = bisect_left(range(len(names)), True, key=fits)
    return Offload(tuple(names[:count]), _moved(problem, names[:count]).draft(folding)) if count else None


def _moved(problem: Problem, names: list[str]) -> Problem:
    return problem.with_external([*problem.choices.external, *names])


def _order(layer: Node) -> tuple[int, int]:
    """Vectors that meet the weights, and bits of these, the most first."""
    assert isinstance(layer.op, MatMul | Conv)
    bits = int(layer.op.weights.size) * layer.op.weight_type.bits
    return frame_bits(layer) // bits, -bits
