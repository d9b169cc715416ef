"""What units take of an FPGA, before anything is synthesised.

Memories and multiplier blocks are exact by Yosys's rules, flip-flops are counted as the RTL library has them. LUTs are
a sum over what a unit is made of (`units`), each kind of logic times a coefficient that was fitted to hundreds of
synthesised units (`benchmarks/calibration`); `docs/resources.md` shows how far they are off. UltraScale+ has the LUTs
of the 7 series and uses its coefficients. Nothing is put into UltraRAM.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, reduce
from importlib.resources import files
from operator import add

from hwgen.hw.control import control_map
from hwgen.hw.cost.bill import Bill
from hwgen.hw.cost.units import bill_of, edge_bill
from hwgen.hw.design import Design, Unit
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources

COEFFICIENTS = {Family.XC7: "xc7.json", Family.XCUP: "xc7.json", Family.ECP5: "ecp5.json"}


def unit_resources(unit: Unit, family: Family) -> Resources:
    """What `unit` takes on an FPGA of `family`."""
    return _priced(bill_of(unit, family))


def design_resources(design: Design, family: Family) -> Resources:
    """What all units of `design` take, and its edge."""
    units = (unit_resources(unit, family) for unit in design.units)
    return reduce(add, units, edge_resources(design, family))


def edge_resources(design: Design, family: Family) -> Resources:
    """What the top level of `design` takes beside its units."""
    control = control_map(design)
    return _priced(edge_bill(design.output, family, control.address_bits if control else 0))


def _priced(bill: Bill) -> Resources:
    coefficients = _coefficients(COEFFICIENTS[bill.family])
    lut = sum(coefficients.get(kind, 0.0) * count for kind, count in bill.logic.items())
    return bill.memories + Resources(lut=round(lut), ff=bill.registers)


@cache
def _coefficients(name: str) -> Mapping[str, float]:
    found: Mapping[str, float] = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return found
