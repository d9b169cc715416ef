"""When the loops of C++ functions move beats: the one statement of the HLS project's handshakes.

A unit becomes one function, or a chain of them, each a single loop at an initiation interval of 1: in slot i of a
frame it reads and writes the streams that `Loop` says. What an HLS tool makes of it is a pipeline of a depth of its
own choice:

- A slot starts one cycle after the one before it at the soonest, when every stream that it reads has a beat. What
  comes behind it waits with it; what is in front of it goes on (the pipeline flushes).
- Its writes come `depth - 1` cycles later, all of them together. If a stream has no room, the whole pipeline stands
  still, and no slot starts.
- A beat written in one cycle can be read in the next. A full stream takes nothing until the cycle after a read.
- The next frame's first slot starts `RESTART` cycles after the last one's writes: the function returns and is called
  again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEPTHS = (1, 2, 4, 8, 16, 32, 64)
"""Pipeline depths that stream depths are made for; the last is the deepest."""

RESTART = 4
"""Cycles from the last slot's writes to the next frame's first slot: N slots take N + depth + 2 cycles a frame."""


@dataclass(frozen=True)
class Access:
    """The slots that move the beats of one stream: beat k moves in slot k // n * stride + slots[k % n], n = len(slots).

    Slots rise, and a frame has a whole number of rounds.
    """

    slots: tuple[int, ...]
    stride: int

    @classmethod
    def each(cls, stride: int = 1, at: int = 0) -> Access:
        """A beat in every `stride`-th slot, the first in slot `at`."""
        return cls((at,), stride)


@dataclass(frozen=True)
class Loop:
    """`slots` slots a frame; `reads` and `writes` have an entry for each stream, in the function's order."""

    slots: int
    reads: tuple[Access, ...]
    writes: tuple[Access, ...]


@dataclass(frozen=True)
class Pipelined:
    """A loop in a pipeline of `depth` stages, whose outputs are streams of `room` beats.

    Elastic: the pipeline holds `depth` slots and closes up behind one that cannot leave. No time is later than in the
    rigid pipeline of the module's text, so what an elastic one does not keep, no pipeline keeps.
    """

    loop: Loop
    depth: int
    room: tuple[int, ...]


@dataclass(frozen=True)
class HlsTimes:
    """What holds for an HLS project, however deep its pipelines are.

    Attributes:
        interval: cycles a frame at most.
        latency: the least and the most cycles from the first beat taken to the last of the first frame.
        depths: of the streams by name, where they are more than two beats.
    """

    interval: int
    latency: tuple[int, int]
    depths: Mapping[str, int]


def last_of(period: int) -> Access:
    """A beat in the last of every `period` slots."""
    return Access.each(period, period - 1)
