"""Units with memories or constants beside their module: a module of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwgen.backends.render import Source, render, title
from hwgen.backends.rtl.instances import CLOCK, Instance, library_instance, port_beats, side_by_side, stream_wires
from hwgen.backends.wiring.sv import WiringContext, wiring_context
from hwgen.hw.address_map import AddressMap
from hwgen.hw.declaration import Access, Store, memory_signals
from hwgen.hw.memory import index_bits
from hwgen.hw.packing import hex_text
from hwgen.hw.unit import Unit


@dataclass(frozen=True)
class LayerText:
    """A rendered layer: its source, and its memory files by name."""

    source: str
    memories: dict[str, str]


@dataclass(frozen=True)
class MemoryContext:
    """A memory: what it drives and what addresses it; where a host can rewrite it, its first place."""

    data: str
    addr: str
    width: int
    depth: int
    style: str
    base: int = 0


@dataclass(frozen=True)
class LayerContext:
    """Fields of layer.sv.j2; `place_bits` of a write, 0 where nothing can be rewritten."""

    module: str
    origin: str
    digest: str
    purpose: str
    ports: str
    signals: tuple[str, ...]
    unit: Instance
    memories: tuple[MemoryContext, ...]
    storage: str
    place_bits: int
    wiring: WiringContext | None


def has_module(unit: Unit) -> bool:
    """Whether `unit` has a module of its own; any other is an instance in the top level."""
    return bool(unit.stores or unit.ties or unit.idle or unit.wiring)


def layer_text(unit: Unit, name: str, digest: str, control: AddressMap | None) -> LayerText:
    """The module `name` of `unit`, and its memories."""
    stores = unit.stores
    written = any(store.access is Access.HOST for store in stores)
    place_bits = control.place_bits if control and written else 0
    sources = [port_beats(port, is_input=True) for port in unit.ports]
    wires = CLOCK | stream_wires(unit, sources, port_beats("m", is_input=False))
    wires |= {port: side_by_side(names) for port, names in memory_signals(stores).items()}
    wires |= {"x_o": "x", "codes_i": "codes"} if unit.wiring else {}
    context = LayerContext(
        module=name,
        origin=title(unit.origin),
        digest=digest,
        purpose=unit.purpose,
        ports=_port_list(unit, place_bits),
        signals=_signals(unit, stores),
        unit=library_instance(unit, unit.stem, wires),
        memories=tuple(_memory(store, unit, control if written else None) for store in stores),
        storage=f"rtl/{'wiring' if unit.wiring else 'writables' if written else 'roms'}.sv.j2",
        place_bits=place_bits,
        wiring=wiring_context(unit.wiring, unit.output.dtype.bits) if unit.wiring is not None else None,
    )
    files = {f"{name}_{store.word}.mem": hex_text(store.contents(), store.memory.width) for store in stores}
    return LayerText(render("rtl/layer.sv.j2", context), files)


def _port_list(unit: Unit, place_bits: int) -> Source:
    """The ports, a stream's apart from those of others."""
    groups = [["input  wire logic clk_i", "input  wire logic rst_ni"]]
    if place_bits:
        place = f"input  wire logic [{place_bits - 1}:0] write_place_i"
        groups.append(["input  wire logic write_i", place, "input  wire logic [31:0] write_data_i"])
    for prefix, stream in zip(unit.ports, unit.inputs, strict=True):
        data = f"input  wire logic [{stream.width - 1}:0] {prefix}_data_i"
        groups.append([data, f"input  wire logic {prefix}_valid_i", f"output logic {prefix}_ready_o"])
    data = f"output logic [{unit.output.width - 1}:0] m_data_o"
    groups.append([data, "output logic m_valid_o", "input  wire logic m_ready_i"])
    return Source(",\n\n".join(",\n".join(f"  {line}" for line in group) for group in groups))


def _signals(unit: Unit, stores: tuple[Store, ...]) -> tuple[str, ...]:
    """Declarations of addresses and words."""
    widths = {store.place: index_bits(store.memory.depth) for store in stores}
    widths |= {f"unused_{port}": bits for port, bits in unit.idle.items()}
    widths |= {store.word: store.memory.width for store in stores}
    widths |= {"x": unit.input.width, "codes": unit.output.width} if unit.wiring else {}
    return tuple(Source(f"logic [{bits - 1}:0] {name};") for name, bits in widths.items())


def _memory(store: Store, unit: Unit, control: AddressMap | None) -> MemoryContext:
    memory = store.memory
    found = MemoryContext(store.word, store.place, memory.width, memory.depth, memory.style.value)
    if control is None:
        return found
    return replace(found, base=control.layers[unit.name].regions[store.port].place)
