"""Concat: vectors of several streams joined end to end, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.schedule import Turns
from hwgen.hw.stream import Stream

DEPTH = 2
"""Beats held at the output: one is read while the next is written."""


@dataclass(frozen=True)
class ConcatUnit:
    """Reads one vector of each of `inputs` in turn. All streams have the same lanes, which divide every vector."""

    name: str
    origin: str
    inputs: tuple[Stream, ...]
    output: Stream

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (self.output,)

    @property
    def turns(self) -> tuple[int, ...]:
        """Beats read from each input for one output vector."""
        return tuple(stream.vector_beats for stream in self.inputs)

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> Turns:
        return Turns(self.turns, DEPTH)
