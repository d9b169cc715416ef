"""A process network: the units and FIFOs of a design with neither data nor a clock, which the cycle model runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hwgen.hw.loop import RESTART, Pipelined
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import GatedLoop, LineBuffer, MemoryReads, Schedule, StreamedLoop, VectorLoop


@dataclass(frozen=True)
class Process:
    """One unit's schedule, and the names of the streams it reads and writes."""

    name: str
    schedule: Schedule
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def busy_cycles(self, beats: Mapping[str, int]) -> int:
        """Cycles in which it does something for a frame: no interval is shorter.

        Args:
            beats: of a frame, by the name of the stream.
        """
        taken, sent = sum(beats[name] for name in self.inputs), max((beats[name] for name in self.outputs), default=0)
        match self.schedule:
            case VectorLoop(slots_per_beat=slots) | StreamedLoop(slots_per_beat=slots):
                return sent * slots
            case MemoryReads(interval=interval):
                return interval
            case GatedLoop() as loop:
                return sent * loop.reads if all(loop.active) else beats[self.inputs[0]]
            case Pipelined(loop=loop, depth=depth):
                return loop.slots + depth + RESTART - 2
            case LineBuffer():
                return max(taken, sent)
            case ColumnScan(slots=slots):
                return max(taken, slots)
            case _:
                return taken


@dataclass(frozen=True)
class ProcessNetwork:
    """Processes joined by streams; `inputs` enter the network, `outputs` leave it.

    Attributes:
        beats: of a frame, by the name of the stream.
    """

    processes: tuple[Process, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    beats: Mapping[str, int]

    @property
    def drops_vectors(self) -> bool:
        """Whether a gate is closed."""
        schedules = (process.schedule for process in self.processes)
        return any(not all(each.active) for each in schedules if isinstance(each, GatedLoop))


def with_gates(network: ProcessNetwork, active: Mapping[str, Sequence[int]]) -> ProcessNetwork:
    """The network with these gates, by the name of the unit: 1 for each vector that is computed, 0 elsewhere.

    A gated unit that is not named computes all its vectors.
    """

    def gated(process: Process) -> Process:
        if not isinstance(process.schedule, GatedLoop):
            return process
        trace = tuple(map(int, active.get(process.name, (1,))))
        return replace(process, schedule=replace(process.schedule, active=trace))

    return replace(network, processes=tuple(map(gated, network.processes)))
