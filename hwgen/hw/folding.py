"""Folding: how many neurons (PE) and inputs (SIMD) each layer computes in a cycle."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.kernel import Folding
from hwgen.hw.stream import ceil_div
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import ArgMax, MatMul, Threshold


def folded_layers(graph: Graph) -> tuple[Node, ...]:
    """The nodes that become layers of their own: a threshold behind a matrix belongs to the matrix's unit."""
    return tuple(node for node in graph.nodes if not is_fused(graph, node))


def is_fused(graph: Graph, node: Node) -> bool:
    """Whether `node` is the threshold at the end of a matrix-vector-threshold unit."""
    if not isinstance(node.op, Threshold):
        return False
    source = graph.producers.get(node.inputs[0].name)
    return source is not None and isinstance(source.op, MatMul)


def resolve(graph: Graph, requested: Mapping[str, LayerFolding], target_interval: int) -> dict[str, Folding]:
    """PE and SIMD of every layer: as requested, else the least hardware that meets `target_interval` cycles.

    Raises:
        FoldingError: an unknown layer, a PE or SIMD beyond the layer's size, SIMD where there is none.
    """
    layers = folded_layers(graph)
    names = [layer.name for layer in layers]
    for name in requested:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"Did you mean {close[0]}?" if close else "Use one of these names"
            raise FoldingError(f"folding of {name}", f"must name a layer ({', '.join(names)})", name, hint)
    found: dict[str, Folding] = {}
    for layer in reversed(layers):  # a layer without weights follows its reader's lanes
        wish = requested.get(layer.name, LayerFolding())
        found[layer.name] = _layer_folding(graph, layer, wish, target_interval, found)
    # The top-1 unit reads the lanes its producer writes, so it comes last.
    for layer in layers:
        if isinstance(layer.op, ArgMax) and requested.get(layer.name, LayerFolding()).pe is None:
            producer = graph.producers[layer.inputs[0].name]
            found[layer.name] = Folding(pe=found[_unit_name(graph, producer)].pe)
    return {name: found[name] for name in names}


def _unit_name(graph: Graph, node: Node) -> str:
    return graph.producers[node.inputs[0].name].name if is_fused(graph, node) else node.name


def _layer_folding(graph: Graph, layer: Node, wish: LayerFolding, target: int, found: Mapping[str, Folding]) -> Folding:
    channels = layer.inputs[0].type.elements
    if isinstance(layer.op, MatMul):
        outputs = layer.output.type.channels
        _must_fit(layer, "PE", wish.pe, outputs, "neurons")
        _must_fit(layer, "SIMD", wish.simd, channels, "inputs")
        return cheapest(outputs, channels, target, wish)
    _must_fit(layer, "PE", wish.pe, channels, "elements")
    if wish.simd is not None:
        raise FoldingError(layer.label, "has no weights and so no SIMD", f"SIMD {wish.simd}", "Give PE alone")
    if wish.pe is not None:
        return Folding(pe=wish.pe)
    readers = graph.users.get(layer.output.name, ())
    if readers and readers[0].name in found and isinstance(readers[0].op, MatMul):
        return Folding(pe=found[readers[0].name].simd)
    return Folding(pe=ceil_div(channels, min(target, channels)))


def _must_fit(layer: Node, what: str, value: int | None, size: int, unit: str) -> None:
    if value is not None and value > size:
        must = f"{what} must be 1 to {size}, the layer's {unit}"
        raise FoldingError(layer.label, must, f"{what} {value}", f"Lower {what} in the folding")


def cheapest(outputs: int, inputs: int, target: int, wish: LayerFolding) -> Folding:
    """The folding with the fewest PE * SIMD that takes at most `target` cycles, or as close to it as there is.

    Only divisors of the layer's sizes are tried; of equals, the one whose PE and SIMD are closest.
    """
    best: tuple[tuple[int, int, int], Folding] | None = None
    for pe in (wish.pe,) if wish.pe else _divisors(outputs):
        for simd in (wish.simd,) if wish.simd else _divisors(inputs):
            cycles = ceil_div(outputs, pe) * ceil_div(inputs, simd)
            rank = (max(cycles, target), pe * simd, max(pe, simd))
            if best is None or rank < best[0]:
                best = rank, Folding(pe, simd)
    assert best is not None
    return best[1]


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]
