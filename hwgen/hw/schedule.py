"""When units move beats: the one statement of every unit's handshake behaviour.

A beat on a stream has two times: the first cycle in which the reader can take it, and the cycle in which the reader
takes it. Ten schedules decide them, each a recurrence over maxima of earlier times. So the times do not depend on
the order in which they are computed, and a network's cycles are exact without a clock that is stepped
(`simulation.py`):

    VectorLoop   slot i fires no sooner than one cycle after slot i-1; a reading slot waits for its beat (of every
                 input); a slot that ends an output beat waits until fewer than `credits` beats are on their way or
                 waiting; the beat of a `kept` input stays at the input until the vector's last slot.
    StreamedLoop a vector loop whose every slot takes a word of weights, too.
    GatedLoop    a vector loop that drops the vectors whose gate is closed; their output beats end beside its slots.
    PoolTiles    a vector loop whose every slot reads; the slots of a tile's last pixel end an output beat.
    Selection    a queue that takes every beat, and drops some.
    Gearbox      a beat is taken one cycle after the last, while at most `limit` groups are held.
    Queue        a beat is taken one cycle after the last, while fewer than `depth` are held (for every reader).
    Merge        a queue that takes a given number of beats from each of its inputs, in order.
    LineBuffer   a row is taken while there is room for it; a row of windows leaves once the rows it reads are held.
    MemoryReads  words of an external memory, asked for in bursts where there is room for them.
    ColumnScan   a beat is taken where another was freed; windows leave as their columns come by (`scan.py`).

Space freed in one cycle can be used in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.loop import Pipelined
from hwgen.hw.scan import ColumnScan
from hwgen.hw.stream import ceil_div


@dataclass(frozen=True)
class VectorLoop:
    """A computing unit: `slots` a vector, of which the first `reads` take a beat.

    Every `slots_per_beat`-th slot ends an output beat, which can be read `latency` cycles later. The last `kept` inputs
    have one beat a vector: every reading slot looks at it, the vector's last slot takes it.
    """

    slots: int
    reads: int
    slots_per_beat: int
    latency: int
    credits: int
    kept: int = 0

    @classmethod
    def of_beats(cls, beats: int, latency: int, kept: int = 0) -> VectorLoop:
        """A unit of whose vectors every beat becomes a beat, one a cycle."""
        return cls(beats, beats, 1, latency, credits_for(latency, 1), kept)


@dataclass(frozen=True)
class StreamedLoop:
    """A vector loop of two inputs: its first `reads` slots of a vector take a beat of it, every slot one of the other.

    All else is as in a `VectorLoop`.
    """

    slots: int
    reads: int
    slots_per_beat: int
    latency: int
    credits: int


@dataclass(frozen=True)
class MemoryReads:
    """A reader of an external memory: `beats` words over and over again, in bursts of at most `burst`.

    The reader has room for `depth` words. It asks for a burst two cycles after the word was taken that leaves room for
    `burst` words beside those asked for before. The first word of a burst comes `latency` cycles later at the soonest.
    A memory gives a frame's words in `interval` cycles: of n words, word b comes floor(b * interval / n) cycles after
    word 0 at the soonest, and word 0 of the next frame `interval` cycles after that of this one. A word can be taken
    one cycle after it came.
    """

    beats: int
    burst: int
    depth: int
    latency: int
    interval: int


@dataclass(frozen=True)
class GatedLoop:
    """A vector loop of two inputs, `reads` beats of a vector and one beat of its gate, and `beats` beats out.

    One slot reads the vector's last beat and the gate, and ends the first output beat. With an open gate every `reads`
    further slots end another. With a closed gate the next vector is read at once: the remaining output beats are owed
    and end one a cycle beside its slots, each as soon as it has a credit, and a slot that ends a beat waits until none
    is owed. So no beat is later than with an open gate, and each vector of a run of closed ones takes
    max(reads, beats) cycles.

    Attributes:
        active: for each vector from reset on, whether its gate is open; the sequence repeats. All open is the slowest
            case.
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

        With fewer, converters of some lane counts pause; with these none does (tested for all lane counts up to 25).
        """
        return 2 * self.pull - 1 + max(0, self.last_push - self.push)


@dataclass(frozen=True)
class Queue:
    """A FIFO of `depth` beats; with several readers, one for each."""

    depth: int


@dataclass(frozen=True)
class Merge:
    """A FIFO of `depth` beats that takes `beats[i]` beats of input i, then those of the next input."""

    beats: tuple[int, ...]
    depth: int


@dataclass(frozen=True)
class Selection:
    """A FIFO of `depth` beats that takes every beat and holds those at `kept` of every `period`."""

    period: int
    kept: tuple[int, ...]
    depth: int


@dataclass(frozen=True)
class LineBuffer:
    """A sliding window unit: a writing and a reading side, joined by a ring of `rows` rows of `row_beats` beats.

    Writing: a beat is taken one cycle after the last, while fewer than `rows` whole rows are held; a row is whole from
    the cycle after its last beat. Reading: row r of windows leaves in `out_row_beats` beats, one a cycle while there is
    a credit; its first beat waits until `needed[r]` whole rows are held, its last beat releases `released[r]` of them.
    A beat sent at cycle t can be read at t + `latency`. A frame has `height` rows and as many rows of windows as
    `needed` has entries.
    """

    row_beats: int
    height: int
    out_row_beats: int
    needed: tuple[int, ...]
    released: tuple[int, ...]
    rows: int
    latency: int
    credits: int


Schedule = (
    VectorLoop
    | StreamedLoop
    | MemoryReads
    | GatedLoop
    | PoolTiles
    | Gearbox
    | Queue
    | Merge
    | Selection
    | LineBuffer
    | ColumnScan
    | Pipelined
)


def credits_for(latency: int, slots_per_beat: int) -> int:
    """Depth of an output queue that lets a beat leave every `slots_per_beat` cycles.

    A credit comes back latency + 1 cycles after it was taken.
    """
    return max(2, ceil_div(latency + 1, slots_per_beat))
