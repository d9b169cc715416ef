"""The order of a graph's nodes: each behind what it reads, none that nobody reads."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode


def in_order(name: str, nodes: Sequence[SourceNode]) -> list[SourceNode]:
    """The nodes, each behind those whose outputs it reads. Raises: ModelError on a cycle."""
    made = {output for node in nodes for output in node.outputs if output}
    done: set[str] = set()
    waiting, ordered = list(nodes), []
    while waiting:
        later = []
        for node in waiting:
            if all(tensor in done or tensor not in made for tensor in node.inputs):
                ordered.append(node)
                done.update(node.outputs)
            else:
                later.append(node)
        if len(later) == len(waiting):
            raise ModelError(
                name,
                "its nodes must not form a cycle",
                ", ".join(node.label for node in _cycle(later)),
                "Unroll the loop before the export",
            )
        waiting = later
    return ordered


def _cycle(nodes: Sequence[SourceNode]) -> list[SourceNode]:
    """The nodes of one cycle among nodes that all wait for each other."""
    maker = {output: node for node in nodes for output in node.outputs}
    path = [nodes[0]]
    while True:
        before = next(maker[tensor] for tensor in path[-1].inputs if tensor in maker)
        if before in path:
            return path[path.index(before) :][::-1]
        path.append(before)


def needed(nodes: Sequence[SourceNode], outputs: Sequence[str]) -> tuple[SourceNode, ...]:
    """The nodes that some output depends on, in order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def dynamic_nodes(nodes: Sequence[SourceNode], start: str) -> list[SourceNode]:
    """The nodes whose result depends on the values (not only the shape) of the tensor `start`, in order."""
    live, found = {start}, []
    for node in nodes:
        if live.intersection(node.inputs) and node.op not in ("Shape", "Size"):
            live.update(node.outputs)
            found.append(node)
    return found


def require_read(nodes: Sequence[SourceNode], start: str, outputs: Sequence[str]) -> None:
    """What is computed from the input must be read or leave the network. Raises: ModelError."""
    read = {name for node in nodes for name in node.inputs} | set(outputs)
    for node in dynamic_nodes(nodes, start):
        if not read.intersection(name for name in node.outputs if name):
            raise ModelError(
                node.label,
                "its output must be read by another node, or be the network's output",
                "a branch that ends here",
                "Remove the branch, or export what it computes",
            )
