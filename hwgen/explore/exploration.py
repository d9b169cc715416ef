"""What an exploration found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hwgen.errors import ConfigError
from hwgen.explore.evaluate import Fidelity
from hwgen.explore.point import Figures, Point
from hwgen.explore.search import fits
from hwgen.hw.folds import folding_entries
from hwgen.hw.problem import Problem


@dataclass(frozen=True)
class Member:
    """A point of the front.

    Attributes:
        fidelity: that `figures` come from.
        number: of the points that are shown, from 1; None for the others.
    """

    point: Point
    figures: Figures
    fidelity: Fidelity
    number: int | None


@dataclass(frozen=True)
class Exploration:
    """The Pareto front of the points that were explored, fastest first.

    Attributes:
        points: the figures of every point that was explored, in its order.
        damage: a line about damage of the resumed file of results; empty without any.
    """

    problem: Problem
    points: tuple[Figures, ...]
    front: tuple[Member, ...]
    damage: str = ""

    @property
    def fits(self) -> bool:
        """Whether the part holds the front; if not, it holds none of the points."""
        return any(fits(self.problem, figures) for figures in self.points)

    def member(self, number: int) -> Member:
        """The shown point called `number`. Raises: ConfigError."""
        shown = {member.number: member for member in self.front if member.number is not None}
        if number not in shown:
            raise ConfigError("point", f"must be 1 to {len(shown)}, one of those shown", str(number))
        return shown[number]

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "name": self.problem.graph.name,
            "part": self.problem.part,
            "clock_mhz": self.problem.clock_mhz,
            "explored": len(self.points),
            "fits": self.fits,
            "front": [self._member(member) for member in self.front],
        }

    def _member(self, member: Member) -> dict[str, Any]:
        figures, fps = member.figures, self.problem.fps(member.figures.interval)
        return {
            "number": member.number,
            "stage": member.fidelity.value,
            "interval_cycles": figures.interval,
            "fps": fps,
            "latency_cycles": figures.latency,
            "latency_us": figures.latency and figures.latency / self.problem.clock_mhz,
            "resources": asdict(figures.resources),
            "fps_per_klut": 1000 * fps / max(1, figures.resources.lut),
            "folding": folding_entries(self.problem.graph, dict(member.point.folding)),
            "memory": {name: style.value for name, style in member.point.memory},
        }
