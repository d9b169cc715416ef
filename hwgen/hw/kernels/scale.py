"""Scale unit: the channels of every pixel times a number of that pixel, or of their own; one multiplier a lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size, Type, beats, code, vectors, word
from hwgen.hw.delays import Delays
from hwgen.hw.kernels.sums import has_adder, is_dsp
from hwgen.hw.loop import Access, Loop
from hwgen.hw.resources import Resources
from hwgen.hw.schedule import VectorLoop
from hwgen.hw.unit import Unit

LATENCY = 3
"""Cycles from a beat read to its products at the output: operands, products, output queue."""


@dataclass(frozen=True, eq=False)
class ScaleUnit(Unit):
    """Multiplies every beat of a vector of the first input with the one beat of the second, a single number.

    The number stays at the input until the vector's last beat is read. Where the second input has as many elements as
    the first, it multiplies beat by beat and lane by lane. A product cannot overflow.
    """

    stem: ClassVar[str] = "scale"

    @property
    def factors(self) -> int:
        """Numbers that a vector is multiplied by: one, or one for each element."""
        return self.inputs[1].elements

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> VectorLoop:
        single = self.factors == 1
        return VectorLoop.of_beats(self.output.vector_beats if single else 1, LATENCY, kept=int(single))

    def path_ns(self, delays: Delays) -> float:
        chooses = self.inputs[1].dtype.bits == 1
        return max(delays.control, delays.register + (delays.adder if chooses else delays.product))

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        factors = Access.each(self.output.vector_beats if self.factors == 1 else 1)
        return (Loop(self.output.beats, (each, factors), (each,)),)

    @property
    def parameters(self) -> Parameters:
        return {
            **beats(self.output),
            **code("Input", self.inputs[0].dtype),
            "Factors": self.factors,
            **code("Factor", self.inputs[1].dtype),
            "OutputBits": self.output.dtype.bits,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose=f"Scale unit: each {'vector' if self.factors == 1 else 'element'} times its number.",
            sizes=(*vectors(self.output), Size("FACTORS", self.factors, "numbers that a vector is multiplied by")),
            types=(
                Type("Input", self.inputs[0].dtype),
                Type("Factor", self.inputs[1].dtype),
                Type("Output", self.output.dtype),
            ),
            arguments=("VECTORS", "ELEMENTS", "LANES", "FACTORS", "Input", "Factor", "Output"),
            inputs=(word("Input", "LANES"), word("Factor") if self.factors == 1 else word("Factor", "LANES")),
            output=word("Output", "LANES"),
        )

    def write_bill(self, bill: Bill) -> None:
        source, factor, output = *(stream.dtype for stream in self.inputs), self.output
        bill.add("scale", 1)
        if self.factors == 1 or output.last_lanes < output.lanes:
            bill.counter(output.vector_beats)
        bill.register(2)
        multiplies = factor.bits > 1
        if not (multiplies and has_adder(factor, source, bill.family)):  # else operands and product are in the block
            bill.register(self.inputs[0].width + self.inputs[1].width + output.width)
        if multiplies and is_dsp(factor, source, bill.family):
            bill.memories += Resources(dsp=output.lanes)
        elif multiplies:
            bill.add("product bit", output.lanes * source.bits * factor.bits)
        elif factor.signed:
            bill.add("weight or its negative, bit", output.width)
        bill.mask((output.lanes - output.last_lanes) * source.bits)
        bill.output_queue(output.width, self.schedule.credits)
