"""Runs of a process network, frame after frame.

A frame's times follow from those of the frame before and of the last beats that were taken: no more is kept.
"""

from __future__ import annotations

import numpy as np

from hwgen.errors import DeadlockError
from hwgen.hw.network import ProcessNetwork
from hwgen.hw.periodic import PeriodicSchedule
from hwgen.hw.schedule import Queue
from hwgen.hw.tables import BLOCKED, LONG_AGO, STARVED, VECTOR, places, tables
from hwgen.ir.types import IntArray

State = tuple[IntArray, IntArray]
"""What all times to come depend on: cycles, and places in sequences of gates."""


class FrameRun:
    """A run of back-to-back frames, from reset on.

    The source of each input offers beat b of a run no sooner than in cycle ceil(b * input_interval / beats of a frame):
    a frame every `input_interval` cycles, or as fast as they are taken with 0. The sinks are always ready. External
    memories are asked for weights from the cycle after the one in which the first beat is offered.
    """

    def __init__(self, network: ProcessNetwork, input_interval: int = 0, after: PeriodicSchedule | None = None) -> None:
        """With `after` the frames before are those of a schedule that repeats itself, and the source is never late."""
        self.network, self.input_interval = network, input_interval
        self.units, self.streams = tables(network) if after is None else (after.units, after.streams)
        self._offered = {
            name: -(-np.arange(network.beats[name]) * input_interval // network.beats[name]) for name in network.inputs
        }
        if after is not None:
            for offered in self._offered.values():
                offered[:] = LONG_AGO
        self._places = places(network, self.streams)
        self._work = np.ones((3, len(self.units.kind)), dtype=np.int64)

    def start(self) -> None:
        """Go on to the next frame."""
        from hwgen.hw.frames import look_back

        look_back(self.streams)
        for name in self.network.inputs:
            self.visible(name)[:] = self._offered[name]
            self._offered[name] += self.input_interval

    @property
    def state(self) -> State:
        """What stands when a frame starts."""
        return np.concatenate([self.streams.past, self.streams.ends]), self.units.state[:, VECTOR].copy()

    def finish(self) -> None:
        """Run the frame. Raises: DeadlockError."""
        from hwgen.hw.frames import run_frame

        self._work[0] = 1
        if not run_frame(self.units, self.streams, *self._work):
            raise self._stuck()

    def visible(self, name: str) -> IntArray:
        """The cycle from which each beat of a stream can be read in this frame."""
        return self.streams.visible[self._places[name]]

    def taken(self, name: str) -> IntArray:
        """The cycle in which each beat of a stream is taken in this frame."""
        return self.streams.taken[self._places[name]]

    @property
    def waits(self) -> IntArray:
        """Cycles that each unit has waited since reset, (units, 2): for beats, for room."""
        return self.units.state[: len(self.network.processes), [STARVED, BLOCKED]]

    def raise_peaks(self, peaks: IntArray) -> None:
        """Raise peaks[s] to the most beats that the queue of stream s holds in this frame.

        A beat is held from the cycle in which it can be read until it is taken; one written while another is read
        counts.
        """
        from hwgen.hw.frames import raise_peaks

        raise_peaks(self.streams, peaks)

    def _stuck(self) -> DeadlockError:
        """The error that names the FIFO to blame: a full one whose reader waits for another of its inputs."""
        network, numbers = self.network, enumerate(self.network.beats)
        waiting = {name: int(self.streams.sent[each] - self.streams.read[each]) for each, name in numbers}
        for name in network.inputs:
            del waiting[name]
        readers = {name: process for process in network.processes for name in process.inputs}
        for process in network.processes:
            if isinstance(process.schedule, Queue) and len(process.outputs) == 1:
                depth, (name,) = process.schedule.depth, process.outputs
                joined = readers[name].inputs if name in readers else ()
                if waiting.get(name) == depth and any(not waiting.get(other) for other in joined):
                    dry = next(other for other in joined if not waiting.get(other))
                    full = f"{process.name} is full ({depth} {'beat' if depth == 1 else 'beats'})"
                    found = f"a deadlock: {full} while its reader waits for {dry}"
                    return DeadlockError(
                        process.name, "must hold beats until its reader takes them", found, "Deepen it"
                    )
        fullest = max(waiting, key=lambda name: waiting[name])
        beats = waiting[fullest]
        found = f"a deadlock: {beats} {'beat waits' if beats == 1 else 'beats wait'} on stream {fullest}"
        return DeadlockError(
            network.outputs[0], "every beat must arrive", found, "Deepen the FIFO of that stream's reader"
        )


def beat_times(network: ProcessNetwork, frames: int, input_interval: int = 0) -> dict[str, IntArray]:
    """Cycle in which each beat of every stream is taken, for `frames` back-to-back frames, by the stream's name.

    The source is that of a `FrameRun`.

    Raises:
        DeadlockError: the network is in a deadlock.
    """
    return {name: taken for name, (_, taken) in stream_times(network, frames, input_interval).items()}


def times_from_entry(network: ProcessNetwork, frames: int, input_interval: int = 0) -> dict[str, IntArray]:
    """`beat_times`, counted from the cycle in which the first beat of any input is taken.

    That is another one than cycle 0 where the unit behind it waits for weights from an external memory.
    """
    times = beat_times(network, frames, input_interval)
    start = min(int(times[name][0]) for name in network.inputs)
    return {name: each - start for name, each in times.items()}


def stream_times(network: ProcessNetwork, frames: int, input_interval: int = 0) -> dict[str, tuple[IntArray, IntArray]]:
    """Cycle from which each beat of every stream can be read, and in which it is taken; see `beat_times`."""
    run, times = FrameRun(network, input_interval), []
    for _ in range(frames):
        run.start()
        run.finish()
        times.append({name: (run.visible(name).copy(), run.taken(name).copy()) for name in network.beats})
    ends = {name: [frame[name] for frame in times] for name in network.beats}
    return {
        name: (np.concatenate([v for v, _ in each]), np.concatenate([t for _, t in each]))
        for name, each in ends.items()
    }
