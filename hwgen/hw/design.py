"""A design: units joined by streams, which both back ends print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter

from hwgen.hw.cycles import CycleModel, cycle_model
from hwgen.hw.loop import HlsTimes
from hwgen.hw.memory import MemoryPort
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit, Weighted
from hwgen.ir.names import unit_name


@dataclass(frozen=True)
class Port:
    """One end of a design: an AXI4-Stream port.

    Attributes:
        name: what the model calls it.
        axis: what hardware calls it, `s_axis` or `m_axis` where there is one of the kind.
        stream: what it carries.
    """

    name: str
    axis: str
    stream: Stream

    @property
    def suffix(self) -> str:
        """What tells it apart from others of its kind, as the end of an identifier; empty where there is one."""
        return self.axis.removeprefix("s_axis").removeprefix("m_axis")


@dataclass(frozen=True)
class Design:
    """Units joined by streams: a unit reads the streams named in its `inputs`, which other units write.

    Attributes:
        name: a legal identifier; the top-level module's name.
        units: each after those whose streams it reads; named after their node, `<node>_window` and the like around it.
        inputs, outputs: the ports at the edge of the chip, in the model's order.
        digest: of the integer network and the folding, for headers of generated files; empty in a draft.
        part: the target FPGA, as the vendor writes it.
        tlast: whether the HLS project's ports carry TLAST; those of the RTL always do.
        hls: the depths of the HLS project's streams, and the cycles that they keep; None where they are not known yet.
    """

    name: str
    units: tuple[Unit, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    digest: str
    part: str
    clock_mhz: float
    tlast: bool = False
    hls: HlsTimes | None = None

    @property
    def input(self) -> Stream:
        """The stream of the only input, or of the first."""
        return self.inputs[0].stream

    @property
    def output(self) -> Stream:
        """The stream of the only output, or of the first."""
        return self.outputs[0].stream

    @property
    def ports(self) -> tuple[Port, ...]:
        """All ports, inputs first."""
        return (*self.inputs, *self.outputs)

    @property
    def summary(self) -> str:
        """What goes in and out, in a sentence."""
        sides = self.inputs, self.outputs
        ends = [" + ".join(f"{port.stream.size} {port.stream.dtype}" for port in ports) for ports in sides]
        return f"{ends[0]} in, {ends[1]} out."

    @property
    def edge(self) -> frozenset[str]:
        """Names of the streams at the edge of the chip."""
        return frozenset(port.stream.name for port in self.ports)

    @property
    def layers(self) -> tuple[Unit, ...]:
        """Units that compute a node of the network; the others are adapters."""
        return tuple(unit for unit in self.units if not unit.is_adapter)

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Every stream by its name, as its writer sees it: inputs first, then in unit order."""
        entering = (port.stream for port in self.inputs)
        written = (stream for unit in self.units for stream in unit.outputs)
        return {stream.name: stream for stream in (*entering, *written)}

    @property
    def devices(self) -> Mapping[str, Design]:
        """The design of each device that it runs on, by what the names of its units and streams begin with here."""
        return {"": self}

    @property
    def links(self) -> tuple[Stream, ...]:
        """The streams between devices."""
        return ()

    @property
    def network(self) -> ProcessNetwork:
        """The process network that the cycle model runs."""
        processes = tuple(
            Process(unit.name, unit.schedule, *(tuple(s.name for s in ends) for ends in (unit.inputs, unit.outputs)))
            for unit in self.units
        )
        beats = {name: stream.beats for name, stream in self.streams.items()}
        inputs, outputs = (tuple(port.stream.name for port in ports) for ports in (self.inputs, self.outputs))
        return ProcessNetwork(processes, inputs, outputs, beats)

    @property
    def gated(self) -> tuple[Unit, ...]:
        """Layers whose cycles depend on the data."""
        return tuple(unit for unit in self.units if unit.gate is not None)

    @property
    def gates(self) -> Mapping[str, Stream]:
        """The gates of those layers, by their name."""
        return {unit.name: unit.gate for unit in self.units if unit.gate is not None}

    @property
    def writable(self) -> tuple[Weighted, ...]:
        """Layers whose weights and thresholds can be rewritten at run time."""
        weighted = (unit.weighted for unit in self.units)
        return tuple(unit for unit in weighted if unit is not None and unit.writable)

    @property
    def readers(self) -> tuple[Unit, ...]:
        """Units that read an external memory."""
        return tuple(unit for unit in self.units if unit.memory_port is not None)

    @property
    def memory_ports(self) -> tuple[MemoryPort, ...]:
        """The ports through which those read."""
        return tuple(unit.memory_port for unit in self.units if unit.memory_port is not None)

    @property
    def read_ahead(self) -> frozenset[str]:
        """Names of the streams that carry what external memories gave: beats for frames to come as well."""
        found = frozenset[str]()
        for unit in self.units:
            if all(stream.name in found for stream in unit.inputs):
                found |= {stream.name for stream in unit.outputs}
        return found

    @property
    def slowest(self) -> Unit:
        """The unit with the most cycles a frame, the first of equals."""
        return max(self.units, key=attrgetter("bound"))

    @property
    def bound(self) -> int:
        """Cycles a frame of the slowest unit: no interval can be shorter."""
        return self.slowest.bound

    @cached_property
    def cycles(self) -> CycleModel:
        """The exact cycle model. Raises: DeadlockError."""
        return cycle_model(self.network, self.slowest.name)

    def cycles_at(self, input_interval: int) -> CycleModel:
        """The cycle model where the source offers a frame every `input_interval` cycles. Raises: DeadlockError."""
        return cycle_model(self.network, self.slowest.name, input_interval) if input_interval else self.cycles

    def with_units(self, unit: Unit, others: Sequence[Unit]) -> Design:
        """The design with other units in the place of one, of which the last writes what it wrote, by any name."""
        before, after = unit.output.name, others[-1].output.name

        def named(stream: Stream) -> Stream:
            return replace(stream, name=after) if stream.name == before else stream

        units: list[Unit] = []
        for each in self.units:
            inputs = tuple(map(named, each.inputs))
            same = each is unit or inputs == each.inputs
            units += others if each is unit else [each if same else replace(each, inputs=inputs)]
        outputs = tuple(replace(port, stream=named(port.stream)) for port in self.outputs)
        return replace(self, units=tuple(units), outputs=outputs)

    def isolated(self, name: str) -> Design:
        """The design of one layer alone, with its window unit if it has one, its streams at the edge.

        Weights that it reads from an external memory come from there. KeyError if there is no such unit.
        """
        writers = {stream.name: unit for unit in self.units for stream in unit.outputs}
        layer = next((unit for unit in self.units if unit.name == name), None)
        if layer is None:
            raise KeyError(name)
        units: tuple[Unit, ...] = (layer,)
        before = writers.get(layer.inputs[0].name)
        between = (before,) if before is not None and before.fifo_depth is not None else ()
        if between:
            before = writers.get(between[0].inputs[0].name)
        if before is not None and before.is_adapter and before.lines is not None:
            units = (before, *between, layer)
        while not units[0].inputs[0].tensor:  # what a search hands on from bit to bit is no value of the network
            units = (writers[units[0].inputs[0].name], *units)
        inside = [stream for stream in layer.inputs if stream.name in self.read_ahead]
        sources = (*units[0].inputs, *(layer.inputs[1:] if len(units) > 1 else ()))
        sources = tuple(stream for stream in sources if stream not in inside)
        units = (*_feeding(inside, writers), *units)
        alone = replace(self, name=unit_name(self.name, name), units=units, hls=None)
        return replace(alone, inputs=input_ports(sources), outputs=(single_output(layer.outputs[0]),))


def input_ports(streams: Sequence[Stream]) -> tuple[Port, ...]:
    """The inputs of a design, numbered where there are several."""
    if len(streams) == 1:
        return (single_input(streams[0]),)
    return tuple(Port(f"input{index}", f"s_axis_{index}", each) for index, each in enumerate(streams))


def _feeding(streams: Sequence[Stream], writers: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """The units from external memories to these streams, each after those whose streams it reads."""
    units = [writers[stream.name] for stream in streams]
    return tuple(each for unit in units for each in (*_feeding(unit.inputs, writers), unit))


def single_input(stream: Stream) -> Port:
    """The only input of a design."""
    return Port("input", "s_axis", stream)


def single_output(stream: Stream) -> Port:
    """The only output of a design."""
    return Port("output", "m_axis", stream)
