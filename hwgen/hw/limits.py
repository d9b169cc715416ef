"""What limits a design's speed: the slowest unit, the layer it belongs to, and why it can be no faster."""

from __future__ import annotations

from hwgen.hw.design import Design
from hwgen.hw.unit import Unit


def layers_behind(design: Design) -> list[str]:
    """For each unit the layer that it is reported with: an adapter with the next layer downstream."""
    names: list[str] = []
    layer = design.layers[-1].name
    for unit in reversed(design.units):
        layer = layer if unit.is_adapter else unit.name
        names.append(layer)
    return names[::-1]


def slowest(design: Design) -> tuple[Unit, str]:
    """The unit with the most cycles a frame, the first of equals, and its layer."""
    unit = design.slowest
    return unit, layers_behind(design)[design.units.index(unit)]


def least_cycles(unit: Unit) -> str:
    """Why a fully unrolled unit takes the cycles that it takes."""
    return "it takes a frame every cycle" if unit.cycles == 1 else unit.limit
