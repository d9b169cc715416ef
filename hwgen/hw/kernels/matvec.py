"""Matrix-vector-threshold unit (MVTU): PE neurons by SIMD inputs a cycle, II = 1.

Slot (nf, sf) of a frame multiplies inputs [sf*SIMD, +SIMD) with the weights of neurons [nf*PE, +PE). The first SF
slots read the vector and keep it; the others read it back. The last slot of each nf gives one output beat.
Folding after FINN (Umuroglu et al., FPGA 2017, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Folding, Rom
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int

LATENCY = 5
"""Cycles from a slot to its beat at the output: operands, lane sums, accumulator, activation, output queue."""


@dataclass(frozen=True, eq=False)
class Thresholding:
    """Turns an accumulator into base + step * n, n = sum_i [acc >= thresholds_i] (L - n where descending).

    Attributes:
        thresholds: (C, L) or (1, L), ascending; for an XNOR unit in popcounts, not in accumulator values.
        descending: (C,) or (1,) of 0/1.
        base, step: first output code and the distance to the next (2 for bipolar, else 1).
    """

    thresholds: IntArray
    descending: IntArray
    base: int
    step: int

    @property
    def levels(self) -> int:
        return int(self.thresholds.shape[1])

    @property
    def type(self) -> IntType:
        """The narrowest type that holds every threshold."""
        return smallest_int(int(self.thresholds.min()), int(self.thresholds.max()))

    @property
    def any_descending(self) -> bool:
        return bool(self.descending.any())


@dataclass(frozen=True, eq=False)
class MatVec:
    """An MVTU. `weights` is (MH, MW) codes; without `activation` the accumulators themselves leave.

    Attributes:
        sum_type: of the running sum: popcounts (unsigned) in an XNOR unit, accumulators elsewhere.
    """

    name: str
    origin: str
    input: Stream
    output: Stream
    weights: IntArray
    weight_type: DType
    sum_type: IntType
    activation: Thresholding | None

    @property
    def mw(self) -> int:
        return self.input.elements

    @property
    def mh(self) -> int:
        return self.output.elements

    @property
    def folding(self) -> Folding:
        return Folding(pe=self.output.lanes, simd=self.input.lanes)

    @property
    def neuron_folds(self) -> int:
        """NF: beats of output a frame."""
        return ceil_div(self.mh, self.output.lanes)

    @property
    def synapse_folds(self) -> int:
        """SF: beats of input a frame."""
        return ceil_div(self.mw, self.input.lanes)

    @property
    def cycles(self) -> int:
        return self.neuron_folds * self.synapse_folds

    @property
    def is_xnor(self) -> bool:
        """Both operands bipolar: XNOR and popcount, acc = 2 * popcount - MW."""
        return isinstance(self.weight_type, Bipolar) and isinstance(self.input.dtype, Bipolar)

    @property
    def schedule(self) -> Engine:
        period = self.synapse_folds
        return Engine(
            slots=self.cycles,
            reads=self.synapse_folds,
            period=period,
            latency=LATENCY,
            credits=credits_for(LATENCY, period),
        )

    @property
    def weight_rom(self) -> Rom:
        lanes = self.folding.pe * self.folding.simd
        return Rom(f"{self.name}_weights", self.cycles, lanes * self.weight_type.bits)

    @property
    def threshold_rom(self) -> Rom | None:
        if self.activation is None:
            return None
        width = self.folding.pe * self.activation.levels * self.activation.type.bits
        return Rom(f"{self.name}_thresholds", self.neuron_folds, width)
