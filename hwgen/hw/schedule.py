"""When units move beats: the one statement of every unit's handshake behaviour.

A beat on a stream has two times: when it becomes visible to the reader, and when the reader takes it. Seven kinds of
control decide them, each a recurrence over maxima of earlier times, so the times do not depend on the order in which
they are computed, and a network's cycles come out exactly without stepping a clock (`simulation.py`):

    Engine   slot i fires no sooner than one cycle after slot i-1; a reading slot waits for its beat (of every input);
             a slot that ends an output beat waits until fewer than `credits` beats are on their way or waiting;
             the beat of a `kept` input stays there until the vector's last slot.
    Gated    an engine that drops the vectors whose gate is closed and pays the output beats that they owe meanwhile.
    Tiles    an engine whose every slot reads and whose tiles end at the last pixel of each.
    Gearbox  a beat is taken one cycle after the last, while at most `limit` groups are held.
    Queue    a beat is taken one cycle after the last, while fewer than `depth` are held (for every reader).
    Turns    a queue that reads its inputs in turn.
    Lines    a line buffer: rows come in while there is room, rows of windows leave once their rows are there.

Space freed in one cycle can be used in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.stream import ceil_div


@dataclass(frozen=True)
class VectorLoop:
    """A computing unit: `slots` a vector, the first `reads` of them take a beat, every `slots_per_beat`-th ends an output beat.

    The beat ended by a slot at cycle t can be read at t + `latency`. Of the inputs the last `kept` have one beat a
    vector, which every reading slot looks at and the last slot takes.
    """

    slots: int
    reads: int
    slots_per_beat: int
    latency: int
    credits: int
    kept: int = 0


@dataclass(frozen=True)
class GatedLoop:
    """An engine of two inputs, `reads` beats a vector and one beat of its gate, and `beats` beats out.

    The vector's last beat and its gate's are read in one slot, which ends the first output beat, gate open or not.
    Where it is open, every `reads` further slots end another. Where it is closed the vector is done: the next one is
    read at once, and the other output beats end one a cycle beside its slots, as soon as they get their credits. A slot
    that ends a beat waits for them. So no beat is later than with the gate open, and of a run of closed vectors each
    takes max(reads, beats).

    Attributes:
        active: of each vector whether its gate is open, from the first after reset and then over again. With all of
            them open it is the slowest that the unit can be.
    """

    reads: int
    beats: int
    latency: int
    credits: int
    active: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class PoolTiles:
    """A pool: `columns` tiles of `height` x `width` pixels in a row, `pixel_beats` beats a pixel.

    A slot takes a beat; those of the last pixel of a tile end an output beat, to be read `latency` cycles later.
    """

    height: int
    width: int
    columns: int
    pixel_beats: int
    latency: int
    credits: int

    @property
    def slots(self) -> int:
        """Beats read for a row of tiles."""
        return self.height * self.columns * self.width * self.pixel_beats

    def ends(self, slot: int) -> bool:
        """Whether `slot` of a row of tiles ends an output beat."""
        pixel = slot // self.pixel_beats
        row, column = divmod(pixel, self.columns * self.width)
        return row == self.height - 1 and column % self.width == self.width - 1


@dataclass(frozen=True)
class Gearbox:
    """A width converter: a beat in adds `push` groups (`last_push` at the end of a vector), a beat out drops `pull`."""

    in_beats: int
    out_beats: int
    push: int
    last_push: int
    pull: int

    @property
    def limit(self) -> int:
        """Groups that may be held when a beat is taken: two beats out less one, and the zero-fill of a last beat.

        With fewer the converter would pause at some lane counts; with these it never does (tested for all up to 25).
        """
        return 2 * self.pull - 1 + max(0, self.last_push - self.push)


@dataclass(frozen=True)
class Queue:
    """A FIFO of `depth` beats; with several readers, one for each."""

    depth: int


@dataclass(frozen=True)
class Merge:
    """A FIFO of `depth` beats that takes `beats[i]` beats of input i before it goes on to the next."""

    beats: tuple[int, ...]
    depth: int


@dataclass(frozen=True)
class LineBuffer:
    """A sliding window unit's two sides, joined by a ring of `rows` rows of `row_beats` beats.

    In: a beat is taken one cycle after the last, while fewer than `rows` whole rows are held; a whole row counts from
    the cycle after its last beat. Out: `out_row_beats` beats for each row of windows, a beat a cycle while there is a
    credit; the first waits until `needed[r]` whole rows are held, the last lets `released[r]` go. A beat sent at cycle
    t can be read at t + `latency`. A frame is `height` rows in, one entry of `needed` each out.
    """

    row_beats: int
    height: int
    out_row_beats: int
    needed: tuple[int, ...]
    released: tuple[int, ...]
    rows: int
    latency: int
    credits: int


Schedule = VectorLoop | GatedLoop | PoolTiles | Gearbox | Queue | Merge | LineBuffer


def credits_for(latency: int, slots_per_beat: int) -> int:
    """Depth of an output queue that lets a beat leave every `slots_per_beat` cycles: a credit is away for latency + 1."""
    return max(2, ceil_div(latency + 1, slots_per_beat))
