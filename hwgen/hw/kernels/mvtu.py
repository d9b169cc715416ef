"""Matrix-vector-threshold unit (MVTU): PE neurons by SIMD inputs a cycle, II = 1.

Slot (nf, sf) of a frame multiplies inputs [sf*SIMD, +SIMD) with the weights of neurons [nf*PE, +PE). The first SF
slots read the vector and keep it; the others read it back. The last slot of each nf gives one output beat. A
convolution is the same on the vectors that a sliding window unit makes. Planes that take turns meet the weights of an
nf one after another: slot (nf, plane, sf).
Folding after FINN (Umuroglu et al., FPGA 2017, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from hwgen.hw.activation import Linear, Thresholding
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Array, Bits, Function, Parameters, Size, Store, Template, Type, WordTable, word
from hwgen.hw.kernels import weighted
from hwgen.hw.kernels.registers import stages_bill
from hwgen.hw.kernels.sums import products_bill
from hwgen.hw.kernels.weighted import LATENCY, Arithmetic
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.packing import WeightLayout
from hwgen.hw.pipeline import NO_STAGES, Stages, SumSteps
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import Bipolar, DType, IntArray, IntType

ARGUMENTS = ("Shape", "Arithmetic", "Weight", "Input", "Sum", "Output", "Activation")


@dataclass(frozen=True, eq=False)
class MvtuUnit(Unit):
    """An MVTU. `weights` is (groups, MH, taps, channels) codes; without `activation` accumulators leave.

    A dense layer has one group and one tap. A convolution reads windows: tap by tap, each tap `tap_beats` beats of
    SIMD channels, spare lanes zero. A grouped one works on the groups of a pixel in turn, each with weights and
    thresholds of its own. `MH` outputs of a group leave in NF beats; a frame has `pixels` vectors of all groups.

    Attributes:
        sum_type: of the running sum: popcounts (unsigned) in an XNOR unit, accumulators elsewhere.
        counted: the input is a padded bipolar image (-1, 0, +1 in two bits): popcounts of XNOR over the taps that are
            not padded. Of planes: its codes have one more bit, the highest, set in padded taps.
        planes: factors of residual binary planes, the first plane in the highest bit of a code; empty for an input
            whose codes are numbers. The running sum is then that of factors times popcounts, or twice that and the
            factors of padded taps.
        memory_style: of the weights, by the rule where None.
        stages: registers for a faster clock.
        writable: see `Weighted`.
    """

    stem: ClassVar[str] = "mvtu"

    weights: IntArray
    weight_type: DType
    sum_type: IntType
    activation: Thresholding | None
    simd: int
    counted: bool = False
    arithmetic: Arithmetic = Arithmetic.DIRECT
    memory_style: MemoryStyle | None = None
    planes: tuple[int, ...] = ()
    stages: Stages = NO_STAGES
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
            counted=isinstance(node.op.weight_type, Bipolar) and padded,
            arithmetic=Arithmetic.SIDE_BY_SIDE if planes else Arithmetic.DIRECT,
            planes=planes,
        )
        return weighted.in_popcounts(unit)

    @property
    def weighted(self) -> MvtuUnit:
        return self

    def with_stages(self, stages: Stages) -> Self:
        return replace(self, stages=stages)

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
        """Times that an array of popcounts meets each weight: once for each plane where they take turns."""
        return len(self.planes) if self.arithmetic is Arithmetic.IN_TURN else 1

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
            return Linear(1 if self.counted else 2, -sum(self.planes))
        return weighted.linear(self.weight_type, self.input.dtype)

    @property
    def beta_bits(self) -> int:
        """Of the largest factor of residual planes."""
        return max((beta.bit_length() for beta in self.planes), default=1)

    # Cycles.

    @property
    def sum_steps(self) -> SumSteps:
        """Steps of its lane sums: those of a popcount and what follows, or of a product and the sum of lanes."""
        group, tree = max(1, min(self.simd, 15) // 4) - 1, max(0, self.simd.bit_length() - 4)
        if self.planes:
            arrays = 1 if self.plane_folds > 1 else len(self.planes)
            return SumSteps(group, tree + self.counted + _levels(arrays * self.beta_bits))
        if self.arithmetic is Arithmetic.BIT_PLANES:
            return SumSteps(group, tree + _levels(self.input.dtype.bits) + 1)
        if self.is_xnor or self.counted:
            return SumSteps(group, tree + self.counted)
        return SumSteps(_levels(self.simd), 0)

    @property
    def latency(self) -> int:
        """Cycles from a slot to its beat at the output."""
        return LATENCY + self.stages.cycles(self.sum_steps)

    @property
    def cycles(self) -> int:
        return self.pixels * self.slots

    @property
    def schedule(self) -> Engine:
        return Engine(
            slots=self.neuron_folds * self.sum_slots,
            reads=self.synapse_folds,
            period=self.sum_slots,
            latency=self.latency,
            credits=credits_for(self.latency, self.sum_slots),
        )

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
    def purpose(self) -> str:
        groups = f"{self.groups} groups of " if self.groups > 1 else ""
        return (
            f"{groups}{self.fan_in} {self.input.dtype} inputs to {self.mh} {self.output.dtype} outputs"
            f" by {self.weight_type} weights, {self.output.lanes} x {self.simd} a cycle."
        )

    @property
    def parameters(self) -> Parameters:
        return {
            **self.product_parameters,
            "Groups": self.groups,
            "PlaneFolds": self.plane_folds,
            "GateBits": 0,
            "Credits": self.schedule.credits,
        }

    @property
    def product_parameters(self) -> Parameters:
        """Those of a module that has no groups."""
        vector = self.vector_memory
        bits = max(1, len(self.planes) * self.beta_bits)
        betas = sum(beta << (index * self.beta_bits) for index, beta in enumerate(self.planes))
        return {
            "Pe": self.output.lanes,
            "Simd": self.simd,
            "NeuronFolds": self.neuron_folds,
            "SynapseFolds": self.synapse_folds,
            "LastPe": self.output.last_lanes,
            # A sliding window unit has forced spare lanes to zero; only a vector's own are the unit's to mask.
            "LastSimd": self.last_simd if self.taps == 1 else self.simd,
            "Counted": self.counted and self.arithmetic is not Arithmetic.BIT_PLANES,
            "BitPlanes": self.arithmetic is Arithmetic.BIT_PLANES,
            "Planes": len(self.planes),
            "BetaBits": self.beta_bits,
            "Betas": Bits.of(betas, bits),
            "Style": "registers" if vector is None else vector.style.value,
            "SumStages": self.sum_steps.cycles(self.stages.span),
            "SumSpan": self.stages.span,
            **weighted.types_of(self),
        }

    @property
    def stores(self) -> tuple[Store, ...]:
        return weighted.stores_of(self, self.output)

    @property
    def idle(self) -> dict[str, int]:
        return weighted.idle_of(self) | {"gate_ready": 1}

    @property
    def function(self) -> Function:
        return Function(
            purpose=f"Matrix-vector unit: {self.arithmetic_in_words}.",
            sizes=(*self.shape_sizes, *weighted.cpp_sizes(self)),
            types=(*self.shape_types, *weighted.cpp_types(self, "TAPS * CHANNELS")),
            arguments=ARGUMENTS,
            inputs=(word("Input", "SIMD"),),
            output=word("Output", "PE"),
            arrays=(Array("InWord", "vector", "Shape::KEPT", self.vector_memory),),
            tables=(self.weight_table, *weighted.cpp_tables(self, self.output)),
        )

    @property
    def shape_sizes(self) -> tuple[Size, ...]:
        """The constants that `Shape` is made of."""
        turns = (Size("TURNS", self.plane_folds, "planes, one after another"),) if self.plane_folds > 1 else ()
        return (
            Size("PIXELS", self.pixels, "vectors of a frame"),
            Size("GROUPS", self.groups, "parts of a vector, each with neurons of its own"),
            Size("TAPS", self.taps, "pixels that a neuron sees"),
            Size("CHANNELS", self.channels, "inputs of a tap"),
            Size("OUTPUTS", self.mh, "neurons of a group"),
            Size("SIMD", self.simd, "inputs a cycle"),
            Size("PE", self.output.lanes, "neurons a cycle"),
            *turns,
        )

    @property
    def shape_types(self) -> tuple[Type, ...]:
        """`Shape` and the arithmetic, of which bit planes are for bipolar weights and integer inputs.

        Elsewhere direct products give the same numbers.
        """
        shape = Template("Product", tuple(size.name for size in self.shape_sizes))
        if self.is_xnor:
            kind = Template("Direct")
        elif self.planes:
            kind = Template("Planes", (self.arithmetic is Arithmetic.IN_TURN, self.counted, *self.planes))
        elif self.arithmetic is Arithmetic.BIT_PLANES and isinstance(self.weight_type, Bipolar):
            kind = Template("BitPlanes")
        else:
            kind = Template("Counted" if self.counted and isinstance(self.weight_type, Bipolar) else "Direct")
        return Type("Shape", shape), Type("Arithmetic", kind)

    @property
    def arithmetic_in_words(self) -> str:
        """How it multiplies."""
        if self.is_xnor:
            return "XNOR and popcount"
        if self.planes:
            turns = "one after another" if self.arithmetic is Arithmetic.IN_TURN else "side by side"
            return f"{len(self.planes)} residual planes {turns}"
        if self.arithmetic is Arithmetic.BIT_PLANES and isinstance(self.weight_type, Bipolar):
            return f"{weighted.described(self)}, bit plane by bit plane"
        if self.counted and isinstance(self.weight_type, Bipolar):
            return "XNOR and popcount over the taps that are not padded"
        return weighted.described(self)

    @property
    def weight_table(self) -> WordTable:
        """The weights, a row a slot."""
        meaning = "[slot (group * NF + nf) * SF + sf][PE][limb]: SIMD weights, lane 0 the least significant."
        words, lanes = self.layout.words(self.weights), (self.output.lanes, self.simd)
        return WordTable("WEIGHTS", meaning, words, *lanes, self.weight_type.bits, self.weight_rom)

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        self.write_product_bill(bill)
        weighted.ending_bill(self, self.threshold_rom, self.output, bill, self.row_beats, self.schedule.credits)

    def write_product_bill(self, bill: Bill) -> None:
        """Control, operands and sums."""
        width, vector = self.input.width, self.vector_memory
        bill.add("mvtu", 1)
        for places in (self.words, self.synapse_folds, self.neuron_folds):
            bill.counter(places)
        bill.register(width + 4 + 4 * (self.sum_slots > 1) + 2 * (vector is not None))
        if self.taps == 1:
            bill.mask((self.simd - self.last_simd) * self.input.dtype.bits)
        if vector is not None:
            bill.memory(vector.width, vector.depth, vector.style, one_address=True)
            bill.add("operand mux bit", width)
        stages_bill(self, weighted.weights_bill(self, bill), bill)
        products_bill(self, bill)

    @property
    def simd_lanes(self) -> int:
        return self.simd

    @property
    def label(self) -> str:
        if self.planes:
            return f"{len(self.planes)}-plane mvtu"
        return "xnor mvtu" if self.is_xnor or self.counted else "integer mvtu"

    @property
    def limit(self) -> str:
        groups = f"{self.groups} groups" if self.groups > 1 else ""
        parts = f"{self.pixels:,} pixels", groups, f"{self.taps} taps" if self.taps > 1 else ""
        return f"it computes {' of '.join(filter(None, parts))}, one a cycle"


def _levels(terms: int) -> int:
    """Of a balanced adder tree."""
    return (terms - 1).bit_length()
