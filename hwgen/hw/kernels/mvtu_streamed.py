"""Matrix-vector unit whose weights come as a stream: out of an external memory, a word in each slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Array, Function, Parameters, Store, word
from hwgen.hw.kernels import products, weighted
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.weight_reader import WeightReaderUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import ExternalMemory, MemoryStyle
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.hw.schedule import StreamedLoop
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit


@dataclass(frozen=True, eq=False)
class MvtuStreamedUnit(Unit):
    """A matrix-vector unit that reads vectors and, in every slot, a word of weights.

    Attributes:
        inputs: the vectors, and words of PE x SIMD weights.
        product: the unit with its weights in a register.
    """

    stem: ClassVar[str] = "mvtu_streamed"
    has_arithmetics: ClassVar[bool] = True
    ports: ClassVar[tuple[str, ...]] = ("s", "w")

    product: MvtuUnit

    @classmethod
    def units(cls, product: MvtuUnit, external: ExternalMemory) -> tuple[Unit, ...]:
        """The units of `product` with its weights in an external memory; the last one takes its place."""
        reader = WeightReaderUnit.of(product, product.origin, product.pixels, external)
        adapters, words = list[Unit]([reader]), reader.output
        if words.lanes != product.weight_rom.width:
            wider = replace(words, name=f"{words.name}_width", lanes=product.weight_rom.width)
            adapters.append(WidthUnit(wider.name, product.origin, (words,), (wider,)))
            words = wider
        registered = replace(product, memory_style=MemoryStyle.REGISTERS)
        return *adapters, cls(product.name, product.origin, (product.input, words), product.outputs, registered)

    @property
    def weighted(self) -> MvtuUnit:
        return self.product

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, product=replace(self.product, registers=registers))

    def with_arithmetic(self, arithmetic: Arithmetic) -> Self:
        return replace(self, product=replace(self.product, arithmetic=arithmetic))

    def uncoded(self, numbers: Stream) -> tuple[Unit, ...] | None:
        found = weighted.uncoded(self.product, numbers)
        return None if found is None else (replace(self, outputs=(numbers,), product=found[0]),)

    @property
    def without_line(self) -> MvtuStreamedUnit | None:
        found = self.product.without_line
        return None if found is None else replace(self, product=found)

    # Cycles.

    @property
    def cycles(self) -> int:
        return self.product.cycles

    @property
    def schedule(self) -> StreamedLoop:
        own = self.product.schedule
        return StreamedLoop(own.slots, own.reads, own.slots_per_beat, own.latency, own.credits)

    @property
    def loops(self) -> tuple[Loop, ...]:
        (loop,) = self.product.loops
        return (replace(loop, reads=(*loop.reads, Access.each())),)

    # What back ends print.

    @property
    def purpose(self) -> str:
        return self.product.purpose

    @property
    def parameters(self) -> Parameters:
        return self.product.parameters

    @property
    def stores(self) -> tuple[Store, ...]:
        return tuple(store for store in self.product.stores if store.port != "weights")

    @property
    def idle(self) -> dict[str, int]:
        return self.product.idle

    @property
    def function(self) -> Function:
        product = self.product
        return Function(
            purpose=f"Matrix-vector unit, its weights a stream: {products.arithmetic(product)[0]}.",
            sizes=(*products.sizes(product), *weighted.cpp_sizes(product)),
            types=products.types(product),
            arguments=products.ARGUMENTS,
            inputs=(word("Input", "SIMD"), word("Weight", "PE * SIMD")),
            output=word("Output", "PE"),
            arrays=(Array("InWord0", "vector", ("Shape::KEPT",), product.vector_memory),),
            tables=weighted.cpp_tables(product, product.threshold_rom, product.output),
        )

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        product = self.product
        products.write_bill(product, bill, streamed=True)
        credits = product.schedule.credits
        weighted.ending_bill(product, product.threshold_rom, product.output, bill, product.row_beats, credits)

    @property
    def simd_lanes(self) -> int:
        return self.product.simd

    @property
    def label(self) -> str:
        return f"streamed {self.product.label}"

    @property
    def limit(self) -> str:
        return self.product.limit
