"""Fork: every beat to every reader, for a tensor that several layers read."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.schedule import Queue
from hwgen.hw.stream import Stream

DEPTH = 2
"""Beats held for each reader: one is read while the next is written."""


@dataclass(frozen=True)
class ForkUnit:
    """Copies `input` to each of `outputs`; takes a beat while every reader's queue has room."""

    name: str
    origin: str
    input: Stream
    outputs: tuple[Stream, ...]

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (self.input,)

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Queue:
        return Queue(DEPTH)
