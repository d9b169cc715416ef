"""Whether a file's operators are known, and its network quantised: judged before the walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.operators import FUSED, OPERATORS
from hwgen.frontend.order import dynamic_nodes
from hwgen.frontend.source import LINEAR, QUANTISERS, SourceGraph, SourceNode

_AFTER_SOFTMAX = frozenset({"ArgMax", "Flatten", "Identity", "Reshape", "Squeeze", "TopK", "Unsqueeze"})


def require_supported(graph: SourceGraph) -> None:
    """Refuse float networks and operators without a handler. Raises: ModelError."""
    for node in graph.nodes:
        require_known(node)
    require_quantised(graph)
    live = dynamic_nodes(graph.nodes, graph.input_names)
    for node in live:
        require_handler(node)
    for _, error in behind_softmax(live):
        raise error


def require_quantised(graph: SourceGraph) -> None:
    """Refuse float networks. Raises: ModelError."""
    if any(node.op in QUANTISERS | LINEAR for node in graph.nodes) or graph.annotations:
        return
    for name, array in graph.constants.items():
        if array.ndim >= 2 and array.dtype.kind == "f" and np.any(array != np.round(array)):
            raise ModelError(
                graph.name,
                "the network must be quantised",
                f"no quantiser in the file, float parameters such as {name!r}",
                "Train it with Brevitas and export it with export_qonnx",
            )


def require_known(node: SourceNode) -> None:
    """The operator must be of a known domain. Raises: ModelError."""
    if node.foreign:
        raise ModelError(
            node.label,
            "every operator must be ONNX's own or a QONNX quantiser",
            f"{node.op} of domain {node.foreign!r}",
            "Export the model with standard operators",
        )


def require_handler(node: SourceNode) -> None:
    """The operator must be known. Raises: ModelError."""
    if node.op not in OPERATORS and node.op not in FUSED:
        raise ModelError(
            node.label,
            "every operator must be one that hwgen can build",
            node.op,
            f"Build the network from {', '.join(sorted(OPERATORS))}",
        )


def behind_softmax(live: Sequence[SourceNode]) -> Iterator[tuple[SourceNode, ModelError]]:
    """Nodes that compute with the result of a softmax, and why they are refused."""
    softened = {out for node in live if node.op.endswith("Softmax") for out in node.outputs}
    for node in live:
        if softened.intersection(node.inputs):
            if node.op not in _AFTER_SOFTMAX:
                change = "Move the softmax to the end"
                if node.op in QUANTISERS | LINEAR:
                    change = "Leave the softmax out of the quantisation, as onnxruntime's nodes_to_exclude does"
                yield node, ModelError(node.label, "nothing may follow a softmax", node.op, change)
            softened.update(node.outputs)
