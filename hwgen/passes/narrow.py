"""Give every accumulator and sum the narrowest type that its actual weights and inputs allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Conv, Magnitude, MatMul, Pool, PoolKind, Scale, Sum
from hwgen.ir.ranges import Range, ranges
from hwgen.ir.types import DType, TensorType, smallest_int


@dataclass(frozen=True)
class NarrowAccumulators:
    """Type sums and products by their proven ranges, and the nodes that pass their codes on alike."""

    name: str = "narrow accumulators"

    def apply(self, graph: Graph) -> Graph:
        types = _types(graph)

        def retyped(value: Value) -> Value:
            return Value(value.name, TensorType(value.type.shape, types[value.name]))

        nodes = tuple(
            replace(node, inputs=tuple(retyped(value) for value in node.inputs), output=retyped(node.output))
            for node in graph.nodes
        )
        outputs = tuple(replace(each, value=retyped(each.value)) for each in graph.outputs)
        return replace(graph, nodes=nodes, outputs=outputs)


def _types(graph: Graph) -> dict[str, DType]:
    """The type of every value: one for all those that a maximum or a concatenation joins."""
    known, producers = ranges(graph), graph.producers
    values = {value.name: value for value in graph.values}
    types: dict[str, DType] = {}
    for name, group in _groups(graph).items():
        computed = [producers.get(each) for each in group]
        free = all(node is not None and (_accumulates(node) or node.carries) for node in computed)
        types[name] = _narrowest(graph, group, known) if free else values[name].type.dtype
    return types


def _groups(graph: Graph) -> dict[str, frozenset[str]]:
    """For every value the values that must have the same type, with itself."""
    found = {each.value.name: frozenset({each.value.name}) for each in graph.inputs}
    for node in graph.nodes:
        group = frozenset({node.output.name})
        if node.carries:
            group = group.union(*(found[value.name] for value in node.inputs))
        found |= dict.fromkeys(group, group)
    return found


def _accumulates(node: Node) -> bool:
    adds = isinstance(node.op, Pool) and node.op.kind is PoolKind.SUM
    return adds or isinstance(node.op, MatMul | Conv | Sum | Magnitude | Scale)


def _narrowest(graph: Graph, group: frozenset[str], known: Mapping[str, Range]) -> DType:
    """The narrowest type for all values of `group`, and for the codes that convolutions put into their padding."""
    readers = (user.op for name in group for user in graph.users.get(name, ()))
    pads = [op.pad for op in readers if isinstance(op, Conv) and op.geometry.pads]
    lows, highs = [known[name].min for name in group], [known[name].max for name in group]
    return smallest_int(min(lows + pads), max(highs + pads))
