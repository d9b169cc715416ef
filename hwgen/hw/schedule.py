"""When units move beats: the one statement of every unit's handshake behaviour, and the network's cycle model.

A beat on a stream has two times: when it becomes visible to the reader, and when the reader takes it. Three kinds of
control decide them, each a recurrence over maxima of earlier times, so the times do not depend on the order in which
they are computed, and a network's cycles come out exactly without stepping a clock:

    Engine   slot i fires no sooner than one cycle after slot i-1; a reading slot waits for its beat; a slot that ends
             an output beat waits until fewer than `credits` beats are on their way or waiting at the output.
    Gearbox  a beat is taken one cycle after the last, while at most 2*pull - 1 groups are held.
    Queue    a beat is taken one cycle after the last, while fewer than `depth` are held.

Space freed in one cycle can be used in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.stream import ceil_div


@dataclass(frozen=True)
class Engine:
    """A computing unit: `slots` a frame, the first `reads` of them take a beat, every `period`-th ends an output beat.

    The beat ended by a slot at cycle t can be read at t + `latency`.
    """

    slots: int
    reads: int
    period: int
    latency: int
    credits: int


@dataclass(frozen=True)
class Gearbox:
    """A width converter: a beat in adds `push` groups (`last_push` at the end of a frame), a beat out drops `pull`."""

    in_beats: int
    out_beats: int
    push: int
    last_push: int
    pull: int


@dataclass(frozen=True)
class Queue:
    """A FIFO of `depth` beats."""

    depth: int


Schedule = Engine | Gearbox | Queue


def credits_for(latency: int, period: int) -> int:
    """Depth of an output queue that lets a beat leave every `period` cycles: a credit is away for latency + 1."""
    return max(2, ceil_div(latency + 1, period))
