"""The nodes of a network in the order in which they become units, and what they became in designs before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from hwgen.hw.choices import require_constants
from hwgen.hw.folding import fused_gate, is_fused, is_gate
from hwgen.hw.resources import Resources
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Graph, Node


@dataclass(frozen=True)
class Placed:
    """What it took to place a node: units, and streams by the name of their value, those given, taken and entering."""

    units: tuple[Unit, ...]
    given: Mapping[str, tuple[Stream, ...]]
    taken: tuple[str, ...]
    sources: Mapping[str, Stream]


class Placements:
    """The nodes of a network in the order in which they are placed, and what was placed before.

    A node's units follow from its folding and the streams that it reads. Equal streams are one object here, so that
    they are told apart by their address. Kept beside them is what the units take (`hwgen.hw.pools.price_of`), their
    longest paths (`hwgen.hw.timing.late_ns`), and what they are with other arithmetic, with thresholds in place of
    lines, or with a search in place of either.
    """

    def __init__(self, graph: Graph, prices: dict[Hashable, Resources] | None = None) -> None:
        self.known: dict[tuple[object, ...], Placed] = {}
        self.streams: dict[Stream, Stream] = {}
        self.prices = {} if prices is None else prices
        self.unit_prices: dict[Unit, Resources] = {}
        self.paths: dict[Unit, float] = {}
        self.others: dict[Unit, Unit | None] = {}
        self.compared: dict[Unit, Unit | None] = {}
        self.searched: dict[Unit, tuple[Unit, ...]] = {}
        self.order = tuple(_placed_nodes(graph))
        gates = {node.name: fused_gate(graph, node) for node in self.order}
        self.reads = {
            node.name: tuple(value.name for value in (*node.inputs, *(gate.inputs[1:] if gate else ())))
            for node, gate in zip(self.order, gates.values(), strict=True)
        }


def _placed_nodes(graph: Graph) -> Iterator[Node]:
    """Nodes that become units; one with a gate where the gate stands, as its unit reads both."""
    for node in graph.nodes:
        require_constants(node)
        if is_gate(graph, node):
            yield graph.producers[node.inputs[0].name]
        elif not is_fused(graph, node) and fused_gate(graph, node) is None:
            yield node
