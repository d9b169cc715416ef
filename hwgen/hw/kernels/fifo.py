"""FIFO: holds beats so that a unit that reads in bursts never stalls the one before it."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory, OneToOne
from hwgen.hw.schedule import Queue
from hwgen.hw.stream import Stream

SHORT = 2
"""Beats of the shallowest FIFO that takes a beat every cycle: one is read while the next is written."""


@dataclass(frozen=True)
class FifoUnit(OneToOne):
    """`depth` beats. One written in a cycle can be read in the next, so that depth 1 takes a beat every other cycle."""

    name: str
    origin: str
    input: Stream
    output: Stream
    depth: int

    @property
    def cycles(self) -> int:
        return self.input.beats * (2 if self.depth == 1 else 1)

    @property
    def memory(self) -> Memory:
        return Memory(self.name, self.depth, self.input.width)

    @property
    def schedule(self) -> Queue:
        return Queue(self.depth)
