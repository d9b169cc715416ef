"""The ports through which a design reads an external memory: AXI4 read masters, as both back ends print them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hwgen.backends.render import Source
from hwgen.hw.design import Design
from hwgen.hw.memory import MemoryPort
from hwgen.hw.packing import hex_text
from hwgen.hw.unit import Unit


@dataclass(frozen=True)
class BusSignal:
    """A signal of a memory port: its name behind that of the port, its bits, and whether it enters the chip."""

    name: str
    bits: int
    enters: bool


def signals(port: MemoryPort) -> tuple[BusSignal, ...]:
    """Those of a port, and the address from which the layer's words lie."""
    return (
        BusSignal("base", 64, enters=True),
        BusSignal("araddr", 64, enters=False),
        BusSignal("arlen", 8, enters=False),
        BusSignal("arsize", 3, enters=False),
        BusSignal("arburst", 2, enters=False),
        BusSignal("arvalid", 1, enters=False),
        BusSignal("arready", 1, enters=True),
        BusSignal("rdata", port.width, enters=True),
        BusSignal("rresp", 2, enters=True),
        BusSignal("rlast", 1, enters=True),
        BusSignal("rvalid", 1, enters=True),
        BusSignal("rready", 1, enters=False),
    )


def declared(design: Design) -> Source:
    """The ports as a SystemVerilog module declares them, in front of others."""
    return Source("".join(f"{line}\n" for port in design.memory_ports for line in (*_declarations(port), "")))


def _declarations(port: MemoryPort) -> Iterator[str]:
    for signal in signals(port):
        bits = f" [{signal.bits - 1}:0]" if signal.bits > 1 else ""
        yield f"  {'input  wire logic' if signal.enters else 'output logic'}{bits} {port.name}_{signal.name},"


def wires(unit: Unit) -> dict[str, str]:
    """The signals of the unit's memory port by the port of its module; none where it has none."""
    port = unit.memory_port
    if port is None:
        return {}
    return {f"{each.name}_{'i' if each.enters else 'o'}": f"{port.name}_{each.name}" for each in signals(port)}


def image_name(port: MemoryPort) -> str:
    """The file of what lies in the memory, beside others of a design: a word a line, in hexadecimal."""
    return f"{port.name.removeprefix('m_axi_')}_external.hex"


def images(design: Design) -> dict[str, str]:
    """What lies in the memory behind each port, by the name of its file."""
    pairs = zip(design.readers, design.memory_ports, strict=True)
    return {image_name(port): hex_text(unit.image, port.width) for unit, port in pairs}
