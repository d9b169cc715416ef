"""What units take of an FPGA, before anything is synthesised.

Memories and multiplier blocks are exact by Yosys's rules, flip-flops are counted as the RTL library has them. LUTs are
a sum over what a unit is made of (its `write_bill`), each kind of logic times a coefficient that was fitted to
hundreds of synthesised units (`benchmarks/calibration`); `docs/resources.md` shows how far they are off. UltraScale+
has the LUTs of the 7 series and uses its coefficients. Nothing is put into UltraRAM. Carry chains are counted beside
the LUTs, with coefficients of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from operator import add

from hwgen.hw.address_map import address_map
from hwgen.hw.bill import Bill
from hwgen.hw.design import Design
from hwgen.hw.device import Device, Family
from hwgen.hw.resources import Resources
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit

CHAINS = "carry4.json"
"""Coefficients of carry chains."""

LUTS_OF_A_CHAIN = 4
"""Of a slice on the 7 series and UltraScale+: beside them it has carry logic for as many bits."""

COEFFICIENTS = {Family.XC7: "xc7.json", Family.XCUP: "xc7.json", Family.ECP5: "ecp5.json"}


_CONTROL_LUTS = {Family.XC7: 8, Family.XCUP: 8, Family.ECP5: 11}
"""Of the AXI4-Lite port, as Yosys 0.70 makes it."""


def bill_of(unit: Unit, family: Family) -> Bill:
    """What `unit` is made of."""
    bill = Bill(family)
    unit.write_bill(bill)
    return bill


def edge_bill(outputs: Sequence[Stream], family: Family, address_bits: int = 0) -> Bill:
    """What the top level adds: counters that mark the last beats of frames, and an AXI4-Lite port if it has one.

    The LUTs of the port (`hwgen_control`) do not depend on the memories behind it.
    """
    bill = Bill(family)
    for output in outputs:
        bill.counter(output.beats)
    if address_bits:
        bill.register(address_bits - 2 + 32 + 4)
        bill.memories += Resources(lut=_CONTROL_LUTS[family])
    return bill


def unit_resources(unit: Unit, family: Family) -> Resources:
    """What `unit` takes on an FPGA of `family`."""
    return _priced(bill_of(unit, family))


def share_of(unit: Unit, device: Device) -> float:
    """The sum of the shares of the LUT, BRAM and DSP of a device that `unit` takes."""
    return device.share(unit_resources(unit, device.family))


def design_resources(design: Design, family: Family) -> Resources:
    """What all units of `design` take, and its edge."""
    units = (unit_resources(unit, family) for unit in design.units)
    return reduce(add, units, edge_resources(design, family))


def edge_resources(design: Design, family: Family) -> Resources:
    """What the top level of `design` takes beside its units."""
    return _priced(_bill_of_edge(design, family))


def _bill_of_edge(design: Design, family: Family) -> Bill:
    control = address_map(design)
    return edge_bill([port.stream for port in design.outputs], family, control.address_bits if control else 0)


def unit_chains(unit: Unit, family: Family) -> int:
    """Carry chains of four bits that `unit` takes on a Xilinx FPGA, one of eight counted as two; 0 on ECP5."""
    return chains_of(bill_of(unit, family))


def design_chains(design: Design, family: Family) -> int:
    """What all units of `design` take, and its edge. A part has one for each four of its LUTs."""
    return sum(unit_chains(unit, family) for unit in design.units) + chains_of(_bill_of_edge(design, family))


def graph_chains(design: Design, family: Family) -> int:
    """The carry chains of layers of constants alone, which are known exactly."""
    return sum(bill_of(unit, family).chains for unit in design.units if unit.wiring is not None)


def chains_of(bill: Bill) -> int:
    """The carry chains of what is made of so much; 0 on ECP5, whose LUTs are counted with theirs."""
    if bill.family is Family.ECP5:
        return 0
    coefficients = _coefficients(CHAINS)
    return bill.chains + round(sum(coefficients.get(kind, 0.0) * count for kind, count in bill.logic.items()))


def _priced(bill: Bill) -> Resources:
    coefficients = _coefficients(COEFFICIENTS[bill.family])
    lut = sum(coefficients.get(kind, 0.0) * count for kind, count in bill.logic.items())
    return bill.memories + Resources(lut=round(lut), ff=bill.registers)


@cache
def _coefficients(name: str) -> Mapping[str, float]:
    found: Mapping[str, float] = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return found
