"""Standalone threshold unit: PE elements a cycle, for a quantiser with no matrix in front: the
network's input, a residual sum, an average pool."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory, OneToOne
from hwgen.hw.kernels.mvtu import Thresholding
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream

LATENCY = 3
"""Cycles from a beat read to its codes at the output: operand, code, output queue."""


@dataclass(frozen=True, eq=False)
class ThresholdUnit(OneToOne):
    """Applies `activation` to each element of every vector; its thresholds are (elements, L), or (1, L) for all."""

    name: str
    origin: str
    input: Stream
    output: Stream
    activation: Thresholding

    @property
    def shared(self) -> bool:
        """One set of thresholds for every element: constants instead of a memory."""
        return bool(self.activation.thresholds.shape[0] == 1)

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Engine:
        beats = self.input.vector_beats
        return Engine(slots=beats, reads=beats, period=1, latency=LATENCY, credits=credits_for(LATENCY, 1))

    @property
    def threshold_rom(self) -> Memory | None:
        """None where the thresholds are shared."""
        if self.shared:
            return None
        width = self.input.lanes * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.input.vector_beats, width)
