"""The cycle model of a design: a process network of its units and FIFOs, with neither data nor a clock.

Processes are joined by streams into a graph. Each computes as many times of its beats as the times known so far allow.
When no process can go on, all times are known or the network is in a deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.cycles import Waits
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import LineBuffer, Schedule
from hwgen.hw.tables import QUEUE, ProcessTable, neighbours, packed, ragged
from hwgen.ir.types import IntArray
from tests.hw.whole_runs.machines import BLOCKED, LAST_FIRED, STARVED, STATE_SIZE, UNKNOWN, StreamTimes, advance


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
    if any(len(run.taken(name)) < network.beats[name] * frames for name in network.outputs):
        raise DeadlockError(network.outputs[0], "every beat must arrive", "a deadlock")
    return run


def _reset(network: ProcessNetwork, frames: int, input_interval: int, state: IntArray) -> Run:
    """The state after reset: all beats of the input offered, no beat taken."""
    inner = [_inner_beats(process.schedule) for process in network.processes]
    beats = np.array([*network.beats.values(), *(each for each in inner if each)], dtype=np.int64) * frames
    first = np.concatenate([[0], np.cumsum(beats)]).astype(np.int64)
    sent, read = np.zeros(len(beats), dtype=np.int64), np.zeros(len(beats), dtype=np.int64)
    visible, taken = np.empty(first[-1], dtype=np.int64), np.empty(first[-1], dtype=np.int64)
    run = Run(network, frames, StreamTimes(first, sent, read, visible, taken), _numbers(network), state)
    for name in network.inputs:
        source = run.number[name]
        sent[source] = beats[source]
        run.visible(name)[:] = -(-np.arange(beats[source]) * input_interval // network.beats[name])
    return run


def _inner_beats(schedule: Schedule) -> int:
    """Of a frame, on the inner stream of a line buffer or a scan; 0 for units without one."""
    match schedule:
        case LineBuffer(height=beats) | ColumnScan(slots=beats):
            return beats
        case _:
            return 0


def _numbers(network: ProcessNetwork) -> dict[str, int]:
    return {name: number for number, name in enumerate(network.beats)}


def _units(network: ProcessNetwork) -> ProcessTable:
    """The processes and the sink as arrays."""
    number = _numbers(network)
    leaving = [(QUEUE, (1, 1)) for _ in network.outputs]  # takes the chip's output at once
    kinds, parameters = zip(*(packed(process.schedule) for process in network.processes), *leaving, strict=True)
    sources = [[number[name] for name in process.inputs] for process in network.processes]
    sinks = [[number[name] for name in process.outputs] for process in network.processes]
    ends: list[list[int]] = [[number[name]] for name in network.outputs]
    nothing: list[list[int]] = [[] for _ in network.outputs]
    near = neighbours([*sources, *ends], [*sinks, *nothing])
    inner = len(number)
    for process, written in zip(network.processes, sinks, strict=True):
        if _inner_beats(process.schedule):
            written.append(inner)
            inner += 1
    state = np.zeros((len(kinds), STATE_SIZE), dtype=np.int64)
    state[:, LAST_FIRED] = -1
    ends_of = ragged([*sources, *ends]), ragged([*sinks, *nothing])
    return ProcessTable(np.array(kinds, dtype=np.int64), ragged(parameters), state, *ends_of, ragged(near))
