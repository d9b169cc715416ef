"""Standalone threshold unit: PE elements a cycle, for a quantiser with no matrix in front: the
network's input, a residual sum, an average pool."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

from hwgen.hw import packing
from hwgen.hw.activation import Thresholding
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Bits, Function, Parameters, Store, Type, beats, code, vectors, word
from hwgen.hw.delays import Delays
from hwgen.hw.kernels import coding, scaling
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, index_bits
from hwgen.hw.pipeline import NO_REGISTERS, PipelineRegisters
from hwgen.hw.schedule import VectorLoop
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.types import IntArray

LATENCY = 3
"""Cycles from a beat read to its codes at the output: operand, code, output queue."""


@dataclass(frozen=True, eq=False)
class ThresholdUnit(Unit):
    """Applies `activation` to each element of every vector; its thresholds are (elements, L), or (1, L) for all."""

    stem: ClassVar[str] = "threshold"

    activation: Thresholding
    registers: PipelineRegisters = NO_REGISTERS

    @property
    def shared(self) -> bool:
        """One set of thresholds for every element: constants instead of a memory."""
        return bool(self.activation.thresholds.shape[0] == 1)

    @cached_property
    def lookup(self) -> IntArray | None:
        """The code of each input code by its bits, where a table is cheaper than thresholds; None elsewhere."""
        return coding.lookup(self.activation, self.input.dtype, self.output.dtype)

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop.of_beats(self.input.vector_beats, LATENCY + self.registers.thresholds)

    def path_ns(self, delays: Delays) -> float:
        bits, stages = self.input.dtype.bits, self.registers.thresholds
        if self.lookup is not None:
            return max(delays.control, delays.register + ceil_div(bits, coding.INDEX_BITS) * delays.choice)
        code = self.output.dtype.bits
        coded = coding.path_ns(self.activation, bits, code, self.threshold_rom, stages, delays)
        return max(delays.control, delays.register + coded)

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, registers=registers)

    @property
    def pipelines(self) -> tuple[tuple[int, Self], ...]:
        most = coding.most_stages(self.activation) if self.lookup is None else 0
        return tuple((rows, self.with_registers(PipelineRegisters(thresholds=rows))) for rows in range(1, most + 1))

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,)),)

    @property
    def threshold_rom(self) -> Memory | None:
        """None where the thresholds are shared."""
        if self.shared:
            return None
        width = self.input.lanes * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.input.vector_beats, width)

    @property
    def purpose(self) -> str:
        return f"Quantises {self.input.elements} {self.input.dtype} to {self.output.dtype}."

    def uncoded(self, numbers: Stream) -> tuple[Unit, ...]:
        return ()

    @property
    def without_line(self) -> ThresholdUnit | None:
        return None if self.activation.instead is None else replace(self, activation=self.activation.instead)

    @property
    def parameters(self) -> Parameters:
        return {
            **beats(self.input),
            **code("Input", self.input.dtype),
            **coding.parameters(self.activation, self.output.dtype),
            **scaling.parameters(self.activation),
            **self._table,
            "ThresholdStages": self.registers.thresholds,
            "Credits": self.schedule.credits,
        }

    @property
    def _table(self) -> Parameters:
        """What a table has for thresholds."""
        none = {"Levels": 0, "ThresholdBits": 1, "ThresholdSigned": False}
        return {} if self.lookup is None else none | dict(coding.codes(self.lookup, self.output.dtype))

    @property
    def stores(self) -> tuple[Store, ...]:
        if self.threshold_rom is not None:
            return coding.threshold_stores(self.activation, self.threshold_rom, self.input)
        return coding.descending_stores(self.activation, self.input) if len(self.activation.descending) > 1 else ()

    @property
    def ties(self) -> dict[str, Bits | bool]:
        if not self.shared or self.lookup is not None:
            return {}
        bits = packing.to_bits(self.activation.thresholds, self.activation.type)[0]
        found: dict[str, Bits | bool] = {"thresholds": Bits(bits, self.input.lanes)}
        return found if self.stores else found | {"descending": self.activation.any_descending}

    @property
    def idle(self) -> dict[str, int]:
        return {} if self.stores else {"threshold_addr": index_bits(self.input.vector_beats)}

    @property
    def function(self) -> Function:
        kind, tables = coding.type_of(self.activation), None
        if self.lookup is not None:
            kind, tables = coding.LOOKUP, (coding.code_table(self.lookup, "the bits of the input"),)
        return Function(
            purpose=f"Threshold unit: {self.input.dtype} to {self.output.dtype}.",
            sizes=(*vectors(self.input), *(coding.sizes(self.activation) if tables is None else ())),
            types=(Type("Input", self.input.dtype), Type("Output", self.output.dtype), kind),
            arguments=("VECTORS", "ELEMENTS", "LANES", "Input", "Output", "Activation"),
            inputs=(word("Input", "LANES"),),
            output=word("Output", "LANES"),
            tables=tables or coding.threshold_tables(self.activation, self.input, self.threshold_rom),
        )

    def write_bill(self, bill: Bill) -> None:
        stream = self.input
        bill.add("threshold unit", 1)
        masked = stream.last_lanes < stream.lanes
        if masked or not self.shared:
            bill.counter(stream.vector_beats)
        operand = stream.width
        if self.shared and self.lookup is None and self.activation.scaling is None:
            compared = coding.bits_compared(self.activation.thresholds, stream.dtype).max(axis=1)
            operand = round(float(compared.mean()) * stream.lanes)
        bill.register(operand + 2)
        if self.lookup is not None:
            bill.table(self.lookup, stream.lanes)
        else:
            coding.thresholds_bill(self.activation, self.threshold_rom, stream, stream.dtype, bill)
            coding.stages_bill(self.activation, self.registers.thresholds, stream.lanes, masked, bill)
        bill.register(self.output.width)
        if masked:
            bill.register(1)
            bill.mask((stream.lanes - stream.last_lanes) * self.output.dtype.bits)
        bill.output_queue(self.output.width, self.schedule.credits)

    @property
    def lanes(self) -> int:
        return self.input.lanes
