"""A clock stepped cycle by cycle: every unit as a plain state machine that looks only at the state before the edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hwgen.hw.schedule import Engine, Gearbox, Queue, Schedule, credits_for
from hwgen.hw.stream import ceil_div


class Wire:
    """A stream: when each beat on it can be read, and when it was taken."""

    def __init__(self) -> None:
        self.visible: list[int] = []
        self.taken: list[int] = []

    def offers(self, now: int) -> bool:
        return len(self.taken) < len(self.visible) and self.visible[len(self.taken)] <= now


class Machine(Protocol):
    """One unit: `decide` looks, `clock` moves."""

    def decide(self, now: int, source: Wire, sink: Wire) -> bool: ...
    def clock(self, now: int, source: Wire, sink: Wire) -> None: ...


class EngineMachine:
    def __init__(self, unit: Engine) -> None:
        self.unit, self.slot, self.sent = unit, 0, 0

    def decide(self, now: int, source: Wire, sink: Wire) -> bool:
        unit = self.unit
        waits_for_beat = self.slot < unit.reads and not source.offers(now)
        ends = (self.slot + 1) % unit.period == 0
        waits_for_room = ends and self.sent - len(sink.taken) >= unit.credits
        return not waits_for_beat and not waits_for_room

    def clock(self, now: int, source: Wire, sink: Wire) -> None:
        if self.slot < self.unit.reads:
            source.taken.append(now)
        if (self.slot + 1) % self.unit.period == 0:
            self.sent += 1
            sink.visible.append(now + self.unit.latency)
        self.slot = (self.slot + 1) % self.unit.slots


class GearboxMachine:
    def __init__(self, unit: Gearbox) -> None:
        self.unit, self.beat, self.pushed, self.offered = unit, 0, 0, 0

    def decide(self, now: int, source: Wire, sink: Wire) -> bool:
        unit = self.unit
        held = self.pushed - unit.pull * len(sink.taken)
        room_for_zeros = max(0, unit.last_push - unit.push)
        return source.offers(now) and held <= 2 * unit.pull - 1 + room_for_zeros

    def clock(self, now: int, source: Wire, sink: Wire) -> None:
        source.taken.append(now)
        last = self.beat == self.unit.in_beats - 1
        self.pushed += self.unit.last_push if last else self.unit.push
        self.beat = 0 if last else self.beat + 1
        while self.offered < self.pushed // self.unit.pull:
            self.offered += 1
            sink.visible.append(now + 1)


class QueueMachine:
    def __init__(self, unit: Queue) -> None:
        self.unit = unit

    def decide(self, now: int, source: Wire, sink: Wire) -> bool:
        return source.offers(now) and len(sink.visible) - len(sink.taken) < self.unit.depth

    def clock(self, now: int, source: Wire, sink: Wire) -> None:
        source.taken.append(now)
        sink.visible.append(now + 1)


def machine(schedule: Schedule) -> Machine:
    kinds = {Engine: EngineMachine, Gearbox: GearboxMachine, Queue: QueueMachine}
    return kinds[type(schedule)](schedule)


def naive_times(schedules: Sequence[Schedule], input_beats: int, frames: int, output_beats: int) -> list[np.ndarray]:
    """What `beat_times` gives, by stepping a clock until the last beat is out."""
    wires = [Wire() for _ in range(len(schedules) + 1)]
    wires[0].visible = [0] * (input_beats * frames)
    machines = [machine(schedule) for schedule in schedules]
    places = list(zip(machines, wires[:-1], wires[1:], strict=True))
    now = 0
    while len(wires[-1].taken) < output_beats * frames:
        moving = [place for place in places if place[0].decide(now, place[1], place[2])]
        sink_takes = wires[-1].offers(now)
        for unit, source, sink in moving:
            unit.clock(now, source, sink)
        if sink_takes:
            wires[-1].taken.append(now)
        now += 1
        assert now < 100_000, "the chain hangs"
    return [np.array(wire.taken) for wire in wires]


def random_chain(rng: np.random.Generator, units: int) -> tuple[list[Schedule], int, int]:
    """Schedules that fit one another, and the beats of a frame at both ends."""
    elements = int(rng.integers(1, 20))
    lanes = int(rng.integers(1, elements + 1))
    first = ceil_div(elements, lanes)
    found: list[Schedule] = []
    while len(found) < units:
        beats = ceil_div(elements, lanes)
        match rng.integers(0, 5):
            case 0:
                elements = int(rng.integers(1, 16))
                lanes = int(rng.integers(1, elements + 1))
                slots = ceil_div(elements, lanes) * beats
                found.append(Engine(slots, beats, beats, int(rng.integers(1, 7)), int(rng.integers(1, 7))))
            case 1:
                latency = int(rng.integers(1, 6))
                found.append(Engine(beats, beats, 1, latency, credits_for(latency, 1)))
            case 2:
                found.append(Queue(int(rng.integers(2, 2 * beats + 3))))
            case 3:
                wanted = int(rng.integers(1, elements + 1))
                group, out = math.gcd(lanes, wanted), ceil_div(elements, wanted)
                push, pull = lanes // group, wanted // group
                found.append(Gearbox(beats, out, push, out * pull - (beats - 1) * push, pull))
                lanes = wanted
            case _:
                found.append(Engine(beats, beats, beats, 3, credits_for(3, beats)))
                elements, lanes = 1, 1
    return found, first, ceil_div(elements, lanes)
