"""Where FIFOs stand and how deep they are.

A unit that folds its neurons reads a frame in one burst of SF beats and then computes on it for (NF - 1) * SF cycles.
A FIFO of one frame in front of it takes the next frame meanwhile, so the unit before it never waits.
"""

from __future__ import annotations

from dataclasses import replace

from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.schedule import CycleModel, cycle_model

MIN_DEPTH = 2
_LARGEST_FACTOR = 8


def fifo_before(layer: Layer) -> Fifo | None:
    """The FIFO in front of a unit that reads in bursts; none where it reads evenly."""
    if not isinstance(layer, MatVec) or layer.neuron_folds == 1:
        return None
    output = replace(layer.input, name=f"{layer.name}_fifo")
    return Fifo(output.name, layer.origin, layer.input, output, max(MIN_DEPTH, layer.input.beats))


def cycles(design: Design) -> CycleModel:
    """The exact cycle model of a design."""
    return cycle_model([unit.schedule for unit in design.units], design.input.beats)


def deepen(design: Design) -> Design:
    """The design with FIFOs deep enough that its slowest unit alone sets the interval.

    Depths are doubled step by step, each step with and without a short FIFO in front of every width converter: a
    converter takes its beats unevenly where neither lane count divides the other. Should no step reach the slowest
    unit's cycles, the first of the shortest interval is taken.
    """
    bound = max(unit.cycles for unit in design.units)
    best: tuple[int, Design] | None = None
    factor = 1
    while factor <= _LARGEST_FACTOR:
        deeper = replace(design, units=tuple(_scaled(unit, factor) for unit in design.units))
        for each in (deeper, _buffered(deeper)):
            interval = cycles(each).interval
            if interval == bound:
                return each
            if best is None or interval < best[0]:
                best = interval, each
        factor *= 2
    assert best is not None
    return best[1]


def _scaled(unit: Unit, factor: int) -> Unit:
    return replace(unit, depth=unit.depth * factor) if isinstance(unit, Fifo) else unit


def _buffered(design: Design) -> Design:
    """The design with a short FIFO in front of every width converter."""
    units: list[Unit] = []
    for unit in design.units:
        if isinstance(unit, WidthConverter):
            held = replace(unit.input, name=f"{unit.name}_fifo")
            units += [Fifo(held.name, unit.origin, unit.input, held, MIN_DEPTH), replace(unit, input=held)]
        else:
            units.append(unit)
    return replace(design, units=tuple(units))
