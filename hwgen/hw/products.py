"""Units from nodes of the integer network: their streams, widths and thresholds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hwgen.errors import ModelError
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import Arithmetic, MvtuUnit, Thresholding
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit, fold_rows
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Node, Value
from hwgen.ir.ops import Conv, MatMul, Pool, PoolKind, Threshold
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int

Unit = TypeVar("Unit", MvtuUnit, DepthwiseUnit)

TERNARY = IntType(2, signed=True)
"""What a bipolar image padded with 0 is carried as: -1, 0 or +1."""


def stream_of(name: str, value: Value, lanes: int) -> Stream:
    """The stream that unit `name` writes: a vector for each pixel of `value`."""
    channels = value.type.channels
    return Stream(
        name, value.type.dtype, channels, min(lanes, channels), value.name, vectors=value.type.elements // channels
    )


def thresholding(op: Threshold) -> Thresholding:
    """The activation of a unit from the network's."""
    return Thresholding(op.thresholds, op.descending, op.base, op.step)


def window_unit(node: Node, stream: Stream, geometry: Geometry, blocks: int, pad: IntArray) -> WindowUnit:
    """The sliding window unit in front of `node`; its rows are for the caller to choose."""
    height, width, _ = node.inputs[0].type.shape
    down, across = geometry.output_size(height, width)
    dtype = stream.dtype
    if isinstance(dtype, Bipolar) and geometry.pads and bool(np.any(pad == 0)):
        dtype = TERNARY
    elif isinstance(node.op, Conv) and node.op.planes.size and geometry.pads:
        dtype, pad = IntType(dtype.bits + 1, signed=False), pad + (dtype.max + 1)
    name = f"{node.name}_window"
    output = Stream(
        name,
        dtype,
        elements=stream.vector_beats // blocks * stream.lanes,
        lanes=stream.lanes,
        vectors=down * across * geometry.taps * blocks,
    )
    return WindowUnit(name, node.origin, stream, output, height, width, geometry, blocks, pad, rows=geometry.extent[0])


def neutral_codes(op: Pool, dtype: DType, channels: int) -> IntArray:
    """Per channel the code that changes no pool: the least for a maximum, the largest for a minimum, 0 for a sum."""
    if op.kind is PoolKind.SUM:
        return np.zeros(channels, np.int64)
    return np.broadcast_to(np.where(op.minimum == 1, dtype.max, dtype.min), (channels,))


def mvtu_unit(node: Node, source: Stream, result: Stream, weights: IntArray, fused: Node | None) -> MvtuUnit:
    """The matrix-vector unit of `node`; `weights` is (groups, MH, taps, channels)."""
    assert isinstance(node.op, MatMul | Conv)
    planes = tuple(node.op.planes.tolist())
    padded = source.dtype != node.inputs[0].type.dtype
    unit = MvtuUnit(
        **_common(node, source, result, fused),
        weights=weights,
        weight_type=node.op.weight_type,
        simd=source.lanes,
        counted=isinstance(node.op.weight_type, Bipolar) and padded,
        arithmetic=Arithmetic.SIDE_BY_SIDE if planes else Arithmetic.DIRECT,
        planes=planes,
    )
    return _in_popcounts(unit, unit.mw)


def gated_unit(product: MvtuUnit, gate: Stream, op: Threshold) -> MvtuGatedUnit:
    """The unit that applies `op` to the sums of `product`, a unit without activation, times the codes of `gate`."""
    shape = product.mh, op.thresholds.shape[1]
    (lowest, highest), accumulator = _sums(product, product.mw), product.accumulator
    scaled = np.broadcast_to(op.thresholds, shape)
    sets = [np.where(scaled <= 0, lowest, highest + 1)]
    for code in range(1, gate.dtype.max + 1):
        sets.append(accumulator.threshold(-(-scaled // code), product.mw).clip(lowest, highest + 1))
    rows = fold_rows(product.neuron_folds) * product.output.lanes

    def for_each_code(values: IntArray, *shape: int) -> IntArray:
        return np.pad(values, ((0, 0), (0, rows - product.mh), *[(0, 0)] * (values.ndim - 2))).reshape(-1, *shape)

    descending = np.broadcast_to(op.descending, (len(sets), product.mh))
    activation = Thresholding(for_each_code(np.stack(sets), shape[1]), for_each_code(descending), op.base, op.step)
    return MvtuGatedUnit(replace(product, activation=activation), gate)


def depthwise_unit(node: Node, source: Stream, result: Stream, weights: IntArray, fused: Node | None) -> DepthwiseUnit:
    """The depthwise vector unit of `node`; `weights` is (C, taps)."""
    assert isinstance(node.op, Conv)
    unit = DepthwiseUnit(**_common(node, source, result, fused), weights=weights, weight_type=node.op.weight_type)
    return _in_popcounts(unit, unit.taps)


def require_constants(node: Node) -> None:
    """The numbers that units have as parameters must fit 32 bits. Raises: ModelError."""
    match node.op:
        case Threshold(base=base) if not -(1 << 31) <= base < 1 << 31:
            must, found = "its codes must start within 32 bits", str(base)
            raise ModelError(node.label, must, found, "Use a quantiser whose codes lie nearer to 0")
        case MatMul(weights=weights, planes=planes) | Conv(weights=weights, planes=planes) if planes.size:
            most = sum(planes.tolist()) * weights[0].size
            if most >= 1 << 31:
                must = "the factors of its planes, all inputs together, must fit 32 bits"
                raise ModelError(node.label, must, str(most), "Use coarser factors")


def rewritable(unit: MvtuUnit | DepthwiseUnit, node: Node) -> MvtuUnit | DepthwiseUnit:
    """The unit with room for any weights and thresholds of its types.

    Its running sum holds whatever such weights give; where accumulators leave, theirs must fit the type as it is.
    """
    assert isinstance(node.op, MatMul | Conv)
    dtype, planes = node.inputs[0].type.dtype, int(node.op.planes.sum())
    low, high = (-planes, planes) if planes else (dtype.min, dtype.max)
    pads = node.op.pad if isinstance(node.op, Conv) and node.op.geometry.pads else low
    unit = replace(unit, writable=(min(low, pads), max(high, pads)))
    if unit.activation is None:
        return unit
    fan_in = unit.mw if isinstance(unit, MvtuUnit) else unit.taps
    if unit.accumulator.offset:
        low, high = _sums(unit, fan_in)
    else:
        assert unit.writable is not None
        ends = [weight * x * fan_in for weight in (unit.weight_type.min, unit.weight_type.max) for x in unit.writable]
        low, high = min(*ends, -1), max(*ends, 0)
    room = smallest_int(low, high + 1)
    return replace(unit, sum_type=smallest_int(low, high), activation=replace(unit.activation, room=room))


def _common(node: Node, source: Stream, result: Stream, fused: Node | None) -> dict[str, Any]:
    """Fields that every unit with weights has."""
    accumulator = node.output.type.dtype
    activation = None
    if fused is not None:
        assert isinstance(fused.op, Threshold)
        activation = thresholding(fused.op)
    return {
        "name": node.name,
        "origin": node.origin,
        "input": source,
        "output": result,
        # Signed, so that partial sums may pass below zero on their way.
        "sum_type": smallest_int(min(accumulator.min, -1), max(accumulator.max, 0)),
        "activation": activation,
    }


def _in_popcounts(unit: Unit, fan_in: int) -> Unit:
    """A unit that counts agreements: acc = 2 * pc - MW, so acc >= T exactly where pc >= ceil((MW + T) / 2).

    Of planes with factors of sum B: acc = slope * sum - B * MW. Any other unit stays as it is.
    """
    if not unit.accumulator.offset:
        return unit
    most = _sums(unit, fan_in)[1]
    unit = replace(unit, sum_type=smallest_int(0, most))
    if unit.activation is None:
        return unit
    counts = unit.accumulator.threshold(unit.activation.thresholds, fan_in).clip(0, most + 1)
    return replace(unit, activation=replace(unit.activation, thresholds=counts))


def _sums(unit: MvtuUnit | DepthwiseUnit, fan_in: int) -> tuple[int, int]:
    """The least and the most that the running sum can be in the end."""
    if unit.accumulator.offset:
        return 0, 2 * -unit.accumulator.offset * fan_in // unit.accumulator.slope
    return unit.sum_type.min, unit.sum_type.max
