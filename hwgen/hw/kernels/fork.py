"""Fork: every beat to every reader, for a tensor that several layers read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.schedule import Queue
from hwgen.hw.unit import Unit

DEPTH = 2
"""Beats held for each reader: one is read while the next is written."""


@dataclass(frozen=True, eq=False)
class ForkUnit(Unit):
    """Copies `input` to each of `outputs`; takes a beat while every reader's queue has room."""

    stem: ClassVar[str] = "fork"

    @property
    def is_adapter(self) -> bool:
        return True

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Queue:
        return Queue(DEPTH)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,) * len(self.outputs)),)

    @property
    def parameters(self) -> Parameters:
        return {"Readers": len(self.outputs), "Width": self.input.width}

    @property
    def function(self) -> Function:
        word = str(self.input.width)
        size = Size("BEATS", self.input.beats, "of a frame")
        return Function(f"Every beat to {len(self.outputs)} readers.", (size,), (), ("BEATS",), (word,), word)

    def write_bill(self, bill: Bill) -> None:
        for _ in self.outputs:
            bill.queue(self.input.width, DEPTH, MemoryStyle.LUT)
