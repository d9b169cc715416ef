"""Magnitude unit: the sum of |x| over every pixel, or over the whole tensor; PE elements a cycle.

A box filter behind it, a sum pool, gives XNOR-Net's K without its divisor (Rastegari et al. 2016, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Parameters, Size, Type, beats, code, vectors, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop, last_of
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.hw.unit import Unit

LATENCY = 4
"""Cycles from the last beat read to the sum at the output: magnitudes, sum of the beat, running sum, output queue."""


@dataclass(frozen=True, eq=False)
class MagnitudeUnit(Unit):
    """Reads vectors and writes one sum for every `summed` of them."""

    stem: ClassVar[str] = "magnitude"

    @property
    def summed(self) -> int:
        """Vectors of a sum: one, or all of a frame."""
        return self.input.vectors // self.output.vectors

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        beats = self.summed * self.input.vector_beats
        return VectorLoop(
            slots=beats, reads=beats, slots_per_beat=beats, latency=LATENCY, credits=credits_for(LATENCY, beats)
        )

    def path_ns(self, delays: Delays) -> float:
        longest = max(delays.choice + delays.adder, bits_for(self.input.lanes) * delays.adder)
        return max(delays.control, delays.register + longest)

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (Loop(self.input.beats, (Access.each(),), (last_of(self.summed * self.input.vector_beats),)),)

    @property
    def parameters(self) -> Parameters:
        return {
            **beats(self.input),
            "Vectors": self.summed,
            **code("Input", self.input.dtype),
            "SumBits": self.output.dtype.bits,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose="Magnitude unit: sums of |x|.",
            sizes=(*vectors(self.input), Size("SUMMED", self.summed, "vectors of a sum")),
            types=(Type("Input", self.input.dtype), Type("Output", self.output.dtype)),
            arguments=("VECTORS", "SUMMED", "ELEMENTS", "LANES", "Input", "Output"),
            inputs=(word("Input", "LANES"),),
            output=word("Output"),
        )

    def write_bill(self, bill: Bill) -> None:
        source, total = self.input, self.output.width
        bill.add("magnitude", 1)
        for places in (source.vector_beats, self.summed):
            bill.counter(places)
        bill.register(source.width + 7 + 2 * total)
        bill.add("magnitude bit", source.width if source.dtype.signed else 0)
        bill.add("sum adder bit", (source.lanes - 1) * total)
        bill.add("accumulator bit", total * (self.schedule.slots > 1))
        bill.mask((source.lanes - source.last_lanes) * source.dtype.bits)
        bill.output_queue(total, self.schedule.credits)

    @property
    def lanes(self) -> int:
        return self.input.lanes
