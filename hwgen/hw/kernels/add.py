"""Elementwise adder of streams, each times a constant: the end of a residual connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from hwgen.hw.bill import Bill, bits_for
from hwgen.hw.declaration import Function, Packed, Parameters, Template, Type, beats, vectors, word
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.schedule import VectorLoop
from hwgen.hw.unit import Unit
from hwgen.ir.types import Bipolar

LATENCY = 2
"""Cycles from a beat of every input to their sum at the output: sum, output queue."""


@dataclass(frozen=True, eq=False)
class AddUnit(Unit):
    """Adds beats of `inputs`, lane by lane; all have the same lanes, their types may differ. The sum cannot overflow.

    A slot takes one beat of every input at once.

    Attributes:
        gains: the factor of each input, not 0; none where all are 1.
    """

    stem: ClassVar[str] = "add"

    gains: tuple[int, ...] = ()

    @property
    def digits(self) -> tuple[tuple[int, int], ...]:
        """The signed digits of each gain."""
        return tuple(map(signed_digits, self.gains or (1,) * len(self.inputs)))

    @property
    def cycles(self) -> int:
        return self.output.beats

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop.of_beats(1, LATENCY)

    def path_ns(self, delays: Delays) -> float:
        plus, minus = (sum(pair[side].bit_count() for pair in self.digits) for side in (0, 1))
        levels = bits_for(max(plus, minus)) + (plus > 0 and minus > 0)
        return max(delays.control, delays.register + delays.choice + levels * delays.adder)

    @property
    def loops(self) -> tuple[Loop, ...]:
        each = Access.each()
        return (Loop(self.output.beats, (each,) * len(self.inputs), (each,) * len(self.outputs)),)

    @property
    def parameters(self) -> Parameters:
        types = [stream.dtype for stream in self.inputs]
        plus, minus = zip(*self.digits, strict=True)
        gain_bits = max(map(int.bit_length, plus + minus))
        return {
            "Inputs": len(types),
            **beats(self.output),
            "InputBits": sum(dtype.bits for dtype in types),
            "SumBits": self.output.dtype.bits,
            "Credits": self.schedule.credits,
            "Bits": Packed(tuple(dtype.bits for dtype in types), 8),
            "Signed": Packed(tuple(int(dtype.signed) for dtype in types), 1),
            "Bipolar": Packed(tuple(int(isinstance(dtype, Bipolar)) for dtype in types), 1),
            "GainBits": gain_bits,
            "Plus": Packed(plus, gain_bits),
            "Minus": Packed(minus, gain_bits),
        }

    @property
    def function(self) -> Function:
        names = tuple(f"Input{index}" for index in range(len(self.inputs)))
        types = [Type(name, stream.dtype) for name, stream in zip(names, self.inputs, strict=True)]
        if self.gains:
            coded = [replace(each, name=f"Code{index}") for index, each in enumerate(types)]
            each = zip(names, coded, self.gains, strict=True)
            types = [*coded, *(Type(name, Template("Times", (code.name, gain))) for name, code, gain in each)]
        return Function(
            purpose=f"Adder of {len(names)} streams." if len(names) > 1 else "A stream times a constant.",
            sizes=vectors(self.output),
            types=(*types, Type("Output", self.output.dtype)),
            arguments=("VECTORS", "ELEMENTS", "LANES", "Output", *names),
            inputs=tuple(word(name, "LANES") for name in names),
            output=word("Output", "LANES"),
            output_first=True,
        )

    def write_bill(self, bill: Bill) -> None:
        output = self.output
        bill.add("adder unit", 1)
        bill.register(1 + output.width)
        terms = sum(mask.bit_count() for pair in self.digits for mask in pair)
        bill.add("adder bit", (terms - 1) * output.width)
        if output.last_lanes < output.lanes:
            bill.counter(output.vector_beats)
            bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
        bill.output_queue(output.width, self.schedule.credits)


def signed_digits(number: int) -> tuple[int, int]:
    """The fewest powers of two that make `number`: those added and those subtracted, as bits (canonical signed digits).

    Two neighbouring bits are never both set.
    """
    triple = 3 * abs(number)
    plus, minus = (triple & ~abs(number)) >> 1, (~triple & abs(number)) >> 1
    return (plus, minus) if number > 0 else (minus, plus)
