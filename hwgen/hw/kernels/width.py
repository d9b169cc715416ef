"""Stream width converter between any two lane counts, vector by vector, with no bubble at the faster side.

Lanes move in groups of g = gcd(P, Q). The unit takes a beat while it holds at most `Gearbox.limit` groups and offers
one while it holds at least Q/g. The last input beat of a vector is cut or zero-filled so that vectors never share a
beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hwgen.hw.kernel import OneToOne
from hwgen.hw.schedule import Gearbox
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class WidthUnit(OneToOne):
    """Turns beats of `input.lanes` into beats of `output.lanes`; the elements stay in order."""

    name: str
    origin: str
    input: Stream
    output: Stream

    @property
    def group(self) -> int:
        """g: lanes that always move together."""
        return math.gcd(self.input.lanes, self.output.lanes)

    @property
    def cycles(self) -> int:
        return max(self.input.beats, self.output.beats)

    @property
    def schedule(self) -> Gearbox:
        group = self.group
        push, pull = self.input.lanes // group, self.output.lanes // group
        in_beats, out_beats = self.input.vector_beats, self.output.vector_beats
        return Gearbox(
            in_beats=in_beats,
            out_beats=out_beats,
            push=push,
            last_push=out_beats * pull - (in_beats - 1) * push,
            pull=pull,
        )
