"""Matrix-vector-threshold unit (MVTU): PE neurons by SIMD inputs a cycle, II = 1.

Slot (nf, sf) of a frame multiplies inputs [sf*SIMD, +SIMD) with the weights of neurons [nf*PE, +PE). The first SF
slots read the vector and keep it; the others read it back. The last slot of each nf gives one output beat. A
convolution is the same on the vectors that a sliding window unit makes. Planes that take turns meet the weights of an
nf one after another: slot (nf, plane, sf).
Folding after FINN (Umuroglu et al., FPGA 2017, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from hwgen.hw.kernel import Folding, Memory, MemoryStyle, OneToOne
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int

LATENCY = 5
"""Cycles from a slot to its beat at the output: operands, lane sums, accumulator, activation, output queue."""

NO_SPAN = 64
"""More steps than any lane sum has: no registers among them."""


@dataclass(frozen=True)
class SumSteps:
    """Steps of a lane sum (`hwgen_dot`), adders or products, behind which registers may stand.

    Attributes:
        before: the registers that every lane sum has, but for the last step, which has them behind it.
        after: these registers, but for the accumulator.
    """

    before: int
    after: int

    def cycles(self, span: int) -> int:
        """Registers in a row where they stand behind every `span` steps."""
        return self.before // span + self.after // span


@dataclass(frozen=True)
class Stages:
    """Registers in the pipeline of a unit with weights beyond those it always has; each makes it a cycle later.

    Attributes:
        operands: 1 for registers behind the operands and weights.
        span: steps of the lane sum in a row, behind which registers stand; see `SumSteps`.
        thresholds: 1 for registers behind the comparisons with thresholds.
    """

    operands: int = 0
    span: int = NO_SPAN
    thresholds: int = 0

    def cycles(self, steps: SumSteps) -> int:
        """All of them in a row, of a unit whose lane sums have `steps`."""
        return self.operands + steps.cycles(self.span) + self.thresholds


NO_STAGES = Stages()
"""What a unit has unless the user asks for more."""


@dataclass(frozen=True, eq=False)
class Thresholding:
    """Turns an accumulator into base + step * n, n = sum_i [acc >= thresholds_i] (L - n where descending).

    Attributes:
        thresholds: (C, L) or (1, L), ascending; for an XNOR unit in popcounts, not in accumulator values.
        descending: (C,) or (1,) of 0/1.
        base, step: first output code and the distance to the next (2 for bipolar, else 1).
        room: the type that thresholds can be rewritten within; None where they are fixed.
    """

    thresholds: IntArray
    descending: IntArray
    base: int
    step: int
    room: IntType | None = None

    @property
    def levels(self) -> int:
        return int(self.thresholds.shape[1])

    @property
    def type(self) -> IntType:
        """The narrowest type that holds every threshold, now or rewritten."""
        return self.room or smallest_int(int(self.thresholds.min()), int(self.thresholds.max()))

    @property
    def any_descending(self) -> bool:
        """Whether a channel's codes fall as its accumulator rises, or may do so once rewritten."""
        return self.room is not None or bool(self.descending.any())


class Arithmetic(Enum):
    """How a unit multiplies: by what is cheapest for the types, or bit plane by bit plane.

    Bit planes (Courbariaux et al. 2016): an n-bit input is n binary vectors x_i, and with bipolar weights
    x_i . w = 2 * popcount(x_i AND w) - popcount(x_i). The numbers are the same.

    Residual planes (HORQ, Li et al. 2017) have factors, and XNOR and popcount each: all planes of an input side by
    side, or one after another through one array.
    """

    DIRECT = "direct"
    BIT_PLANES = "bit_planes"
    SIDE_BY_SIDE = "side_by_side"
    IN_TURN = "in_turn"


@dataclass(frozen=True)
class Linear:
    """The accumulator of a unit whose running sum is another number: slope * sum + offset * fan-in."""

    slope: int
    offset: int

    def threshold(self, accumulators: IntArray, fan_in: int) -> IntArray:
        """The sums from which on the accumulator reaches each of `accumulators`."""
        return np.asarray(-((self.offset * fan_in - accumulators) // self.slope), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class MvtuUnit(OneToOne):
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
        writable: where weights and thresholds can be rewritten at run time, the least and the most that an input
            stands for; None where they are fixed.
    """

    name: str
    origin: str
    input: Stream
    output: Stream
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
    def mw(self) -> int:
        """Fan-in of a neuron."""
        return self.taps * self.channels

    @property
    def folding(self) -> Folding:
        return Folding(pe=self.output.lanes, simd=self.simd)

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
    def words(self) -> int:
        """Words of the weight memory."""
        return self.groups * self.neuron_folds * self.synapse_folds

    @property
    def slots(self) -> int:
        """Cycles of one pixel."""
        return self.words * self.plane_folds

    @property
    def pixels(self) -> int:
        """Vectors a frame."""
        return self.output.vectors

    @property
    def cycles(self) -> int:
        return self.pixels * self.slots

    @property
    def is_xnor(self) -> bool:
        """Both operands bipolar: XNOR and popcount, acc = 2 * popcount - MW."""
        return isinstance(self.weight_type, Bipolar) and isinstance(self.input.dtype, Bipolar)

    @property
    def accumulator(self) -> Linear:
        """The accumulator as a function of the running sum."""
        if self.planes:
            return Linear(1 if self.counted else 2, -sum(self.planes))
        return Linear(2, -1) if self.is_xnor else Linear(1, 0)

    @property
    def beta_bits(self) -> int:
        """Of the largest factor of residual planes."""
        return max((beta.bit_length() for beta in self.planes), default=1)

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
    def schedule(self) -> Engine:
        period = self.synapse_folds * self.plane_folds
        return Engine(
            slots=self.neuron_folds * period,
            reads=self.synapse_folds,
            period=period,
            latency=self.latency,
            credits=credits_for(self.latency, period),
        )

    @property
    def weight_rom(self) -> Memory:
        """Word (group * NF + nf) * SF + sf holds SIMD weights of each of PE neurons."""
        lanes = self.folding.pe * self.folding.simd
        return Memory(f"{self.name}_weights", self.words, lanes * self.weight_type.bits, self.memory_style)

    @property
    def threshold_rom(self) -> Memory | None:
        if self.activation is None:
            return None
        width = self.folding.pe * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.groups * self.neuron_folds, width)

    @property
    def vector_memory(self) -> Memory | None:
        """Keeps the input vector where it is read more than once."""
        if self.neuron_folds * self.plane_folds == 1:
            return None
        return Memory(f"{self.name}_vector", self.synapse_folds, self.input.width)


def _levels(terms: int) -> int:
    """Of a balanced adder tree."""
    return (terms - 1).bit_length()
