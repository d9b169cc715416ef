"""Select unit: takes every beat and sends on those that stay: crops, strides, parts of images, channels left out.

Flags say which: of every row of `kept.inner.size` runs of `kept.run` beats whose flag in `kept.outer` is set, the runs
whose flag in `kept.inner` is set. Beats that do not stay are taken whether or not there is room at the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Bits, Function, Parameters, Size, Table, Type, word
from hwgen.hw.gathers import Kept
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.schedule import Selection
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.types import IntArray

DEPTH = 2
"""Beats held at the output: one is read while the next is written."""


@dataclass(frozen=True, eq=False)
class SelectUnit(Unit):
    """Drops beats of a frame; those that stay keep their order.

    Attributes:
        kept: flags of the beats of a period, which divides the frame.
        is_front: whether it only drops what the unit behind it, which computes the node, does not need.
    """

    stem: ClassVar[str] = "select"

    kept: Kept
    is_front: bool = False

    @classmethod
    def of(cls, node: Node, stream: Stream, places: IntArray, output: Stream | None) -> SelectUnit:
        """The unit of `node` that keeps the beats `places`, ascending; in front of its other one without `output`."""
        stays = np.zeros(stream.beats, dtype=bool)
        stays[places] = True
        kept, lanes = Kept.of(stays), stream.lanes
        if output is not None:
            return cls(node.name, node.origin, (stream,), (output,), kept)
        name = f"{node.name}_select"
        front = Stream(name, stream.dtype, lanes, lanes, vectors=places.size)
        return cls(name, node.origin, (stream,), (front,), kept, is_front=True)

    @property
    def is_adapter(self) -> bool:
        return self.is_front

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> Selection:
        return Selection(self.kept.period, tuple(self.kept.places.tolist()), DEPTH)

    @property
    def loops(self) -> tuple[Loop, ...]:
        schedule = self.schedule
        return (Loop(self.input.beats, (Access.each(),), (Access(schedule.kept, schedule.period),)),)

    @property
    def parameters(self) -> Parameters:
        kept = self.kept
        return {
            "Width": self.input.width,
            "Run": kept.run,
            "Inner": kept.inner.size,
            "Outer": kept.outer.size,
            "KeepInner": Bits(kept.inner.astype(np.uint8)),
            "KeepOuter": Bits(kept.outer.astype(np.uint8)),
        }

    @property
    def function(self) -> Function:
        kept = self.kept
        return Function(
            purpose=f"Select unit: {self.output.size:,} of {self.input.size:,} codes stay.",
            sizes=(
                Size("BEATS", self.input.beats, "of a frame"),
                Size("RUN", kept.run, "beats that stay or go together"),
                Size("LANES", self.input.lanes, "codes of a beat"),
            ),
            types=(Type("Code", self.input.dtype),),
            arguments=("BEATS", "RUN"),
            inputs=(word("Code", "LANES"),),
            output=word("Code", "LANES"),
            tables=(
                Table.flags("INNER", "Runs of a row that stay.", kept.inner.astype(np.int64), 1),
                Table.flags("OUTER", "Rows of which runs stay.", kept.outer.astype(np.int64), 1),
            ),
            template="select_beats",
        )

    def write_bill(self, bill: Bill) -> None:
        kept = self.kept
        bill.add("select", 1)
        for places in (kept.run, kept.inner.size, kept.outer.size):
            bill.counter(places)
        for flags in (kept.inner, kept.outer):
            if flags.size > 1:
                bill.table(flags.astype(np.int64), 1)
        bill.queue(self.output.width, DEPTH, MemoryStyle.LUT)
