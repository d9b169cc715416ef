"""What the site shows: every hardware unit in a size that fits a page, and two networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from hwgen import Accelerator, flow
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.gathers import Blocks, Kept
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.mvtu_streamed import MvtuStreamedUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.search import SearchUnit
from hwgen.hw.kernels.select import SelectUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.memory import ExternalMemory
from hwgen.hw.network import Process, ProcessNetwork, with_gates
from hwgen.hw.schedule import Queue, VectorLoop
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Activation, Conv, MatMul, Op, Pool, PoolKind, Sign, Sum
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import Bipolar, DType, IntType, TensorType

B, I8 = Bipolar(), IntType(8, signed=True)
U2, U8 = IntType(2, signed=False), IntType(8, signed=False)


@dataclass(frozen=True)
class Example:
    """A unit to show.

    Attributes:
        network: the unit, and around it what makes and takes its streams.
        shown: streams by name, with what the figure calls them.
        caption: what the unit is here.
        frames, cycles: how many frames run, and how many cycles are drawn.
    """

    network: ProcessNetwork
    shown: Mapping[str, str]
    caption: str
    frames: int
    cycles: int


def example(network: ProcessNetwork, unit: Unit, caption: str, cycles: int, frames: int = 3) -> Example:
    """The streams of a unit in a network."""
    ends = [("in", unit.inputs), ("out", unit.outputs)]
    shown = {
        stream.name: f"{way} {number}" if len(side) > 1 else way
        for way, side in ends
        for number, stream in enumerate(side)
    }
    return Example(network, shown, caption, frames, cycles)


def joined(*units: Unit, extra: Sequence[Process] = (), **beats: int) -> ProcessNetwork:
    """Units, and processes in place of other units, joined by the names of their streams.

    `beats` are those of a frame on streams that no unit has. The first stream comes in, the last leaves.
    """
    ends = [(unit, *([stream.name for stream in side] for side in (unit.inputs, unit.outputs))) for unit in units]
    processes = [
        *extra,
        *(Process(unit.name, unit.schedule, tuple(read), tuple(written)) for unit, read, written in ends),
    ]
    counts = {stream.name: stream.beats for unit in units for stream in (*unit.inputs, *unit.outputs)}
    return ProcessNetwork(tuple(processes), processes[0].inputs[:1], processes[-1].outputs[:1], beats | counts)


def alone(unit: Unit, caption: str, cycles: int) -> Example:
    """A unit between a source that always has a beat and a sink that always takes one."""
    return example(joined(unit), unit, caption, cycles)


def beside(unit: ScaleUnit | MvtuGatedUnit, caption: str, cycles: int, active: Sequence[int] = (1,)) -> Example:
    """A unit that also reads a number of each vector, which another unit makes of the vector meanwhile."""
    wide, narrow = unit.inputs
    reads = wide.vector_beats
    extra = (
        Process("fork", Queue(2), ("source",), ("copy", "kept")),
        Process("maker", VectorLoop(reads, reads, reads, latency=4, credits=4), ("copy",), (narrow.name,)),
        Process("fifo", Queue(16), ("kept",), (wide.name,)),
    )
    network = joined(unit, extra=extra, **dict.fromkeys(("source", "copy", "kept"), wide.beats))
    return example(with_gates(network, {unit.name: active}), unit, caption, cycles, frames=2)


def copies(of: Stream) -> tuple[ForkUnit, tuple[Stream, Stream]]:
    """A fork and its two streams."""
    first, second = (replace(of, name=f"copy{number}") for number in range(2))
    return ForkUnit("fork", "", (of,), (first, second)), (first, second)


def product(
    shape: tuple[int, int], folding: tuple[int, int], vectors: int = 1, planes: tuple[int, ...] = ()
) -> MvtuUnit:
    """An MVTU of (inputs, neurons) and (PE, SIMD) whose accumulators leave; with folded residual planes if given."""
    (inputs, neurons), (pe, simd) = shape, folding
    weights = np.ones((1, neurons, 1, inputs), np.int64)
    source = Stream("x", IntType(len(planes), signed=False) if planes else B, inputs, simd, vectors=vectors)
    arithmetic = Arithmetic.FOLDED_PLANES if planes else Arithmetic.DIRECT
    sink = Stream("y", I8, neurons, pe, vectors=vectors)
    return MvtuUnit("product", "", (source,), (sink,), weights, B, I8, None, simd, arithmetic=arithmetic, planes=planes)


def mvtu() -> Example:
    return alone(product((12, 6), (2, 3)), "12 inputs, 6 neurons, PE 2, SIMD 3: SF = 4, NF = 3.", 36)


def external() -> Example:
    """A unit behind a memory that gives its weights in half as many cycles again as it takes for them."""
    units = MvtuStreamedUnit.units(product((12, 6), (2, 3)), ExternalMemory(8, Fraction(4), latency=6))
    network = replace(joined(*units), inputs=("x",), outputs=("y",))
    caption = "The unit of the MVTU's page, 72 bits of weights a frame at 4 bits a cycle: 18 cycles, where 12 would do."
    shown = {"product_weights": "memory", "product_weights_width": "weights", "x": "in", "y": "out"}
    return replace(example(network, units[-1], caption, 48), shown=shown)


def wired() -> Example:
    weights = np.random.default_rng(0).choice(np.array([-1, 1]), (6, 12))
    source, sink = Stream("x", B, 12, 12, vectors=6), Stream("y", I8, 6, 6, vectors=6)
    node = Node("wired", MatMul(weights, B), (), Value("y", TensorType((6, 6), I8)))
    unit = WiredUnit.of(node, source, sink, weights, None)
    assert unit is not None
    return alone(unit, "12 inputs, 6 neurons, six vectors a frame: one a cycle.", 24)


def planes() -> Example:
    unit = product((12, 4), (2, 3), planes=(2, 1))
    return alone(unit, "12 inputs of two folded planes, 4 neurons, PE 2, SIMD 3: SF = 4, NF = 2.", 36)


def depthwise() -> Example:
    source, sink = Stream("x", B, 2, 2, vectors=2 * 2 * 4), Stream("y", I8, 4, 2, vectors=2)
    unit = DepthwiseUnit("depthwise", "", (source,), (sink,), np.ones((4, 4), np.int64), B, I8, None)
    return alone(unit, "4 channels, PE 2, windows of 2 x 2: a beat out for every 4 in.", 36)


def gated() -> Example:
    unit = MvtuGatedUnit.around(product((8, 4), (2, 4), vectors=6), Stream("gate", U2, 1, 1, vectors=6))
    caption = (
        "SF = 2, NF = 2, gates open, closed, closed, open, open, closed: a closed one takes 2 cycles, an open one 4."
    )
    return beside(unit, caption, 40, (1, 0, 0, 1, 1, 0))


def parallel_window() -> Example:
    """Whole windows of 3 x 3 over 4 x 4 pixels."""
    geometry = Geometry((3, 3), padding=(1, 1, 1, 1))
    unit = ParallelWindowUnit(
        "parallel_window",
        "",
        (Stream("in", U2, 1, 1, vectors=16),),
        (Stream("out", U2, 9, 9, vectors=16),),
        height=4,
        width=4,
        geometry=geometry,
        pad=np.zeros(1, dtype=np.int64),
        rows=3,
    )
    return alone(unit, "3 x 3 windows over 4 x 4 pixels with padding: 17 slots a frame.", 48)


def window() -> Example:
    source = Stream("x", B, 1, 1, vectors=16)
    unit = WindowUnit(
        "window",
        "",
        (source,),
        (replace(source, name="y", vectors=2 * 2 * 9),),
        4,
        4,
        Geometry((3, 3)),
        1,
        np.zeros(1, np.int64),
        rows=6,
    )
    return alone(unit, "3 x 3 windows over 4 x 4 pixels, six rows of line buffer.", 48)


def pool() -> Example:
    source = Stream("x", U2, 1, 1, vectors=16)
    sink = replace(source, name="y", vectors=4)
    unit = PoolUnit("pool", "", (source,), (sink,), PoolKind.MAX, 2, 2, 2, np.zeros(1, np.int64))
    return alone(unit, "Tiles of 2 x 2 in an image of 4 x 4: the last pixel of a tile sends its result.", 36)


def threshold() -> Example:
    source = Stream("x", U8, 8, 2)
    unit = ThresholdUnit("threshold", "", (source,), (replace(source, name="y", dtype=B),), None)  # type: ignore[arg-type]
    return alone(unit, "8 elements, PE 2: a beat in and a beat out in every cycle.", 20)


def search() -> Example:
    source = Stream("x", U8, 4, 1)
    output = replace(source, name="y", dtype=IntType(9, signed=False))
    levels, falls = np.full((1, 1), 128), np.zeros(1, np.int64)
    unit = SearchUnit("search", "", (source,), (output,), levels, falls, U8, None)
    return alone(unit, "4 numbers, the first bit of their codes: a beat in and a beat out in every cycle.", 20)


def add() -> Example:
    fork, inputs = copies(Stream("source", U2, 4, 1))
    unit = AddUnit("add", "", inputs, (Stream("y", U8, 4, 1),))
    return example(joined(fork, unit), unit, "Two copies of a stream: a slot takes a beat of both.", 18)


def concat() -> Example:
    fork, inputs = copies(Stream("source", U2, 2, 1, vectors=3))
    queues = [
        FifoUnit(f"fifo{number}", "", (stream,), (replace(stream, name=f"x{number}"),), 4)
        for number, stream in enumerate(inputs)
    ]
    sink = Stream("y", U2, 4, 1, vectors=3)
    unit = ConcatUnit("concat", "", tuple(queue.output for queue in queues), (sink,), rounds=3)
    return example(joined(fork, *queues, unit), unit, "Two vectors of two beats each, in turn.", 26, frames=2)


def select() -> Example:
    source = Stream("x", U2, 1, 1, vectors=12)
    kept = Kept.of(np.array([0, 1, 1, 0] * 3, dtype=bool))
    unit = SelectUnit("select", "", (source,), (replace(source, name="y", vectors=6),), kept)
    return alone(unit, "The two columns in the middle of 3 x 4 pixels.", 26)


def reorder() -> Example:
    source = Stream("x", U2, 1, 1, vectors=6)
    blocks = Blocks.of(np.arange(6).reshape(2, 3)[:, ::-1].ravel(), 6)
    unit = ReorderUnit("reorder", "", (source,), (replace(source, name="y"),), blocks)
    return alone(unit, "2 x 3 pixels mirrored: a row leaves while the next comes in.", 26)


def fork() -> Example:
    unit, inputs = copies(Stream("source", U2, 4, 1))
    reader = AddUnit("add", "", inputs, (Stream("y", U8, 4, 1),))
    return example(joined(unit, reader), unit, "Every beat to both readers.", 18)


def scale() -> Example:
    wide, narrow = Stream("x", U2, 3, 1, vectors=3), Stream("k", U8, 1, 1, vectors=3)
    unit = ScaleUnit("scale", "", (wide, narrow), (Stream("y", U8, 3, 1, vectors=3),))
    return beside(unit, "Vectors of three beats; the number stays until the third is read.", 32)


def magnitude() -> Example:
    unit = MagnitudeUnit("magnitude", "", (Stream("x", I8, 6, 2, vectors=3),), (Stream("y", U8, 1, 1, vectors=3),))
    return alone(unit, "A sum for every pixel of 6 channels, PE 2.", 30)


def argmax() -> Example:
    unit = ArgmaxUnit("argmax", "", (Stream("x", I8, 10, 2),), (Stream("y", U8, 1, 1),))
    return alone(unit, "10 scores, PE 2: five beats in, an index out.", 22)


def width() -> Example:
    source = Stream("x", U2, 12, 3)
    unit = WidthUnit("width", "", (source,), (replace(source, name="y", lanes=2),))
    return alone(unit, "From three lanes to two: four beats in, six out.", 24)


def fifo() -> Example:
    unit = FifoUnit("fifo", "", (Stream("source", B, 4, 1),), (Stream("x", B, 4, 1),), 4)
    reader = product((4, 3), (1, 1))
    caption = "Four beats in front of a unit that reads a vector in a burst and then computes for 8 cycles."
    return example(joined(unit, reader), unit, caption, 40)


UNITS: Mapping[str, Callable[[], Example]] = {
    function.__name__: function
    for function in (
        *(
            mvtu,
            external,
            wired,
            planes,
            depthwise,
            gated,
            parallel_window,
            window,
            pool,
            threshold,
            search,
            add,
            concat,
            select,
            reorder,
            fork,
        ),
        *(scale, magnitude, argmax, width, fifo),
    )
}
"""By the name of their page."""


class Net:
    """A network that grows node by node, with weights of plus and minus one."""

    def __init__(self, shape: tuple[int, ...], dtype: DType) -> None:
        self.rng = np.random.default_rng(0)
        self.input = self.last = Value("x", TensorType(shape, dtype))
        self.nodes: list[Node] = []

    def add(
        self, name: str, op: Op, inputs: tuple[Value, ...], shape: tuple[int, ...], dtype: DType | None = None
    ) -> Value:
        """Append `op`; without `dtype` its output has the narrowest type that holds every sum."""
        found = dtype or smallest_type(op_range(op, [type_range(value) for value in inputs], shape[-1]))
        self.last = Value(f"{name}_out", TensorType(shape, found))
        self.nodes.append(Node(name, op, inputs, self.last, name))
        return self.last

    def signs(self, name: str, value: Value) -> Value:
        """-1 or +1 by sign."""
        return self.add(name, Activation((Sign(),)), (value,), value.type.shape, B)

    def dense(self, name: str, value: Value, outputs: int) -> Value:
        """A dense layer on the whole tensor."""
        weights = self.rng.choice(np.array([-1, 1]), (outputs, value.type.elements))
        return self.add(name, MatMul(weights, B), (value,), (outputs,))

    def conv(self, name: str, value: Value, outputs: int) -> Value:
        """A padded convolution of 3 x 3."""
        height, width, channels = value.type.shape
        weights = self.rng.choice(np.array([-1, 1]), (outputs, 3, 3, channels))
        geometry = Geometry((3, 3), padding=(1, 1, 1, 1))
        return self.add(name, Conv(weights, B, geometry, 1, 0), (value,), (height, width, outputs))

    def compiled(self, name: str, interval: int) -> Accelerator:
        """The accelerator of the network so far."""
        return flow.compile(Graph.of(name, self.input, tuple(self.nodes), self.last), target_interval=interval)


def tfc() -> Accelerator:
    """Three dense layers of 64 and one of 10, as in the FINN paper."""
    net = Net((784,), U8)
    value = net.add("input", Activation((Sign(),)), (net.input,), (784,), B)
    for number in range(3):
        value = net.signs(f"sign{number}", net.dense(f"fc{number}", value, 64))
    net.dense("fc3", value, 10)
    return net.compiled("tfc", 64)


def residual() -> Accelerator:
    """A residual block between two convolutions, a pool and a dense layer."""
    net = Net((12, 12, 3), U8)
    stem = net.signs("sign0", net.conv("conv0", net.input, 8))
    branch = net.conv("conv2", net.signs("sign1", net.conv("conv1", stem, 8)), 8)
    value = net.signs("sign2", net.add("sum", Sum(), (branch, stem), (12, 12, 8)))
    pooled = net.add(
        "pool", Pool(Geometry((2, 2), (2, 2)), PoolKind.MAX, np.zeros(1, np.int64)), (value,), (6, 6, 8), B
    )
    net.dense("fc", pooled, 10)
    return net.compiled("residual", 2048)


NETWORKS: Mapping[str, Callable[[], Accelerator]] = {"tfc": tfc, "residual": residual}
"""By the name in a page."""
