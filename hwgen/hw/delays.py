"""Delays of the parts of a path, by family: what a unit states its longest path in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.hw.device import Family
from hwgen.hw.memory import Memory, MemoryStyle


@dataclass(frozen=True)
class Delays:
    """Delays of a path's parts in ns, wires included.

    Attributes:
        register: a path's start, its end and what every path has.
        block: more than `register` for a word out of block RAM.
        choice: between an operand from the stream and one that was kept, or another level of LUTs.
        adder: of a lane sum, or the accumulator's.
        front: of counts of three bits or of a choice in front of the first one, where its LUTs don't take them in.
        row: of an adder right behind another one on a chain of pairs, whose low bits it need not wait for.
        product: of two numbers of more than one bit.
        cascade: of the adder in a multiplier block, behind its product or another block's sum.
        comparison: of a sum with a threshold, its bits aside.
        bit: of a comparison.
        count: of reached thresholds, for each bit of the count.
        level: of a layer of constants, an adder of three terms at most.
        control: the path that no register shortens.
    """

    register: float
    block: float
    choice: float
    adder: float
    front: float
    row: float
    product: float
    cascade: float
    comparison: float
    bit: float
    count: float
    level: float
    control: float

    def word(self, memory: Memory | None) -> float:
        """What reading a word takes beyond `register`."""
        return self.block if memory is not None and memory.style is MemoryStyle.BLOCK else 0.0

    def compared(self, bits: int) -> float:
        """What a comparison of numbers of `bits` takes."""
        return self.comparison + bits * self.bit


_XC7 = Delays(1.1, 1.6, 0.6, 1.35, 0.0, 0.95, 3.0, 1.5, 0.9, 0.03, 0.6, 1.9, 2.6)

DELAYS: Mapping[Family, Delays] = {
    Family.ECP5: Delays(2.4, 4.5, 0.7, 1.6, 0.5, 1.6, 4.0, 1.6, 1.2, 0.07, 0.6, 2.6, 4.0),
    Family.XC7: _XC7,
    Family.XCUP: Delays(*(0.6 * each for each in vars(_XC7).values())),
}
"""ECP5: speed grade 6, placed and routed by nextpnr (`benchmarks/fmax.py`). The others are estimates, as no open tool
places and routes them. xc7: an adder and a row by Yosys's `sta` and 0.5 ns of wire, the rest in proportion to ECP5's.
UltraScale+: 0.6 of that."""
