"""Make one move of moves in a row, and none of one that leaves everything in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Gather


@dataclass(frozen=True)
class ComposeMoves:
    """Compose index maps of which only the second reads the first, and drop those that move nothing."""

    name: str = "compose moves"

    def apply(self, graph: Graph) -> Graph:
        return _without_idle(_composed(_without_idle(graph)))


def _composed(graph: Graph) -> Graph:
    nodes: dict[str, Node] = {}
    for node in graph.nodes:
        nodes[node.output.name] = node
        first = nodes.get(node.inputs[0].name)
        alone = len(graph.users[node.inputs[0].name]) == 1 and not graph.leaves(node.inputs[0])
        if isinstance(node.op, Gather) and first is not None and isinstance(first.op, Gather) and alone:
            whole = Gather(first.op.places[node.op.places])
            nodes[node.output.name] = replace(node, op=whole, inputs=first.inputs)
            del nodes[first.output.name]
    return replace(graph, nodes=tuple(nodes.values()))


def _without_idle(graph: Graph) -> Graph:
    """The network without moves that move nothing, but for those whose result leaves the chip."""
    nodes: list[Node] = []
    same: dict[str, Value] = {}
    for node in graph.nodes:
        read = replace(node, inputs=tuple(same.get(value.name, value) for value in node.inputs))
        if _moves_nothing(read) and not graph.leaves(node.output):
            same[node.output.name] = read.inputs[0]
        else:
            nodes.append(read)
    return replace(graph, nodes=tuple(nodes))


def _moves_nothing(node: Node) -> bool:
    if not isinstance(node.op, Gather) or node.inputs[0].type != node.output.type:
        return False
    return np.array_equal(node.op.places, np.arange(node.op.places.size))
