"""A point of the design space, its figures, and Pareto fronts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.resources import Resources


@dataclass(frozen=True)
class Point:
    """One folding of a network, and where the weights of its layers live.

    Attributes:
        folding: by layer name, one entry per layer, in the network's order.
        memory: by layer name, for layers whose memory is chosen and not by the rule; sorted.
    """

    folding: tuple[tuple[str, Folding], ...]
    memory: tuple[tuple[str, MemoryStyle], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As settings have it, but with SIMD 1 for layers that have none."""
        folding = {name: [each.pe, each.simd] for name, each in self.folding}
        return {"folding": folding, "memory": {name: style.value for name, style in self.memory}}


def point_of(values: Mapping[str, Any]) -> Point:
    """The point that `Point.to_json` wrote. Raises: KeyError, TypeError, ValueError."""
    folding = tuple((name, Folding(*map(int, each))) for name, each in values["folding"].items())
    return Point(folding, tuple((name, MemoryStyle(style)) for name, style in values["memory"].items()))


@dataclass(frozen=True)
class Figures:
    """Figures of a point.

    Attributes:
        interval: cycles between frames.
        latency: cycles of the first frame; None where only the search has looked at the point.
    """

    interval: int
    resources: Resources
    latency: int | None = None

    @property
    def objectives(self) -> tuple[float, ...]:
        """Figures to minimise: interval, LUT, BRAM, DSP."""
        return (self.interval, self.resources.lut, self.resources.bram, self.resources.dsp)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def figures_of(values: Mapping[str, Any]) -> Figures:
    """The figures that `Figures.to_json` wrote. Raises: KeyError, TypeError, ValueError."""
    latency = values["latency"]
    return Figures(int(values["interval"]), Resources(**values["resources"]), None if latency is None else int(latency))


Place = TypeVar("Place")
Objectives = npt.NDArray[np.float64]
"""`Figures.objectives` of places, a row each."""


def pareto_front(places: Sequence[tuple[Place, Figures]]) -> list[tuple[Place, Figures]]:
    """The places that no other dominates; of equal ones the first. Fastest first."""
    ranked, objectives = _ranked(places)
    return [ranked[index] for index in _unbeaten(objectives, objectives)]


def representatives(front: Sequence[tuple[Place, Figures]], most: int) -> list[tuple[Place, Figures]]:
    """Up to `most` places of a front such that one of them, up to a common factor, dominates each of the others.

    No factor scales a figure to zero. Where the common factor would exceed all quotients of figures above zero, a
    figure of zero counts as one.
    """
    if most < 1:
        return []
    ranked, objectives = _ranked(front)
    above = [column[column > 0] for column in objectives.T]
    largest = max((float(each.max() / each.min()) for each in above if len(each)), default=1.0)
    factor, kept = 1.0, list(range(len(ranked)))
    while len(kept) > most:
        factor *= 1.02
        counted = objectives if factor <= 1.02 * largest else np.maximum(objectives, 1.0)
        kept = _unbeaten(objectives, counted * factor, most + 1)
    return [ranked[index] for index in kept]


def _ranked(places: Sequence[tuple[Place, Figures]]) -> tuple[list[tuple[Place, Figures]], Objectives]:
    """The places in an order in which no later one dominates an earlier, and their objectives, a row each."""
    ranked = sorted(places, key=lambda pair: pair[1].objectives)
    return ranked, np.array([figures.objectives for _, figures in ranked], dtype=np.float64).reshape(len(ranked), 4)


def _unbeaten(objectives: Objectives, allowed: Objectives, most: int | None = None) -> list[int]:
    """The rows, best first and at most `most`, for which none kept before is at most `allowed` in everything."""
    kept: list[int] = []
    left = np.arange(len(objectives))
    while len(left) and len(kept) != most:
        kept.append(int(left[0]))
        left = left[1:]
        left = left[np.any(objectives[kept[-1]] > allowed[left], axis=1)]
    return kept
