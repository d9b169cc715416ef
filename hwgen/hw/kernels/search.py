"""Search unit: one step of a binary search for the code of a number, among thresholds in a memory.

Codes of many bits that are no line take a chain of them: each finds one bit more of how many thresholds a number
reaches. N bits take N units and a memory of 2**N - 1 thresholds of each channel, in place of as many comparators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from hwgen.hw import packing
from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Parameters, Size, Store, Table, Type, word
from hwgen.hw.delays import Delays
from hwgen.hw.kernels import coding
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory
from hwgen.hw.schedule import VectorLoop
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.ops import Threshold
from hwgen.ir.types import DType, IntArray, IntType, smallest_int

_LEAST_LEVELS = 256
_MOST_BITS = 63
"""Of a number and what is known of its code, which C++ has in one limb."""

LATENCY = 3
"""Cycles from a beat read to its bit at the output: operand, bit, output queue."""


@dataclass(frozen=True, eq=False)
class SearchUnit(Unit):
    """Reads a number with the highest bits of its count, one a beat; writes it with one bit more, or its code.

    Attributes:
        thresholds: (rows, places), that between the halves of each place; a row for each element, or one for all.
        falls: (rows,) of 0/1: where numbers below a threshold reach the upper half.
        numbers: their type.
        base: the code of count 0 where this is the last unit; else None.
    """

    stem: ClassVar[str] = "search"

    thresholds: IntArray
    falls: IntArray
    numbers: IntType
    base: int | None

    @property
    def place_bits(self) -> int:
        """Bits of the count that are known."""
        return bits_for(self.thresholds.shape[1])

    @property
    def type(self) -> IntType:
        """Of the thresholds."""
        return smallest_int(int(self.thresholds.min()), int(self.thresholds.max()))

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop.of_beats(self.input.vector_beats, LATENCY)

    def path_ns(self, delays: Delays) -> float:
        compared = delays.word(self.memory) + delays.compared(max(self.numbers.bits, self.type.bits))
        return max(delays.control, delays.register + compared + delays.choice)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,)),)

    @property
    def memory(self) -> Memory:
        """Word row * places + place: a threshold, and above it whether the row falls, if any does."""
        return Memory(f"{self.name}_thresholds", self.thresholds.size, self.type.bits + bool(self.falls.any()))

    @property
    def purpose(self) -> str:
        return f"Bit {self.place_bits} from the top of the codes of {self.input.elements} {self.numbers}."

    @property
    def parameters(self) -> Parameters:
        last = self.base is not None
        return {
            "Rows": len(self.thresholds),
            "NumberBits": self.numbers.bits,
            "NumberSigned": self.numbers.signed,
            "PlaceBits": self.place_bits,
            "ThresholdBits": self.type.bits,
            "ThresholdSigned": self.type.signed,
            "Falling": bool(self.falls.any()),
            "CodeBits": self.output.dtype.bits if last else 0,
            "CodeBase": self.base or 0,
            "Credits": self.schedule.credits,
        }

    @property
    def stores(self) -> tuple[Store, ...]:
        return (Store("threshold", "threshold_addr", self.memory, self._words),)

    def _words(self) -> packing.Bytes:
        bits = packing.to_bits(self.thresholds.reshape(-1, 1), self.type)
        if self.falls.any():
            falls = np.repeat(self.falls, self.thresholds.shape[1])[:, None].astype(np.uint8)
            bits = np.concatenate([bits, falls], axis=1)
        return np.packbits(bits, axis=1, bitorder="little")

    @property
    def function(self) -> Function:
        values, last = self.thresholds.reshape(-1), self.base is not None
        bits = self.type.bits + (not self.type.signed)
        meaning = "[row * places + place], between the halves of a place."
        tables: tuple[Table, ...] = (Table("THRESHOLDS", meaning, values, bits, self.memory),)
        if self.falls.any():
            memory = Memory("falls", len(self.falls), 1)
            tables += (
                Table("FALLS", "[row], where lower numbers have higher codes.", self.falls.astype(bool), 1, memory),
            )
        return Function(
            purpose=f"Search unit: {'the last bit' if last else f'bit {self.place_bits} from the top'} of codes.",
            sizes=(
                Size("BEATS", self.input.beats, "numbers of a frame"),
                Size("PLACE_BITS", self.place_bits, "bits known before"),
                Size("BASE", self.base or 0, "the lowest code", signed=True),
            ),
            types=(
                Type("Number", self.numbers),
                Type("Input", self.input.dtype),
                Type("Output", self.output.dtype),
            ),
            arguments=("BEATS", "PLACE_BITS", "BASE", "Number", "Input", "Output"),
            inputs=(word("Input"),),
            output=word("Output"),
            tables=tables,
        )

    def write_bill(self, bill: Bill) -> None:
        bill.add("search unit", 1)
        rows, numbers = len(self.thresholds), self.numbers.bits
        if rows > 1:
            bill.counter(rows)
        bill.register(self.input.width + 2)
        bill.rom(self._words(), self.memory.width, self.memory.style)
        bill.add("comparison", coding.comparison_luts(max(numbers, self.type.bits), self.memory.depth))
        bill.register(self.output.width)
        bill.output_queue(self.output.width, self.schedule.credits)

    @property
    def lanes(self) -> int:
        return 1


def is_searched(op: Threshold, dtype: DType) -> bool:
    """Whether the codes of numbers of a type are searched: they have many bits, and no line is smaller."""
    many = op.thresholds.shape[1] >= _LEAST_LEVELS and not op.codes.size and isinstance(dtype, IntType)
    if not many or dtype.bits + bits_for(op.thresholds.shape[1] + 1) > _MOST_BITS:
        return False
    return coding.thresholding(op, dtype).scaling is None


def chain(name: str, origin: str, source: Stream, result: Stream, op: Threshold) -> Iterator[SearchUnit]:
    """The units that find the codes of `op`, one behind the other; both streams have one lane."""
    numbers = source.dtype
    assert isinstance(numbers, IntType)
    steps = bits_for(op.thresholds.shape[1] + 1)
    table, falls = _padded(op, numbers, 1 << steps)
    for step in range(steps):
        last = step == steps - 1
        output = result
        if not last:
            dtype = IntType(numbers.bits + step + 1, signed=False)
            output = replace(source, name=f"{name}_bit{step}", dtype=dtype, tensor="")
        half = 1 << (steps - 1 - step)
        base = op.base if last else None
        yield SearchUnit(output.name, origin, (source,), (output,), table[:, half :: 2 * half], falls, numbers, base)
        source = output


def _padded(op: Threshold, numbers: IntType, count: int) -> tuple[IntArray, IntArray]:
    """(rows, count) thresholds, the first unused, the last never reached; and which rows fall."""
    rows = max(len(op.thresholds), len(op.descending))
    levels = np.broadcast_to(op.thresholds, (rows, op.thresholds.shape[1]))
    falls = np.broadcast_to(op.descending, (rows,))
    table = np.where(falls == 1, numbers.min, numbers.max + 1)[:, None].repeat(count, axis=1)
    table[:, 1 : levels.shape[1] + 1] = np.where(falls[:, None] == 1, levels[:, ::-1], levels)
    return table.clip(numbers.min, numbers.max + 1), falls
