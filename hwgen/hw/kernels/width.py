"""Stream width converter between any two lane counts, frame by frame, with no bubble at the faster side.

Lanes move in groups of g = gcd(P, Q). The unit takes a beat while it holds at most `Gearbox.limit` groups and offers
one while it holds at least Q/g. The last input beat of a frame is cut or zero-filled so that frames never share a beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hwgen.hw.schedule import Gearbox
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class WidthConverter:
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
        return Gearbox(
            in_beats=self.input.beats,
            out_beats=self.output.beats,
            push=push,
            last_push=self.output.beats * pull - (self.input.beats - 1) * push,
            pull=pull,
        )
