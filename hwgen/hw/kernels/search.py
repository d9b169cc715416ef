"""Search unit: one step of a binary search for the codes of numbers, among thresholds in memories.

Codes that are no line take a chain of them: each finds one bit more of how many thresholds a number reaches. N bits
take N units and a memory of 2**N - 1 thresholds of each channel, in place of as many comparators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import numpy as np

from hwgen.hw import packing
from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Parameters, Size, Store, Table, Type, word
from hwgen.hw.delays import Delays
from hwgen.hw.kernels import coding
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory, MemoryStyle
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
    """Reads numbers, each with the highest bits of its count; writes each with one bit more, or its code.

    The lanes of a stream divide its elements.

    Attributes:
        thresholds: (rows, places), that between the halves of each place; a row for each element, or one for all.
        falls: (rows,) of 0/1: where numbers below a threshold reach the upper half.
        numbers: their type.
        base: the code of count 0 where this is the last unit; else None.
        memory_style: where thresholds live; None for the default rule.
    """

    stem: ClassVar[str] = "search"

    thresholds: IntArray
    falls: IntArray
    numbers: IntType
    base: int | None
    memory_style: MemoryStyle | None = None

    @property
    def place_bits(self) -> int:
        """Bits of the count that are known."""
        return bits_for(self.thresholds.shape[1])

    @property
    def type(self) -> IntType:
        """Of the thresholds."""
        return smallest_int(int(self.thresholds.min()), int(self.thresholds.max()))

    @property
    def is_adapter(self) -> bool:
        """All but the last of a chain, with which they are reported."""
        return self.base is None

    @property
    def cycles(self) -> int:
        return self.input.beats

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop.of_beats(self.input.vector_beats, LATENCY)

    def path_ns(self, delays: Delays) -> float:
        compared = delays.word(self.memories[0]) + delays.compared(max(self.numbers.bits, self.type.bits))
        return max(delays.control, delays.register + compared + delays.choice)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.input.beats, (each,), (each,)),)

    @property
    def words(self) -> tuple[IntArray, ...]:
        """The thresholds of each lane, (rows, places)."""
        return tuple(map(self._words, range(self.input.lanes)))

    def _words(self, lane: int) -> IntArray:
        return self.thresholds[lane % len(self.thresholds) :: self.input.lanes]

    @property
    def memories(self) -> tuple[Memory, ...]:
        """Of each lane. Word row * places + place: a threshold, and above it whether the row falls, if any does."""
        width = self.type.bits + self.falling
        names = (f"{self.name}_thresholds{lane or ''}" for lane in range(self.input.lanes))
        sizes = zip(names, (words.size for words in self.words), strict=True)
        return tuple(Memory(name, size, width, self.memory_style if size > 1 else None) for name, size in sizes)

    @property
    def with_any_memory(self) -> tuple[Self, ...]:
        return tuple(replace(self, memory_style=style) for style in (MemoryStyle.LUT, MemoryStyle.BLOCK))

    @property
    def falling(self) -> bool:
        """Whether lower numbers have higher codes in any row."""
        return bool(self.falls.any())

    @property
    def purpose(self) -> str:
        return f"Bit {self.place_bits} from the top of the codes of {self.input.elements} {self.numbers}."

    @property
    def parameters(self) -> Parameters:
        last = self.base is not None
        return {
            "Lanes": self.input.lanes,
            "Rows": len(self._words(0)),
            "NumberBits": self.numbers.bits,
            "NumberSigned": self.numbers.signed,
            "PlaceBits": self.place_bits,
            "ThresholdBits": self.type.bits,
            "ThresholdSigned": self.type.signed,
            "Falling": self.falling,
            "CodeBits": self.output.dtype.bits if last else 0,
            "CodeBase": self.base or 0,
            "Credits": self.schedule.credits,
        }

    @property
    def stores(self) -> tuple[Store, ...]:
        lanes = range(self.input.lanes) if self.input.lanes > 1 else (None,)
        return tuple(
            Store("threshold", "threshold_addr", memory, partial(self._contents, lane or 0), lane=lane)
            for lane, memory in zip(lanes, self.memories, strict=True)
        )

    def _contents(self, lane: int) -> packing.Bytes:
        """The words of the memory of a lane."""
        words = self._words(lane)
        bits = packing.to_bits(words.reshape(-1, 1), self.type)
        if self.falling:
            falls = np.repeat(self._falls(lane), words.shape[1])[:, None].astype(np.uint8)
            bits = np.concatenate([bits, falls], axis=1)
        return np.packbits(bits, axis=1, bitorder="little")

    def _falls(self, lane: int) -> IntArray:
        return self.falls[lane % len(self.falls) :: self.input.lanes]

    @property
    def function(self) -> Function:
        found = f"bit {self.place_bits} from the top" if self.base is None else "the last bit"
        return Function(
            purpose=f"Search unit: {found} of codes.",
            sizes=(
                Size("BEATS", self.input.beats, "beats of a frame"),
                Size("LANES", self.input.lanes, "numbers in a beat"),
                Size("PLACE_BITS", self.place_bits, "bits known before"),
                Size(
                    "FALLING",
                    int(self.falling),
                    "1: words have a bit below the threshold, set where codes fall",
                ),
                Size("BASE", self.base or 0, "the lowest code", signed=True),
            ),
            types=(
                Type("Number", self.numbers),
                Type("Input", self.input.dtype),
                Type("Output", self.output.dtype),
            ),
            arguments=("BEATS", "LANES", "PLACE_BITS", "FALLING", "BASE", "Number", "Input", "Output"),
            inputs=(word("Input", "LANES"),),
            output=word("Output", "LANES"),
            tables=tuple(self._tables()),
        )

    def _tables(self) -> Iterator[Table]:
        """The thresholds of each lane."""
        bits = self.type.bits + (not self.type.signed) + self.falling
        meaning = "[row * places + place], between the halves of a place."
        for lane, (words, memory) in enumerate(zip(self.words, self.memories, strict=True)):
            values = 2 * words + self._falls(lane)[:, None] if self.falling else words
            name = f"THRESHOLDS_{lane}" if self.input.lanes > 1 else "THRESHOLDS"
            yield Table(name, meaning, values.reshape(-1), bits, memory)

    def write_bill(self, bill: Bill) -> None:
        bill.add("search unit", 1)
        stream, rows, numbers = self.input, len(self._words(0)), self.numbers.bits
        if rows > 1:
            bill.counter(rows)
        bill.register(stream.width + 2)
        for lane, memory in enumerate(self.memories):
            bill.rom(self._contents(lane), memory.width, memory.style)
            bill.add("comparison", coding.comparison_luts(max(numbers, self.type.bits), memory.depth))
        bill.register(self.output.width)
        bill.output_queue(self.output.width, self.schedule.credits)

    @property
    def lanes(self) -> int:
        return self.input.lanes


def is_searched(op: Threshold, dtype: DType) -> bool:
    """Whether the codes of numbers of a type are always searched: they have many bits, and no line is smaller."""
    return can_search(op, dtype, _LEAST_LEVELS) and coding.thresholding(op, dtype).scaling is None


def can_search(op: Threshold, dtype: DType, levels: int) -> bool:
    """Whether a chain finds the codes of `op` of numbers of a type, which have at least so many levels."""
    found = op.thresholds.shape[1]
    rises = found >= levels and op.step == 1 and not op.codes.size
    return rises and isinstance(dtype, IntType) and dtype.bits + bits_for(found + 1) <= _MOST_BITS


def chain(name: str, origin: str, source: Stream, result: Stream, op: Threshold) -> Iterator[SearchUnit]:
    """The units that find the codes of `op`, one behind the other; the lanes of both streams are
    the same, and divide the elements."""
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
