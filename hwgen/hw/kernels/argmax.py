"""Top-1 unit: the index of the largest score of a frame, the lowest index where several are equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Parameters, Type, vectors, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop, last_of
from hwgen.hw.pipeline import NO_SPAN
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar

LATENCY = 3
"""Cycles from the last beat read to the index at the output: best of the beat, best of the frame, output queue."""


@dataclass(frozen=True, eq=False)
class ArgmaxUnit(Unit):
    """Reads the scores of a frame, writes one index.

    Attributes:
        span: comparisons of the scores of a beat between two rows of pipeline registers.
    """

    stem: ClassVar[str] = "argmax"

    span: int = NO_SPAN

    @property
    def levels(self) -> int:
        """Comparisons from the scores of a beat to the best of them."""
        return bits_for(self.input.lanes)

    @property
    def rows(self) -> int:
        """Rows of pipeline registers among them; behind the last one there always are some."""
        return max(0, self.levels - 1) // self.span

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        beats, latency = self.input.beats, LATENCY + self.rows
        return VectorLoop(
            slots=beats, reads=beats, slots_per_beat=beats, latency=latency, credits=credits_for(latency, beats)
        )

    def path_ns(self, delays: Delays) -> float:
        compared = delays.compared(self.input.dtype.bits + 1) + delays.choice
        return delays.register + max(compared, min(self.span, self.levels) * (compared + delays.choice))

    @property
    def pipelines(self) -> tuple[tuple[int, Self], ...]:
        finer = (replace(self, span=span) for span in range(self.levels - 1, 0, -1))
        return tuple((unit.rows, unit) for unit in finer)

    @property
    def loops(self) -> tuple[Loop, ...]:
        beats = self.input.beats
        return (Loop(beats, (Access.each(),), (last_of(beats),)),)

    @property
    def parameters(self) -> Parameters:
        score = self.input.dtype
        return {
            "Lanes": self.input.lanes,
            "Beats": self.input.beats,
            "LastLanes": self.input.last_lanes,
            "ScoreBits": score.bits,
            "ScoreSigned": score.signed and not isinstance(score, Bipolar),
            "IndexBits": self.output.width,
            "Span": self.span,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose="Index of the largest score.",
            sizes=vectors(self.input),
            types=(Type("Input", self.input.dtype), Type("Output", self.output.dtype)),
            arguments=("VECTORS", "ELEMENTS", "LANES", "Input", "Output"),
            inputs=(word("Input", "LANES"),),
            output=word("Output"),
        )

    def write_bill(self, bill: Bill) -> None:
        stream, index = self.input, self.output.dtype.bits
        bits, lanes = stream.dtype.bits, stream.lanes
        bill.add("argmax", 1)
        bill.counter(stream.beats)
        bill.register(2 + self.rows + self.levels + index)
        for level in range(self.span, self.levels, self.span):
            bill.register(ceil_div(lanes, 1 << level) * (bits + 1 + level))
        if stream.beats > 1:
            bill.register(2 * (1 + self.rows) + 2 * (bits + 1) + index)
        bill.add("larger bit", (lanes - 1 + (stream.beats > 1)) * bits)
        bill.add("choice bit", (lanes - 1) * (bits + self.levels))
        bill.output_queue(index, self.schedule.credits)

    @property
    def lanes(self) -> int:
        return self.input.lanes
