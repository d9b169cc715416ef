"""Weight reader: the weights of a layer out of an external memory, by bursts of AXI4, over and over again.

The words of the layer's weight memory lie there one behind the other, bit by bit, cut into words of the port. They are
read once for each vector that meets them, into a buffer which is as deep as the memory's rate and latency ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size
from hwgen.hw.delays import Delays
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import BURST, ExternalMemory, Memory, MemoryPort
from hwgen.hw.packing import Bytes, packed_tightly
from hwgen.hw.schedule import MemoryReads
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit, Weighted
from hwgen.ir.names import inner_name
from hwgen.ir.types import IntType

ADDRESS_BITS = 64

MOST_PLACES = 64
"""Words in whose places a memory's pace is stated for C++: a share of one of them is rounded up to a slot."""


@dataclass(frozen=True, eq=False)
class WeightReaderUnit(Unit):
    """Reads the weights of `product`: a vector of its output is the whole matrix, in bits; a frame has one a vector."""

    stem: ClassVar[str] = "weight_reader"
    ports: ClassVar[tuple[str, ...]] = ()

    product: Weighted
    external: ExternalMemory

    @classmethod
    def of(cls, product: Weighted, origin: str, vectors: int, external: ExternalMemory) -> WeightReaderUnit:
        """The unit that reads the weights of `product`, a unit of the layer `origin` and so many vectors a frame."""
        name, kind = f"{product.name}_weights", IntType(1, signed=False)
        words = Stream(name, kind, product.weight_rom.bits, external.width, vectors=vectors)
        return cls(name, origin, (), (words,), product, external)

    @property
    def is_adapter(self) -> bool:
        return True

    @property
    def memory_port(self) -> MemoryPort:
        reads, external = self.output.beats, self.external
        sizes = external.width, self.output.vector_beats, reads, external.interval(reads), external.latency
        return MemoryPort(self.product.name, f"m_axi_{inner_name(self.product.name)}", *sizes)

    @property
    def image(self) -> Bytes:
        product = self.product
        return packed_tightly(product.layout.words(product.weights), product.weight_rom.width, self.external.width)

    @property
    def cycles(self) -> int:
        return self.external.interval(self.output.beats)

    @property
    def schedule(self) -> MemoryReads:
        words, depth = self.output.vector_beats, self.buffer_memory.depth
        return MemoryReads(words, BURST, depth, self.external.latency, self.cycles)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Words at the memory's pace or a little below, after as many slots as its first answer takes."""
        beats, latency = self.output.beats, self.external.latency
        each = max(part for part in range(1, MOST_PLACES + 1) if beats % part == 0)
        stride = ceil_div(self.cycles * each, beats)
        places = tuple(latency + place * stride // each for place in range(each))
        return (Loop(latency + beats // each * stride, (), (Access(places, stride),)),)

    @property
    def buffer_memory(self) -> Memory:
        """So deep that words come at the memory's rate: while a burst is on its way the words before it are taken."""
        pace = self.cycles // self.output.beats
        words = BURST - 1 + ceil_div(self.external.latency + 3, pace)
        return Memory(self.name, ceil_div(words, BURST) * BURST, self.external.width)

    def path_ns(self, delays: Delays) -> float:
        return max(delays.control, delays.register + delays.word(self.buffer_memory) + delays.choice)

    @property
    def parameters(self) -> Parameters:
        memory = self.buffer_memory
        return {
            "DataBits": memory.width,
            "Beats": self.output.vector_beats,
            "Burst": BURST,
            "Depth": memory.depth,
            "Style": memory.style.value,
        }

    @property
    def function(self) -> Function:
        return Function(
            purpose=f"Reads the weights of {self.product.name} from an external memory.",
            sizes=(
                Size("ROUNDS", self.output.vectors, "vectors of a frame, which meet all weights each"),
                Size("WORDS", self.output.vector_beats, "of the memory"),
                Size("WIDTH", self.output.width, "bits of a word"),
            ),
            types=(),
            arguments=("ROUNDS", "WORDS", "WIDTH"),
            inputs=(),
            output="WIDTH",
            memory=self.memory_port.name,
        )

    def write_bill(self, bill: Bill) -> None:
        memory = self.buffer_memory
        bill.counter(ceil_div(self.output.vector_beats, BURST))
        bill.register(ADDRESS_BITS + 10 + memory.depth.bit_length())
        bill.queue(memory.width, memory.depth, memory.style)

    @property
    def label(self) -> str:
        return "weight reader"

    @property
    def limit(self) -> str:
        bits, width, rate = self.output.beats * self.output.width, self.output.width, float(self.external.rate)
        slow = f"the memory gives {rate:,.4g} of them a cycle" if rate < width else f"its port has {width} bits"
        return f"it reads {bits:,} bits of weights a frame from outside, and {slow}"
