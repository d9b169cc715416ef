"""Sums of sums as one: a branch that only adds becomes branches of the sum that reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Sum
from hwgen.ir.types import IntArray


@dataclass(frozen=True)
class MergeSums:
    """Let each sum read what the sums before it read, where nobody else reads those."""

    name: str = "merge sums"

    def apply(self, graph: Graph) -> Graph:
        for name in [node.name for node in graph.nodes]:
            node = next(each for each in graph.nodes if each.name == name)
            while inner := _inner(graph, node):
                node = _merged(node, inner)
                kept = (each for each in graph.nodes if each is not inner)
                graph = replace(graph, nodes=tuple(node if each.name == name else each for each in kept))
        return graph


def _inner(graph: Graph, node: Node) -> Node | None:
    """A sum of several tensors that `node`, a sum, alone reads; also one of a single tensor, of one gain."""
    if not isinstance(node.op, Sum) or len(node.op.gains) > 1 or len(node.inputs) == 1:
        return None
    for value in node.inputs:
        source = graph.producers.get(value.name)
        if source is None or not isinstance(source.op, Sum) or len(source.op.gains) > 1:
            continue
        if graph.users[value.name] == (node,) and not graph.leaves(value):
            return source
    return None


def _merged(node: Node, inner: Node) -> Node:
    """`node`, reading the inputs of `inner` in place of its output."""
    assert isinstance(node.op, Sum)
    assert isinstance(inner.op, Sum)
    outer, at = node.op.gains_of(len(node.inputs))[0].tolist(), node.inputs.index(inner.output)
    own = [outer[at] * gain for gain in inner.op.gains_of(len(inner.inputs))[0].tolist()]
    gains: IntArray = np.array([[*outer[:at], *own, *outer[at + 1 :]]], dtype=np.int64)
    inputs = (*node.inputs[:at], *inner.inputs, *node.inputs[at + 1 :])
    return replace(node, op=Sum.of(gains), inputs=inputs)
