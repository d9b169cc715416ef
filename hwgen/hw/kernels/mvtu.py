"""Matrix-vector-threshold unit (MVTU): PE neurons by SIMD inputs a cycle, II = 1.

Slot (nf, sf) of a frame multiplies inputs [sf*SIMD, +SIMD) with the weights of neurons [nf*PE, +PE). The first SF
slots read the vector and keep it; the others read it back. The last slot of each nf gives one output beat. A
convolution is the same on the vectors that a sliding window unit makes. Folded planes meet the weights of an nf one
after another: slot (nf, plane, sf).
Folding after FINN (Umuroglu et al., FPGA 2017, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.activation import Linear, Thresholding
from hwgen.hw.adders.digits import digit_counts, least_luts
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Array, Function, Parameters, Store, word
from hwgen.hw.kernels import products, scaling, weighted
from hwgen.hw.kernels.weighted import LATENCY
from hwgen.hw.loop import Access, Loop, last_of
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.packing import WeightLayout
from hwgen.hw.pipeline import NO_REGISTERS, AdderLevels, PipelineRegisters
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import Bipolar, DType, IntArray, IntType


@dataclass(frozen=True, eq=False)
class MvtuUnit(Unit):
    """An MVTU. `weights` is (groups, MH, taps, channels) codes; without `activation` accumulators leave.

    A dense layer has one group and one tap. A convolution reads windows: tap by tap, each tap `tap_beats` beats of
    SIMD channels, spare lanes zero. A grouped one works on the groups of a pixel in turn, each with weights and
    thresholds of its own. `MH` outputs of a group leave in NF beats; a frame has `pixels` vectors of all groups.

    Attributes:
        sum_type: of the running sum: popcounts (unsigned) in an XNOR unit, accumulators elsewhere.
        padded_bipolar: the input is a padded bipolar image (-1, 0, +1 in two bits): popcounts of XNOR over the taps
            that are not padded. Of planes: its codes have one more bit, the highest, set in padded taps.
        planes: factors of residual binary planes, the first plane in the highest bit of a code; empty for an input
            whose codes are numbers. The running sum is then that of factors times popcounts, or twice that and the
            factors of padded taps.
        memory_style: of the weights, by the rule where None.
        registers: registers for a faster clock.
        writable: see `Weighted`.
    """

    stem: ClassVar[str] = "mvtu"
    has_arithmetics: ClassVar[bool] = True

    weights: IntArray
    weight_type: DType
    sum_type: IntType
    activation: Thresholding | None
    simd: int
    padded_bipolar: bool = False
    arithmetic: Arithmetic = Arithmetic.DIRECT
    memory_style: MemoryStyle | None = None
    planes: tuple[int, ...] = ()
    registers: PipelineRegisters = NO_REGISTERS
    writable: tuple[int, int] | None = None

    @classmethod
    def of(cls, node: Node, source: Stream, result: Stream, weights: IntArray, fused: Node | None) -> MvtuUnit:
        """The unit of `node`; `weights` is (groups, MH, taps, channels)."""
        assert isinstance(node.op, MatMul | Conv)
        planes = tuple(node.op.planes.tolist())
        padded = source.dtype != node.inputs[0].type.dtype
        unit = cls(
            **weighted.fields_of(node, source, result, fused),
            weights=weights,
            weight_type=node.op.weight_type,
            simd=source.lanes,
            padded_bipolar=isinstance(node.op.weight_type, Bipolar) and padded,
            arithmetic=Arithmetic.PARALLEL_PLANES if planes else Arithmetic.DIRECT,
            planes=planes,
        )
        return weighted.in_popcounts(unit)

    @property
    def weighted(self) -> MvtuUnit:
        return self

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, registers=registers)

    def with_arithmetic(self, arithmetic: Arithmetic) -> Self:
        return replace(self, arithmetic=arithmetic)

    # Sizes.

    @property
    def groups(self) -> int:
        return int(self.weights.shape[0])

    @property
    def mh(self) -> int:
        """Outputs of a group."""
        return int(self.weights.shape[1])

    @property
    def taps(self) -> int:
        return int(self.weights.shape[2])

    @property
    def channels(self) -> int:
        """Inputs of a tap."""
        return int(self.weights.shape[3])

    @property
    def fan_in(self) -> int:
        """MW: products of a sum."""
        return self.taps * self.channels

    @property
    def neuron_folds(self) -> int:
        """NF: beats of output of a group."""
        return ceil_div(self.mh, self.output.lanes)

    @property
    def tap_beats(self) -> int:
        return ceil_div(self.channels, self.simd)

    @property
    def synapse_folds(self) -> int:
        """SF: beats of input of a group."""
        return self.taps * self.tap_beats

    @property
    def last_simd(self) -> int:
        """Lanes of a tap's last beat that carry inputs."""
        return self.channels - (self.tap_beats - 1) * self.simd

    @property
    def plane_folds(self) -> int:
        """Passes over the weights: one for each plane where planes are folded, else one."""
        return len(self.planes) if self.arithmetic is Arithmetic.FOLDED_PLANES else 1

    @property
    def sum_slots(self) -> int:
        return self.synapse_folds * self.plane_folds

    @property
    def row_beats(self) -> int:
        return self.groups * self.neuron_folds

    @property
    def words(self) -> int:
        """Words of the weight memory."""
        return self.row_beats * self.synapse_folds

    @property
    def slots(self) -> int:
        """Cycles of one pixel."""
        return self.words * self.plane_folds

    @property
    def is_constant(self) -> bool:
        """Whether all its weights are one word that never changes, so that its sums can be wired."""
        direct = self.arithmetic is Arithmetic.DIRECT and not self.planes
        return direct and self.words == self.taps == 1 and self.writable is None

    @property
    def wired_luts(self) -> int | None:
        return least_luts(self.weights[0, :, 0], self.input.dtype.bits) if self.is_constant else None

    def uncoded(self, numbers: Stream) -> tuple[Unit, ...] | None:
        return weighted.uncoded(self, numbers)

    @property
    def without_line(self) -> MvtuUnit | None:
        instead = None if self.activation is None else self.activation.instead
        return None if instead is None else replace(self, activation=instead)

    @property
    def constant_digits(self) -> int:
        return int(digit_counts(self.weights).sum()) if self.is_constant else 0

    @property
    def pixels(self) -> int:
        """Vectors a frame."""
        return self.output.vectors

    @property
    def sharing(self) -> int:
        return self.output.lanes

    # Numbers.

    @property
    def is_xnor(self) -> bool:
        """Both operands bipolar: XNOR and popcount, acc = 2 * popcount - MW."""
        return isinstance(self.weight_type, Bipolar) and isinstance(self.input.dtype, Bipolar)

    @property
    def accumulator(self) -> Linear:
        """The accumulator as a function of the running sum."""
        if self.planes:
            return Linear(1 if self.padded_bipolar else 2, -sum(self.planes))
        return weighted.linear(self.weight_type, self.input.dtype)

    @property
    def beta_bits(self) -> int:
        """Of the largest factor of residual planes."""
        return max((beta.bit_length() for beta in self.planes), default=1)

    # Cycles.

    @property
    def adder_levels(self) -> AdderLevels:
        return products.adder_levels(self)

    @property
    def latency(self) -> int:
        """Cycles from a slot to its beat at the output."""
        return LATENCY + self.registers.cycles(self.adder_levels)

    @property
    def cycles(self) -> int:
        return self.pixels * self.slots

    @property
    def schedule(self) -> VectorLoop:
        return VectorLoop(
            slots=self.neuron_folds * self.sum_slots,
            reads=self.synapse_folds,
            slots_per_beat=self.sum_slots,
            latency=self.latency,
            credits=credits_for(self.latency, self.sum_slots),
        )

    @property
    def loops(self) -> tuple[Loop, ...]:
        reads = Access(tuple(range(self.synapse_folds)), self.neuron_folds * self.sum_slots)
        return (Loop(self.pixels * self.slots, (reads,), (last_of(self.sum_slots),)),)

    # Memories.

    @property
    def layout(self) -> WeightLayout:
        sizes = self.groups, self.mh, self.taps, self.channels
        return WeightLayout(*sizes, self.output.lanes, self.simd, self.weight_type)

    @property
    def weight_rom(self) -> Memory:
        """Word (group * NF + nf) * SF + sf holds SIMD weights of each of PE neurons."""
        width = self.output.lanes * self.simd * self.weight_type.bits
        return Memory(f"{self.name}_weights", self.words, width, self.memory_style)

    @property
    def threshold_rom(self) -> Memory | None:
        return weighted.threshold_memory(self, self.row_beats)

    @property
    def vector_memory(self) -> Memory | None:
        """Keeps the input vector where it is read more than once."""
        if self.neuron_folds * self.plane_folds == 1:
            return None
        return Memory(f"{self.name}_vector", self.synapse_folds, self.input.width)

    # What back ends print.

    @property
    def module(self) -> str:
        """Folded planes have a module of their own."""
        return "hwgen_mvtu_planes" if self.plane_folds > 1 else "hwgen_mvtu"

    @property
    def purpose(self) -> str:
        groups = f"{self.groups} groups of " if self.groups > 1 else ""
        return (
            f"{groups}{self.fan_in} {self.input.dtype} inputs to {self.mh} {self.output.dtype} outputs"
            f" by {self.weight_type} weights, {self.output.lanes} x {self.simd} a cycle."
        )

    @property
    def parameters(self) -> Parameters:
        return {
            **products.parameters(self),
            **({} if self.plane_folds > 1 else products.multiplied(self)),
            **({} if self.plane_folds > 1 else scaling.parameters(self.activation)),
            "Groups": self.groups,
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
        return Function(
            purpose=f"Matrix-vector unit: {products.arithmetic(self)[0]}.",
            sizes=(*products.sizes(self), *weighted.cpp_sizes(self)),
            types=products.types(self),
            arguments=products.ARGUMENTS,
            inputs=(word("Input", "SIMD"),),
            output=word("Output", "PE"),
            arrays=(Array("InWord", "vector", ("Shape::KEPT",), self.vector_memory),),
            tables=(products.weight_table(self), *weighted.cpp_tables(self, self.threshold_rom, self.output)),
        )

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        products.write_bill(self, bill)
        weighted.ending_bill(self, self.threshold_rom, self.output, bill, self.row_beats, self.schedule.credits)

    @property
    def simd_lanes(self) -> int:
        return self.simd

    @property
    def label(self) -> str:
        if self.planes:
            return f"{len(self.planes)}-plane mvtu"
        return "xnor mvtu" if self.is_xnor or self.padded_bipolar else "integer mvtu"

    @property
    def limit(self) -> str:
        groups = f"{self.groups} groups" if self.groups > 1 else ""
        parts = f"{self.pixels:,} pixels", groups, f"{self.taps} taps" if self.taps > 1 else ""
        return f"it computes {' of '.join(filter(None, parts))}, one a cycle"
