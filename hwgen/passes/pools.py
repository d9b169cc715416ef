"""Threshold before pooling: a pool of few-bit codes is far smaller than one of accumulators."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Conv, MatMul, Pool, PoolKind, Scale, Threshold
from hwgen.ir.types import TensorType


@dataclass(frozen=True)
class ThresholdsBeforePools:
    """Exchange a maximum behind a product, also one with K, and its threshold where neither has other readers.

    A threshold whose codes rise or fall in each channel may come first: the largest of the codes is the code of the
    largest number, and in a descending channel the smallest of the codes is (original BinaryNet and XNOR-Net pool
    before batch norm and sign; Courbariaux et al. 2016, Rastegari et al. 2016).
    """

    name: str = "thresholds before pools"

    def apply(self, graph: Graph) -> Graph:
        for node in graph.nodes:
            threshold = self._movable(graph, node)
            if threshold is not None:
                graph = _exchanged(graph, node, threshold)
        return graph

    @staticmethod
    def _movable(graph: Graph, node: Node) -> Node | None:
        """The threshold that can go in front of the pool `node`, if there is one."""
        if not isinstance(node.op, Pool) or node.op.kind is not PoolKind.MAX:
            return None
        source = graph.producers.get(node.inputs[0].name)
        if source is None or not isinstance(source.op, MatMul | Conv | Scale):
            return None
        read = [value for value in (node.inputs[0], node.output) if graph.leaves(value)]
        users = graph.users.get(node.output.name, ())
        if read or len(graph.users[node.inputs[0].name]) != 1 or len(users) != 1:
            return None
        behind = users[0].op
        return users[0] if isinstance(behind, Threshold) and not behind.codes.size else None


def _exchanged(graph: Graph, pool: Node, threshold: Node) -> Graph:
    """`graph` with `threshold` in front of `pool`, whose output takes the name of the threshold's."""
    assert isinstance(pool.op, Pool)
    assert isinstance(threshold.op, Threshold)
    source, result = pool.inputs[0], threshold.output
    codes = Value(f"{threshold.name}_codes", TensorType(source.type.shape, result.type.dtype))
    first = replace(threshold, inputs=(source,), output=codes)
    minimum = pool.op.minimum ^ threshold.op.descending
    second = replace(pool, op=replace(pool.op, minimum=minimum), inputs=(codes,), output=result)
    nodes: list[Node] = []
    for node in graph.nodes:
        if node != threshold:
            nodes += [first, second] if node == pool else [node]
    return replace(graph, nodes=tuple(nodes))
