"""The top level: units joined by their streams, AXI4-Stream at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
class Wire:
    """The stream `name`; `width` bits a beat."""

    name: str
    width: int


@dataclass(frozen=True)
class RegisterBus:
    """Fields of control.sv.j2 and control_ports.sv.j2."""

    address_bits: int
    place_bits: int
    identity: str


@dataclass(frozen=True)
class TopContext:
    """Fields of top.sv.j2; `input_width` and `output_width` are those of tdata, padded to bytes."""

    module: str
    origin: str
    digest: str
    purpose: str
    input_width: int
    output_width: int
    output: Stream
    last: Beats
    wires: tuple[Wire, ...]
    units: tuple[Instance, ...]
    control: RegisterBus | None


def top_context(design: Design, modules: Mapping[str, str], control: AddressMap | None) -> TopContext:
    """The context of top.sv.j2; `modules` names the module of every unit that has one of its own."""
    return TopContext(
        module=design.name,
        origin=f"{len(design.layers)} layers for {part_of(design.part).name} at {design.clock_mhz:g} MHz",
        digest=design.digest,
        purpose=f"{design.input.size} {design.input.dtype} in, {design.output.size} {design.output.dtype} out.",
        input_width=design.input.axis_width,
        output_width=design.output.axis_width,
        output=design.output,
        last=stream_beats(design, design.output.name),
        wires=tuple(
            Wire(inner_name(name), stream.width) for name, stream in design.streams.items() if name != design.input.name
        ),
        units=tuple(_instance(design, unit, modules.get(unit.name)) for unit in design.units),
        control=None if control is None else _control(control),
    )


def _control(control: AddressMap) -> RegisterBus:
    return RegisterBus(control.address_bits, control.place_bits, f"32'h{control.identity:08x}")


def stream_beats(design: Design, name: str) -> Beats:
    """The signals of the top level that carry the stream `name`."""
    if name == design.input.name:
        return Beats(f"s_axis_tdata[{design.input.width - 1}:0]", "s_axis_tvalid", "s_axis_tready")
    return inner(design.streams[name])


def _instance(design: Design, unit: Unit, module: str | None) -> Instance:
    """A unit, joined by the names of its streams."""
    sources, sinks = (_beats(design, streams) for streams in (unit.inputs, unit.outputs))
    name, wires = inner_name(unit.name), stream_wires(unit, sources, joined(sinks))
    if module is None:
        return library_instance(unit, name, _CLOCK | wires)
    writes = _WRITES if any(store.access is Access.HOST for store in unit.stores) else {}
    signals = _CLOCK | writes | wires
    return Instance(module, name, connected(signals, signals))


def _beats(design: Design, streams: Sequence[Stream]) -> list[Beats]:
    return [stream_beats(design, stream.name) for stream in streams]
