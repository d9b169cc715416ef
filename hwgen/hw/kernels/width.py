"""Stream width converter between any two lane counts, vector by vector, with no bubble at the faster side.

Lanes move in groups of g = gcd(P, Q). The unit takes a beat while it holds at most `Gearbox.limit` groups and offers
one while it holds at least Q/g. The last input beat of a vector is cut or zero-filled so that vectors never share a
beat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Parameters, Size, Type, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.schedule import Gearbox
from hwgen.hw.unit import Unit

FEW_PLACES = 3
"""Up to which it chooses among places (`FewPlaces` of `hwgen_width`); it shifts from there on."""


@dataclass(frozen=True, eq=False)
class WidthUnit(Unit):
    """Turns beats of `input.lanes` into beats of `output.lanes`; the elements stay in order."""

    stem: ClassVar[str] = "width"
    is_uneven: ClassVar[bool] = True

    @property
    def is_adapter(self) -> bool:
        return True

    @property
    def group(self) -> int:
        """g: lanes that always move together."""
        return math.gcd(self.input.lanes, self.output.lanes)

    @property
    def held_bits(self) -> int:
        return self.input.width + self.output.width

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

    def path_ns(self, delays: Delays) -> float:
        gear = self.schedule
        places = min(gear.limit + 1, max(gear.push, gear.last_push))
        choices = places if places <= FEW_PLACES else bits_for(gear.limit + 1) + 2
        return max(delays.control, delays.register + delays.adder + choices * delays.choice)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """A slot reads while fewer lanes are held than leave in a beat, and writes once so many are, or all came in."""
        in_beats, wanted = self.input.vector_beats, self.output.lanes
        reads, writes = list[int](), list[int]()
        slot = held = 0
        while len(writes) < self.output.vector_beats:
            if held < wanted and len(reads) < in_beats:
                reads.append(slot)
                held += self.input.lanes if len(reads) < in_beats else self.input.last_lanes
            if held >= wanted or len(reads) == in_beats:
                writes.append(slot)
                held -= wanted
            slot += 1
        return (Loop(self.input.vectors * slot, (Access(tuple(reads), slot),), (Access(tuple(writes), slot),)),)

    @property
    def parameters(self) -> Parameters:
        gear = self.schedule
        return {
            "GroupBits": self.group * self.input.dtype.bits,
            "InBeats": gear.in_beats,
            "Push": gear.push,
            "LastPush": gear.last_push,
            "Pull": gear.pull,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose=f"Width converter: {self.input.lanes} to {self.output.lanes} lanes of {self.input.dtype}.",
            sizes=(
                Size("VECTORS", self.input.vectors, "of a frame"),
                Size("ELEMENTS", self.input.elements, "of a vector"),
                Size("IN_LANES", self.input.lanes, "elements of a beat read"),
                Size("OUT_LANES", self.output.lanes, "elements of a beat written"),
            ),
            types=(Type("Code", self.input.dtype),),
            arguments=("VECTORS", "ELEMENTS", "Code", "IN_LANES", "OUT_LANES"),
            inputs=(word("Code", "IN_LANES"),),
            output=word("Code", "OUT_LANES"),
        )

    def write_bill(self, bill: Bill) -> None:
        gear, group = self.schedule, self.group * self.input.dtype.bits
        most = max(gear.push, gear.last_push)
        held, kept = gear.limit + most, gear.limit
        bits, store = bits_for(held + 1), held * group
        bill.add("width converter", 1)
        if gear.last_push != gear.push:
            bill.counter(gear.in_beats)
        bill.register(bits + store)
        bill.add("held bit", bits)
        few = min(gear.limit + 1, most) <= FEW_PLACES
        if bill.lut_inputs > 4:
            bill.add("kept group", kept)
            bill.add("kept bit", kept * group)
            bill.add("bit past those kept", store - kept * group)
        else:
            self._merged(bill, bits, few=few)
        if few:
            choices = sum(min(each, gear.limit) - max(0, each - most + 1) for each in range(held))
            bill.add("bit of few places", choices * group)
        else:
            stages = range(bits_for(gear.limit + 1))
            bill.add("shift bit", sum(min(store, (most + (2 << stage)) * group) for stage in stages))

    def _merged(self, bill: Bill, bits: int, *, few: bool) -> None:
        """Groups of LUT4, which Yosys merges with what chooses among them: a count of `bits` bits, `few` places.

        A group moves where another is behind it; the others take what arrives.
        """
        gear, group, in_luts = self.schedule, self.group * self.input.dtype.bits, bill.in_luts(bits)
        kept = gear.limit
        moved = max(0, kept + max(gear.push, gear.last_push) - gear.pull)
        past = max(0, moved - kept) * group
        bill.add("kept group bit", kept * bits)
        # A count in LUTs is one with its choices, but for a lowest bit that stays, and where a shifter stands between.
        compared = bits - (gear.pull % 2 == 0) if few else 2
        bill.add(f"moved bit by {max(2, compared)} bits" if in_luts else "moved bit", min(moved, kept) * group)
        # Past those kept: the group behind, two of the beat, and what decides, two handshakes and the count.
        bill.add("bit past those kept", past << (2 + in_luts) if few else past)
