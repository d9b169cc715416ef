"""Scale unit: the channels of every pixel times a number of that pixel; one multiplier a lane."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream

LATENCY = 3
"""Cycles from a beat read to its products at the output: operands, products, output queue."""


@dataclass(frozen=True)
class ScaleUnit:
    """Multiplies every beat of a vector of the first input with the one beat of the second, a single number.

    The number stays at the input until the vector's last beat is read. A product cannot overflow.
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
        beats = self.output.vector_beats
        return Engine(slots=beats, reads=beats, period=1, latency=LATENCY, credits=credits_for(LATENCY, 1), kept=1)
