"""Prints what a host needs: the port map, a C header that packs and unpacks, a bare-metal example."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.backends.render import render, title
from hwgen.hw.address_map import AddressMap
from hwgen.hw.ports import ChipPort, PortMap
from hwgen.ir.names import port_suffixes, unit_name
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
class PackContext:
    """Fields of pack.h.j2: what brings frames of an input to bytes."""

    name: str
    suffix: str
    type: str
    prefix: str
    place_function: str
    place: str


@dataclass(frozen=True)
class UnpackContext:
    """Fields of unpack.h.j2: what brings the bytes of an output to codes, scores and a class."""

    name: str
    suffix: str
    type: str
    prefix: str
    place_function: str
    place: str
    scale: tuple[str, ...]
    offset: tuple[str, ...]
    scales: int
    offsets: int
    ending: str
    is_relu: bool
    ranked: bool
    single: bool
    class_rule: str


@dataclass(frozen=True)
class HostContext:
    """Fields of driver.h.j2 and main.c.j2; ports, `control`, `pack` and `unpack` are rendered."""

    name: str
    digest: str
    guard: str
    ports: tuple[str, ...]
    control: str
    pack: tuple[str, ...]
    unpack: tuple[str, ...]
    input_prefix: str
    output_prefix: str


def emit(ports: PortMap) -> dict[str, str]:
    """The files of a project's `host` folder: relative path -> text.

    The bare-metal example is that of a DMA, which has one stream of each direction.
    """
    name, upper = ports.name, ports.name.upper()
    inputs = _called("input", ports.inputs)
    outputs = _called("output", ports.outputs)
    context = HostContext(
        name=name,
        digest=ports.digest,
        guard=f"{upper}_H",
        ports=(
            *(_port(name, end, f"What is sent{_to(ports.inputs, port)}", port) for end, port in inputs),
            *(_port(name, end, f"The answer{_of(ports.outputs, port)}", port) for end, port in outputs),
        ),
        control=_control(name, ports.control) if ports.control else "",
        pack=tuple(_pack(name, end, port, ports.inputs) for end, port in inputs),
        unpack=tuple(_unpack(name, end, port, ports.outputs) for end, port in outputs),
        input_prefix=f"{upper}_INPUT",
        output_prefix=f"{upper}_OUTPUT",
    )
    found: dict[str, str] = {
        "ports.json": json.dumps(ports.to_json(), indent=2) + "\n",
        f"{name}.h": render("host/driver.h.j2", context),
    }
    return found | ({f"{name}_main.c": render("host/main.c.j2", context)} if ports.single else {})


def _called(kind: str, ports: Sequence[ChipPort]) -> list[tuple[str, ChipPort]]:
    """The ports of a kind, each with its name in C."""
    suffixes = port_suffixes([port.name for port in ports])
    return [(f"{kind}{suffix}", port) for suffix, port in zip(suffixes, ports, strict=True)]


def _of(ports: Sequence[ChipPort], port: ChipPort) -> str:
    return "" if len(ports) == 1 else f" of output {title(port.name)}"


def _to(ports: Sequence[ChipPort], port: ChipPort) -> str:
    return "" if len(ports) == 1 else f" to input {title(port.name)}"


def _pack(name: str, end: str, port: ChipPort, ports: Sequence[ChipPort]) -> str:
    """What brings frames of an input to bytes, as C."""
    lying = port.type.shape if port.order is None else port.order.shape
    function = f"{name}_{end}_place"
    what = f"the network's input{_named(ports, port)}"
    place = _place(function, what, "a frame", lying, port.order)
    return render(
        "host/pack.h.j2",
        PackContext(name, end.removeprefix("input"), f"{name}_{end}_t", f"{name}_{end}".upper(), function, place),
    )


def _unpack(name: str, end: str, port: ChipPort, ports: Sequence[ChipPort]) -> str:
    """What brings the bytes of an output to codes, scores and a class, as C."""
    reading, ending = port.reading, port.affine.ending
    scale, offset = (
        tuple(repr(value) for value in each.ravel().tolist()) for each in (port.affine.scale, port.affine.offset)
    )
    single = not port.ranked and port.ranking is None and port.type.elements == 1
    rules = {"its code": port.ranked, "1 where its score is positive": single, "the first of the largest scores": True}
    function = f"{name}_place" if len(ports) == 1 else f"{name}_{end}_place"
    what = f"the network's output{_named(ports, port)}"
    return render(
        "host/unpack.h.j2",
        UnpackContext(
            name=name,
            suffix=end.removeprefix("output"),
            type=f"{name}_{end}_t",
            prefix=f"{name}_{end}".upper(),
            place_function=function,
            place=_place(function, what, "an answer", reading.shape, reading.order),
            scale=scale,
            offset=offset,
            scales=len(scale),
            offsets=len(offset),
            ranked=port.ranked,
            single=single,
            ending="" if ending is None else ending.kind.value.replace("_", " "),
            is_relu=ending is not None and not ending.keeps_order,
            class_rule=next(rule for rule, holds in rules.items() if holds),
        ),
    )


def _named(ports: Sequence[ChipPort], port: ChipPort) -> str:
    return "" if len(ports) == 1 else f" {title(port.name)}"


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


def _port(name: str, end: str, meaning: str, port: ChipPort) -> str:
    """One end of the design as C."""
    stream, dtype = port.stream, port.type.dtype
    context = PortContext(
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
    return render("host/port.h.j2", context)


def _c_type(dtype: DType) -> str:
    """The smallest signed C integer that holds every code, from 8 bits on."""
    bits = dtype.bits + (not dtype.signed) + isinstance(dtype, Bipolar)
    return next(f"int{size}_t" for size in (8, 16, 32, 64) if bits <= size)
