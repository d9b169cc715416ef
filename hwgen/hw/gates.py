"""Gates that are open, or closed, for every input, by proven ranges."""

from __future__ import annotations

import numpy as np

from hwgen.hw.folding import is_gate
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Threshold
from hwgen.ir.ranges import Range, ranges

_CHANGE = "Train it again with another penalty, or leave the gate out"


def stuck_gates(graph: Graph) -> tuple[str, ...]:
    """A warning for each gate of an integer network that proven ranges show to be always open or never."""
    known = ranges(graph)
    return tuple(
        f"{node.label}: its gate should open for some pixels and close for others; found {found}. {_CHANGE}."
        for node in graph.nodes
        if is_gate(graph, node)
        if (found := _stuck(*_code_range(graph, node, known)))
    )


def _stuck(least: int, most: int) -> str:
    if most == 0:
        return "one that never opens: all pixels are skipped (100 %), whatever the input"
    return "one that always opens: no pixel is skipped (0 %), whatever the input" if least > 0 else ""


def _code_range(graph: Graph, gate: Node, known: dict[str, Range]) -> tuple[int, int]:
    """The least and the largest code of a gate."""
    value = gate.inputs[1]
    source = graph.producers.get(value.name)
    if source is None or not isinstance(source.op, Threshold):
        return known[value.name].min, known[value.name].max
    op, bounds = source.op, known[source.inputs[0].name]
    counts = [int(np.sum(end >= op.thresholds[0])) for end in (bounds.min, bounds.max)]
    if op.descending[0]:
        counts = [op.thresholds.shape[1] - count for count in reversed(counts)]
    given = op.table[counts[0] : counts[1] + 1]
    return int(given.min()), int(given.max())
