"""The top level: units joined by their streams, AXI4-Stream at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hwgen.backends.render import Source
from hwgen.backends.rtl.instances import Beats, Instance, instance
from hwgen.hw.control import ControlMap
from hwgen.hw.design import Design
from hwgen.hw.stream import Stream
from hwgen.ir.names import inner_name

_LINE = 70


@dataclass(frozen=True)
class LayerInstance(Instance):
    """Fields of layer.sv.j2."""

    module: str


@dataclass(frozen=True)
class Wire:
    """The stream `name`; `width` bits a beat."""

    name: str
    width: int


@dataclass(frozen=True)
class ControlContext:
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
    control: ControlContext | None


def top_context(design: Design, modules: Mapping[str, str], control: ControlMap | None) -> TopContext:
    """The context of top.sv.j2; `modules` names the module of every unit that has one of its own."""
    return TopContext(
        module=design.name,
        origin=f"{len(design.layers)} layers for {design.part} at {design.clock_mhz:g} MHz",
        digest=design.digest,
        purpose=f"{design.input.size} {design.input.dtype} in, {design.output.size} {design.output.dtype} out.",
        input_width=design.input.axis_width,
        output_width=design.output.axis_width,
        output=design.output,
        last=stream_beats(design, design.output.name),
        wires=tuple(
            Wire(inner_name(name), stream.width) for name, stream in design.streams.items() if name != design.input.name
        ),
        units=tuple(_instances(design, modules)),
        control=None if control is None else _control(control),
    )


def _control(control: ControlMap) -> ControlContext:
    return ControlContext(control.address_bits, control.place_bits, f"32'h{control.identity:08x}")


def stream_beats(design: Design, name: str) -> Beats:
    """The signals of the top level that carry the stream `name`."""
    if name == design.input.name:
        return Beats(f"s_axis_tdata[{design.input.width - 1}:0]", "s_axis_tvalid", "s_axis_tready")
    wire = inner_name(name)
    return Beats(f"{wire}_data", f"{wire}_valid", f"{wire}_ready")


def _instances(design: Design, modules: Mapping[str, str]) -> list[Instance]:
    """Every unit, joined by the names of its streams."""
    found: list[Instance] = []
    for unit in design.units:
        source, sink = (_joined(design, streams) for streams in (unit.inputs, unit.outputs))
        if unit.name in modules:
            template = "rtl/writable_layer.sv.j2" if unit in design.writable else "rtl/layer.sv.j2"
            found.append(LayerInstance(inner_name(unit.name), source, sink, template, modules[unit.name]))
        else:
            found.append(instance(unit, source, sink))
    return found


def _joined(design: Design, streams: Sequence[Stream]) -> Beats:
    """The signals of `streams`, concatenated where there are several; the first is the least significant."""
    beats = [stream_beats(design, stream.name) for stream in reversed(streams)]
    if len(beats) == 1:
        return beats[0]
    return Beats(*(_concatenation([getattr(each, side) for each in beats]) for side in ("data", "valid", "ready")))


def _concatenation(names: list[str]) -> str:
    line = f"{{{', '.join(names)}}}"
    return line if len(line) <= _LINE else Source("{\n      " + ",\n      ".join(names) + "\n    }")
