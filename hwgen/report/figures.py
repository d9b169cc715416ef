"""Figures that say where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Origin(Enum):
    """Where a figure comes from, the most certain first."""

    COUNTED = "counted"
    MEASURED = "measured"
    SYNTHESISED = "synthesised"
    PUBLISHED = "published"
    DERIVED = "derived"
    PREDICTED = "predicted"
    UNVERIFIED = "unverified"


MARKS = {
    Origin.COUNTED: ("c", "counted in the network"),
    Origin.MEASURED: ("m", "measured in RTL simulation"),
    Origin.SYNTHESISED: ("s", "synthesised"),
    Origin.PREDICTED: ("p", "predicted"),
    Origin.PUBLISHED: ("r", "published (reported by the source)"),
    Origin.DERIVED: ("d", "derived from published figures"),
    Origin.UNVERIFIED: ("u", "published, unverified"),
}
"""How a table marks a figure, and what the mark says."""


@dataclass(frozen=True)
class Figure:
    """A number and where it comes from."""

    value: float
    origin: Origin

    def __mul__(self, other: Figure | float) -> Figure:
        return self._with(other, lambda one, two: one * two)

    def __truediv__(self, other: Figure | float) -> Figure:
        return self._with(other, lambda one, two: one / two)

    def _with(self, other: Figure | float, result: Callable[[float, float], float]) -> Figure:
        """The result has the less certain origin of its two operands."""
        if not isinstance(other, Figure):
            return Figure(result(self.value, other), self.origin)
        order = list(Origin)
        return Figure(result(self.value, other.value), max(self.origin, other.origin, key=order.index))

    def to_json(self) -> dict[str, Any]:
        """The value and its origin."""
        return {"value": self.value, "origin": self.origin.value}
