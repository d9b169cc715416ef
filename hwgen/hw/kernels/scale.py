"""Scale unit: the channels of every pixel times a number of that pixel; one multiplier a lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Type, beats, code, vectors, word
from hwgen.hw.kernels.sums import has_adder, is_dsp
from hwgen.hw.loop import Access, Loop
from hwgen.hw.resources import Resources
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.hw.unit import Unit

LATENCY = 3
"""Cycles from a beat read to its products at the output: operands, products, output queue."""


@dataclass(frozen=True, eq=False)
class ScaleUnit(Unit):
    """Multiplies every beat of a vector of the first input with the one beat of the second, a single number.

    The number stays at the input until the vector's last beat is read. A product cannot overflow.
    """

    stem: ClassVar[str] = "scale"

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> VectorLoop:
        beats = self.output.vector_beats
        return VectorLoop(
            slots=beats, reads=beats, slots_per_beat=1, latency=LATENCY, credits=credits_for(LATENCY, 1), kept=1
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.output.beats, (each, Access.each(self.output.vector_beats)), (each,)),)

    @property
    def parameters(self) -> Parameters:
        return {
            **beats(self.output),
            **code("Input", self.inputs[0].dtype),
            **code("Factor", self.inputs[1].dtype),
            "OutputBits": self.output.dtype.bits,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose="Scale unit: each vector times its number.",
            sizes=vectors(self.output),
            types=(
                Type("Input", self.inputs[0].dtype),
                Type("Factor", self.inputs[1].dtype),
                Type("Output", self.output.dtype),
            ),
            arguments=("VECTORS", "ELEMENTS", "LANES", "Input", "Factor", "Output"),
            inputs=(word("Input", "LANES"), word("Factor")),
            output=word("Output", "LANES"),
        )

    def write_bill(self, bill: Bill) -> None:
        source, factor, output = *(stream.dtype for stream in self.inputs), self.output
        bill.add("scale", 1)
        bill.counter(output.vector_beats)
        bill.register(2)
        multiplies = factor.bits > 1
        if not (multiplies and has_adder(factor, source, bill.family)):  # else operands and product are in the block
            bill.register(self.inputs[0].width + factor.bits + output.width)
        if multiplies and is_dsp(factor, source, bill.family):
            bill.memories += Resources(dsp=output.lanes)
        elif multiplies:
            bill.add("product bit", output.lanes * source.bits * factor.bits)
        elif factor.signed:
            bill.add("weight or its negative, bit", output.width)
        bill.mask((output.lanes - output.last_lanes) * source.bits)
        bill.output_queue(output.width, self.schedule.credits)
