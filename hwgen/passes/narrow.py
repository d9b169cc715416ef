"""Give every accumulator and sum the narrowest type that its actual weights and inputs allow."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Concat, Conv, MatMul, Pool, PoolKind, Sum
from hwgen.ir.ranges import Range, ranges, smallest_type
from hwgen.ir.types import DType, TensorType


@dataclass(frozen=True)
class NarrowAccumulators:
    """Retype the outputs of products and sums from proven ranges, and what only carries codes on after them."""

    name: str = "narrow accumulators"

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        renamed: dict[str, Value] = {}
        nodes: list[Node] = []
        for node in graph.nodes:
            inputs = tuple(renamed.get(value.name, value) for value in node.inputs)
            output = node.output
            dtype = _narrowed(node, inputs, _with_padding(graph, output, known[output.name]))
            if dtype != output.type.dtype:
                output = Value(output.name, TensorType(output.type.shape, dtype))
                renamed[output.name] = output
            nodes.append(replace(node, inputs=inputs, output=output))
        return replace(graph, nodes=tuple(nodes), output=renamed.get(graph.output.name, graph.output))


def _with_padding(graph: Graph, value: Value, bounds: Range) -> Range:
    """The bounds of `value`, and the codes that convolutions behind it put into padded taps."""
    for user in graph.users.get(value.name, ()):
        if isinstance(user.op, Conv) and user.op.geometry.pads:
            bounds = Range(np.minimum(bounds.low, user.op.pad), np.maximum(bounds.high, user.op.pad))
        elif isinstance(user.op, Concat) or (isinstance(user.op, Pool) and user.op.kind is PoolKind.MAX):
            bounds = _with_padding(graph, user.output, bounds)
    return bounds


def _narrowed(node: Node, inputs: tuple[Value, ...], bounds: Range) -> DType:
    """The type of the output of `node`, whose inputs have their final types."""
    match node.op:
        case MatMul() | Conv() | Sum() | Pool(kind=PoolKind.SUM):
            return smallest_type(bounds)
        case Pool():
            return inputs[0].type.dtype
        case Concat():
            dtypes = {value.type.dtype for value in inputs}
            return dtypes.pop() if len(dtypes) == 1 else smallest_type(bounds)
        case _:
            return node.output.type.dtype
