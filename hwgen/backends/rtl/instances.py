"""Instances of library modules and of the modules of layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hwgen.backends.render import Source
from hwgen.backends.rtl.module import module
from hwgen.backends.rtl.values import text_of
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.names import inner_name

_LINE = 70
CLOCK = {"clk_i": "clk_i", "rst_ni": "rst_ni"}


@dataclass(frozen=True)
class Beats:
    """Expressions for one side of a stream, or of several joined: beats and handshakes."""

    data: str
    valid: str
    ready: str


@dataclass(frozen=True)
class Instance:
    """Fields of instance.sv.j2: a module with its parameters, the instance's name, and lines that connect ports."""

    head: str
    name: str
    ports: tuple[str, ...]


def library_instance(unit: Unit, name: str, wires: Mapping[str, str]) -> Instance:
    """The library module of `unit`; `wires` are its signals by the name of the port.

    Constants of the unit go to the ports that they drive; inputs that nothing drives are 0.
    """
    known, values, tied = module(unit.module), unit.parameters, unit.ties.items()
    given = [f".{each}({text_of(values[each])})" for each in values if not known.is_default(each, values)]
    head = Source(f"{known.name} #(\n    " + ",\n    ".join(given) + "\n  )") if given else known.name
    ties = {f"{port}_i": f"'{value:d}" if isinstance(value, bool) else text_of(value) for port, value in tied}
    idle = {f"{port}_o": f"unused_{port}" for port in unit.idle}
    inputs = {port: "'0" for port, is_input in known.ports.items() if is_input}
    return Instance(head, name, connected(inputs | idle | ties | dict(wires), known.ports))


def connected(signals: Mapping[str, str], ports: Iterable[str]) -> tuple[str, ...]:
    """Lines that connect `ports`."""
    return tuple(Source(f".{port}({signals[port]})") for port in ports)


def stream_wires(unit: Unit, sources: Sequence[Beats], sink: Beats) -> dict[str, str]:
    """The signals of the streams of `unit` by port; several inputs are side by side where it has ports for one."""
    sides = sources if len(unit.ports) == len(sources) else [joined(sources)]
    found: dict[str, str] = {}
    for port, beats in zip(unit.ports, sides, strict=True):
        found |= {f"{port}_data_i": beats.data, f"{port}_valid_i": beats.valid, f"{port}_ready_o": beats.ready}
    return found | {"m_data_o": sink.data, "m_valid_o": sink.valid, "m_ready_i": sink.ready}


def joined(beats: Sequence[Beats]) -> Beats:
    """Signals concatenated where there are several; the first is the least significant."""
    sides = ([getattr(each, side) for each in beats] for side in ("data", "valid", "ready"))
    return Beats(*map(side_by_side, sides))


def side_by_side(names: Sequence[str]) -> str:
    """Signals as one, concatenated where there are several; the first is the least significant."""
    if len(names) == 1:
        return names[0]
    line = f"{{{', '.join(reversed(names))}}}"
    return line if len(line) <= _LINE else Source("{\n      " + ",\n      ".join(reversed(names)) + "\n    }")


def port_beats(prefix: str, *, is_input: bool) -> Beats:
    """The ports of a layer's module that carry a stream."""
    here, there = ("i", "o") if is_input else ("o", "i")
    return Beats(f"{prefix}_data_{here}", f"{prefix}_valid_{here}", f"{prefix}_ready_{there}")


def inner(stream: Stream) -> Beats:
    """The wires of a stream between units."""
    wire = inner_name(stream.name)
    return Beats(f"{wire}_data", f"{wire}_valid", f"{wire}_ready")
