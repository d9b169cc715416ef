"""Top-1 unit: the index of the largest score of a frame, the lowest index where several are equal."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import OneToOne
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream

LATENCY = 3
"""Cycles from the last beat read to the index at the output: best of the beat, best of the frame, output queue."""


@dataclass(frozen=True)
class ArgmaxUnit(OneToOne):
    """Reads the scores of a frame, writes one index."""

    name: str
    origin: str
    input: Stream
    output: Stream

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Engine:
        beats = self.input.beats
        return Engine(slots=beats, reads=beats, period=beats, latency=LATENCY, credits=credits_for(LATENCY, beats))
