"""Reorder unit: beats leave in another order than they come, some of them several times.

A frame is cut into the smallest blocks that keep to themselves and all do the same: rows where pixels of a row change
places or are repeated, groups of rows where an image is enlarged, the frame where it is transposed. Blocks come into a
ring of `rows` of them, and each leaves once it is whole. The beats of a block leave in runs of `blocks.run`, each from
the place that a table says. So the next blocks come in while one leaves, also across frames.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Array, Function, Parameters, Size, Store, Table, Type, word
from hwgen.hw.gathers import Blocks
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, index_bits
from hwgen.hw.packing import Bytes, to_words
from hwgen.hw.rows import fewest_rows
from hwgen.hw.schedule import LineBuffer, credits_for
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Buffer, Unit
from hwgen.ir.graph import Node
from hwgen.ir.types import IntArray, IntType

LATENCY = 3
"""Cycles from a slot to its beat at the output: address, memory, output queue."""


@dataclass(frozen=True, eq=False)
class ReorderUnit(Unit):
    """Moves the beats of a frame; each leaves at least once.

    Attributes:
        blocks: where they go.
        rows: blocks that the ring holds.
    """

    stem: ClassVar[str] = "reorder"

    blocks: Blocks
    rows: int = 2

    @classmethod
    def of(cls, node: Node, stream: Stream, output: Stream, places: IntArray) -> ReorderUnit:
        """The unit of `node`; beat b of `output` is beat places[b] of `stream`, and each of those is somewhere."""
        return cls(node.name, node.origin, (stream,), (output,), Blocks.of(places, stream.beats))

    @property
    def out_beats(self) -> int:
        """Beats of a block that leave."""
        return self.output.beats // self.blocks.count

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> LineBuffer:
        blocks = self.blocks
        return LineBuffer(
            row_beats=blocks.beats,
            height=blocks.count,
            out_row_beats=self.out_beats,
            needed=(1,) * blocks.count,
            released=(1,) * blocks.count,
            rows=self.rows,
            latency=LATENCY,
            credits=credits_for(LATENCY, 1),
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        """A block comes in while the one before leaves; it starts to leave when its last beat has long been written."""
        blocks, period = self.blocks, self.out_beats
        start = blocks.beats + 1
        leaves = Access(tuple(range(start, start + period)), period)
        return (Loop(start + self.output.beats, (Access(tuple(range(blocks.beats)), period),), (leaves,)),)

    @property
    def memory(self) -> Memory:
        return Memory(f"{self.name}_ring", self.rows * self.blocks.beats, self.input.width)

    @property
    def lines(self) -> Memory:
        return self.memory

    @property
    def buffer(self) -> Buffer:
        return Buffer(self.rows, self.blocks.count, self.memory)

    def resized(self, size: int) -> Self:
        return replace(self, rows=size)

    def least_buffer(self, reader_cycles: int, interval: int = 0) -> int:
        """The fewest blocks with which it and a reader of so many cycles keep their own interval, or a longer one."""
        return fewest_rows(self.schedule, 1, 1, max(self.out_beats, reader_cycles // self.blocks.count), interval)

    @property
    def table(self) -> Memory:
        """Where in its block each run begins."""
        return Memory(f"{self.name}_starts", self.blocks.starts.size, index_bits(self.blocks.beats))

    def _words(self) -> Bytes:
        table = self.table
        places = Stream(table.name, IntType(table.width, signed=False), table.depth, 1)
        return to_words(self.blocks.starts[None], places)

    @property
    def stores(self) -> tuple[Store, ...]:
        return (Store("start", "start_addr", self.table, self._words),)

    @property
    def purpose(self) -> str:
        return f"Moves {self.input.size:,} codes to {self.output.size:,} places."

    @property
    def parameters(self) -> Parameters:
        return {
            "Width": self.input.width,
            "BlockBeats": self.blocks.beats,
            "Run": self.blocks.run,
            "Runs": self.blocks.starts.size,
            "Rows": self.rows,
            "Style": self.memory.style.value,
            "Credits": self.schedule.credits,
        }

    @property
    def function(self) -> Function:
        blocks = self.blocks
        held = min(2, blocks.count) * blocks.beats
        ring = Memory(f"{self.name}_ring", held, self.input.width)
        starts = Table(
            "STARTS",
            "Beat of its block that each run begins with.",
            blocks.starts[:, None],
            self.table.width + 1,
            self.table,
        )
        return Function(
            purpose=f"Reorder unit: {self.input.size:,} codes to {self.output.size:,} places.",
            sizes=(
                Size("BLOCKS", blocks.count, "of a frame"),
                Size("BEATS", blocks.beats, "of a block that come in"),
                Size("RUN", blocks.run, "beats that stay together"),
                Size("WORDS", held, "of the blocks that are held"),
                Size("LANES", self.input.lanes, "codes of a beat"),
            ),
            types=(Type("Code", self.input.dtype),),
            arguments=("BLOCKS", "BEATS", "RUN"),
            inputs=(word("Code", "LANES"),),
            output=word("Code", "LANES"),
            arrays=(Array(f"ap_uint<{word('Code', 'LANES')}>", "ring", ("WORDS",), ring),),
            tables=(starts,),
        )

    def write_bill(self, bill: Bill) -> None:
        blocks, memory = self.blocks, self.memory
        address = bits_for(memory.depth)
        bill.add("reorder", 1)
        for places in (blocks.run, blocks.starts.size, blocks.beats, memory.depth):
            bill.counter(places)
        multiple = (blocks.beats & -blocks.beats).bit_length() - 1  # lowest bits of a block's address that are 0
        bill.register(address + (address - multiple) * (self.rows > 1) + bits_for(self.rows + 1) + 6)
        bill.add("reorder address bit", 2 * address)
        bill.rom(self._words(), self.table.width, self.table.style)
        bill.memory(memory.width, memory.depth, memory.style, one_address=False)
        bill.output_queue(self.output.width, self.schedule.credits)

    @property
    def limit(self) -> str:
        return f"it writes {self.output.beats:,} beats, one a cycle"
