"""What units with weights declare alike: from their nodes to parameters, memories, types and their bill."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hwgen.hw.activation import Coding, Linear
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Access, Parameters, Size, Store, Table, Template, Type, code
from hwgen.hw.kernels import coding
from hwgen.hw.memory import Memory, MemoryStyle, index_bits
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Weighted
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv, MatMul, Threshold
from hwgen.ir.types import Bipolar, DType, smallest_int

LATENCY = 5
"""Cycles from a slot to its beat at the output: operands, lane sums, accumulator, activation, output queue."""


# From the network.

_Unit = TypeVar("_Unit", bound=Any)


def fields_of(node: Node, source: Stream, result: Stream, fused: Node | None) -> dict[str, Any]:
    """Fields that every unit with weights has; `fused` is the threshold that it applies."""
    accumulator = node.output.type.dtype
    # Signed, so that partial sums may pass below zero on their way.
    sum_type = smallest_int(min(accumulator.min, -1), max(accumulator.max, 0))
    activation = None
    if fused is not None:
        assert isinstance(fused.op, Threshold)
        activation = (
            coding.compared(fused.op)
            if _counts(node, source)
            else coding.thresholding(fused.op, sum_type, result.vector_beats)
        )
    return {
        "name": node.name,
        "origin": node.origin,
        "inputs": (source,),
        "outputs": (result,),
        "sum_type": sum_type,
        "activation": activation,
    }


def _counts(node: Node, source: Stream) -> bool:
    """Whether sums are counts of agreements."""
    assert isinstance(node.op, MatMul | Conv)
    return bool(node.op.planes.size) or linear(node.op.weight_type, source.dtype).offset != 0


def in_popcounts(unit: _Unit) -> _Unit:
    """A unit that counts agreements: acc = 2 * pc - MW, so acc >= T exactly where pc >= ceil((MW + T) / 2).

    Of planes with factors of sum B: acc = slope * sum - B * MW. Any other unit stays as it is.
    """
    if not unit.accumulator.offset:
        return unit
    most = sums_of(unit)[1]
    unit = replace(unit, sum_type=smallest_int(0, most))
    if unit.activation is None:
        return unit
    counts = unit.accumulator.threshold(unit.activation.thresholds, unit.fan_in).clip(0, most + 1)
    return replace(unit, activation=replace(unit.activation, thresholds=counts))


def sums_of(unit: Weighted) -> tuple[int, int]:
    """The least and the most that the running sum can be in the end."""
    if unit.accumulator.offset:
        return 0, 2 * -unit.accumulator.offset * unit.fan_in // unit.accumulator.slope
    return unit.sum_type.min, unit.sum_type.max


def uncoded(unit: _Unit, numbers: Stream) -> tuple[_Unit] | None:
    """The unit without its activation, unless it has none or a host rewrites it."""
    if unit.activation is None or unit.activation.room is not None:
        return None
    return (replace(unit, activation=None, outputs=(numbers,)),)


def rewritable(unit: _Unit, node: Node) -> _Unit:
    """The unit with room for any weights and thresholds of its types.

    Its running sum holds whatever such weights give; thresholds beyond that move to its ends, which changes no code.
    Where accumulators leave, theirs must fit the type as it is.
    """
    assert isinstance(node.op, MatMul | Conv)
    dtype, planes = node.inputs[0].type.dtype, int(node.op.planes.sum())
    low, high = (-planes, planes) if planes else (dtype.min, dtype.max)
    pads = node.op.pad if isinstance(node.op, Conv) and node.op.geometry.pads else low
    ends = min(low, pads), max(high, pads)
    unit = replace(unit, writable=ends)
    if unit.activation is None:
        return unit
    if unit.accumulator.offset:
        low, high = sums_of(unit)
    else:
        reach = [weight * x * unit.fan_in for weight in (unit.weight_type.min, unit.weight_type.max) for x in ends]
        low, high = min(*reach, -1), max(*reach, 0)
    steps = unit.activation.thresholds.clip(low, high + 1)
    activation = replace(unit.activation, thresholds=steps, room=smallest_int(low, high + 1))
    return replace(unit, sum_type=smallest_int(low, high), activation=activation)


# What it declares.


def linear(weight: DType, source: DType) -> Linear:
    """The accumulator as a function of the running sum: XNOR units count agreements."""
    return Linear(2, -1) if isinstance(weight, Bipolar) and isinstance(source, Bipolar) else Linear(1, 0)


def threshold_memory(unit: Weighted, rows: int) -> Memory | None:
    """A word holds the thresholds of a beat, of PE channels."""
    if unit.activation is None:
        return None
    width = unit.output.lanes * unit.activation.levels * unit.activation.type.bits
    return Memory(f"{unit.name}_thresholds", rows, width)


def operand_types(unit: Weighted) -> Parameters:
    """Number types of weights and inputs."""
    return {**code("Weight", unit.weight_type), **code("Input", unit.input.dtype)}


def sum_types(unit: Weighted) -> Parameters:
    """The sum's type, activation and registers of the module; without an activation the accumulator leaves."""
    activation, accumulator = unit.activation, unit.accumulator
    leaving = Coding(accumulator.offset * unit.fan_in, accumulator.slope, unit.output.dtype.bits)
    none = {
        **{"Levels": 0, "ThresholdBits": 1, "ThresholdSigned": True},
        **{"CodeBase": leaving.base, "CodeStep": leaving.step, "CodeBits": leaving.bits},
        **coding.codes(np.zeros(0, dtype=np.int64), unit.output.dtype),
    }
    return {
        "SumBits": unit.sum_type.bits,
        "SumSigned": unit.sum_type.signed,
        **(coding.parameters(activation, unit.output.dtype) if activation else none),
        "OperandStages": unit.registers.operands,
        "ThresholdStages": unit.registers.thresholds,
    }


def stores_of(unit: Weighted, thresholds: Memory | None, sets: Stream) -> tuple[Store, ...]:
    """Weights, thresholds and directions, which are those of a vector of `sets`."""
    access = Access.FIXED if unit.writable is None else Access.HOST
    weights = Store("weights", "weight_addr", unit.weight_rom, lambda: unit.layout.words(unit.weights), access)
    if unit.activation is None or thresholds is None:
        return (weights,)
    return (weights, *coding.threshold_stores(unit.activation, thresholds, sets))


def idle_of(unit: Weighted) -> dict[str, int]:
    """The address of thresholds, where there are none."""
    return {} if unit.activation else {"threshold_addr": index_bits(unit.row_beats)}


def cpp_types(unit: Weighted, fan_in: str) -> tuple[Type, ...]:
    """The number types of the function; `fan_in` by names of its sizes."""
    if unit.activation is not None:
        leaving = coding.type_of(unit.activation)
    else:
        slope, factor = unit.accumulator.slope, -unit.accumulator.offset
        offset = f"-{'' if factor == 1 else f'{factor} * '}int({fan_in})" if factor else "0"
        leaving = Type("Activation", Template("Accumulator", ("Output", slope, offset)))
    return (
        Type("Weight", unit.weight_type),
        Type("Input", unit.input.dtype),
        Type("Sum", unit.sum_type),
        Type("Output", unit.output.dtype),
        leaving,
    )


def cpp_sizes(unit: Weighted) -> tuple[Size, ...]:
    """The constants of its activation."""
    return coding.sizes(unit.activation) if unit.activation else ()


def cpp_tables(unit: Weighted, thresholds: Memory | None, sets: Stream) -> tuple[Table, ...]:
    """Its thresholds, those of a vector of `sets`."""
    return coding.threshold_tables(unit.activation, sets, thresholds) if unit.activation else ()


def described(unit: Weighted) -> str:
    """Types of operands in words."""
    return f"{unit.weight_type} weights times {unit.input.dtype} inputs"


# What it is made of.


def weights_bill(unit: Weighted, bill: Bill) -> int:
    """The weight memory. Returns: bits of a word that change."""
    rom = unit.weight_rom
    if rom.style is MemoryStyle.BLOCK and not unit.writable:
        varying = unit.layout.varying_bits(unit.weights)
        bill.block_memory(varying, rom.depth, writable=False)
        return varying
    if not unit.writable:
        return bill.rom(unit.layout.words(unit.weights), rom.width, rom.style)
    bill.rewritten(rom.width, rom.depth, rom.style)
    return rom.width


def ending_bill(unit: Weighted, thresholds: Memory | None, sets: Stream, bill: Bill, beats: int, credits: int) -> None:
    """Activation, mask of spare lanes and output queue; thresholds are those of a vector of `sets`."""
    output, activation = unit.output, unit.activation
    if activation is not None or output.last_lanes < output.lanes:
        bill.counter(beats)
    if activation is None:
        bill.add("offset bit", output.width if unit.accumulator.offset else 0)
    else:
        coding.thresholds_bill(activation, thresholds, sets, unit.sum_type, bill)
    bill.register(output.width)
    if output.last_lanes < output.lanes:
        bill.register(1)
        bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
    bill.output_queue(output.width, credits)
