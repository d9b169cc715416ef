"""The top level: units joined by their streams, AXI4-Stream at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hwgen.backends import external
from hwgen.backends.described import grouped, head
from hwgen.backends.edge import declarations, leaving, padding, wires
from hwgen.backends.rtl.instances import (
    Beats,
    Instance,
    connected,
    inner,
    joined,
    library_instance,
    stream_wires,
)
from hwgen.hw.address_map import AddressMap
from hwgen.hw.declaration import Access
from hwgen.hw.design import Design
from hwgen.hw.device import part_of
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.names import inner_name

_CLOCK = {"clk_i": "ap_clk", "rst_ni": "ap_rst_n"}
_WRITES = {"write_i": "rewrite", "write_place_i": "rewrite_place", "write_data_i": "rewrite_data"}


@dataclass(frozen=True)
class Instances:
    """Fields of instance.sv.j2."""

    unit: Instance


@dataclass(frozen=True)
class RegisterBus:
    """Fields of control.sv.j2 and control_ports.sv.j2."""

    address_bits: int
    place_bits: int
    identity: str


@dataclass(frozen=True)
class TopContext:
    """Fields of top.sv.j2, several rendered; `padding` is all bits of tdata that enter."""

    module: str
    origin: str
    digest: str
    purpose: str
    ports: str
    edges: str
    padding: str
    wires: str
    units: str
    control: RegisterBus | None


def top_context(design: Design, modules: Mapping[str, str], control: AddressMap | None) -> TopContext:
    """The context of top.sv.j2; `modules` names the module of every unit that has one of its own."""
    own = {port.stream.name for port in design.inputs}
    inside = [stream_beats(design, port.stream.name) for port in design.outputs]
    instances = [Instances(_instance(design, unit, modules.get(unit.name))) for unit in design.units]
    return TopContext(
        module=design.name,
        origin=f"{len(design.layers)} layers for {part_of(design.part).name} at {design.clock_mhz:g} MHz",
        digest=design.digest,
        purpose=head(design),
        ports=declarations(design, memories=True),
        edges=leaving(design, [(beats.data, beats.valid, beats.ready) for beats in inside]),
        padding=padding(design),
        wires=wires((inner_name(name), each.width) for name, each in design.streams.items() if name not in own),
        units=grouped(design, "rtl/instance.sv.j2", instances),
        control=None if control is None else _control(control),
    )


def _control(control: AddressMap) -> RegisterBus:
    return RegisterBus(control.address_bits, control.place_bits, f"32'h{control.identity:08x}")


def stream_beats(design: Design, name: str) -> Beats:
    """The signals of the top level that carry the stream `name`."""
    for port in design.inputs:
        if name == port.stream.name:
            return Beats(f"{port.axis}_tdata[{port.stream.width - 1}:0]", f"{port.axis}_tvalid", f"{port.axis}_tready")
    return inner(design.streams[name])


def _instance(design: Design, unit: Unit, module: str | None) -> Instance:
    """A unit, joined by the names of its streams."""
    sources, sinks = (_beats(design, streams) for streams in (unit.inputs, unit.outputs))
    name, wires = inner_name(unit.name), stream_wires(unit, sources, joined(sinks)) | external.wires(unit)
    if module is None:
        return library_instance(unit, name, _CLOCK | wires)
    writes = _WRITES if any(store.access is Access.HOST for store in unit.stores) else {}
    signals = _CLOCK | writes | wires
    return Instance(module, name, connected(signals, signals))


def _beats(design: Design, streams: Sequence[Stream]) -> list[Beats]:
    return [stream_beats(design, stream.name) for stream in streams]
