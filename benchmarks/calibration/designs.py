"""Random designs to calibrate the cost model on: units of every kind in realistic sizes, and small whole networks.

A design is a family of layers and a seed, and nothing else: the same pair gives the same design.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hwgen.config import LayerFolding
from hwgen.hw.choices import Choices
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.folding import resolve
from hwgen.hw.lower import lower
from hwgen.hw.memory import ExternalMemory, MemoryStyle
from hwgen.ir.check import check
from hwgen.ir.geometry import POINT, Geometry
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import ArgMax, Concat, Conv, Magnitude, MatMul, Op, Pool, PoolKind, Scale, Sum, Threshold
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int

B = Bipolar()
WEIGHTS: tuple[DType, ...] = (*[B] * 7, *(IntType(bits, signed=True) for bits in (2, 3, 4, 6, 8)))
CODES: tuple[DType, ...] = (
    *[B] * 8,
    *(IntType(bits, signed=False) for bits in (2, 3, 4, 8)),
    *(IntType(bits, signed=True) for bits in (2, 4, 8)),
)
LARGEST = 320
"""Bits of weights times bits of inputs that a unit multiplies in a cycle: Yosys then takes seconds for it."""

MOST_LOGIC_BITS = 4096
"""Of constants that the user puts into LUTs."""

MOST_COMPARISONS = 48
"""Thresholds that a unit compares with in a cycle, likewise."""

PARTS = {Family.XC7: "xc7z020clg400-1", Family.ECP5: "lfe5u-85f"}


@dataclass
class Net:
    """A network while it grows, and what is wished of its layers."""

    rng: np.random.Generator
    name: str
    shape: tuple[int, ...]
    dtype: DType
    nodes: list[Node] = field(default_factory=list)
    wishes: dict[str, LayerFolding] = field(default_factory=dict)
    memory: dict[str, MemoryStyle] = field(default_factory=dict)
    folded_planes: list[str] = field(default_factory=list)
    target: int = 256
    wired: bool = False
    external: dict[str, ExternalMemory] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.input = self.last = Value("x", TensorType(self.shape, self.dtype))

    def add(self, op: Op, shape: tuple[int, ...], inputs: tuple[Value, ...] = (), dtype: DType | None = None) -> Value:
        """Append `op`; its output has `dtype`, or the narrowest type that holds every sum."""
        inputs = inputs or (self.last,)
        name = self.next_name
        found = dtype or smallest_type(op_range(op, [type_range(value) for value in inputs], shape[-1]))
        self.last = Value(f"{name}_out", TensorType(shape, found))
        self.nodes.append(Node(name, op, inputs, self.last, name))
        return self.last

    @property
    def next_name(self) -> str:
        """Of the node to come; no other design has it, so that their files may lie in one folder."""
        return f"{self.name}_n{len(self.nodes)}"

    def fold(self, pe: int, simd: int | None = None) -> None:
        """Wish a folding of the last layer."""
        self.wishes[self.nodes[-1].name] = LayerFolding(pe=pe, simd=simd)

    def design(self, family: Family = Family.XC7) -> Design:
        """The design of the network for a part of `family`, its FIFOs not sized."""
        graph = Graph.of(self.name, self.input, tuple(self.nodes), self.last)
        check(graph)
        choices = Choices(
            self.memory, frozenset(self.folded_planes), wired=self.wired, searched=False, external=self.external
        )
        folding = resolve(graph, self.wishes, self.target, choices.folded_planes)
        return lower(graph, folding, part=PARTS[family], clock_mhz=100.0, choices=choices)

    # What is drawn at random.

    def pick(self, least: int, most: int) -> int:
        """An integer, small ones as likely as large ones."""
        return round(float(np.exp(self.rng.uniform(np.log(least), np.log(most)))))

    def divisor(self, number: int, most: int) -> int:
        """The larger of two divisors of `number` up to `most`."""
        known = [n for n in range(1, min(number, most) + 1) if number % n == 0]
        return int(self.rng.choice(known, 2).max())

    def lanes(self, number: int, most: int) -> int:
        """Mostly a divisor of `number`, sometimes not."""
        return self.divisor(number, most) if self.rng.random() < 0.7 else self.pick(1, min(number, most))

    def one_of(self, kinds: tuple[DType, ...]) -> DType:
        return kinds[int(self.rng.integers(len(kinds)))]

    def codes(self, dtype: DType, shape: tuple[int, ...]) -> IntArray:
        codes = self.rng.integers(dtype.min, dtype.max + 1, shape)
        return np.where(codes > 0, 1, -1) if isinstance(dtype, Bipolar) else codes

    def likely(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)


def activate(net: Net, chance: float = 0.75) -> None:
    """With `chance` a quantiser behind the last layer, thresholds where sums often are."""
    if not net.likely(chance):
        return
    value, pe = net.last, net.wishes[net.nodes[-1].name].pe or 1
    kinds = (*[B] * 4, *(IntType(bits, signed=False) for bits in (1, 2, 2, 3, 4)))
    out = net.one_of(tuple(kind for kind in kinds if kind is B or pe * kind.max <= MOST_COMPARISONS))
    levels = 1 if isinstance(out, Bipolar) else out.max
    low, high = value.type.dtype.min, value.type.dtype.max
    middle, spread = (low + high) / 2, max(2.0, (high - low) / 6)
    drawn = net.rng.normal(middle, spread, (value.type.channels, levels)).clip(low, high + 1)
    descending = net.codes(IntType(1, signed=False), (value.type.channels,)) * net.likely(0.3)
    base, step = (-1, 2) if isinstance(out, Bipolar) else (0, 1)
    op = Threshold(np.sort(drawn.astype(np.int64), axis=1), descending, base, step)
    net.add(op, value.type.shape, dtype=out)


def place(net: Net, bits: int) -> MemoryStyle:
    """Where the user has put a layer's memories of `bits` bits."""
    return MemoryStyle.LUT if bits <= MOST_LOGIC_BITS and net.likely(0.5) else MemoryStyle.BLOCK


def dense_layer(net: Net, outputs: int) -> None:
    """A matrix on the last value, weights where the user may have put them, with an activation."""
    weight, source = net.one_of(WEIGHTS), net.last.type.dtype
    inputs, work = net.last.type.elements, max(1, LARGEST // (weight.bits * source.bits))
    simd = net.lanes(inputs, min(128, work))
    pe = net.lanes(outputs, max(1, min(64, work // simd)))
    if inputs * outputs <= work and net.likely(0.2):
        pe, simd = outputs, inputs
    name = net.next_name
    net.add(MatMul(net.codes(weight, (outputs, inputs)), weight), (outputs,))
    net.fold(pe, simd)
    if net.likely(0.25):
        net.memory[name] = place(net, outputs * inputs * weight.bits)
    activate(net)


def dense(rng: np.random.Generator, name: str) -> Net:
    """A dense layer."""
    codes = CODES[int(rng.integers(len(CODES)))]
    net = Net(rng, name, (round(float(np.exp(rng.uniform(np.log(4), np.log(800))))),), codes)
    dense_layer(net, net.pick(2, 128))
    return net


def image(rng: np.random.Generator, name: str, channels: int, dtype: DType) -> Net:
    height, width = (int(n) for n in rng.integers(4, 16, 2))
    return Net(rng, name, (height, width, channels), dtype)


def geometry_for(net: Net, *, pads: bool = True) -> Geometry:
    """A window that fits the last value."""
    kernel = ((3, 3), (3, 3), (2, 2), (1, 3), (4, 1))[int(net.rng.integers(5))]
    stride = (1, 1) if net.likely(0.7) else (2, 2)
    dilation = (2, 1) if kernel == (2, 2) and net.likely(0.5) else (1, 1)
    around = (kernel[0] // 2, kernel[1] // 2) * 2
    padded = pads and net.likely(0.4)
    return Geometry(kernel, stride, dilation, (around[0], around[1], around[2], around[3]) if padded else (0, 0, 0, 0))


def convolve(net: Net, outputs: int, groups: int, geometry: Geometry) -> None:
    """A convolution on the last value, with an activation."""
    source, weight = net.last.type, net.one_of(WEIGHTS)
    per_group = source.channels // groups
    down, across = geometry.output_size(source.shape[0], source.shape[1])
    weights = net.codes(weight, (outputs, *geometry.kernel, per_group))
    pad = 0 if isinstance(source.dtype, Bipolar) or source.dtype.min > 0 else max(0, source.dtype.min)
    name = net.next_name
    net.add(Conv(weights, weight, geometry, groups, pad), (down, across, outputs))
    if net.likely(0.2):
        net.memory[name] = place(net, max(source.elements * source.dtype.bits, weights.size * weight.bits))
    most = max(1, LARGEST // (source.dtype.bits * weight.bits))
    if groups == outputs and per_group == 1:
        net.fold(net.lanes(outputs, 16))
    elif groups > 1:
        simd = net.divisor(per_group, 16)
        net.fold(net.divisor(outputs // groups, max(1, min(16, most // simd))), simd)
    else:
        simd = net.lanes(per_group, 64)
        net.fold(net.lanes(outputs, max(1, min(32, most // simd))), simd)
    activate(net)


def conv(rng: np.random.Generator, name: str) -> Net:
    """A convolution: dense, grouped, depthwise or of one pixel."""
    codes = CODES[int(rng.integers(len(CODES)))]
    kind = rng.choice(["dense", "dense", "grouped", "depthwise", "point"])
    groups = int(rng.integers(2, 5)) if kind == "grouped" else 1
    channels = groups * round(float(np.exp(rng.uniform(0, np.log(32)))))
    net = image(rng, name, channels, codes)
    geometry = POINT if kind == "point" else geometry_for(net)
    if kind == "depthwise":
        convolve(net, channels, channels, geometry)
    else:
        convolve(net, groups * net.pick(2, 32 // groups), groups, geometry)
    return net


def pooling(net: Net) -> None:
    """A pool on the last value: of tiles or of windows that overlap."""
    source = net.last.type
    kind = PoolKind.MAX if net.likely(0.6) else PoolKind.SUM
    geometry = Geometry((2, 2), (2, 2)) if net.likely(0.6) else Geometry((3, 3), (2, 2))
    down, across = geometry.output_size(source.shape[0], source.shape[1])
    lowest = net.codes(IntType(1, signed=False), (source.channels,)) * (kind is PoolKind.MAX and net.likely(0.3))
    net.add(Pool(geometry, kind, lowest), (down, across, source.channels))
    net.fold(net.lanes(source.channels, 32))


def pool(rng: np.random.Generator, name: str) -> Net:
    """A pool."""
    net = image(rng, name, round(float(np.exp(rng.uniform(0, np.log(48))))), CODES[int(rng.integers(len(CODES)))])
    pooling(net)
    return net


def quantised(net: Net, shared: bool) -> None:
    """A standalone threshold unit on the last value."""
    source = net.last.type
    out = net.one_of((B, B, *(IntType(bits, signed=False) for bits in (1, 2, 3, 4))))
    levels = min(1 if isinstance(out, Bipolar) else out.max, source.dtype.max - source.dtype.min)
    out = out if isinstance(out, Bipolar) else smallest_int(0, levels)
    levels = 1 if isinstance(out, Bipolar) else out.max
    sets = 1 if shared else source.channels
    drawn = np.sort(net.rng.integers(source.dtype.min, source.dtype.max + 1, (sets, levels)), axis=1)
    flags = net.codes(IntType(1, signed=False), (sets,)) * net.likely(0.3)
    base, step = (-1, 2) if isinstance(out, Bipolar) else (0, 1)
    net.add(Threshold(drawn, flags, base, step), source.shape, dtype=out)


def threshold(rng: np.random.Generator, name: str) -> Net:
    """A quantiser of the network's input."""
    net = Net(rng, name, (round(float(np.exp(rng.uniform(np.log(4), np.log(256))))),), IntType(8, signed=False))
    if net.likely(0.3):
        net = Net(rng, name, net.shape, IntType(int(rng.integers(3, 17)), signed=True))
    quantised(net, net.likely(0.5))
    net.fold(net.lanes(net.last.type.channels, 32))
    return net


def argmax(rng: np.random.Generator, name: str) -> Net:
    """A top-1 unit."""
    bits = int(rng.integers(4, 17))
    net = Net(rng, name, (int(rng.integers(2, 40)),), IntType(bits, signed=bool(rng.integers(2))))
    net.add(ArgMax(), (1,), dtype=smallest_int(0, net.last.type.channels - 1))
    net.fold(net.lanes(net.input.type.channels, 10))
    return net


def join(rng: np.random.Generator, name: str) -> Net:
    """Branches that meet: a fork, quantisers, FIFOs, an adder or a concat."""
    net = image(rng, name, round(float(np.exp(rng.uniform(0, np.log(24))))), IntType(8, signed=False))
    channels, source = net.last.type.channels, net.last
    lanes = net.lanes(channels, 12)
    branches = []
    kind = IntType(int(rng.integers(1, 4)), signed=False)
    adds = net.likely(0.5)
    for _ in range(int(rng.integers(2, 4))):
        net.last = source
        out = B if adds and net.likely(0.3) else kind
        levels = 1 if isinstance(out, Bipolar) else out.max
        drawn = np.sort(rng.integers(0, 256, (1, levels)), axis=1)
        op = Threshold(drawn, np.zeros(1, np.int64), -1 if out is B else 0, 2 if out is B else 1)
        branches.append(net.add(op, source.type.shape, (source,), out))
        net.fold(lanes)
    many = tuple(branches)
    if adds:
        net.add(Sum(), source.type.shape, many)
    else:
        net.add(Concat(), (*source.type.shape[:-1], channels * len(many)), many, kind)
        lanes = net.divisor(channels, 12)
    net.fold(lanes)
    return net


def scaled(rng: np.random.Generator, name: str) -> Net:
    """Pixels times a number each: their magnitude, box-filtered as XNOR-Net's K or quantised as a gate."""
    net = image(
        rng, name, round(float(np.exp(rng.uniform(0, np.log(32))))), IntType(int(rng.integers(2, 9)), signed=True)
    )
    source = net.last
    shape = source.type.shape
    net.add(Magnitude(shape[2]), (*shape[:2], 1))
    net.fold(net.lanes(shape[2], 16))
    if net.likely(0.6):
        net.add(Pool(Geometry((3, 3), padding=(1, 1, 1, 1)), PoolKind.SUM, np.zeros(1)), (*shape[:2], 1))
    elif net.last.type.dtype.max > 1:
        quantised(net, shared=True)
        net.fold(1)
    net.add(Scale(), shape, (source, net.last))
    net.fold(net.lanes(shape[2], 12))
    return net


def residual(rng: np.random.Generator, name: str) -> Net:
    """Binary weights on residual planes, side by side or one after another: a dense layer or a convolution."""
    order = int(rng.integers(2, 5))
    factors = np.sort(rng.integers(1, 64, order))[::-1]
    dtype, most = IntType(order, signed=False), LARGEST // order
    if rng.random() < 0.5:
        net = Net(rng, name, (round(float(np.exp(rng.uniform(np.log(16), np.log(400))))),), dtype)
        inputs, outputs = net.last.type.elements, net.pick(2, 64)
        net.add(MatMul(net.codes(B, (outputs, inputs)), B, factors), (outputs,))
    else:
        net = image(rng, name, round(float(np.exp(rng.uniform(np.log(4), np.log(32))))), dtype)
        inputs, outputs, geometry = net.last.type.channels, net.pick(2, 32), geometry_for(net)
        weights = net.codes(B, (outputs, *geometry.kernel, inputs))
        down, across = geometry.output_size(net.last.type.shape[0], net.last.type.shape[1])
        net.add(Conv(weights, B, geometry, 1, 0, factors), (down, across, outputs))
    simd = net.lanes(inputs, min(64, most))
    net.fold(net.lanes(outputs, max(1, min(16, most // simd))), simd)
    if net.likely(0.5):
        net.folded_planes.append(net.nodes[-1].name)
    activate(net)
    return net


def gated(rng: np.random.Generator, name: str) -> Net:
    """A product whose sums are multiplied by a code of each pixel."""
    net = image(rng, name, int(rng.integers(2, 24)), IntType(int(rng.integers(2, 5)), signed=True))
    source, gate, weight = net.last, IntType(int(rng.integers(1, 4)), signed=False), net.one_of(WEIGHTS)
    net.add(Magnitude(source.type.channels), (*source.type.shape[:2], 1))
    net.fold(1)
    steps = np.sort(rng.integers(0, net.last.type.dtype.max + 1, (1, gate.max)), axis=1)
    codes = net.add(Threshold(steps, np.zeros(1, np.int64), 0, 1), net.last.type.shape, dtype=gate)
    net.fold(1)
    outputs = net.pick(2, 12)
    weights = net.codes(weight, (outputs, 1, 1, source.type.channels))
    product = net.add(Conv(weights, weight, POINT, 1, 0), (*source.type.shape[:2], outputs), (source,))
    net.fold(net.lanes(outputs, 4), net.lanes(source.type.channels, 8))
    net.add(Scale(), product.type.shape, (product, codes))
    most = net.last.type.dtype.max // 3
    steps = np.sort(rng.integers(-most, most + 1, (outputs, 3)), axis=1)
    net.add(
        Threshold(steps, net.codes(IntType(1, signed=False), (outputs,)), 0, 1),
        product.type.shape,
        dtype=IntType(2, signed=False),
    )
    return net


def perceptron(rng: np.random.Generator, name: str) -> Net:
    """A small dense network with a quantiser in front and a top-1 unit behind."""
    net = Net(rng, name, (int(rng.integers(16, 200)),), IntType(8, signed=False))
    quantised(net, shared=True)
    for outputs in (*(int(n) for n in rng.choice([8, 12, 16, 24, 32, 64], int(rng.integers(1, 3)))), 10):
        dense_layer(net, outputs)
    if net.last.type.dtype.bits > 3:
        net.add(ArgMax(), (1,), dtype=smallest_int(0, 9))
    return net


def convolutional(rng: np.random.Generator, name: str) -> Net:
    """A small convolutional network: two convolutions, a pool, a dense layer."""
    height, width, channels = (int(n) for n in rng.integers((6, 6, 1), (16, 16, 4)))
    net = Net(rng, name, (height, width, channels), IntType(8, signed=False))
    quantised(net, shared=True)
    convolve(net, int(rng.choice([4, 8, 12, 16])), 1, Geometry((3, 3), padding=(1, 1, 1, 1)))
    pooling(net)
    convolve(net, int(rng.choice([4, 8, 16])), 1, Geometry((2, 2)))
    dense_layer(net, 10)
    return net
