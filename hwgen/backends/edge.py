"""The text of a design's ports, which both back ends print: declarations, and what joins them to the inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hwgen.backends import external
from hwgen.backends.described import PORT_COLUMNS, head, port_rows
from hwgen.backends.render import Source, render
from hwgen.hw.declaration import Beat
from hwgen.hw.design import Design, Port
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class AxisPort:
    """An AXI4-Stream port: fields of the templates in `edge`.

    Attributes:
        name: of the design.
        suffix: see `Port.suffix`.
        width: of tdata, padded to bytes.
        beats: of a frame.
        data, valid, ready: the signals inside that carry the beats of an output.
        place: among all ports, inputs first.
        comma: behind it in a list of ports; empty at the last.
    """

    name: str
    axis: str
    suffix: str
    width: int
    beats: int
    place: int
    data: str = ""
    valid: str = ""
    ready: str = ""
    comma: str = ","


def axis_port(design: Design, place: int, inside: tuple[str, str, str] = ("", "", "")) -> AxisPort:
    """The port at a place among all; `inside` are the signals of data, valid and ready."""
    port, comma = design.ports[place], "," if place < len(design.ports) - 1 else ""
    stream = port.stream
    named = design.name, port.axis, port.suffix
    return AxisPort(*named, stream.axis_width, stream.beats, place, *inside, comma)


def declarations(design: Design, *, memories: bool = False) -> Source:
    """The ports as a SystemVerilog module declares them, behind those of external memories if it has those."""
    kinds = ("input",) * len(design.inputs) + ("output",) * len(design.outputs)
    texts = (render(f"edge/{kind}.sv.j2", axis_port(design, place)) for place, kind in enumerate(kinds))
    before = external.declared(design) if memories else ""
    return Source(before + "\n".join(texts).rstrip("\n"))


def fragments(template: str, contexts: Iterable[object]) -> Source:
    """The template for each context, a blank line apart."""
    return Source("\n".join(render(template, each) for each in contexts))


def listed(words: Iterable[str]) -> Source:
    """Types of C++ in a list of arguments."""
    return Source(", ".join(words))


def leaving(design: Design, inside: Sequence[tuple[str, str, str]]) -> Source:
    """What joins each output to the signals inside: those of data, valid and ready."""
    places = enumerate(inside, start=len(design.inputs))
    return fragments("edge/last.sv.j2", [axis_port(design, place, signals) for place, signals in places])


def padding(design: Design) -> str:
    """All bits of tdata that enter, as an operand."""
    entering = [f"{port.axis}_tdata" for port in design.inputs]
    return entering[0] if len(entering) == 1 else f"{{{', '.join(entering)}}}"


@dataclass(frozen=True)
class Wire:
    """The stream `name` between units; `width` bits a beat."""

    name: str
    width: int


def wires(streams: Iterable[tuple[str, int]]) -> Source:
    """Declarations of the signals of streams, by name and width."""
    return fragments("edge/wire.sv.j2", [Wire(*each) for each in streams])


@dataclass(frozen=True)
class TopPorts:
    """The ports of the top function of C++, as its templates print them.

    Attributes:
        parameters, interfaces: as the function declares them, and their pragmas.
        harness, callee: the header and the function that a test bench gives streams alone.
        inputs, outputs: as a test bench is told of them.
        frame, vectors: what a call takes and gives, and the golden vectors, in words.
        files: those of the golden vectors.
        head: see `hwgen.backends.described.head`.
        rows: of a table of the ports.
    """

    parameters: str
    interfaces: tuple[str, ...]
    harness: str
    callee: str
    inputs: str
    outputs: str
    frame: str
    vectors: str
    files: tuple[str, ...]
    head: str
    rows: tuple[str, ...]


def word(bits: str | Beat) -> str:
    """The C++ type of a word of a stream, or of a beat of a port that carries TLAST."""
    return f"ap_axiu<{bits.bits}, 0, 0, 0>" if isinstance(bits, Beat) else f"ap_uint<{bits}>"


def word_type(stream: Stream, *, tlast: bool) -> str:
    """The C++ type of a beat of a port."""
    return word(Beat(str(stream.axis_width)) if tlast else str(stream.width))


def bench_files(design: Design) -> dict[str, str]:
    """Files of the test bench of a design that reads external memories, by name; none for any other."""
    return external.bench_files(design, _streams(design))


def top_ports(design: Design, start: str) -> TopPorts:
    """The ports of a design; `start` is the mode of the interface that starts a frame."""
    streams = _streams(design)
    each = [*external.pointers(design), *streams]
    pad = " " * len(f"void {design.name}(")
    kinds = ("input",) * len(design.inputs) + ("expected",) * len(design.outputs)
    taken, given = ([(port.stream.beats, port.axis) for port in ports] for ports in (design.inputs, design.outputs))
    last = ", the last one with TLAST" if design.tlast else ""
    takes = " and ".join(f"{beats} beats from {axis}" for beats, axis in taken)
    gives = " and ".join(f"{beats} on {axis}" for beats, axis in given)
    single = len(each) == 2
    all_of = f"each input and gives one on each output:\n// {takes}; {gives}{last}"
    counted = f"{taken[0][0]} beats in\nand {given[0][0]} out for each frame"
    return TopPorts(
        parameters=", ".join(each) if single else Source(f",\n{pad}".join(each)),  # one below the other
        interfaces=(
            *(f"#pragma HLS interface mode=axis port={port.axis}" for port in design.ports),
            *external.interfaces(design, "slave" if start == "s_axilite" else "direct"),
        ),
        harness=external.harness(design),
        callee=external.callee(design),
        inputs=_ends(design.inputs),
        outputs=_ends(design.outputs),
        frame=f"{takes} and gives {gives}{last}" if single else Source(all_of),
        vectors=Source(counted if single else "the beats\nof each port in a file of their own"),
        files=(
            *(f"{kind}{port.suffix}.hex" for kind, port in zip(kinds, design.ports, strict=True)),
            *external.bench_names(design),
        ),
        head=head(design),
        rows=(*PORT_COLUMNS, *port_rows(design)),
    )


def _streams(design: Design) -> list[str]:
    """The streams of a design as a C++ function declares them."""
    words = [(word_type(port.stream, tlast=design.tlast), port.axis) for port in design.ports]
    return [f"hls::stream<{each}>& {axis}" for each, axis in words]


def _ends(ports: Sequence[Port]) -> str:
    """The beats of the only port of a kind, or those of each with its suffix."""
    if len(ports) == 1:
        return str(ports[0].stream.beats)
    told = (f'{{"{port.suffix}", {port.stream.beats}}}' for port in ports)
    return Source(f"{{{', '.join(told)}}}")
