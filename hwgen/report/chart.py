"""A roofline as a picture: both roofs over the arithmetic intensity, the design below them. Lengths in pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hwgen.report.roofline import Roofline

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 430, 280, 54, 28, 14, 42
"""Size of the picture, and margins around its axes."""


@dataclass(frozen=True)
class Tick:
    """A decade of an axis: the place of its line, and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """The picture, laid out.

    Attributes:
        roof: the points of both roofs as SVG writes them.
        published_y: height of the compute roof at FINN's cost.
        x: of the design; `achieved_y`, `folded_y`, `attainable_y` are its heights.
    """

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    roof: str
    published_y: float
    x: float
    achieved_y: float
    folded_y: float
    attainable_y: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis from 10**low at pixel `first` to 10**high at pixel `last`."""

    low: int
    high: int
    first: float
    last: float

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.first + share * (self.last - self.first), 1)

    @property
    def decades(self) -> tuple[int, ...]:
        return tuple(range(self.low, self.high + 1))


def _axis(values: list[float], first: float, last: float) -> _Axis:
    """Whole decades around all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return _Axis(low, max(high, low + 1), first, last)


def chart(roofline: Roofline) -> Chart | None:
    """The picture of a roofline; None for a network without operations."""
    if not roofline.operations:
        return None
    corner = roofline.compute_roof / roofline.bandwidth
    across = _axis([roofline.intensity / 2, corner / 2, roofline.intensity * 2, corner * 2], LEFT, WIDTH - RIGHT)
    foot = roofline.bandwidth * 10**across.low
    heights = [roofline.achieved.value, roofline.folded, roofline.attainable, roofline.compute_roof]
    up = _axis([*heights, roofline.published_roof, roofline.achieved.value / 3], HEIGHT - BOTTOM, TOP)
    start = max(foot, 10.0**up.low)
    points = [(start / roofline.bandwidth, start), (corner, roofline.compute_roof)]
    points.append((10.0**across.high, roofline.compute_roof))
    return Chart(
        x_ticks=tuple(
            Tick(across.at(10.0**each), f"{10**each:,}" if each >= 0 else f"{10.0**each:g}") for each in across.decades
        ),
        y_ticks=tuple(Tick(up.at(10.0**each), _operations(each)) for each in up.decades),
        roof=" ".join(f"{across.at(x):g},{up.at(y):g}" for x, y in points),
        published_y=up.at(roofline.published_roof),
        x=across.at(roofline.intensity),
        achieved_y=up.at(roofline.achieved.value),
        folded_y=up.at(roofline.folded),
        attainable_y=up.at(roofline.attainable),
    )


def _operations(decade: int) -> str:
    """10**decade operations a second with a prefix."""
    prefix = {0: "", 1: "k", 2: "M", 3: "G", 4: "T", 5: "P"}
    thousands = max(0, min(5, decade // 3))
    return f"{10 ** (decade - 3 * thousands):g} {prefix[thousands]}".strip()
