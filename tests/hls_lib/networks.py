"""Integer networks with random contents, grown node by node, for tests of whole designs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hwgen.config import LayerFolding
from hwgen.hw.choices import Choices
from hwgen.hw.design import Design
from hwgen.hw.fifo import size_fifos
from hwgen.hw.folding import resolve
from hwgen.hw.lower import lower
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import ArgMax, Concat, Conv, MatMul, Op, Pool, PoolKind, Sum, Threshold
from hwgen.ir.types import DType, IntArray, TensorType, smallest_int
from tests.hls_lib.cases import PART, code_steps, random_codes


@dataclass
class Net:
    """A network while it grows; each method adds a node and returns its output value."""

    source: Value
    rng: np.random.Generator
    nodes: list[Node] = field(default_factory=list)

    def add(self, name: str, op: Op, inputs: tuple[Value, ...], shape: tuple[int, ...], dtype: DType) -> Value:
        output = Value(f"{name}_out", TensorType(shape, dtype))
        self.nodes.append(Node(name, op, inputs, output, f"net.{name}"))
        return output

    def conv(
        self, name: str, x: Value, outputs: int, geometry: Geometry, weight: DType, *, groups: int = 1, pad: int = 0
    ) -> Value:
        height, width, channels = x.type.shape
        weights = random_codes(self.rng, weight, (outputs, *geometry.kernel, channels // groups))
        op = Conv(weights, weight, geometry, groups, pad)
        return self.add(name, op, (x,), (*geometry.output_size(height, width), outputs), _sums(weights, x))

    def dense(self, name: str, x: Value, outputs: int, weight: DType) -> Value:
        weights = random_codes(self.rng, weight, (outputs, x.type.elements))
        return self.add(name, MatMul(weights, weight), (x,), (outputs,), _sums(weights, x))

    def quantise(self, name: str, x: Value, dtype: DType) -> Value:
        """Thresholds around 0, some channels falling."""
        levels, base, step = code_steps(dtype)
        spread = max(2, min(x.type.dtype.max, int(2 * np.sqrt(x.type.dtype.max))))
        thresholds = np.sort(self.rng.integers(-spread, spread, (x.type.channels, levels)), axis=1)
        falls = self.rng.integers(0, 2, x.type.channels)
        return self.add(name, Threshold(thresholds, falls, base, step), (x,), x.type.shape, dtype)

    def pool(self, name: str, x: Value, geometry: Geometry, kind: PoolKind = PoolKind.MAX) -> Value:
        height, width, channels = x.type.shape
        dtype = x.type.dtype
        if kind is PoolKind.SUM:
            dtype = smallest_int(min(0, geometry.taps * dtype.min), geometry.taps * dtype.max)
        op = Pool(geometry, kind, np.zeros(1, dtype=np.int64))
        return self.add(name, op, (x,), (*geometry.output_size(height, width), channels), dtype)

    def sum(self, name: str, *inputs: Value) -> Value:
        low, high = (sum(getattr(x.type.dtype, end) for x in inputs) for end in ("min", "max"))
        return self.add(name, Sum(), inputs, inputs[0].type.shape, smallest_int(low, high))

    def concat(self, name: str, *inputs: Value) -> Value:
        channels = sum(x.type.channels for x in inputs)
        return self.add(name, Concat(), inputs, (*inputs[0].type.shape[:-1], channels), inputs[0].type.dtype)

    def top1(self, name: str, x: Value) -> Value:
        return self.add(name, ArgMax(), (x,), (1,), smallest_int(0, x.type.elements - 1))

    def graph(self, name: str) -> Graph:
        return Graph.of(name, self.source, tuple(self.nodes), self.nodes[-1].output, Affine())


def design_for(
    graph: Graph, folding: dict[str, LayerFolding] | None = None, target: int = 1000, choices: Choices | None = None
) -> Design:
    return size_fifos(lower(graph, resolve(graph, folding or {}, target), part=PART, clock_mhz=100.0, choices=choices))


def frames(graph: Graph, rng: np.random.Generator, count: int) -> IntArray:
    return random_codes(rng, graph.input.type.dtype, (count, *graph.input.type.shape))


def _sums(weights: IntArray, x: Value) -> DType:
    rows = weights.reshape(len(weights), -1)
    ends = np.stack((rows * x.type.dtype.min, rows * x.type.dtype.max, rows * 0))
    return smallest_int(int(ends.min(axis=0).sum(axis=1).min()), int(ends.max(axis=0).sum(axis=1).max()))
