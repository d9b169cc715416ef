"""Concat: vectors of several streams joined end to end, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import ClassVar

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Packed, Parameters, Size, Template, Type, word
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.schedule import Merge
from hwgen.hw.unit import Unit

DEPTH = 2
"""Beats held at the output: one is read while the next is written."""


@dataclass(frozen=True, eq=False)
class ConcatUnit(Unit):
    """Reads one vector of each of `inputs` in turn. All streams have the same lanes, which divide every vector."""

    stem: ClassVar[str] = "concat"

    @property
    def input_beats(self) -> tuple[int, ...]:
        """Beats read from each input for one output vector."""
        return tuple(stream.vector_beats for stream in self.inputs)

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> Merge:
        return Merge(self.input_beats, DEPTH)

    @property
    def loops(self) -> tuple[Loop, ...]:
        period = self.output.vector_beats
        ends = list(accumulate(self.input_beats, initial=0))
        reads = tuple(Access(tuple(range(*span)), period) for span in pairwise(ends))
        return (Loop(self.output.beats, reads, (Access.each(),)),)

    @property
    def parameters(self) -> Parameters:
        return {"Inputs": len(self.inputs), "Width": self.output.width, "Beats": Packed(self.input_beats, 32)}

    @property
    def function(self) -> Function:
        inputs, parts = (tuple(f"{name}{index}" for index in range(len(self.inputs))) for name in ("Input", "Part"))
        streams = zip(inputs, parts, self.inputs, strict=True)
        return Function(
            purpose=f"Vectors of {len(inputs)} streams, joined end to end.",
            sizes=(
                Size("VECTORS", self.output.vectors, "of a frame"),
                Size("LANES", self.output.lanes, "elements a cycle"),
            ),
            types=(
                *(Type(name, stream.dtype) for name, stream in zip(inputs, self.inputs, strict=True)),
                Type("Output", self.output.dtype),
                *(Type(part, Template("Part", (name, stream.vector_beats))) for name, part, stream in streams),
            ),
            arguments=("VECTORS", "LANES", "Output", *parts),
            inputs=tuple(word(name, "LANES") for name in inputs),
            output=word("Output", "LANES"),
            output_first=True,
        )

    def write_bill(self, bill: Bill) -> None:
        bill.add("concat", 1)
        bill.counter(len(self.inputs))
        bill.counter(max(self.input_beats))
        bill.add("operand mux bit", self.output.width * (len(self.inputs) - 1))
        bill.queue(self.output.width, self.schedule.depth, MemoryStyle.LUT)
