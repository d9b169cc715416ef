"""Layers of constants with random weights and thresholds, and what they must give, straight from the matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.hw.design import Design
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.hw.stream import Stream
from hwgen.ir.graph import Node, Value
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int
from tests.rtl_support import draw, graph_of

B, TERNARY, INT4, INT8 = Bipolar(), IntType(2, signed=True), IntType(4, signed=True), IntType(8, signed=True)
UINT2, UINT8 = IntType(2, signed=False), IntType(8, signed=False)


@dataclass(frozen=True)
class Layer:
    """A layer to draw: outputs, inputs, types; `levels` thresholds a channel, none where the sums leave."""

    outputs: int
    inputs: int
    weight: DType
    source: DType
    levels: int = 0
    even: bool = False
    vectors: int = 1
    seed: int = 1


LAYERS = (
    Layer(4, 8, B, B, 1),
    Layer(16, 40, B, B, 1, vectors=3),
    Layer(6, 10, TERNARY, UINT2, 3),
    Layer(5, 9, INT4, INT4, 63, even=True),
    Layer(5, 9, INT8, B, 5),
    Layer(7, 12, B, UINT8),
    Layer(6, 12, INT8, INT8),
    Layer(1, 1, B, B),
    Layer(9, 16, TERNARY, B, 2),
    Layer(6, 7, INT4, B, 3),
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A layer that was drawn: its design, frames of codes and what must come out."""

    unit: WiredUnit
    design: Design
    frames: IntArray
    expected: IntArray


def drawn(layer: Layer, frames: int = 24, registers: PipelineRegisters | None = None) -> Drawn:
    """The layer with random weights, random frames and the smallest and the largest codes among them."""
    rng = np.random.default_rng([layer.seed, layer.outputs, layer.inputs, layer.levels])
    weights = draw(rng, layer.weight, (layer.outputs, layer.inputs))
    weights[:2] = draw(rng, layer.weight, (min(2, layer.outputs), layer.inputs))
    if isinstance(layer.weight, IntType) and layer.outputs > 2:
        weights[2] = 0
    most = int(np.abs(weights).sum(axis=1).max()) * max(abs(layer.source.min), layer.source.max)
    size = TensorType((layer.vectors, layer.inputs), layer.source)
    source = Value("x", size)
    sums = Value("fc", TensorType((layer.vectors, layer.outputs), smallest_int(-most - 1, most)))
    node = Node("fc", MatMul(weights, layer.weight), (source,), sums)
    fused = _threshold(rng, layer, most, sums)
    streams = Stream.of("source", source, layer.inputs), Stream.of("fc", (fused or node).output, layer.outputs)
    unit = WiredUnit.of(node, *streams, weights, fused)
    assert unit is not None
    if registers is not None:
        unit = unit.with_registers(registers)
    codes = draw(rng, layer.source, (frames, layer.vectors * layer.inputs))
    expected = codes.reshape(frames, layer.vectors, -1) @ weights.T
    if fused is not None:
        expected = _quantised(expected, fused.op)
    return Drawn(unit, graph_of(streams[0], unit), codes, expected.reshape(frames, -1))


def _threshold(rng: np.random.Generator, layer: Layer, most: int, sums: Value) -> Node | None:
    if not layer.levels:
        return None
    result: DType = B if layer.levels == 1 else smallest_int(-(layer.levels // 2) - 1, layer.levels // 2)
    shape = (layer.outputs, layer.levels)
    if layer.even:
        step, code = max(0, (2 * most // layer.levels).bit_length() - 2), np.arange(1, layer.levels + 1) + result.min
        thresholds = (code << step) - (1 << step >> 1) + (code & 1) + rng.integers(-9, 10, (layer.outputs, 1))
    else:
        thresholds = np.sort(rng.integers(-most // 3 - 1, most // 3 + 2, shape), axis=1)
    falls = rng.integers(0, 2, layer.outputs)
    op = Threshold(thresholds, falls, -1 if layer.levels == 1 else result.min, 2 if layer.levels == 1 else 1)
    return Node("act", op, (sums,), Value("act", TensorType(sums.type.shape, result)))


def _quantised(sums: IntArray, op: object) -> IntArray:
    assert isinstance(op, Threshold)
    reached = (sums[..., None] >= op.thresholds).sum(axis=-1)
    levels = op.thresholds.shape[1]
    return op.base + op.step * np.where(op.descending, levels - reached, reached)
