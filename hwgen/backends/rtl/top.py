"""The top level: units in a row, AXI4-Stream at both ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class LayerInstance:
    """Fields of layer.sv.j2."""

    name: str
    source: str
    sink: str
    module: str
    template: str = "rtl/layer.sv.j2"


@dataclass(frozen=True)
class WidthInstance:
    """Fields of width.sv.j2."""

    name: str
    source: str
    sink: str
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
    source: str
    sink: str
    width: int
    depth: int
    template: str = "rtl/fifo.sv.j2"


Instance = LayerInstance | WidthInstance | FifoInstance


@dataclass(frozen=True)
class TopContext:
    """Fields of top.sv.j2; `input_width` and `output_width` are those of tdata, padded to bytes."""

    module: str
    origin: str
    digest: str
    purpose: str
    input_width: int
    output_width: int
    input_is_padded: bool
    input: Stream
    output: Stream
    streams: tuple[Stream, ...]
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
        input_is_padded=design.input.axis_width > design.input.width,
        input=design.input,
        output=design.output,
        streams=design.streams,
        units=tuple(_instance(unit, modules) for unit in design.units),
    )


def _instance(unit: Unit, modules: Mapping[str, str]) -> Instance:
    source, sink = unit.input.name, unit.output.name
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
