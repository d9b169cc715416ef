"""What units take of an FPGA, before anything is synthesised."""

from __future__ import annotations

from functools import reduce
from operator import add

from hwgen.hw.design import Design, Unit
from hwgen.hw.device import Family
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.resources import Resources


def unit_resources(unit: Unit, family: Family) -> Resources:
    """What `unit` takes on an FPGA of `family`."""
    if isinstance(unit, MatVec):
        return Resources(lut=3 * unit.folding.pe * unit.folding.simd + 100, ff=100)
    return Resources(lut=100, ff=100)


def design_resources(design: Design, family: Family) -> Resources:
    """What all units of `design` take."""
    return reduce(add, (unit_resources(unit, family) for unit in design.units), Resources())
