"""Where FIFOs stand and how deep they are.

A unit that folds its neurons reads a frame in one burst of SF beats and then computes on it for (NF - 1) * SF cycles.
A FIFO of one frame in front of it takes the next frame meanwhile, so the unit before it never waits.
"""

from __future__ import annotations

from dataclasses import replace

from hwgen.errors import CheckError
from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.schedule import CycleModel, cycle_model

MIN_DEPTH = 2
_LARGEST_FACTOR = 64


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

    Raises:
        CheckError: no depth up to 64 frames does it.
    """
    bound = max(unit.cycles for unit in design.units)
    factor = 1
    while factor <= _LARGEST_FACTOR:
        deeper = replace(design, units=tuple(_scaled(unit, factor) for unit in design.units))
        if cycles(deeper).interval == bound:
            return deeper
        factor *= 2
    raise CheckError(design.name, f"must reach an interval of {bound} cycles", str(cycles(design).interval))


def _scaled(unit: Unit, factor: int) -> Unit:
    return replace(unit, depth=unit.depth * factor) if isinstance(unit, Fifo) else unit
