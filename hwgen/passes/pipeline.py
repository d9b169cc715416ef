"""The passes, in the one order they run in."""

from __future__ import annotations

from hwgen.ir.graph import Graph
from hwgen.passes.base import Pass, run_passes
from hwgen.passes.gains import NarrowGains
from hwgen.passes.lines import Lines
from hwgen.passes.moves import ComposeMoves
from hwgen.passes.narrow import NarrowAccumulators
from hwgen.passes.pools import ThresholdsBeforePools
from hwgen.passes.sums import MergeSums
from hwgen.passes.thresholds import Thresholds

PASSES: tuple[Pass, ...] = (
    Thresholds(),
    MergeSums(),
    NarrowGains(),
    ThresholdsBeforePools(),
    ComposeMoves(),
    NarrowAccumulators(),
    Lines(),
)


def retyped(graph: Graph) -> Graph:
    """An integer network whose inputs have wider ranges than before, every type as narrow as proven from them."""
    return run_passes(NarrowAccumulators().apply(graph), (Lines(),))


def integer_network(graph: Graph) -> Graph:
    """An imported network free of activations, every type as narrow as proven."""
    return run_passes(graph, PASSES)
