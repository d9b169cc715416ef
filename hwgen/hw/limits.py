"""What limits a design's speed: the slowest unit, the layer it belongs to, and why it can be no faster."""

from __future__ import annotations

from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.window import WindowUnit


def layers_behind(design: Design) -> list[str]:
    """For each unit the layer that it belongs to: one that only carries belongs to the first layer behind it."""
    names: list[str] = []
    layer = design.layers[-1].name
    for unit in reversed(design.units):
        layer = unit.name if isinstance(unit, Layer) else layer
        names.append(layer)
    return names[::-1]


def slowest(design: Design) -> tuple[Unit, str]:
    """The unit with the most cycles a frame, the first of equals, and its layer."""
    unit = design.slowest
    return unit, layers_behind(design)[design.units.index(unit)]


def least_cycles(unit: Unit) -> str:
    """Why a unit that is unrolled as far as it goes takes the cycles that it takes."""
    if unit.cycles == 1:
        return "it takes a frame every cycle"
    match unit:
        case MvtuGatedUnit(product=product):
            return f"{least_cycles(product)} where its gate is open"
        case MvtuUnit(taps=taps, groups=groups, pixels=pixels):
            parts = [f"{pixels:,} pixels", f"{groups} groups" if groups > 1 else "", f"{taps} taps" if taps > 1 else ""]
            return f"it computes {' of '.join(filter(None, parts))}, one a cycle"
        case DepthwiseUnit(taps=taps, pixels=pixels):
            return f"it computes {pixels:,} pixels of {taps} taps, one a cycle"
        case WindowUnit() if unit.cycles == unit.input.beats:
            return f"its window unit reads {unit.input.beats:,} pixels, one a cycle"
        case WindowUnit():
            return f"its window unit writes {unit.output.beats:,} taps, one a cycle"
        case _:
            return f"it moves {unit.cycles:,} beats, one a cycle"
