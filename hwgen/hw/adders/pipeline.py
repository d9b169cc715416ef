"""Where registers stand: behind every few levels of steps, and each step as late as its readers allow.

Inputs have fewer bits than sums, so that they wait rather than sums do.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.adders.steps import Constant, Netlist
from hwgen.hw.stream import ceil_div


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The stage in which each source is made, inputs in stage 0, and the last one in which it is read.

    Between a stage and the next lies a row of registers; outputs are read in stage `stages`, behind the last row.
    """

    netlist: Netlist
    stages: int
    made: tuple[int, ...]
    read: tuple[int, ...]

    @property
    def registers(self) -> int:
        """Flip-flops."""
        return sum(
            (last - first) * self.netlist.wire(source).bits
            for source, (first, last) in enumerate(zip(self.made, self.read, strict=True))
        )


def pipeline_of(netlist: Netlist, span: int) -> Pipeline:
    """The pipeline with registers behind every `span` levels."""
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
    made = [0] * inputs + [(late[source] - 1 + skipped) // span for source in range(inputs, count)]
    read = list(made)
    for index, step in enumerate(netlist.steps):
        for source in step.sources:
            read[source] = max(read[source], made[inputs + index])
    for source in netlist.outputs:
        read[source] = stages
    for index, step in enumerate(netlist.steps):
        if isinstance(step, Constant):
            made[inputs + index] = read[inputs + index] = 0
    return Pipeline(netlist, stages, tuple(made), tuple(read))
