"""A layer of constants: a vector a cycle, through a graph of adders made for its very weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import ClassVar, Self

import numpy as np

from hwgen.hw.adders.codes import Levels, quantised, tabled
from hwgen.hw.adders.digits import digit_counts
from hwgen.hw.adders.luts import cells
from hwgen.hw.adders.pipeline import Pipeline, pipeline_of
from hwgen.hw.adders.search import MOST_DIGITS, graph_of
from hwgen.hw.adders.steps import Netlist, Wire
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size, Type, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.hw.resources import Resources
from hwgen.hw.schedule import VectorLoop
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv, MatMul, Threshold
from hwgen.ir.types import Bipolar, DType, IntArray, IntType

_REGISTERS = PipelineRegisters(span=2)
"""Of a unit that the user asks no more of."""

_TABLE_BITS = 8
"""A neuron of so many inputs of one bit is a table of its codes."""

_MOST_LEVELS = 255
"""Thresholds of a channel beyond which no comparisons are made of constants."""


@dataclass(frozen=True, eq=False)
class WiredUnit(Unit):
    """Computes all neurons of a vector at once; their weights and thresholds are in its wiring.

    The graph of adders is made when something reads it: bounds of a design need none.

    Attributes:
        registers: behind every `span` levels of the graph, and with `operands` behind the inputs.
    """

    stem: ClassVar[str] = "wired"

    weight_type: DType
    layer: Layer
    registers: PipelineRegisters = _REGISTERS

    @classmethod
    def of(cls, node: Node, source: Stream, result: Stream, weights: IntArray, fused: Node | None) -> WiredUnit | None:
        """The unit of `node` with `weights` (outputs, inputs), where both streams have a beat a vector.

        Returns: None where weights (`MOST_DIGITS`) or thresholds are too many.
        """
        assert isinstance(node.op, MatMul | Conv)
        threshold = fused.op if fused is not None else None
        if isinstance(threshold, Threshold) and threshold.thresholds.shape[1] > _MOST_LEVELS:
            return None
        if digit_counts(weights).sum() > MOST_DIGITS:
            return None
        layer = Layer(weights, source.dtype, result.dtype, threshold)
        return cls(node.name, node.origin, (source,), (result,), node.op.weight_type, layer)

    @property
    def netlist(self) -> Netlist:
        """What it computes, from the codes of a beat to those of another; of a bipolar code its bit."""
        return _netlist(self.layer)

    @cached_property
    def pipeline(self) -> Pipeline:
        return pipeline_of(self.netlist, self.registers.span, self.registers.operands)

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, registers=registers)

    # Cycles.

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop.of_beats(1, self.pipeline.stages + 1)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,)),)

    # How fast a clock may be.

    def path_ns(self, delays: Delays) -> float:
        first = self.pipeline.first_levels
        arriving = delays.choice + first * delays.level if first else 0.0
        return max(delays.control, delays.register + max(arriving, self.registers.span * delays.level))

    @property
    def pipelines(self) -> tuple[tuple[int, Self], ...]:
        finer = (PipelineRegisters(*each) for each in ((1, 2), (0, 1), (1, 1)))
        units = [self.with_registers(each) for each in finer]
        return tuple((unit.pipeline.stages - self.pipeline.stages, unit) for unit in units)

    # What back ends print.

    @property
    def wiring(self) -> Pipeline:
        return self.pipeline

    @property
    def purpose(self) -> str:
        return (
            f"{self.input.elements} {self.input.dtype} inputs to {self.output.elements} {self.output.dtype} outputs"
            f" by constant {self.weight_type} weights, all in a cycle."
        )

    @property
    def parameters(self) -> Parameters:
        return {
            "InWidth": self.input.width,
            "OutWidth": self.output.width,
            "Stages": self.pipeline.stages,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose=f"Layer of constants: {self.weight_type} weights times {self.input.dtype} inputs.",
            sizes=(
                Size("VECTORS", self.input.vectors, "of a frame"),
                Size("INPUTS", self.input.elements, "of a vector"),
                Size("OUTPUTS", self.output.elements, "of a vector"),
            ),
            types=(Type("Input", _bits(self.input.dtype)), Type("Output", _bits(self.output.dtype))),
            arguments=("VECTORS", "INPUTS", "OUTPUTS", "Input", "Output", "Netlist"),
            inputs=(word("Input", "INPUTS"),),
            output=word("Output", "OUTPUTS"),
            printed=("Netlist",),
        )

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        taken = cells(self.netlist)
        bill.memories += Resources(lut=taken.luts + self.pipeline.shift_registers)
        bill.chains += taken.carries
        bill.register(self.pipeline.registers + self.pipeline.stages)
        bill.output_queue(self.output.width, self.schedule.credits)

    @property
    def label(self) -> str:
        return "wired"

    @property
    def limit(self) -> str:
        return f"it computes {self.input.beats:,} vectors, one a cycle"

    @property
    def simd_lanes(self) -> int:
        return self.input.lanes


class Layer:
    """A layer by its contents, which are the key of the graph found for it."""

    def __init__(self, weights: IntArray, source: DType, result: DType, threshold: object) -> None:
        self.weights, self.source, self.result = weights.astype(np.int64), source, result
        self.threshold = threshold if isinstance(threshold, Threshold) else None
        held = self.threshold
        numbers = () if held is None else (held.thresholds, held.descending, held.table)
        self.key = (source, result, weights.shape, *(each.astype(np.int64).tobytes() for each in (weights, *numbers)))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and self.key == other.key


@lru_cache(maxsize=64)
def _netlist(layer: Layer) -> Netlist:
    """The steps of a layer; of bipolar inputs x = 2 b - 1 the bits b are summed."""
    counts = isinstance(layer.source, Bipolar)
    slope, offsets = (2, -layer.weights.sum(axis=1)) if counts else (1, np.zeros(len(layer.weights), dtype=np.int64))
    small = np.count_nonzero(layer.weights, axis=1) <= (_TABLE_BITS if counts and layer.threshold else 0)
    found = graph_of(np.where(small[:, None], 0, layer.weights), _wire(layer.source))
    builder, outputs = found.builder, []
    for index, row in enumerate(found.rows):
        offset = int(offsets[index])
        if layer.threshold is None:
            outputs.append(builder.plus(replace(row, shift=row.shift + slope - 1), offset))
            continue
        levels = _levels(layer.threshold, index, layer.result, (slope, offset))
        is_table = small[index] and layer.weights[index].any()
        code = tabled(builder, layer.weights[index], levels) if is_table else quantised(builder, row, levels)
        outputs.append(code)
    return builder.netlist(outputs)


def _bits(dtype: DType) -> DType:
    """The number type that the steps see."""
    return IntType(1, signed=False) if isinstance(dtype, Bipolar) else dtype


def _wire(dtype: DType) -> Wire:
    return Wire(dtype.bits, not isinstance(dtype, Bipolar) and dtype.signed)


def _levels(op: Threshold, channel: int, result: DType, accumulator: tuple[int, int]) -> Levels:
    """The codes of a channel's sums, of which the accumulator is slope * sum + offset."""
    slope, offset = accumulator
    thresholds = op.thresholds[channel if len(op.thresholds) > 1 else 0]
    falls = bool(op.descending[channel if len(op.descending) > 1 else 0])
    table = op.table[::-1] if falls else op.table
    if isinstance(result, Bipolar):
        table = (table + 1) // 2
    return Levels(-((offset - thresholds) // slope), table, _wire(result))
