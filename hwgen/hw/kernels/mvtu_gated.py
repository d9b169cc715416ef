"""Gated matrix-vector unit: one that multiplies the sums of every vector by a code of the vector's own, its gate.

The low-cost collaborative layer of Dong et al. 2017 ("More is Less"): out = z * conv(x), z a code of each pixel.
Where z is 0 the unit drops the pixel's window and gives the codes that stand for 0, at a beat a cycle; elsewhere it is
a matrix-vector unit. It multiplies by no z: z * a >= t is a >= ceil(t / z), so each code has thresholds of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory
from hwgen.hw.kernels.mvtu import MvtuUnit, Thresholding
from hwgen.hw.schedule import Gated, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import IntType

MOST_GATE_BITS = 3
"""Bits of the widest code that a gated unit takes: with each bit its thresholds double."""


@dataclass(frozen=True, eq=False)
class MvtuGatedUnit:
    """A matrix-vector unit of one group, with an activation, that also reads a `gate` code for each of its vectors.

    Attributes:
        product: the unit without its gate. Its activation has a set of thresholds for each code and beat:
            row (code * rows + nf) * PE + p is that of neuron nf * PE + p, where `rows` is NF, up to a power of two.
            The rows of code 0 tell nothing of the sum: they are below or above whatever it may be.
    """

    product: MvtuUnit
    gate: Stream

    @property
    def name(self) -> str:
        return self.product.name

    @property
    def origin(self) -> str:
        return self.product.origin

    @property
    def inputs(self) -> tuple[Stream, Stream]:
        return (self.product.input, self.gate)

    @property
    def output(self) -> Stream:
        return self.product.output

    @property
    def outputs(self) -> tuple[Stream]:
        return (self.output,)

    @property
    def gate_type(self) -> IntType:
        assert isinstance(self.gate.dtype, IntType)
        return self.gate.dtype

    @property
    def activation(self) -> Thresholding:
        """Every set of thresholds; see `product`."""
        assert self.product.activation is not None
        return self.product.activation

    @property
    def cycles(self) -> int:
        """With every gate open, the slowest that it can be."""
        return self.product.cycles

    @property
    def skip_cycles(self) -> int:
        """Of a vector whose gate is closed."""
        return max(self.product.synapse_folds, self.product.neuron_folds)

    @property
    def schedule(self) -> Gated:
        folds = self.product.synapse_folds, self.product.neuron_folds
        latency = self.product.latency
        return Gated(*folds, latency=latency, credits=credits_for(latency, 1))

    @property
    def threshold_rom(self) -> Memory:
        """Word code * rows + nf holds the thresholds of beat nf."""
        width = self.output.lanes * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.threshold_rows, width)

    @property
    def threshold_rows(self) -> int:
        """Sets of thresholds, of PE neurons each."""
        return ceil_div(len(self.activation.thresholds), self.output.lanes)


def fold_rows(neuron_folds: int) -> int:
    """Rows of thresholds that a gate code takes: the neuron folds, up to a power of two."""
    return int(1 << (neuron_folds - 1).bit_length())
