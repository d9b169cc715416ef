"""The ports through which a design reads an external memory: AXI4 read masters, as both back ends print them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwgen.backends.render import Source, asset, render
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


# C++.


@dataclass(frozen=True)
class MemoriesContext:
    """Fields of memories.hpp.j2: the accelerator as a function of its streams alone."""

    name: str
    digest: str
    guard: str
    parameters: str
    memories: tuple[str, ...]
    operands: str


def pointers(design: Design) -> list[str]:
    """The memories as the top function declares them."""
    return [f"const ap_uint<{port.width}>* {port.name}" for port in design.memory_ports]


def interfaces(design: Design, offset: str) -> list[str]:
    """Their pragmas; the address of the first word comes `direct` or from a register (`slave`)."""
    return [Source(f"  HWGEN_MEMORY({port.name}, {offset}, {port.words})") for port in design.memory_ports]


def harness(design: Design) -> str:
    """The header that a test bench of the design includes."""
    return f"../tb/{_header(design)}" if design.memory_ports else f"../src/{design.name}.hpp"


def callee(design: Design) -> str:
    """The function that a test bench of the design calls: of its streams alone."""
    return f"{design.name}_with_memories" if design.memory_ports else f"::{design.name}"


def bench_names(design: Design) -> tuple[str, ...]:
    """Files of the test bench beside those of any design: headers, and what lies in the memories."""
    ports = design.memory_ports
    return (_header(design), _MODEL, *map(image_name, ports)) if ports else ()


def bench_files(design: Design, streams: Sequence[str]) -> dict[str, str]:
    """Those files; `streams` are the streams of the top function, as it declares them."""
    ports = design.memory_ports
    if not ports:
        return {}
    lines = (
        f'static const auto {port.name} = hwgen::words_of<{port.width}>("{image_name(port)}", {port.words});'
        for port in ports
    )
    context = MemoriesContext(
        name=design.name,
        digest=design.digest,
        guard=f"{design.name.upper()}_MEMORIES_HPP",
        parameters=Source(", ".join(streams)),
        memories=tuple(map(Source, lines)),
        operands=", ".join([*(f"{port.name}.data()" for port in ports), *(port.axis for port in design.ports)]),
    )
    model = (asset("sim") / "hls" / _MODEL).read_text(encoding="utf-8")
    return {_header(design): render("hls/memories.hpp.j2", context), _MODEL: model, **images(design)}


_MODEL = "external_memory.hpp"


def _header(design: Design) -> str:
    return f"{design.name}_memories.hpp"
