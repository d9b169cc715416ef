"""What is looked at without a solver: that the top level of a project joins its units as the network needs them.

A stream has data, valid and ready. Each must run between the unit that writes it and the one that reads it and nowhere
else, at its own place where a port carries several streams, with no bit lost, added or moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from hwgen.hw.design import Design, Port
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.names import inner_name
from hwgen.verify.formal.sources import Contents, Nets

_EDGE = "the edge"
_SIDES = ("data", "valid", "ready")


@dataclass(frozen=True)
class Joint:
    """A stream, and whether both of its ends and the wires between them agree.

    Attributes:
        writer, reader: instances of the top level, or the edge of the design.
        bits, lanes, beats: of a beat, of a beat, and of a frame, as the writer has them.
        message: what is wrong, in one line; empty where they agree.
    """

    stream: str
    writer: str
    reader: str
    bits: int
    lanes: int
    beats: int
    message: str = ""


@dataclass(frozen=True)
class _End:
    """One side of a stream: how a unit sees it, and the nets of its data, valid and ready."""

    instance: str
    stream: Stream
    nets: Mapping[str, Nets]


def joints_of(design: Design, found: Contents) -> list[Joint]:
    """All streams of a design, as the top level in `found` joins them; in the design's order."""
    written = {end.stream.name: end for end in (*_at_edge(design.inputs, found), *_ends(design, found, "m"))}
    read = {end.stream.name: end for end in (*_ends(design, found, "s"), *_at_edge(design.outputs, found))}
    uses = _uses(found)
    return [_joint(written[name], read[name], uses) for name in design.streams]


def _joint(writer: _End, reader: _End, uses: Mapping[int | str, int]) -> Joint:
    stream = writer.stream
    joint = (stream.name, writer.instance, reader.instance, stream.width, stream.lanes, stream.beats)
    return Joint(*joint, next(_faults(writer, reader, uses), ""))


def _faults(writer: _End, reader: _End, uses: Mapping[int | str, int]) -> Iterator[str]:
    """What is wrong with a stream, a line each."""
    stream, ends = writer.stream, f"{writer.instance} and {reader.instance}"
    for what in ("width", "lanes", "beats"):
        sides = [getattr(end.stream, what) for end in (writer, reader)]
        if sides[0] != sides[1]:
            yield f"stream {stream.name}: {ends} must agree in {what}; found {sides[0]} and {sides[1]}."
    for side, nets in writer.nets.items():
        if not nets or nets != reader.nets[side]:
            yield f"stream {stream.name}: {ends} must be joined by all bits of {side}, in order; found others."
        elif any(isinstance(net, str) or uses[net] != 2 for net in nets):
            yield f"stream {stream.name}: {side} must join {ends} alone; found another end or a constant."


def _ends(design: Design, found: Contents, side: str) -> Iterator[_End]:
    """The ends of all units that write (`m`) or read (`s`) streams."""
    for unit in design.units:
        streams = unit.outputs if side == "m" else unit.inputs
        ports = ("m",) if side == "m" else unit.ports
        groups = [[stream] for stream in streams] if len(ports) == len(streams) else [streams]
        for port, group in zip(ports, groups, strict=bool(streams)):
            yield from _of_port(unit, port, group, found, ("o", "i") if side == "m" else ("i", "o"))


def _of_port(
    unit: Unit, port: str, streams: Sequence[Stream], found: Contents, ways: tuple[str, str]
) -> Iterator[_End]:
    """The ends at a port of a unit, which carries `streams` side by side, the first in its lowest bits."""
    instance = f"u_{inner_name(unit.name)}"
    nets = found.instances.get(instance, {})
    forth, back = ways
    data, valid, ready = (nets.get(f"{port}_{end}", []) for end in (f"data_{forth}", f"valid_{forth}", f"ready_{back}"))
    starts = [0, *accumulate(stream.width for stream in streams)]
    fits = len(data) == starts[-1] and len(valid) == len(ready) == len(streams)
    for place, (stream, start) in enumerate(zip(streams, starts, strict=False)):
        here = slice(place, place + 1)
        parts = (data[start : start + stream.width], valid[here], ready[here]) if fits else ([], [], [])
        yield _End(instance, stream, dict(zip(_SIDES, parts, strict=True)))


def _at_edge(ports: Sequence[Port], found: Contents) -> Iterator[_End]:
    """The ends of the design's inputs or outputs; bits that pad a beat to bytes carry nothing."""
    for port in ports:
        nets = {side: found.ports.get(f"{port.axis}_t{side}", []) for side in _SIDES}
        yield _End(_EDGE, port.stream, nets | {"data": nets["data"][: port.stream.width]})


def _uses(found: Contents) -> Counter[int | str]:
    """How many ports each net is connected to; those of the marker of last beats, which looks on, do not count."""
    looking_on = {name for name in found.instances if name.startswith("u_tlast")}
    ports = [nets for name, each in found.instances.items() if name not in looking_on for nets in each.values()]
    return Counter(net for nets in (*ports, *found.ports.values()) for net in nets)
