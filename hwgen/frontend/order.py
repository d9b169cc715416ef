"""Topological order of a graph's nodes, without those that no output needs."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode


def in_order(name: str, nodes: Sequence[SourceNode]) -> list[SourceNode]:
    """The nodes in topological order, by repeated passes over the file's order.

    Each pass takes the nodes whose operands are all there by then. Raises: ModelError on a cycle.
    """
    maker = {output: place for place, node in enumerate(nodes) for output in node.outputs if output}
    reads = [{maker[tensor] for tensor in node.inputs if tensor in maker} for node in nodes]
    readers: list[list[int]] = [[] for _ in nodes]
    for place, before in enumerate(reads):
        for each in before:
            readers[each].append(place)
    missing, rounds = [len(before) for before in reads], [0] * len(nodes)
    ready = [place for place, count in enumerate(missing) if not count]
    for place in ready:
        for reader in readers[place]:
            rounds[reader] = max(rounds[reader], rounds[place] + (place > reader))
            missing[reader] -= 1
            if not missing[reader]:
                ready.append(reader)
    if len(ready) < len(nodes):
        cycle = _cycle(reads, next(place for place, count in enumerate(missing) if count), set(ready))
        labels = [nodes[place].label for place in cycle]
        found = ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
        raise ModelError(name, "its nodes must not form a cycle", found, "Unroll the loop before the export")
    return [nodes[place] for place in sorted(ready, key=lambda place: (rounds[place], place))]


def _cycle(reads: Sequence[set[int]], start: int, done: set[int]) -> list[int]:
    """The indices of the nodes of one cycle."""
    path, met = [start], {start: 0}
    while True:
        before = min(reads[path[-1]] - done)
        if before in met:
            return path[met[before] :][::-1]
        met[before] = len(path)
        path.append(before)


def needed(nodes: Sequence[SourceNode], outputs: Sequence[str]) -> tuple[SourceNode, ...]:
    """The nodes that some output depends on, in order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def dynamic_nodes(nodes: Sequence[SourceNode], starts: Sequence[str]) -> list[SourceNode]:
    """The nodes whose result depends on the values (not only the shape) of the tensors `starts`, in order."""
    live, found = set(starts), []
    for node in nodes:
        if live.intersection(node.inputs) and node.op not in ("Shape", "Size"):
            live.update(node.outputs)
            found.append(node)
    return found


def require_read(nodes: Sequence[SourceNode], starts: Sequence[str], outputs: Sequence[str]) -> None:
    """Every node that depends on the input must be read or leave the network. Raises: ModelError."""
    read = {name for node in nodes for name in node.inputs} | set(outputs)
    for name in starts if len(starts) > 1 else ():
        if name not in read:
            must, change = "an operator must read it", "Remove it from the network"
            raise ModelError(f"input {name!r}", must, "none that does", change)
    for node in dynamic_nodes(nodes, starts):
        if not read.intersection(name for name in node.outputs if name):
            raise ModelError(
                node.label,
                "its output must be read by another node, or be the network's output",
                "a branch that ends here",
                "Remove the branch, or export what it computes",
            )
