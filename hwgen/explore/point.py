"""A point of the design space, what it gives, and which points no other beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from hwgen.hw.kernel import Folding, MemoryStyle
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
    """What a point gives.

    Attributes:
        interval: cycles between frames.
        latency: cycles of the first frame; None where only the search has looked at the point.
    """

    interval: int
    resources: Resources
    latency: int | None = None

    @property
    def objectives(self) -> tuple[float, ...]:
        """What a better point has less of: interval, LUT, BRAM, DSP."""
        return (self.interval, self.resources.lut, self.resources.bram, self.resources.dsp)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def figures_of(values: Mapping[str, Any]) -> Figures:
    """The figures that `Figures.to_json` wrote. Raises: KeyError, TypeError, ValueError."""
    latency = values["latency"]
    return Figures(int(values["interval"]), Resources(**values["resources"]), None if latency is None else int(latency))


Place = TypeVar("Place")


def pareto_front(places: Sequence[tuple[Place, Figures]]) -> list[tuple[Place, Figures]]:
    """The places that no other is at least as good as in everything; of equals the first. Fastest first."""
    return _unbeaten(places, 1.0)


def representatives(front: Sequence[tuple[Place, Figures]], most: int) -> list[tuple[Place, Figures]]:
    """Up to `most` places of a front such that each other is, but for a common factor, no better than one of them."""
    factor = 1.0
    kept = list(front)
    while len(kept) > most:
        factor *= 1.02
        kept = _unbeaten(front, factor)
    return kept


def _unbeaten(places: Sequence[tuple[Place, Figures]], factor: float) -> list[tuple[Place, Figures]]:
    """The places, best first, that none kept before is at least as good as in everything, within `factor`."""
    ranked = sorted(places, key=lambda pair: pair[1].objectives)  # none is beaten by a later one
    objectives = np.array([figures.objectives for _, figures in ranked], dtype=np.float64)
    kept: list[int] = []
    for index, mine in enumerate(objectives):
        if not np.any(np.all(objectives[kept] <= mine * factor, axis=1)):
            kept.append(index)
    return [ranked[index] for index in kept]
