"""Depthwise vector unit: PE channels a cycle, each with its own taps, II = 1.

It reads windows in blocks of one beat: all taps of channels [b*PE, +PE), then those of the next block. Slot (b, tap)
multiplies lane p with the weight of channel b*PE + p at that tap; the last tap of a block gives one output beat.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.kernel import Memory, MemoryStyle, OneToOne
from hwgen.hw.kernels.mvtu import LATENCY, NO_STAGES, Linear, Stages, SumSteps, Thresholding
from hwgen.hw.schedule import Engine, credits_for
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.types import Bipolar, DType, IntArray, IntType


@dataclass(frozen=True, eq=False)
class DepthwiseUnit(OneToOne):
    """A depthwise MVTU. `weights` is (C, taps) codes; without `activation` the accumulators themselves leave.

    Attributes:
        sum_type: of the running sum: popcounts (unsigned) in an XNOR unit, accumulators elsewhere.
        memory_style: of the weights, by the rule where None.
        stages: registers for a faster clock.
        writable: as in `MvtuUnit`.
    """

    name: str
    origin: str
    input: Stream
    output: Stream
    weights: IntArray
    weight_type: DType
    sum_type: IntType
    activation: Thresholding | None
    memory_style: MemoryStyle | None = None
    stages: Stages = NO_STAGES
    writable: tuple[int, int] | None = None

    @property
    def channels(self) -> int:
        return int(self.weights.shape[0])

    @property
    def taps(self) -> int:
        return int(self.weights.shape[1])

    @property
    def blocks(self) -> int:
        """Beats of output a pixel."""
        return ceil_div(self.channels, self.output.lanes)

    @property
    def pixels(self) -> int:
        """Windows a frame."""
        return self.output.vectors

    @property
    def cycles(self) -> int:
        return self.pixels * self.blocks * self.taps

    @property
    def is_xnor(self) -> bool:
        """Both operands bipolar: XNOR and popcount, acc = 2 * popcount - taps."""
        return isinstance(self.weight_type, Bipolar) and isinstance(self.input.dtype, Bipolar)

    @property
    def accumulator(self) -> Linear:
        """The accumulator as a function of the running sum."""
        return Linear(2, -1) if self.is_xnor else Linear(1, 0)

    @property
    def sum_steps(self) -> SumSteps:
        """None: the sum of a lane is its only product."""
        return SumSteps(0, 0)

    @property
    def latency(self) -> int:
        """Cycles from a slot to its beat at the output."""
        return LATENCY + self.stages.cycles(self.sum_steps)

    @property
    def schedule(self) -> Engine:
        return Engine(
            slots=self.taps,
            reads=self.taps,
            period=self.taps,
            latency=self.latency,
            credits=credits_for(self.latency, self.taps),
        )

    @property
    def weight_rom(self) -> Memory:
        """Word block*taps + tap holds the weights of the block's PE channels at that tap."""
        width = self.output.lanes * self.weight_type.bits
        return Memory(f"{self.name}_weights", self.blocks * self.taps, width, self.memory_style)

    @property
    def threshold_rom(self) -> Memory | None:
        if self.activation is None:
            return None
        width = self.output.lanes * self.activation.levels * self.activation.type.bits
        return Memory(f"{self.name}_thresholds", self.blocks, width)
