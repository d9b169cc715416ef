"""Concat: parts of several streams joined end to end: vectors, rows of images or whole frames, in turn."""

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
    """Reads a part of each of `inputs` in turn. All streams have the same lanes, which divide every vector.

    Attributes:
        rounds: parts that a frame of each input is cut into: its pixels where channels are joined, its rows where
            columns are, one where rows are.
    """

    stem: ClassVar[str] = "concat"

    rounds: int

    @property
    def input_beats(self) -> tuple[int, ...]:
        """Beats read from each input in its turn."""
        return tuple(stream.beats // self.rounds for stream in self.inputs)

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> Merge:
        return Merge(self.input_beats, DEPTH)

    @property
    def loops(self) -> tuple[Loop, ...]:
        period = self.output.beats // self.rounds
        ends = list(accumulate(self.input_beats, initial=0))
        reads = tuple(Access(tuple(range(*span)), period) for span in pairwise(ends))
        return (Loop(self.output.beats, reads, (Access.each(),)),)

    @property
    def parameters(self) -> Parameters:
        return {"Inputs": len(self.inputs), "Width": self.output.width, "Beats": Packed(self.input_beats, 32)}

    @property
    def function(self) -> Function:
        inputs, parts = (tuple(f"{name}{index}" for index in range(len(self.inputs))) for name in ("Input", "Part"))
        turns = zip(inputs, parts, self.input_beats, strict=True)
        return Function(
            purpose=f"Parts of {len(inputs)} streams, joined end to end.",
            sizes=(
                Size("ROUNDS", self.rounds, "of a frame: a part of each stream"),
                Size("LANES", self.output.lanes, "elements a cycle"),
            ),
            types=(
                *(Type(name, stream.dtype) for name, stream in zip(inputs, self.inputs, strict=True)),
                Type("Output", self.output.dtype),
                *(Type(part, Template("Part", (name, turn))) for name, part, turn in turns),
            ),
            arguments=("ROUNDS", "LANES", "Output", *parts),
            inputs=tuple(word(name, "LANES") for name in inputs),
            output=word("Output", "LANES"),
            output_first=True,
        )

    def write_bill(self, bill: Bill) -> None:
        bill.add("turn bit", 3 * len(self.inputs))  # whether it is an input's turn, it is taken and may come
        bill.counter(len(self.inputs))
        bill.counter(max(self.input_beats))
        bill.add("operand mux bit", self.output.width * (len(self.inputs) - 1))
        bill.queue(self.output.width, self.schedule.depth, MemoryStyle.LUT)
