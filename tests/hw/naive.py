"""A clock stepped cycle by cycle: every unit as a plain state machine that looks only at the state before the edge."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from hwgen.hw.network import ProcessNetwork
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import (
    GatedLoop,
    Gearbox,
    LineBuffer,
    MemoryReads,
    Merge,
    PoolTiles,
    Queue,
    Schedule,
    Selection,
    StreamedLoop,
    VectorLoop,
)

_PATIENCE = 40
"""Cycles without any move after which nothing can move any more: longer than every latency."""


class Wire:
    """A stream: when each beat on it can be read, and when it was taken."""

    def __init__(self) -> None:
        self.visible: list[int] = []
        self.taken: list[int] = []

    def offers(self, now: int) -> bool:
        return len(self.taken) < len(self.visible) and self.visible[len(self.taken)] <= now

    @property
    def under_way(self) -> int:
        """Beats sent and not yet taken."""
        return len(self.visible) - len(self.taken)


class Machine(ABC):
    """One unit: `look` decides from the state before the edge, `move` then does it; both say whether anything is."""

    def __init__(self, unit: Schedule, sources: Sequence[Wire], sinks: Sequence[Wire]) -> None:
        self.unit, self.sources, self.sinks = unit, sources, sinks

    @abstractmethod
    def look(self, now: int) -> bool: ...

    @abstractmethod
    def move(self, now: int) -> None: ...


class VectorLoopMachine(Machine):
    unit: VectorLoop
    slot = 0

    @property
    def ends(self) -> bool:
        return (self.slot + 1) % self.unit.slots_per_beat == 0

    def look(self, now: int) -> bool:
        waits_for_beat = self.slot < self.unit.reads and not all(source.offers(now) for source in self.sources)
        waits_for_room = self.ends and self.sinks[0].under_way >= self.unit.credits
        return not waits_for_beat and not waits_for_room

    def move(self, now: int) -> None:
        if self.slot < self.unit.reads:
            last = self.slot == self.unit.slots - 1
            for index, source in enumerate(self.sources):
                if last or index < len(self.sources) - self.unit.kept:
                    source.taken.append(now)
        if self.ends:
            self.sinks[0].visible.append(now + self.unit.latency)
        self.slot = (self.slot + 1) % self.unit.slots


class StreamedLoopMachine(Machine):
    unit: StreamedLoop
    slot = 0

    @property
    def ends(self) -> bool:
        return (self.slot + 1) % self.unit.slots_per_beat == 0

    def look(self, now: int) -> bool:
        vectors, words = self.sources
        waits_for_beat = self.slot < self.unit.reads and not vectors.offers(now)
        waits_for_room = self.ends and self.sinks[0].under_way >= self.unit.credits
        return words.offers(now) and not waits_for_beat and not waits_for_room

    def move(self, now: int) -> None:
        if self.slot < self.unit.reads:
            self.sources[0].taken.append(now)
        self.sources[1].taken.append(now)
        if self.ends:
            self.sinks[0].visible.append(now + self.unit.latency)
        self.slot = (self.slot + 1) % self.unit.slots


class MemoryReadsMachine(Machine):
    """A reader and its memory: room as a register has it, requests of a cycle ago, words in order at their pace."""

    unit: MemoryReads
    frame = 1
    """Words of a frame."""

    asked = came = 0
    """Words since reset."""

    last = -1
    """The cycle of the last word."""

    def __init__(self, unit: Schedule, sources: Sequence[Wire], sinks: Sequence[Wire]) -> None:
        super().__init__(unit, sources, sinks)
        self.bursts: list[tuple[int, int]] = []

    def look(self, now: int) -> bool:
        unit, (sink,) = self.unit, self.sinks
        self.asks = unit.depth - (self.asked - len(sink.taken)) >= unit.burst
        before = next((cycle for cycle, words in self.bursts if words > self.came), None)
        place = self.came % self.frame
        pace = place * unit.interval // self.frame - (place - 1) * unit.interval // self.frame
        self.comes = before is not None and now >= before + unit.latency and now >= self.last + pace
        return self.asks or self.came < self.asked

    def move(self, now: int) -> None:
        if self.asks:
            place = self.asked % self.unit.beats
            self.asked += min(self.unit.burst, self.unit.beats - place)
            self.bursts.append((now + 1, self.asked))
        if self.comes:
            self.sinks[0].visible.append(now + 1)
            self.came, self.last = self.came + 1, now


class GatedLoopMachine(Machine):
    unit: GatedLoop
    slot = owed = vector = 0

    @property
    def ends(self) -> bool:
        return (self.slot + 1) % self.unit.reads == 0

    @property
    def reading(self) -> bool:
        return self.slot < self.unit.reads

    def look(self, now: int) -> bool:
        room = self.sinks[0].under_way < self.unit.credits
        self.pays = self.owed > 0 and room
        beat = not self.reading or self.sources[0].offers(now)
        gate = not (self.reading and self.ends) or self.sources[1].offers(now)
        self.fires = beat and gate and (not self.ends or (room and self.owed == 0))
        return self.pays or self.fires

    def move(self, now: int) -> None:
        if self.pays:
            self.owed -= 1
            self.sinks[0].visible.append(now + self.unit.latency)
        if not self.fires:
            return
        decides = self.reading and self.ends
        if self.reading:
            self.sources[0].taken.append(now)
        if self.ends:
            self.sinks[0].visible.append(now + self.unit.latency)
        self.slot = (self.slot + 1) % (self.unit.reads * self.unit.beats)
        if decides:
            self.sources[1].taken.append(now)
            if not self.unit.active[self.vector % len(self.unit.active)]:
                self.slot, self.owed = 0, self.unit.beats - 1
            self.vector += 1


class PoolTilesMachine(Machine):
    unit: PoolTiles
    beat = column = row = 0

    @property
    def ends(self) -> bool:
        """Whether this is a beat of the pixel in a tile's lower right corner."""
        return self.row == self.unit.height - 1 and (self.column + 1) % self.unit.width == 0

    def look(self, now: int) -> bool:
        return self.sources[0].offers(now) and not (self.ends and self.sinks[0].under_way >= self.unit.credits)

    def move(self, now: int) -> None:
        self.sources[0].taken.append(now)
        if self.ends:
            self.sinks[0].visible.append(now + self.unit.latency)
        self.beat += 1
        if self.beat == self.unit.pixel_beats:
            self.beat, self.column = 0, self.column + 1
        if self.column == self.unit.columns * self.unit.width:
            self.column, self.row = 0, (self.row + 1) % self.unit.height


class GearboxMachine(Machine):
    unit: Gearbox
    beat = pushed = offered = 0

    def look(self, now: int) -> bool:
        unit = self.unit
        held = self.pushed - unit.pull * len(self.sinks[0].taken)
        room_for_zeros = max(0, unit.last_push - unit.push)
        return self.sources[0].offers(now) and held <= 2 * unit.pull - 1 + room_for_zeros

    def move(self, now: int) -> None:
        self.sources[0].taken.append(now)
        last = self.beat == self.unit.in_beats - 1
        self.pushed += self.unit.last_push if last else self.unit.push
        self.beat = 0 if last else self.beat + 1
        while self.offered < self.pushed // self.unit.pull:
            self.offered += 1
            self.sinks[0].visible.append(now + 1)


class QueueMachine(Machine):
    unit: Queue

    def look(self, now: int) -> bool:
        return self.sources[0].offers(now) and all(sink.under_way < self.unit.depth for sink in self.sinks)

    def move(self, now: int) -> None:
        self.sources[0].taken.append(now)
        for sink in self.sinks:
            sink.visible.append(now + 1)


class MergeMachine(Machine):
    unit: Merge
    place = beat = 0

    def look(self, now: int) -> bool:
        return self.sources[self.place].offers(now) and self.sinks[0].under_way < self.unit.depth

    def move(self, now: int) -> None:
        self.sources[self.place].taken.append(now)
        self.sinks[0].visible.append(now + 1)
        self.beat += 1
        if self.beat == self.unit.beats[self.place]:
            self.beat, self.place = 0, (self.place + 1) % len(self.unit.beats)


class SelectionMachine(Machine):
    unit: Selection
    place = 0

    @property
    def keeps(self) -> bool:
        return self.place in self.unit.kept

    def look(self, now: int) -> bool:
        return self.sources[0].offers(now) and not (self.keeps and self.sinks[0].under_way >= self.unit.depth)

    def move(self, now: int) -> None:
        self.sources[0].taken.append(now)
        if self.keeps:
            self.sinks[0].visible.append(now + 1)
        self.place = (self.place + 1) % self.unit.period


class LineBufferMachine(Machine):
    unit: LineBuffer
    taken = held = sent = row = 0
    """Beats of the row that comes in, whole rows held, beats of the row of windows that leaves, and which that is."""

    def look(self, now: int) -> bool:
        unit = self.unit
        self.takes = self.sources[0].offers(now) and self.held < unit.rows
        waits_for_rows = self.sent == 0 and self.held < unit.needed[self.row]
        self.sends = not waits_for_rows and self.sinks[0].under_way < unit.credits
        return self.takes or self.sends

    def move(self, now: int) -> None:
        unit = self.unit
        if self.takes:
            self.sources[0].taken.append(now)
            self.taken += 1
            if self.taken == unit.row_beats:
                self.taken, self.held = 0, self.held + 1
        if self.sends:
            self.sinks[0].visible.append(now + unit.latency)
            self.sent += 1
            if self.sent == unit.out_row_beats:
                self.held -= unit.released[self.row]
                self.sent, self.row = 0, (self.row + 1) % len(unit.needed)


class ColumnScanMachine(Machine):
    unit: ColumnScan
    taken = slots = 0
    """Beats taken and slots fired since reset."""

    def look(self, now: int) -> bool:
        unit = self.unit
        beat = self.taken - unit.rows * unit.row_beats
        frame, beat = divmod(beat, unit.height * unit.row_beats)
        freed_by = frame * unit.slots + unit.freeing_slot(*divmod(beat, unit.row_beats))
        self.takes = self.sources[0].offers(now) and self.slots > freed_by
        frame, slot = divmod(self.slots, unit.slots)
        row = min(slot // unit.row_slots, len(unit.lowest) - 1)
        place = min(slot - row * unit.row_slots, unit.row_beats - 1)
        seen = (frame * unit.height + unit.lowest[row]) * unit.row_beats + place
        self.ends = unit.ends(slot)
        self.fires = self.taken > seen and not (self.ends and self.sinks[0].under_way >= unit.credits)
        return self.takes or self.fires

    def move(self, now: int) -> None:
        if self.takes:
            self.sources[0].taken.append(now)
            self.taken += 1
        if self.fires:
            self.slots += 1
            if self.ends:
                self.sinks[0].visible.append(now + self.unit.latency)


class SinkMachine(Machine):
    """The chip's output: takes what is offered."""

    def look(self, now: int) -> bool:
        return self.sources[0].offers(now)

    def move(self, now: int) -> None:
        self.sources[0].taken.append(now)


MACHINES: dict[type, type[Machine]] = {
    VectorLoop: VectorLoopMachine,
    StreamedLoop: StreamedLoopMachine,
    MemoryReads: MemoryReadsMachine,
    GatedLoop: GatedLoopMachine,
    PoolTiles: PoolTilesMachine,
    Gearbox: GearboxMachine,
    Queue: QueueMachine,
    Merge: MergeMachine,
    Selection: SelectionMachine,
    LineBuffer: LineBufferMachine,
    ColumnScan: ColumnScanMachine,
}


def naive_times(network: ProcessNetwork, frames: int, input_interval: int = 0) -> dict[str, np.ndarray] | None:
    """What `beat_times` gives, by stepping a clock until the last beat is out; None where the network is stuck."""
    wires = {name: Wire() for name in network.beats}
    for name in network.inputs:
        beats = network.beats[name]
        wires[name].visible = [math.ceil(Fraction(beat * input_interval, beats)) for beat in range(beats * frames)]
    sinks = {name: wires[name] for name in network.outputs}
    machines: list[Machine] = [
        MACHINES[type(process.schedule)](
            process.schedule, [wires[name] for name in process.inputs], [wires[name] for name in process.outputs]
        )
        for process in network.processes
    ]
    for machine, process in zip(machines, network.processes, strict=True):
        if isinstance(machine, MemoryReadsMachine):
            machine.frame = network.beats[process.outputs[0]]
    machines += [SinkMachine(Queue(1), [sink], []) for sink in sinks.values()]
    now = idle = 0
    while any(len(sink.taken) < network.beats[name] * frames for name, sink in sinks.items()):
        moving = [machine for machine in machines if machine.look(now)]
        for machine in moving:
            machine.move(now)
        idle = 0 if moving else idle + 1
        if idle > _PATIENCE + input_interval:
            return None
        now += 1
        assert now < 1_000_000, "the network hangs"
    # A memory is read ahead: beats of frames to come.
    counts = {name: network.beats[name] * frames for name in wires}
    return {name: np.array(wire.taken[: counts[name]], dtype=np.int64) for name, wire in wires.items()}
