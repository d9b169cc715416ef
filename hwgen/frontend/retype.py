"""One type for all tensors that a concatenation joins: narrower quantisers' outputs are declared wider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hwgen.ir.graph import Node, Value
from hwgen.ir.ops import Concat
from hwgen.ir.types import DType, TensorType, smallest_int


def sources(nodes: Sequence[Node], value: Value) -> list[Value]:
    """The values whose codes `value` carries: those of quantisers, or the network's input."""
    node = next((node for node in nodes if node.output.name == value.name), None)
    if node is None or not node.carries:
        return [value]
    return [source for given in node.inputs for source in sources(nodes, given)]


def _union(dtypes: set[DType]) -> DType:
    if len(dtypes) == 1:
        return dtypes.pop()
    return smallest_int(min(dtype.min for dtype in dtypes), max(dtype.max for dtype in dtypes))


def one_type(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes, each concatenation's inputs and output of the one type that holds them all."""
    wide: dict[str, DType] = {}
    changed = True
    while changed:
        changed = False
        for node in nodes:
            if isinstance(node.op, Concat):
                origins = sources(nodes, node.output)
                dtype = _union({wide.get(value.name, value.type.dtype) for value in origins})
                changed = changed or any(wide.get(value.name) != dtype for value in origins)
                wide.update({value.name: dtype for value in origins})
    renamed: dict[str, Value] = {}
    result = []
    for node in nodes:
        inputs = tuple(renamed.get(value.name, value) for value in node.inputs)
        dtype = inputs[0].type.dtype if node.carries else wide.get(node.output.name, node.output.type.dtype)
        output = Value(node.output.name, TensorType(node.output.type.shape, dtype))
        renamed[output.name] = output
        result.append(replace(node, inputs=inputs, output=output))
    return tuple(result)
