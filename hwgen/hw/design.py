"""A design: units joined by streams, which both back ends print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from hwgen.hw.cycles import CycleModel, cycle_model
from hwgen.hw.loop import HlsTimes
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit, Weighted
from hwgen.ir.names import unit_name


@dataclass(frozen=True)
class Design:
    """Units joined by streams: a unit reads the streams named in its `inputs`, which other units write.

    Attributes:
        name: a legal identifier; the top-level module's name.
        units: each after those whose streams it reads; named after their node, `<node>_window` and the like around it.
        input, output: the streams at the edge of the chip.
        digest: of the integer network and the folding, for headers of generated files; empty in a draft.
        part: the target FPGA, as the vendor writes it.
        tlast: whether the HLS project's ports carry TLAST; those of the RTL always do.
        hls: the depths of the HLS project's streams, and the cycles that they keep; None where they are not known yet.
    """

    name: str
    units: tuple[Unit, ...]
    input: Stream
    output: Stream
    digest: str
    part: str
    clock_mhz: float
    tlast: bool = False
    hls: HlsTimes | None = None

    @property
    def layers(self) -> tuple[Unit, ...]:
        """Units that compute a node of the network; the others are adapters."""
        return tuple(unit for unit in self.units if not unit.is_adapter)

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Every stream by its name, as its writer sees it: the input first, then in unit order."""
        written = (stream for unit in self.units for stream in unit.outputs)
        return {stream.name: stream for stream in (self.input, *written)}

    @property
    def network(self) -> ProcessNetwork:
        """The process network that the cycle model runs."""
        processes = tuple(
            Process(unit.name, unit.schedule, *(tuple(s.name for s in ends) for ends in (unit.inputs, unit.outputs)))
            for unit in self.units
        )
        beats = {name: stream.beats for name, stream in self.streams.items()}
        return ProcessNetwork(processes, self.input.name, self.output.name, beats)

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
    def slowest(self) -> Unit:
        """The unit with the most cycles a frame, the first of equals."""
        return max(self.units, key=lambda unit: unit.cycles)

    @property
    def bound(self) -> int:
        """Cycles a frame of the slowest unit: no interval can be shorter."""
        return self.slowest.cycles

    @cached_property
    def cycles(self) -> CycleModel:
        """The exact cycle model. Raises: DeadlockError."""
        return cycle_model(self.network, self.slowest.name)

    def cycles_at(self, input_interval: int) -> CycleModel:
        """The cycle model where the source offers a frame every `input_interval` cycles. Raises: DeadlockError."""
        return cycle_model(self.network, self.slowest.name, input_interval) if input_interval else self.cycles

    def isolated(self, name: str) -> Design:
        """The design of one layer alone, with its sliding window unit if it has one, its streams at the edge.

        KeyError if there is no such unit; ValueError if it reads several streams.
        """
        writers = {stream.name: unit for unit in self.units for stream in unit.outputs}
        layer = next((unit for unit in self.units if unit.name == name), None)
        if layer is None:
            raise KeyError(name)
        if len(layer.inputs) > 1:
            raise ValueError(f"{name} reads {len(layer.inputs)} streams")
        units: tuple[Unit, ...] = (layer,)
        before = writers.get(layer.inputs[0].name)
        if before is not None and before.lines is not None:
            units = (before, layer)
        source = units[0].inputs[0]
        alone = replace(self, name=unit_name(self.name, name), units=units, input=source, output=layer.outputs[0])
        return replace(alone, hls=None)
