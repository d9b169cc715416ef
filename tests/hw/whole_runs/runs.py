"""The cycle model of a design: a process network of its units and FIFOs, with neither data nor a clock.

Processes are joined by streams into a graph. Each computes as many times of its beats as the times known so far allow.
When no process can go on, all times are known or the network is in a deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.schedule import GatedLoop, Gearbox, LineBuffer, Merge, PoolTiles, Queue, Schedule, VectorLoop
from hwgen.ir.types import IntArray

if TYPE_CHECKING:
    from tests.hw.whole_runs.machines import ProcessTable, RaggedRows, StreamTimes


@dataclass(frozen=True)
class Waits:
    """Cycles that a process waits: for beats to read (starved), and for room to write (blocked).

    Those of a window unit are of the side that emits windows.
    """

    starved: int
    blocked: int


@dataclass(frozen=True)
class Run:
    """The times of a run: streams by number, those of the network first, and the number of each name."""

    network: ProcessNetwork
    frames: int
    streams: StreamTimes
    number: Mapping[str, int]
    state: IntArray

    @property
    def waits(self) -> dict[str, Waits]:
        """Cycles that each unit has waited since reset, by its name."""
        from tests.hw.whole_runs.machines import BLOCKED, STARVED

        return {
            process.name: Waits(int(state[STARVED]), int(state[BLOCKED]))
            for process, state in zip(self.network.processes, self.state, strict=False)  # the last state is the sink's
        }

    def taken(self, name: str) -> IntArray:
        """When each beat of a stream was taken, as far as known."""
        stream = self.number[name]
        first = self.streams.first[stream]
        return self.streams.taken[first : first + self.streams.read[stream]]

    def visible(self, name: str) -> IntArray:
        """When each beat of a stream could first be read, as far as known."""
        stream = self.number[name]
        first = self.streams.first[stream]
        return self.streams.visible[first : first + self.streams.sent[stream]]


def run_frames(network: ProcessNetwork, frames: int, input_interval: int = 0, bottleneck: str | None = None) -> Run:
    """All times of `frames` frames, offered as `beat_times` says.

    Unit `bottleneck` does not start before back-pressure has stopped all units upstream of it.

    Raises:
        DeadlockError: the network is in a deadlock.
    """
    from tests.hw.whole_runs.machines import UNKNOWN, advance

    units = _units(network)
    run = _reset(network, frames, input_interval, units.state)
    scratch = np.empty((2, len(units.kind)), dtype=np.int64)
    if bottleneck is not None:
        place = next(index for index, process in enumerate(network.processes) if process.name == bottleneck)
        advance(units, run.streams, place, *scratch)
        start = max((int(times[-1]) for times in map(run.taken, network.beats) if len(times)), default=0)
        for name in network.processes[place].inputs:
            np.maximum(run.visible(name), start, out=run.visible(name))
    advance(units, run.streams, UNKNOWN, *scratch)
    if len(run.taken(network.output)) < network.beats[network.output] * frames:
        raise _stuck(run)
    return run


def _reset(network: ProcessNetwork, frames: int, input_interval: int, state: IntArray) -> Run:
    """The state after reset: all beats of the input offered, no beat taken."""
    from tests.hw.whole_runs.machines import StreamTimes

    rows = [process.schedule.height for process in network.processes if isinstance(process.schedule, LineBuffer)]
    beats = np.array([*network.beats.values(), *rows], dtype=np.int64) * frames
    first = np.concatenate([[0], np.cumsum(beats)]).astype(np.int64)
    sent, read = np.zeros(len(beats), dtype=np.int64), np.zeros(len(beats), dtype=np.int64)
    visible, taken = np.empty(first[-1], dtype=np.int64), np.empty(first[-1], dtype=np.int64)
    run = Run(network, frames, StreamTimes(first, sent, read, visible, taken), _numbers(network), state)
    source = run.number[network.input]
    sent[source] = beats[source]
    run.visible(network.input)[:] = -(-np.arange(beats[source]) * input_interval // network.beats[network.input])
    return run


def _numbers(network: ProcessNetwork) -> dict[str, int]:
    return {name: number for number, name in enumerate(network.beats)}


def _units(network: ProcessNetwork) -> ProcessTable:
    """The processes and the sink as arrays."""
    from tests.hw.whole_runs.machines import LAST_FIRED, QUEUE, STATE_SIZE, ProcessTable

    number = _numbers(network)
    sink = QUEUE, (1, 1)  # takes the chip's output at once
    kinds, parameters = zip(*(_packed(process.schedule) for process in network.processes), sink, strict=True)
    sources = [[number[name] for name in process.inputs] for process in network.processes]
    sinks = [[number[name] for name in process.outputs] for process in network.processes]
    near = _near([*sources, [number[network.output]]], [*sinks, []])
    inner = len(number)
    for process, ends in zip(network.processes, sinks, strict=True):
        if isinstance(process.schedule, LineBuffer):
            ends.append(inner)
            inner += 1
    state = np.zeros((len(kinds), STATE_SIZE), dtype=np.int64)
    state[:, LAST_FIRED] = -1
    ends_of = _rows([*sources, [number[network.output]]]), _rows([*sinks, []])
    return ProcessTable(np.array(kinds, dtype=np.int64), _rows(parameters), state, *ends_of, _rows(near))


def _packed(schedule: Schedule) -> tuple[int, tuple[int, ...]]:
    """Kind and parameters of a schedule."""
    from tests.hw.whole_runs.machines import GATED_LOOP, GEARBOX, LINE_BUFFER, POOL_TILES, QUEUE, VECTOR_LOOP

    match schedule:
        case VectorLoop() as s:
            return VECTOR_LOOP, (s.slots, s.reads, s.slots_per_beat, s.latency, s.credits, s.kept)
        case GatedLoop() as s:
            return GATED_LOOP, (s.reads, s.beats, s.latency, s.credits, *s.active)
        case PoolTiles() as s:
            return POOL_TILES, (s.height, s.width, s.columns, s.pixel_beats, s.latency, s.credits)
        case Gearbox() as s:
            return GEARBOX, (s.in_beats, s.push, s.last_push, s.pull, s.limit)
        case Queue() as s:
            return QUEUE, (s.depth, 1)
        case Merge() as s:
            return QUEUE, (s.depth, *s.beats)
        case LineBuffer() as s:
            return LINE_BUFFER, (s.row_beats, s.rows, s.out_row_beats, s.latency, s.credits, *s.needed, *s.released)


def _near(sources: Sequence[Sequence[int]], sinks: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each process its neighbours: those that share a stream with it."""
    writers = {stream: unit for unit, ends in enumerate(sinks) for stream in ends}
    near: list[set[int]] = [set() for _ in sources]
    for reader, ends in enumerate(sources):
        for writer in (writers[stream] for stream in ends if stream in writers):
            near[reader].add(writer)
            near[writer].add(reader)
    return [sorted(units) for units in near]


def _rows(rows: Sequence[Sequence[int]]) -> RaggedRows:
    from tests.hw.whole_runs.machines import RaggedRows

    at = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return RaggedRows(np.array([each for row in rows for each in row], dtype=np.int64), at)


def _stuck(run: Run) -> DeadlockError:
    """The error that names the FIFO to blame: a full one whose reader waits for another of its inputs."""
    waiting = {name: len(run.visible(name)) - len(run.taken(name)) for name in run.number if name != run.network.input}
    readers = {name: process for process in run.network.processes for name in process.inputs}
    for process in run.network.processes:
        if isinstance(process.schedule, Queue) and len(process.outputs) == 1:
            depth, (name,) = process.schedule.depth, process.outputs
            joined = readers[name].inputs if name in readers else ()
            if waiting[name] == depth and any(not waiting.get(other) for other in joined):
                dry = next(other for other in joined if not waiting.get(other))
                found = f"a deadlock: {process.name} is full ({depth} beats) while its reader waits for {dry}"
                return DeadlockError(process.name, "must hold beats until its reader takes them", found, "Deepen it")
    fullest = max(waiting, key=lambda name: waiting[name])
    found = f"a deadlock: {waiting[fullest]} beats wait on stream {fullest}"
    return DeadlockError(run.network.output, "every beat must arrive", found, "Deepen the FIFO of that stream's reader")
