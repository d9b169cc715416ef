"""Magnitude unit: the sum of |x| over every pixel, or over the whole tensor; PE elements a cycle.

A box filter behind it, a sum pool, gives XNOR-Net's K without its divisor (Rastegari et al. 2016, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import OneToOne
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream

LATENCY = 4
"""Cycles from the last beat read to the sum at the output: magnitudes, sum of the beat, running sum, output queue."""


@dataclass(frozen=True)
class MagnitudeUnit(OneToOne):
    """Reads vectors and writes one sum for every `summed` of them."""

    name: str
    origin: str
    input: Stream
    output: Stream

    @property
    def summed(self) -> int:
        """Vectors of a sum: one, or all of a frame."""
        return self.input.vectors // self.output.vectors

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Engine:
        beats = self.summed * self.input.vector_beats
        return Engine(slots=beats, reads=beats, period=beats, latency=LATENCY, credits=credits_for(LATENCY, beats))
