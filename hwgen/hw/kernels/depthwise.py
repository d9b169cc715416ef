"""Depthwise vector unit: PE channels a cycle, each with its own taps, II = 1.

It reads windows by blocks: all taps of channels [b*PE, +PE), then those of the next block. With SIMD 1 slot (b, tap)
multiplies lane p with the weight of channel b*PE + p at that tap, and the last tap of a block gives one output beat.
With SIMD = taps a beat has all taps of a block, tap t of channel b*PE + p in lane t*PE + p, and gives an output beat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.activation import Linear, Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Function, Parameters, Size, Store, WordTable, word
from hwgen.hw.device import Family
from hwgen.hw.kernels import products, scaling, weighted
from hwgen.hw.kernels.registers import registers_bill
from hwgen.hw.kernels.sums import has_adder, products_bill
from hwgen.hw.kernels.weighted import LATENCY
from hwgen.hw.loop import Access, Loop, last_of
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.packing import WeightLayout
from hwgen.hw.pipeline import NO_REGISTERS, AdderLevels, PipelineRegisters
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int


@dataclass(frozen=True, eq=False)
class DepthwiseUnit(Unit):
    """A depthwise MVTU. `weights` is (C, taps) codes; without `activation` the accumulators themselves leave.

    Attributes:
        sum_type: of the running sum: popcounts (unsigned) in an XNOR unit, accumulators elsewhere.
        memory_style: of the weights, by the rule where None.
        registers: registers for a faster clock.
        writable: see `Weighted`.
        simd: taps of a channel in a slot: one or all.
    """

    stem: ClassVar[str] = "depthwise"
    # A lane has inputs of its own.
    sharing: ClassVar[int] = 1
    padded_bipolar: ClassVar[bool] = False
    arithmetic: ClassVar[Arithmetic] = Arithmetic.DIRECT
    planes: ClassVar[tuple[int, ...]] = ()
    plane_folds: ClassVar[int] = 1
    beta_bits: ClassVar[int] = 1
    vector_memory: ClassVar[None] = None

    weights: IntArray
    weight_type: DType
    sum_type: IntType
    activation: Thresholding | None
    memory_style: MemoryStyle | None = None
    registers: PipelineRegisters = NO_REGISTERS
    writable: tuple[int, int] | None = None
    simd: int = 1

    @classmethod
    def of(cls, node: Node, source: Stream, result: Stream, weights: IntArray, fused: Node | None) -> DepthwiseUnit:
        """The unit of `node`, with as many taps a slot as `source` has in a beat; `weights` is (channels, taps)."""
        assert isinstance(node.op, Conv)
        fields, simd = weighted.fields_of(node, source, result, fused), source.lanes // result.lanes
        return weighted.in_popcounts(cls(**fields, weights=weights, weight_type=node.op.weight_type, simd=simd))

    @classmethod
    def gain(
        cls, name: str, origin: str, inputs: tuple[Stream, ...], outputs: tuple[Stream, ...], gains: IntArray
    ) -> DepthwiseUnit:
        """The unit that multiplies each channel by one of `gains` (C, 1)."""
        weight_type = smallest_int(int(gains.min()), int(gains.max()))
        result = outputs[0].dtype
        sum_type = smallest_int(min(result.min, -1), max(result.max, 0))
        return cls(name, origin, inputs, outputs, gains, weight_type, sum_type, None)

    @property
    def weighted(self) -> DepthwiseUnit:
        return self

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, registers=registers)

    @property
    def channels(self) -> int:
        return int(self.weights.shape[0])

    @property
    def taps(self) -> int:
        return int(self.weights.shape[1])

    @property
    def fan_in(self) -> int:
        """Products of a sum."""
        return self.taps

    @property
    def sum_slots(self) -> int:
        return self.taps // self.simd

    @property
    def blocks(self) -> int:
        """Beats of output a pixel."""
        return ceil_div(self.channels, self.output.lanes)

    @property
    def row_beats(self) -> int:
        return self.blocks

    @property
    def pixels(self) -> int:
        """Windows a frame."""
        return self.output.vectors

    @property
    def is_xnor(self) -> bool:
        """Both operands bipolar: XNOR and popcount, acc = 2 * popcount - taps."""
        return isinstance(self.weight_type, Bipolar) and isinstance(self.input.dtype, Bipolar)

    @property
    def accumulator(self) -> Linear:
        """The accumulator as a function of the running sum."""
        return weighted.linear(self.weight_type, self.input.dtype)

    @property
    def adder_levels(self) -> AdderLevels:
        return products.adder_levels(self)

    @property
    def latency(self) -> int:
        """Cycles from a slot to its beat at the output."""
        return LATENCY + self.registers.cycles(self.adder_levels)

    @property
    def cycles(self) -> int:
        return self.pixels * self.blocks * self.sum_slots

    @property
    def schedule(self) -> VectorLoop:
        slots, latency = self.sum_slots, self.latency
        return VectorLoop(
            slots=slots, reads=slots, slots_per_beat=slots, latency=latency, credits=credits_for(latency, slots)
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        return (Loop(self.input.beats, (Access.each(),), (last_of(self.sum_slots),)),)

    @property
    def layout(self) -> WeightLayout:
        return WeightLayout(1, self.channels, self.sum_slots, self.simd, self.output.lanes, self.simd, self.weight_type)

    @property
    def weight_rom(self) -> Memory:
        """Word block*(taps/SIMD) + slot holds the weights of the block's PE channels at the taps of that slot."""
        width = self.output.lanes * self.simd * self.weight_type.bits
        return Memory(f"{self.name}_weights", self.blocks * self.sum_slots, width, self.memory_style)

    @property
    def threshold_rom(self) -> Memory | None:
        return weighted.threshold_memory(self, self.blocks)

    @property
    def purpose(self) -> str:
        return (
            f"{self.channels} channels of {self.taps} {self.input.dtype} taps to {self.output.dtype}"
            f" by {self.weight_type} weights, {self.output.lanes}{f' x {self.simd}' if self.simd > 1 else ''} a cycle."
        )

    def uncoded(self, numbers: Stream) -> tuple[Unit, ...] | None:
        return weighted.uncoded(self, numbers)

    @property
    def without_line(self) -> DepthwiseUnit | None:
        instead = None if self.activation is None else self.activation.instead
        return None if instead is None else replace(self, activation=instead)

    @property
    def parameters(self) -> Parameters:
        return {
            "Lanes": self.output.lanes,
            "LastLanes": self.output.last_lanes,
            "Blocks": self.blocks,
            "Taps": self.sum_slots,
            "Simd": self.simd,
            "SumStages": self.adder_levels.cycles(self.registers.span),
            "SumSpan": self.registers.span,
            **weighted.operand_types(self),
            **weighted.sum_types(self),
            **scaling.parameters(self.activation),
            "Credits": self.schedule.credits,
        }

    @property
    def stores(self) -> tuple[Store, ...]:
        return weighted.stores_of(self, self.threshold_rom, self.output)

    @property
    def idle(self) -> dict[str, int]:
        return weighted.idle_of(self)

    @property
    def function(self) -> Function:
        sizes = (
            Size("PIXELS", self.pixels, "windows of a frame"),
            Size("CHANNELS", self.channels, "of a pixel"),
            Size("TAPS", self.taps, "pixels that a channel sees"),
            Size("SIMD", self.simd, "taps of a channel a cycle"),
            Size("PE", self.output.lanes, "channels a cycle"),
        )
        kind = "XNOR and popcount" if self.is_xnor else weighted.described(self)
        return Function(
            purpose=f"Depthwise vector unit: {kind}.",
            sizes=(*sizes, *weighted.cpp_sizes(self)),
            types=weighted.cpp_types(self, "TAPS"),
            arguments=(*(size.name for size in sizes), "Weight", "Input", "Sum", "Output", "Activation"),
            inputs=(word("Input", "SIMD * PE"),),
            output=word("Output", "PE"),
            tables=(self._weight_table, *weighted.cpp_tables(self, self.threshold_rom, self.output)),
        )

    @property
    def _weight_table(self) -> WordTable:
        meaning = "[block * TAPS / SIMD + beat][limb]: SIMD weights of PE channels, lane 0 the least significant."
        words, lanes, bits = self.layout.words(self.weights), self.output.lanes * self.simd, self.weight_type.bits
        return WordTable("WEIGHTS", meaning, words, 1, lanes, bits, self.weight_rom, cut=False)

    def write_bill(self, bill: Bill) -> None:
        bill.add("depthwise", 1)
        for places in (self.weight_rom.depth, self.sum_slots):
            bill.counter(places)
        if self.simd > 1 or not has_adder(self.weight_type, self.input.dtype, bill.family):
            bill.register(self.input.width)
        small = bill.family is Family.ECP5  # its LUTs take in neither the sign of a tap nor the flags of the first slot
        bill.register(4 + 4 * (self.sum_slots > 1 or small))
        if self.simd > 1 and small:
            signs = isinstance(self.weight_type, Bipolar) and not self.is_xnor
            bill.add("channel of taps", self.output.lanes)
            bill.add("signed tap bit", signs * self.output.lanes * self.simd * self.input.dtype.bits)
        registers_bill(self, weighted.weights_bill(self, bill), bill)
        products_bill(self, bill)
        weighted.ending_bill(self, self.threshold_rom, self.output, bill, self.blocks, self.schedule.credits)

    @property
    def simd_lanes(self) -> int | None:
        """Taps of a channel in a cycle, where these are all of them."""
        return self.simd if self.simd > 1 else None

    @property
    def limit(self) -> str:
        taps = f" of {self.taps} taps" if self.sum_slots > 1 else ""
        return f"it computes {self.pixels:,} pixels{taps}, one a cycle"
