"""Quantisers of the network's input that the host could apply as well."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.hw.kernels.coding import lookup, thresholding
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Threshold


def host_quantiser(graph: Graph) -> tuple[str, ...]:
    """A warning for what quantises the network's input: with another input type the host does that."""
    return tuple(
        f"{node.label} takes {_means(node, node.op)} a lane to quantise the input to {node.output.type.dtype}; "
        f"built with {_options(node, node.op.grid, _port(graph, node))} the host "
        "quantises, and it costs nothing"
        for node in graph.nodes
        if isinstance(node.op, Threshold) and node.op.grid
    )


def _means(node: Node, op: Threshold) -> str:
    """What quantises an element: comparators, or a table of codes."""
    source = node.inputs[0].type.dtype
    activation = thresholding(op, source)
    if activation.scaling is not None:
        return "a multiplication" if activation.scaling.multiplies else "an addition"
    table = lookup(activation, source, node.output.type.dtype)
    return f"{op.thresholds.shape[1]:,} comparators" if table is None else f"a table of {table.size:,} codes"


def _port(graph: Graph, node: Node) -> str:
    """How options name the input that `node` reads, where there are several."""
    name = next(each.name for each in graph.inputs if each.value == node.inputs[0])
    return "" if len(graph.inputs) == 1 else f"{name}="


def _options(node: Node, grid: Sequence[float], port: str) -> str:
    """What a user types so that the hardware receives these very codes."""
    scale, offset = (",".join(map(repr, part)) for part in (grid[::2], grid[1::2]))
    told = f"--input-type {port}{node.output.type.dtype} --input-scale {port}{scale}"
    return told + (f" --input-offset {port}{offset}" if any(grid[1::2]) else "")
