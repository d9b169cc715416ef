"""Elementwise adder of two streams or more: the end of a residual connection."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream

LATENCY = 2
"""Cycles from a beat of every input to their sum at the output: sum, output queue."""


@dataclass(frozen=True)
class AddUnit:
    """Adds beats of `inputs`, lane by lane; all have the same lanes, their types may differ. The sum cannot overflow.

    A slot takes one beat of every input at once.
    """

    name: str
    origin: str
    inputs: tuple[Stream, ...]
    output: Stream

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (self.output,)

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> Engine:
        return Engine(slots=1, reads=1, period=1, latency=LATENCY, credits=credits_for(LATENCY, 1))
