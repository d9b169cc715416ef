"""Prints what a host needs: the port map, a C header that packs and unpacks, a bare-metal example."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hwgen.backends.render import render, title
from hwgen.hw.address_map import AddressMap
from hwgen.hw.ports import ChipPort, PortMap
from hwgen.ir.names import unit_name
from hwgen.ir.order import Order
from hwgen.ir.types import Bipolar, DType

_ROW = 16
"""Places in a row of the table."""


@dataclass(frozen=True)
class PortContext:
    """Fields of port.h.j2: one end of the design `name`."""

    name: str
    end: str
    prefix: str
    meaning: str
    shape: str
    type: str
    c_type: str
    size: int
    vectors: int
    elements: int
    lanes: int
    bits: int
    is_signed: int
    bipolar: int
    vector_beats: int
    beat_bytes: int
    frame_bytes: int


@dataclass(frozen=True)
class PlaceContext:
    """Fields of place.h.j2, the order of one end as an expression, and of places.h.j2, as a table."""

    function: str
    what: str
    where: str
    shape: str
    place: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class RegionContext:
    """Fields of region.h.j2: a memory that can be rewritten."""

    prefix: str
    layer: str
    role: str
    base: str
    words: int
    width: int
    pieces: int
    word_bytes: int


@dataclass(frozen=True)
class AddressMapContext:
    """Fields of control.h.j2; `regions` are rendered."""

    name: str
    prefix: str
    identity: str
    regions: tuple[str, ...]


@dataclass(frozen=True)
class HostContext:
    """Fields of driver.h.j2 and main.c.j2; `input`, `output`, `control` and both places are rendered."""

    name: str
    digest: str
    guard: str
    input: str
    output: str
    control: str
    input_prefix: str
    output_prefix: str
    scale: tuple[str, ...]
    offset: tuple[str, ...]
    scales: int
    offsets: int
    ending: str
    is_relu: bool
    ranked: bool
    single: bool
    class_rule: str
    input_place: str
    output_place: str


def emit(ports: PortMap) -> dict[str, str]:
    """The files of a project's `host` folder: relative path -> text."""
    upper = ports.name.upper()
    affine = ports.sink.affine
    scale, offset = (tuple(repr(value) for value in each.ravel().tolist()) for each in (affine.scale, affine.offset))
    reading = ports.reading
    single = not ports.ranked and ports.ranking is None and ports.sink.type.elements == 1
    rules = {"its code": ports.ranked, "1 where its score is positive": single, "the first of the largest scores": True}
    lying = ports.source.type.shape if ports.input_order is None else ports.input_order.shape
    places = (
        _place(f"{ports.name}_input_place", "the network's input", "a frame", lying, ports.input_order),
        _place(f"{ports.name}_place", "the network's output", "an answer", reading.shape, reading.order),
    )
    context = HostContext(
        name=ports.name,
        digest=ports.digest,
        guard=f"{upper}_H",
        input=render("host/port.h.j2", _port(ports.name, "input", "What is sent", ports.source)),
        output=render("host/port.h.j2", _port(ports.name, "output", "The answer", ports.sink)),
        control=_control(ports.name, ports.control) if ports.control else "",
        input_prefix=f"{upper}_INPUT",
        output_prefix=f"{upper}_OUTPUT",
        scale=scale,
        offset=offset,
        scales=len(scale),
        offsets=len(offset),
        ranked=ports.ranked,
        single=single,
        ending="" if affine.ending is None else affine.ending.kind.value.replace("_", " "),
        is_relu=affine.ending is not None and not affine.ending.keeps_order,
        class_rule=next(rule for rule, holds in rules.items() if holds),
        input_place=places[0],
        output_place=places[1],
    )
    return {
        "ports.json": json.dumps(ports.to_json(), indent=2) + "\n",
        f"{ports.name}.h": render("host/driver.h.j2", context),
        f"{ports.name}_main.c": render("host/main.c.j2", context),
    }


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"


def _place(function: str, what: str, where: str, shape: tuple[int, ...], order: Order | None) -> str:
    """The order of one end as C."""
    context = PlaceContext(function, what, where, _shape(shape), *_places(order))
    return render("host/places.h.j2" if context.places else "host/place.h.j2", context)


def _places(order: Order | None) -> tuple[str, tuple[str, ...]]:
    """The place of element `index` as a C expression, or where that is none of strides the rows of a table."""
    if order is None:
        return "index", ()
    if order.strides is None:
        cut = [order.places[start : start + _ROW].tolist() for start in range(0, order.places.size, _ROW)]
        return "", tuple(", ".join(f"{place}u" for place in row) for row in cut)
    terms, behind = [], order.places.size
    for size, stride in order.strides:
        behind //= size
        digit = f"index / {behind}u" if behind > 1 else "index"
        digit += f" % {size}u" if behind * size < order.places.size else ""
        terms.append(f"{digit} * {stride}u" if stride > 1 else digit)
    return " + ".join(terms) or "index", ()


def _control(name: str, control: AddressMap) -> str:
    """The address map as C."""
    regions = [
        RegionContext(
            prefix=f"{unit_name(name, layer.name)}_{role}".upper(),
            layer=title(layer.name),
            role=role,
            base=f"0x{region.base:x}u",
            words=region.words,
            width=region.width,
            pieces=region.pieces,
            word_bytes=region.word_bytes,
        )
        for layer in control.layers.values()
        for role, region in layer.regions.items()
    ]
    rendered = tuple(render("host/region.h.j2", region) for region in regions)
    return render("host/control.h.j2", AddressMapContext(name, name.upper(), f"0x{control.identity:08x}u", rendered))


def _port(name: str, end: str, meaning: str, port: ChipPort) -> PortContext:
    stream, dtype = port.stream, port.type.dtype
    return PortContext(
        name=name,
        end=end,
        prefix=f"{name.upper()}_{end.upper()}",
        meaning=meaning,
        shape=_shape(port.type.shape),
        type=str(dtype),
        c_type=_c_type(dtype),
        size=stream.size,
        vectors=stream.vectors,
        elements=stream.elements,
        lanes=stream.lanes,
        bits=dtype.bits,
        is_signed=int(dtype.signed),
        bipolar=int(isinstance(dtype, Bipolar)),
        vector_beats=stream.vector_beats,
        beat_bytes=port.bus_bytes,
        frame_bytes=port.bus_frame_bytes,
    )


def _c_type(dtype: DType) -> str:
    """The smallest signed C integer that holds every code, from 8 bits on."""
    bits = dtype.bits + (not dtype.signed) + isinstance(dtype, Bipolar)
    return next(f"int{size}_t" for size in (8, 16, 32, 64) if bits <= size)
