"""Gated matrix-vector unit: one that multiplies the sums of every vector by a code of the vector's own, its gate.

The low-cost collaborative layer of Dong et al. 2017 ("More is Less"): out = z * conv(x), z a code of each pixel.
Where z is 0 the unit drops the pixel's window and gives the codes that stand for 0, at a beat a cycle; elsewhere it is
a matrix-vector unit. It multiplies by no z: z * a >= t is a >= ceil(t / z), so each code has thresholds of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Array, Function, Parameters, Size, Store, Type, word
from hwgen.hw.kernels import products, weighted
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.registers import cycles_to_sum
from hwgen.hw.loop import Access, Loop
from hwgen.hw.memory import Memory
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.hw.schedule import GatedLoop, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.hw.unit import Unit
from hwgen.ir.ops import Threshold
from hwgen.ir.types import IntArray, IntType


@dataclass(frozen=True, eq=False)
class MvtuGatedUnit(Unit):
    """A matrix-vector unit of one group, with an activation, that also reads a code for each of its vectors.

    Attributes:
        inputs: the vectors, and their gates.
        product: the unit without its gate. Its activation has a set of thresholds for each code and beat:
            row (code * rows + nf) * PE + p is that of neuron nf * PE + p, where `rows` is NF, up to a power of two.
            The rows of code 0 tell nothing of the sum: they are below or above whatever it may be.
    """

    stem: ClassVar[str] = "mvtu_gated"
    has_arithmetics: ClassVar[bool] = True
    ports: ClassVar[tuple[str, ...]] = ("s", "gate")

    product: MvtuUnit

    @classmethod
    def around(cls, product: MvtuUnit, gate: Stream) -> MvtuGatedUnit:
        """The unit of `product`, whose activation has the sets of thresholds already."""
        return cls(product.name, product.origin, (product.input, gate), product.outputs, product)

    @classmethod
    def of(cls, product: MvtuUnit, gate: Stream, op: Threshold) -> MvtuGatedUnit:
        """The unit that applies `op` to the sums of `product`, a unit without activation, times the codes of `gate`."""
        shape = product.mh, op.thresholds.shape[1]
        (lowest, highest), accumulator = weighted.sums_of(product), product.accumulator
        scaled = np.broadcast_to(op.thresholds, shape)
        sets = [np.where(scaled <= 0, lowest, highest + 1)]
        for code in range(1, gate.dtype.max + 1):
            sets.append(accumulator.threshold(-(-scaled // code), product.fan_in).clip(lowest, highest + 1))
        spare = fold_rows(product.neuron_folds) * product.output.lanes - product.mh

        def for_each_code(values: IntArray, *shape: int) -> IntArray:
            return np.pad(values, ((0, 0), (0, spare), *[(0, 0)] * (values.ndim - 2))).reshape(-1, *shape)

        descending = np.broadcast_to(op.descending, (len(sets), product.mh))
        thresholds = for_each_code(np.stack(sets), shape[1])
        activation = Thresholding(thresholds, for_each_code(descending), op.base, op.step, codes=op.codes)
        return cls.around(replace(product, activation=activation), gate)

    @property
    def weighted(self) -> MvtuUnit:
        return self.product

    def with_registers(self, registers: PipelineRegisters) -> Self:
        return replace(self, product=replace(self.product, registers=registers))

    def with_arithmetic(self, arithmetic: Arithmetic) -> Self:
        return replace(self, product=replace(self.product, arithmetic=arithmetic))

    @property
    def gate(self) -> Stream:
        return self.inputs[1]

    @property
    def gate_type(self) -> IntType:
        assert isinstance(self.gate.dtype, IntType)
        return self.gate.dtype

    @property
    def activation(self) -> Thresholding:
        """Every set of thresholds; see `product`."""
        assert self.product.activation is not None
        return self.product.activation

    # Cycles.

    @property
    def cycles(self) -> int:
        """With every gate open, the slowest that it can be."""
        return self.product.cycles

    @property
    def skip_cycles(self) -> int:
        """Of a vector whose gate is closed."""
        return max(self.product.synapse_folds, self.product.neuron_folds)

    @property
    def schedule(self) -> GatedLoop:
        folds = self.product.synapse_folds, self.product.neuron_folds
        latency = self.product.latency
        return GatedLoop(*folds, latency=latency, credits=credits_for(latency, 1))

    @property
    def loops(self) -> tuple[Loop, ...]:
        """With every gate open; a closed one leaves slots out, but not their order."""
        (loop,) = self.product.loops
        vector = loop.reads[0]
        return (Loop(loop.slots, (vector, Access.each(vector.stride, len(vector.slots) - 1)), loop.writes),)

    # Memories.

    @property
    def sets(self) -> Stream:
        """A stream whose vectors have an element for each set of thresholds and neuron."""
        return replace(self.output, elements=len(self.activation.thresholds))

    @property
    def threshold_rom(self) -> Memory:
        """Word code * rows + nf holds the thresholds of beat nf."""
        width = self.output.lanes * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.threshold_rows, width)

    @property
    def threshold_rows(self) -> int:
        """Sets of thresholds, of PE neurons each."""
        return ceil_div(len(self.activation.thresholds), self.output.lanes)

    # What back ends print.

    @property
    def purpose(self) -> str:
        return f"{self.product.purpose[:-1]}, times a gate of {self.gate_type}."

    @property
    def parameters(self) -> Parameters:
        return {
            "GateBits": self.gate_type.bits,
            **products.parameters(self.product),
            **products.multiplied(self.product),
            "Credits": self.schedule.credits,
        }

    @property
    def stores(self) -> tuple[Store, ...]:
        return weighted.stores_of(self.product, self.threshold_rom, self.sets)

    @property
    def function(self) -> Function:
        product = self.product
        return Function(
            purpose=f"Matrix-vector unit with a gate: {products.arithmetic(product)[0]}.",
            sizes=(
                *products.sizes(product),
                Size("ROWS", fold_rows(product.neuron_folds), "sets of thresholds of a gate code"),
                *weighted.cpp_sizes(product),
            ),
            types=(*products.types(product), Type("Gate", self.gate.dtype)),
            arguments=("Shape", "ROWS", *products.ARGUMENTS[1:4], "Gate", *products.ARGUMENTS[4:]),
            inputs=(word("Input", "SIMD"), word("Gate")),
            output=word("Output", "PE"),
            arrays=(Array("InWord0", "vector", ("Shape::KEPT",), product.vector_memory),),
            tables=(products.weight_table(product), *weighted.cpp_tables(product, self.threshold_rom, self.sets)),
        )

    # What it is made of, and what reports say of it.

    def write_bill(self, bill: Bill) -> None:
        product = self.product
        products.write_bill(product, bill)
        bill.counter(product.neuron_folds)
        bill.register((3 + cycles_to_sum(product)) * self.gate.width)
        credits = self.schedule.credits
        weighted.ending_bill(product, self.threshold_rom, self.sets, bill, product.neuron_folds, credits)

    @property
    def simd_lanes(self) -> int:
        return self.product.simd

    @property
    def label(self) -> str:
        return f"gated {self.product.label}"

    @property
    def limit(self) -> str:
        return f"{self.product.limit} where its gate is open"


def fold_rows(neuron_folds: int) -> int:
    """Rows of thresholds that a gate code takes: the neuron folds, up to a power of two."""
    return int(1 << (neuron_folds - 1).bit_length())
