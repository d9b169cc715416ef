"""FIFO: holds beats so that a unit that reads in bursts never stalls the one before it."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory, OneToOne
from hwgen.hw.schedule import Queue
from hwgen.hw.stream import Stream

MIN_DEPTH = 2
"""Beats of the shallowest FIFO: one is read while the next is written."""


@dataclass(frozen=True)
class Fifo(OneToOne):
    """`depth` beats, at least `MIN_DEPTH`; a beat written in one cycle can be read in the next."""

    name: str
    origin: str
    input: Stream
    output: Stream
    depth: int

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def memory(self) -> Memory:
        return Memory(self.name, self.depth, self.input.width)

    @property
    def schedule(self) -> Queue:
        return Queue(self.depth)
