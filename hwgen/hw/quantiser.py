"""Quantisers of the network's input that the host could apply as well."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.ir.graph import Graph
from hwgen.ir.ops import Threshold


def host_quantiser(graph: Graph) -> tuple[str, ...]:
    """A warning for comparators that quantise the network's input: with another input type the host does that."""
    return tuple(
        f"{node.label} takes {node.op.thresholds.shape[1]:,} comparators a lane to quantise the input to "
        f"{node.output.type.dtype}; built with {_options(str(node.output.type.dtype), node.op.grid)} the host "
        "quantises, and it costs nothing"
        for node in graph.nodes
        if isinstance(node.op, Threshold) and node.op.grid
    )


def _options(kind: str, grid: Sequence[float]) -> str:
    """What a user types so that the hardware receives these very codes."""
    scale, offset = (",".join(map(repr, part)) for part in (grid[::2], grid[1::2]))
    return f"--input-type {kind} --input-scale {scale}" + (f" --input-offset {offset}" if any(grid[1::2]) else "")
