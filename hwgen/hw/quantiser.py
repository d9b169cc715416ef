"""Quantisers of the network's input that the host could apply as well."""

from __future__ import annotations

import numpy as np

from hwgen.ir.graph import Graph
from hwgen.ir.ops import Threshold
from hwgen.ir.types import FloatArray


def host_quantiser(graph: Graph) -> tuple[str, ...]:
    """A warning for comparators that quantise the input of an integer network: stated as its type, they are none."""
    return tuple(
        f"{node.label} takes {node.op.thresholds.shape[1]:,} comparators a lane to quantise the input to "
        f"{node.output.type.dtype}; built with {_options(str(node.output.type.dtype), node.op.grid)} the host "
        "quantises, and it costs nothing"
        for node in graph.nodes
        if isinstance(node.op, Threshold) and node.op.grid.size
    )


def _options(kind: str, grid: FloatArray) -> str:
    """What a user types so that the hardware receives these very codes."""
    scale, offset = (",".join(repr(each) for each in row.tolist()) for row in grid)
    return f"--input-type {kind} --input-scale {scale}" + (f" --input-offset {offset}" if np.any(grid[1] != 0) else "")
