"""Where registers stand: behind every few levels of steps, and each step as late as its readers allow.

Inputs have fewer bits than sums, so that they wait rather than sums do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from hwgen.hw.adders.steps import Constant, Netlist
from hwgen.hw.stream import ceil_div

_LEAST_SHIFT = 3
"""Registers in a row, none but the last read, that Yosys puts into a shift register."""


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The stage in which each source is made, inputs in stage 0, and the stages in which it is read.

    Between a stage and the next lies a row of registers; outputs are read in stage `stages`, behind the last row.
    """

    netlist: Netlist
    stages: int
    made: tuple[int, ...]
    taps: tuple[tuple[int, ...], ...]

    @property
    def read(self) -> tuple[int, ...]:
        """The last stage in which each source is read."""
        return tuple(max(made, *taps, made) for made, taps in zip(self.made, self.taps, strict=True))

    @property
    def first_levels(self) -> int:
        """Steps in a row in front of the first registers."""
        inputs = self.netlist.inputs
        levels = [0] * len(self.made)
        for index, step in enumerate(self.netlist.steps):
            if self.made[inputs + index] == 0:
                levels[inputs + index] = 1 + max((levels[source] for source in step.sources), default=-1)
        return max(levels, default=0)

    @property
    def registers(self) -> int:
        """Flip-flops that are none of a shift register."""
        return sum(bits * gap for bits, gap in self._gaps() if gap < _LEAST_SHIFT)

    @property
    def shift_registers(self) -> int:
        """LUTs of them, one a bit."""
        return sum(bits for bits, gap in self._gaps() if gap >= _LEAST_SHIFT)

    def _gaps(self) -> Iterator[tuple[int, int]]:
        """Bits of each source and its registers from one reader to the next."""
        for source, (made, taps) in enumerate(zip(self.made, self.taps, strict=True)):
            for first, last in pairwise((made, *taps)):
                yield self.netlist.wire(source).bits, last - first


def pipeline_of(netlist: Netlist, span: int, operands: int = 0) -> Pipeline:
    """The pipeline with registers behind every `span` levels, and with `operands` of 1 also behind the inputs."""
    inputs, count = netlist.inputs, netlist.inputs + len(netlist.steps)
    early = [0] * count
    for index, step in enumerate(netlist.steps):
        early[inputs + index] = 1 + max((early[source] for source in step.sources), default=-1)
    levels = max(1, *(early[source] for source in netlist.outputs))
    late = [levels] * count
    for index in range(len(netlist.steps) - 1, -1, -1):
        for source in netlist.steps[index].sources:
            late[source] = min(late[source], late[inputs + index] - 1)
    stages = ceil_div(levels, span)
    # The first row takes what is left over where the levels are no multiple of the span.
    skipped = stages * span - levels
    made = [0] * inputs + [operands + (late[source] - 1 + skipped) // span for source in range(inputs, count)]
    stages += operands
    taps: list[set[int]] = [set() for _ in range(count)]
    for index, step in enumerate(netlist.steps):
        for source in step.sources:
            taps[source].add(made[inputs + index])
    for source in netlist.outputs:
        taps[source].add(stages)
    for index, step in enumerate(netlist.steps):
        if isinstance(step, Constant):
            made[inputs + index] = 0
            taps[inputs + index].clear()
    return Pipeline(netlist, stages, tuple(made), tuple(tuple(sorted(each)) for each in taps))
