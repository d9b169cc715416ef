"""FIFO: holds beats so that a unit that reads in bursts never stalls the one before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory
from hwgen.hw.schedule import Queue
from hwgen.hw.unit import Buffer, Unit

SHORT = 2
"""Beats of the shallowest FIFO that takes a beat every cycle: one is read while the next is written."""


@dataclass(frozen=True, eq=False)
class FifoUnit(Unit):
    """`depth` beats. One written in a cycle can be read in the next, so that depth 1 takes a beat every other cycle."""

    stem: ClassVar[str] = "fifo"

    depth: int

    @property
    def is_adapter(self) -> bool:
        return True

    @property
    def cycles(self) -> int:
        return self.input.beats * (2 if self.depth == 1 else 1)

    @property
    def schedule(self) -> Queue:
        return Queue(self.depth)

    def path_ns(self, delays: Delays) -> float:
        return max(delays.control, delays.register + delays.word(self.memory) + delays.choice)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,)),)

    @property
    def fifo_depth(self) -> int:
        return self.depth

    @property
    def buffer(self) -> Buffer:
        return Buffer(self.depth, self.output.beats, self.memory)

    def resized(self, size: int) -> Self:
        return replace(self, depth=size)

    @property
    def memory(self) -> Memory:
        return Memory(self.name, self.depth, self.input.width)

    @property
    def parameters(self) -> Parameters:
        return {"Width": self.memory.width, "Depth": self.depth, "Style": self.memory.style.value}

    @property
    def function(self) -> Function:
        word = str(self.input.width)
        size = Size("BEATS", self.input.beats, "of a frame")
        return Function("Carries beats at the edge of the chip.", (size,), (), ("BEATS",), (word,), word)

    def write_bill(self, bill: Bill) -> None:
        bill.queue(self.memory.width, self.depth, self.memory.style)
