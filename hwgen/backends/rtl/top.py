"""The top level: units in a row, AXI4-Stream at both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class Beats:
    """Expressions for one side of a stream: its beat and its handshake."""

    data: str
    valid: str
    ready: str


@dataclass(frozen=True)
class LayerInstance:
    """Fields of layer.sv.j2."""

    name: str
    source: Beats
    sink: Beats
    module: str
    template: str = "rtl/layer.sv.j2"


@dataclass(frozen=True)
class WidthInstance:
    """Fields of width.sv.j2."""

    name: str
    source: Beats
    sink: Beats
    group_bits: int
    in_beats: int
    push: int
    last_push: int
    pull: int
    template: str = "rtl/width.sv.j2"


@dataclass(frozen=True)
class FifoInstance:
    """Fields of fifo.sv.j2."""

    name: str
    source: Beats
    sink: Beats
    width: int
    depth: int
    template: str = "rtl/fifo.sv.j2"


Instance = LayerInstance | WidthInstance | FifoInstance


@dataclass(frozen=True)
class Wire:
    """The stream that unit `name` writes; `width` bits a beat."""

    name: str
    width: int


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
    last: str
    wires: tuple[Wire, ...]
    units: tuple[Instance, ...]


def top_context(design: Design, modules: Mapping[str, str]) -> TopContext:
    """The context of top.sv.j2; `modules` names the module of every layer."""
    return TopContext(
        module=design.name,
        origin=f"{len(design.layers)} layers for {design.part} at {design.clock_mhz:g} MHz",
        digest=design.digest,
        purpose=f"{design.input.elements} {design.input.dtype} in, {design.output.elements} {design.output.dtype} out.",
        input_width=design.input.axis_width,
        output_width=design.output.axis_width,
        output=design.output,
        last=design.units[-1].name,
        wires=tuple(Wire(unit.name, unit.output.width) for unit in design.units),
        units=tuple(_instances(design, modules)),
    )


def unit_beats(name: str) -> Beats:
    """The signals of the top level that carry what unit `name` writes."""
    return Beats(f"{name}_data", f"{name}_valid", f"{name}_ready")


def _instances(design: Design, modules: Mapping[str, str]) -> Iterator[Instance]:
    """Every unit, joined to the one before it; the first reads the chip's input."""
    source = Beats(f"s_axis_tdata[{design.input.width - 1}:0]", "s_axis_tvalid", "s_axis_tready")
    for unit in design.units:
        sink = unit_beats(unit.name)
        yield _instance(unit, source, sink, modules)
        source = sink


def _instance(unit: Unit, source: Beats, sink: Beats, modules: Mapping[str, str]) -> Instance:
    if isinstance(unit, WidthConverter):
        gear = unit.schedule
        return WidthInstance(
            name=unit.name,
            source=source,
            sink=sink,
            group_bits=unit.group * unit.input.dtype.bits,
            in_beats=gear.in_beats,
            push=gear.push,
            last_push=gear.last_push,
            pull=gear.pull,
        )
    if isinstance(unit, Fifo):
        return FifoInstance(unit.name, source, sink, unit.input.width, unit.depth)
    return LayerInstance(unit.name, source, sink, modules[unit.name])
