"""Random networks of schedules that fit one another."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.network import Process, ProcessNetwork
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
    credits_for,
)
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.geometry import Geometry
from tests.builders import B, random_geometry

LARGEST = 160
"""Beats of a frame on any stream."""


@dataclass(frozen=True)
class OpenStream:
    """The open end of a stream: `vectors` vectors a frame, of `elements` in beats of `lanes`."""

    name: str
    vectors: int
    elements: int
    lanes: int

    @property
    def vector_beats(self) -> int:
        return ceil_div(self.elements, self.lanes)


@dataclass
class Weaver:
    """A network while it grows."""

    rng: np.random.Generator
    processes: list[Process] = field(default_factory=list)
    beats: dict[str, int] = field(default_factory=dict)

    def open(self, vectors: int, elements: int, lanes: int) -> OpenStream:
        name = f"s{len(self.beats)}"
        self.beats[name] = vectors * ceil_div(elements, lanes)
        return OpenStream(name, vectors, elements, lanes)

    def unit(
        self, schedule: Schedule, inputs: tuple[OpenStream, ...], *outputs: tuple[int, int, int]
    ) -> tuple[OpenStream, ...]:
        ports = tuple(self.open(*output) for output in outputs)
        ends = (tuple(port.name for port in some) for some in (inputs, ports))
        self.processes.append(Process(f"u{len(self.processes)}", schedule, *ends))
        return ports

    def small(self, most: int) -> int:
        return int(self.rng.integers(1, most + 1))

    # Units with one stream in and one out.

    def product(self, port: OpenStream) -> OpenStream:
        elements, beats = self.small(15), port.vector_beats
        return self.folded(port, elements, self.small(elements), beats)

    def folded(self, port: OpenStream, elements: int, lanes: int, beats: int) -> OpenStream:
        """A vector loop that folds its outputs, with credits that may hold it back."""
        schedule = VectorLoop(ceil_div(elements, lanes) * beats, beats, beats, self.small(6), self.small(6))
        return self.unit(schedule, (port,), (port.vectors, elements, lanes))[0]

    def pointwise(self, port: OpenStream) -> OpenStream:
        latency, beats = self.small(5), port.vector_beats
        schedule = VectorLoop(beats, beats, 1, latency, credits_for(latency, 1))
        return self.unit(schedule, (port,), (port.vectors, port.elements, port.lanes))[0]

    def streamed(self, port: OpenStream) -> OpenStream:
        """A vector loop whose every slot takes a word of an external memory, some of them by way of a converter."""
        elements, vectors, beats = self.small(15), port.vectors, port.vector_beats
        lanes = self.small(elements)
        slots, latency = ceil_div(elements, lanes) * beats, self.small(6)
        bits = self.small(9)
        width = int(self.rng.choice([1, 2, 4, 8]))
        width = min(width, slots * bits)
        total = vectors * ceil_div(slots * bits, width)
        burst = int(self.rng.choice([1, 4, 16]))
        interval = int(total * (1 + self.rng.choice([0, 0.3, 2]))) + int(self.rng.integers(0, 3))
        reads = MemoryReads(total // vectors, burst, burst + self.small(20) - 1, self.small(30), interval)
        words = self.unit(reads, (), (vectors, slots * bits, width))[0]
        words = self.converter(words, bits) if width != bits else words
        schedule = StreamedLoop(slots, beats, beats, latency, self.small(6))
        return self.unit(schedule, (port, words), (vectors, elements, lanes))[0]

    def queue(self, port: OpenStream, least: int = 1) -> OpenStream:
        most = 2 * port.vector_beats + 2
        depth = int(self.rng.integers(least, most if self.rng.random() < 0.8 else 2 * self.beats[port.name] + 2))
        return self.unit(Queue(depth), (port,), (port.vectors, port.elements, port.lanes))[0]

    def converter(self, port: OpenStream, lanes: int = 0) -> OpenStream:
        wanted = lanes or self.small(port.elements)
        group, into, out = math.gcd(port.lanes, wanted), port.vector_beats, ceil_div(port.elements, wanted)
        push, pull = port.lanes // group, wanted // group
        schedule = Gearbox(into, out, push, out * pull - (into - 1) * push, pull)
        return self.unit(schedule, (port,), (port.vectors, port.elements, wanted))[0]

    def best(self, port: OpenStream) -> OpenStream:
        beats = port.vector_beats
        return self.unit(VectorLoop(beats, beats, beats, 3, credits_for(3, beats)), (port,), (port.vectors, 1, 1))[0]

    def image(self, port: OpenStream) -> tuple[int, int]:
        """The vectors of a frame as rows and columns."""
        heights = [n for n in range(1, port.vectors + 1) if port.vectors % n == 0]
        height = int(self.rng.choice(heights))
        return height, port.vectors // height

    def pool(self, port: OpenStream) -> OpenStream:
        height, width = self.image(port)
        tall, wide = (int(self.rng.choice([n for n in range(1, s + 1) if s % n == 0])) for s in (height, width))
        latency, columns = self.small(4), width // wide
        schedule = PoolTiles(tall, wide, columns, port.vector_beats, latency, self.small(5))
        return self.unit(schedule, (port,), (height // tall * columns, port.elements, port.lanes))[0]

    def pool_all(self, port: OpenStream) -> OpenStream:
        """One vector of all."""
        schedule = PoolTiles(port.vectors, 1, 1, port.vector_beats, self.small(4), self.small(5))
        return self.unit(schedule, (port,), (1, port.elements, port.lanes))[0]

    def selection(self, port: OpenStream) -> OpenStream:
        """Beats of one lane, some of which are dropped."""
        beats = self.beats[port.name]
        period = int(self.rng.choice([n for n in range(1, beats + 1) if beats % n == 0]))
        kept = tuple(np.sort(self.rng.permutation(period)[: self.small(period)]).tolist())
        schedule = Selection(period, kept, self.small(4))
        return self.unit(schedule, (port,), (len(kept) * (beats // period), 1, 1))[0]

    def blocks(self, port: OpenStream) -> OpenStream:
        """A line buffer whose rows leave whole, several times."""
        beats, times = self.beats[port.name], self.small(3)
        count = int(self.rng.choice([n for n in range(1, beats + 1) if beats % n == 0]))
        if times * beats > LARGEST:
            return self.pointwise(port)
        ones = (1,) * count
        lines = LineBuffer(beats // count, count, times * beats // count, ones, ones, self.small(3), 3, self.small(5))
        return self.unit(lines, (port,), (times * beats, 1, 1))[0]

    def window(self, port: OpenStream, *, same: bool = False) -> OpenStream:
        """A sliding window unit with rows that suffice, or nearly, then a product that takes its windows."""
        height, width = self.image(port)
        geometry = random_geometry(self.rng, height, width, same=same)
        down, across = geometry.output_size(height, width)
        if down * across * geometry.taps * port.vector_beats > LARGEST:
            return self.pointwise(port)
        lines = lines_of(geometry, (height, width), port.vector_beats)
        rows = max(lines.needed) + int(self.rng.integers(0, 4)) - (self.rng.random() < 0.02)
        schedule = WindowUnit(**{**vars(lines), "rows": rows}).schedule
        windows = self.unit(schedule, (port,), (down * across, port.vector_beats * geometry.taps, 1))[0]
        if not same:
            return self.folded(windows, port.elements, port.lanes, windows.vector_beats)
        return self.folded(windows, port.elements, port.lanes, windows.vector_beats)

    def whole_windows(self, port: OpenStream) -> OpenStream:
        """A parallel window unit, then a product that takes its windows, of a beat for each of a pixel."""
        height, width = self.image(port)
        geometry = random_geometry(self.rng, height, width)
        down, across = geometry.output_size(height, width)
        if down * across * port.vector_beats > LARGEST:
            return self.pointwise(port)
        source = Stream("x", B, port.vector_beats, 1, vectors=height * width)
        unit = ParallelWindowUnit("w", "", (source,), (source,), height, width, geometry, np.zeros(1), rows=1)
        schedule = unit.resized(unit.least_buffer(0) + int(self.rng.integers(0, 3))).schedule
        windows = self.unit(schedule, (port,), (down * across, port.vector_beats, 1))[0]
        return self.folded(windows, port.elements, port.lanes, windows.vector_beats)

    # Branches.

    def branch(self, port: OpenStream) -> OpenStream:
        """Units that leave the shape of a stream as it is."""
        for _ in range(int(self.rng.integers(0, 3))):
            match self.rng.integers(0, 5):
                case 0:
                    port = self.pointwise(port)
                case 1:
                    port = self.queue(port)
                case 2:
                    port = self.folded(port, port.elements, port.lanes, port.vector_beats)
                case 3:
                    port = self.converter(self.converter(port), port.lanes)
                case _:
                    port = self.window(port, same=True)
        return port

    def fork(self, port: OpenStream) -> list[OpenStream]:
        shape = port.vectors, port.elements, port.lanes
        copies = self.unit(Queue(int(self.rng.integers(1, 4))), (port,), *[shape] * int(self.rng.integers(2, 4)))
        return [self.branch(copy) for copy in copies]

    def adder(self, port: OpenStream) -> OpenStream:
        ends = tuple(self.queue(each) if self.rng.random() < 0.8 else each for each in self.fork(port))
        latency = self.small(4)
        return self.unit(VectorLoop(1, 1, 1, latency, self.small(5)), ends, (port.vectors, port.elements, port.lanes))[
            0
        ]

    def scaled(self, port: OpenStream) -> OpenStream:
        """A branch whose vectors meet one beat each of the others."""
        first, *others = self.fork(port)
        ends = (self.queue(first, 2), *(self.queue(self.best(other)) for other in others))
        beats = first.vector_beats
        schedule = VectorLoop(beats, beats, 1, self.small(4), self.small(5), kept=len(others))
        return self.unit(schedule, ends, (first.vectors, first.elements, first.lanes))[0]

    def gated(self, port: OpenStream) -> OpenStream:
        """A product beside its gate; frame after frame the same vectors are closed, in runs and by turns."""
        shape = port.vectors, port.elements, port.lanes
        vectors, gates = self.unit(Queue(self.small(3)), (port,), shape, shape)
        ends = [self.queue(each) if self.rng.random() < 0.8 else each for each in (vectors, self.best(gates))]
        elements = self.small(9)
        lanes, share, run = self.small(elements), self.rng.choice([0, 0.2, 0.5, 1]), self.small(4)
        active = tuple((self.rng.random(port.vectors) < share).astype(int).repeat(run)[: port.vectors].tolist())
        schedule = GatedLoop(port.vector_beats, ceil_div(elements, lanes), self.small(6), self.small(7), active)
        return self.unit(schedule, tuple(ends), (port.vectors, elements, lanes))[0]

    def joined(self, port: OpenStream) -> OpenStream:
        ends = [self.queue(each) if self.rng.random() < 0.8 else each for each in self.fork(port)]
        ends = [self.narrowed(each) if self.rng.random() < 0.3 else each for each in ends]
        beats = tuple(each.vector_beats for each in ends)
        return self.unit(Merge(beats, self.small(3)), tuple(ends), (port.vectors, sum(beats) * port.lanes, port.lanes))[
            0
        ]

    def narrowed(self, port: OpenStream) -> OpenStream:
        """A branch of other channels."""
        return self.folded(port, self.small(3) * port.lanes, port.lanes, port.vector_beats)


def lines_of(geometry: Geometry, size: tuple[int, int], beats: int) -> WindowUnit:
    """A sliding window unit over an image of pixels of `beats` beats, with the fewest rows there can be."""
    down, across = geometry.output_size(*size)
    source = Stream("x", B, beats, 1, vectors=size[0] * size[1])
    output = Stream("w", B, beats, 1, vectors=down * across * geometry.taps)
    window = WindowUnit("w", "", (source,), (output,), *size, geometry, 1, np.zeros(beats), rows=1)
    return WindowUnit(**{**vars(window), "rows": max(window.needed)})


def random_schedules(rng: np.random.Generator, units: int) -> ProcessNetwork:
    """A network of `units` units or blocks in a row. Some are stuck for want of deep FIFOs."""
    weaver = Weaver(rng)
    first, last = woven(weaver, units)
    return ProcessNetwork(tuple(weaver.processes), (first.name,), (last.name,), weaver.beats)


def external_schedules(rng: np.random.Generator, units: int) -> ProcessNetwork:
    """The same with units whose weights come from external memories, one at least."""
    weaver = Weaver(rng)
    first, port = woven(weaver, units // 2)
    for _ in range(int(rng.integers(1, 3))):
        while port.vectors * port.vector_beats * 16 > LARGEST:
            port = weaver.best(port) if port.vector_beats > 1 else weaver.pool_all(port)
        port = weaver.streamed(port)
    last = woven(weaver, units - units // 2, port)[1]
    return ProcessNetwork(tuple(weaver.processes), (first.name,), (last.name,), weaver.beats)


def random_ports(rng: np.random.Generator, units: int) -> ProcessNetwork:
    """The same with more inputs and outputs, two ports of a kind at least: branches enter and leave between units."""
    weaver = Weaver(rng)
    elements = weaver.small(12)
    first = port = weaver.open(weaver.small(20), elements, weaver.small(elements))
    entering, leaving = [first.name], list[str]()
    for _ in range(units):
        if rng.random() < 0.5 and len(entering) < 3:
            other = weaver.open(port.vectors, port.elements, port.lanes)
            entering.append(other.name)
            ends = tuple(weaver.queue(weaver.branch(each)) for each in (port, other))
            schedule = VectorLoop(1, 1, 1, weaver.small(4), weaver.small(5))
            port = weaver.unit(schedule, ends, (port.vectors, port.elements, port.lanes))[0]
        elif len(leaving) < 2:
            shape = port.vectors, port.elements, port.lanes
            port, copy = weaver.unit(Queue(weaver.small(3)), (port,), shape, shape)
            leaving.append(weaver.branch(copy).name)
        port = woven(weaver, 1, port)[1]
    return ProcessNetwork(tuple(weaver.processes), tuple(entering), (*leaving, port.name), weaver.beats)


def woven(weaver: Weaver, units: int, port: OpenStream | None = None) -> tuple[OpenStream, OpenStream]:
    """Units or blocks in a row, behind `port` or an input: the first stream and the last."""
    rng = weaver.rng
    if port is None:
        elements = weaver.small(12)
        port = weaver.open(weaver.small(20), elements, weaver.small(elements))
    first = port
    plain: list[Callable[[OpenStream], OpenStream]] = [
        weaver.product,
        weaver.pointwise,
        weaver.queue,
        weaver.converter,
        weaver.best,
    ]
    images: list[Callable[[OpenStream], OpenStream]] = [
        weaver.pool,
        weaver.window,
        weaver.window,
        weaver.selection,
        weaver.blocks,
        weaver.whole_windows,
    ]
    blocks: list[Callable[[OpenStream], OpenStream]] = [weaver.adder, weaver.scaled, weaver.gated, weaver.joined]
    for _ in range(units):
        kinds = [plain, images, blocks][int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
        port = kinds[int(rng.integers(len(kinds)))](port)
        if port.vectors * port.vector_beats > LARGEST:
            port = weaver.best(port)
    return first, port
