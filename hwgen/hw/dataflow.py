"""A design as the HLS project has it: C++ functions that run at once, joined by streams.

FIFOs are no functions: a stream between two functions has a depth of its own. Units that are a chain of functions have
streams inside, named after the function that writes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hwgen.hw.declaration import Beat, Function, Size
from hwgen.hw.design import Design, Port
from hwgen.hw.loop import DEPTHS, RESTART, Access, Loop, Pipelined
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit

DEFAULT_DEPTH = 2
"""Beats of a stream at least: one is read while the next is written."""


AXIS_IN, AXIS_OUT = "axis_in", "axis_out"
"""Functions behind ports that carry TLAST, and the streams that they write: no unit has such a name."""


@dataclass(frozen=True)
class FunctionProcess:
    """One C++ function: when it moves beats, and the names of the streams that it reads and writes."""

    name: str
    loop: Loop
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Dataflow:
    """Functions joined by streams; `inputs` enter the chip, `outputs` leave it.

    Attributes:
        units: those that become functions; `processes` are their chains, one after the other, between those of
            `edge_functions` where the ports carry TLAST.
        beats: of a frame, by the name of the stream; `widths`: bits of a beat.
        queued: beats that FIFOs of the RTL hold on a stream, where there are any.
    """

    units: tuple[Unit, ...]
    processes: tuple[FunctionProcess, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    beats: Mapping[str, int]
    widths: Mapping[str, int]
    queued: Mapping[str, int]

    @property
    def bound(self) -> int:
        """Cycles a frame of the slowest function in the deepest pipeline: a frame's slots, and those of a restart."""
        return max(process.loop.slots for process in self.processes) + DEPTHS[-1] + RESTART - 2

    def network(self, depth: int, room: Mapping[str, int]) -> ProcessNetwork:
        """The functions in elastic pipelines of `depth` stages, with streams of so many beats, for the cycle model."""
        processes = (
            Process(each.name, Pipelined(each.loop, depth, rooms), each.inputs, each.outputs)
            for each, rooms in zip(self.processes, self._rooms(room), strict=True)
        )
        return ProcessNetwork(tuple(processes), self.inputs, self.outputs, self.beats)

    def _rooms(self, room: Mapping[str, int]) -> Iterator[tuple[int, ...]]:
        """Beats of the outputs of each process."""
        for process in self.processes:
            yield tuple(room.get(name, DEFAULT_DEPTH) for name in process.outputs)

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams between two functions."""
        return tuple(name for name in self.beats if name not in (*self.inputs, *self.outputs))


def function_names(unit: Unit) -> tuple[str, ...]:
    """Names of the functions of `unit` in the design: `<unit>_columns` and so on, and of the last that of the unit."""
    return *(f"{unit.name}_{part}" for part in unit.parts), unit.name


def dataflow(design: Design) -> Dataflow:
    """The functions of `design`.

    A FIFO that joins an input of the chip and an output stays: a dataflow region needs a function.
    """
    source = {name: name for name in design.streams}
    entering, leaving = ([port.stream.name for port in ports] for ports in (design.inputs, design.outputs))
    units, processes, queued = [], list[FunctionProcess](), dict[str, int]()
    for number, port in enumerate(design.inputs if design.tlast else ()):
        name = _edge_name(AXIS_IN, design.inputs, number)
        processes.append(_edge(name, port.stream.beats, port.stream.name))
        source[port.stream.name] = name
    for unit in design.units:
        if unit.fifo_depth is not None and not (source[unit.input.name] in entering and unit.output.name in leaving):
            before = source[unit.output.name] = source[unit.input.name]
            queued[before] = queued.get(before, 0) + unit.fifo_depth
            continue
        units.append(unit)
        read = tuple(source[stream.name] for stream in unit.inputs)
        names = function_names(unit)
        for name, loop in zip(names, unit.loops, strict=True):
            written = tuple(stream.name for stream in unit.outputs) if name == names[-1] else (name,)
            processes.append(FunctionProcess(name, loop, read, written))
            read = written
    for number, port in enumerate(design.outputs if design.tlast else ()):
        name = _edge_name(AXIS_OUT, design.outputs, number)
        processes.append(_edge(name, port.stream.beats, source[port.stream.name]))
        source[port.stream.name] = name
    beats = {port.stream.name: port.stream.beats for port in design.inputs} | {
        name: beats_of(process.loop, index) for process in processes for index, name in enumerate(process.outputs)
    }
    widths = {name: stream.width for name, stream in design.streams.items()}
    widths |= {name: unit.inner_width for unit in units for name in function_names(unit)[:-1]}
    widths |= {name: port.stream.width for name, port, _ in edge_functions(design)}
    ends = tuple(entering), tuple(source[name] for name in leaving)
    return Dataflow(tuple(units), tuple(processes), *ends, beats, {name: widths[name] for name in beats}, queued)


def _edge(name: str, beats: int, stream: str) -> FunctionProcess:
    """A function that carries the beats of a frame from `stream` to one of its own name."""
    return FunctionProcess(name, Loop(beats, (Access.each(),), (Access.each(),)), (stream,), (name,))


def edge_functions(design: Design) -> tuple[tuple[str, Port, Function], ...]:
    """The functions behind ports that carry TLAST: name, port, and call of the library; inputs first."""
    found = []
    for kind, ports, purpose in (
        (AXIS_IN, design.inputs, "From the port to plain words."),
        (AXIS_OUT, design.outputs, "From plain words to the port."),
    ):
        for number, port in enumerate(ports):
            sizes, types, arguments = _carried(port.stream)
            into, out = (Beat("PORT"), "WIDTH") if kind == AXIS_IN else ("WIDTH", Beat("PORT"))
            call = Function(purpose, sizes, types, arguments, (into,), out, template=kind)
            found.append((_edge_name(kind, ports, number), port, call))
    return tuple(found)


def _edge_name(kind: str, ports: Sequence[Port], number: int) -> str:
    """The name of the function behind a port, and of the stream that it writes."""
    return kind if len(ports) == 1 else f"{kind}{number}"


def _carried(stream: Stream) -> tuple[tuple[Size, ...], tuple[()], tuple[str, ...]]:
    """Sizes, types and arguments of the function between a port and `stream`."""
    sizes = (
        Size("BEATS", stream.beats, "of a frame"),
        Size("WIDTH", stream.width, "bits of a beat"),
        Size("PORT", stream.axis_width, "bits of TDATA: a beat in whole bytes"),
    )
    return sizes, (), tuple(size.name for size in sizes)


def beats_of(loop: Loop, output: int) -> int:
    """Beats of a frame that a loop writes to one of its outputs."""
    access = loop.writes[output]
    if not access.slots:
        return 0
    return len(access.slots) * ceil_div(loop.slots - access.slots[0], access.stride)
