"""Give every accumulator the narrowest type that its actual weights and inputs allow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import MatMul
from hwgen.ir.ranges import ranges
from hwgen.ir.types import TensorType, smallest_int


@dataclass(frozen=True)
class NarrowAccumulators:
    """Retype the output of each MatMul from proven ranges; nothing else changes."""

    name: str = "narrow accumulators"

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        renamed: dict[str, Value] = {}
        nodes: list[Node] = []
        for node in graph.nodes:
            inputs = tuple(renamed.get(value.name, value) for value in node.inputs)
            output = node.output
            if isinstance(node.op, MatMul):
                bounds = known[output.name]
                output = Value(output.name, TensorType(output.type.shape, smallest_int(bounds.min, bounds.max)))
                renamed[output.name] = output
            nodes.append(replace(node, inputs=inputs, output=output))
        return replace(graph, nodes=tuple(nodes), output=renamed.get(graph.output.name, graph.output))
