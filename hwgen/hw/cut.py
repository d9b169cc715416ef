"""Where a network can be cut into two for two devices: behind a layer whose stream alone goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hwgen.errors import ConfigError
from hwgen.hw.folding import folded_layers, fused_threshold
from hwgen.ir.cut import obstacles, sides
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Gather

_MOST_NAMED = 12


def cut_points(graph: Graph) -> Mapping[str, Value]:
    """The layers behind which an integer network can be cut, in its order, and the value that crosses each cut."""
    layers = (node for node in folded_layers(graph) if not isinstance(node.op, Gather))
    ends = {node.name: _end(graph, node) for node in layers}
    return {name: value for name, value in ends.items() if not next(_against(graph, value), "")}


def cut_behind(graph: Graph, name: str) -> Value:
    """The value that crosses a cut behind the layer `name`, its threshold with it.

    Raises:
        ConfigError: there is no such layer, or its stream is not the only one that goes on.
    """
    node = next((each for each in graph.nodes if each.name == name), None)
    if node is None:
        entering = name in {each for port in graph.inputs for each in (port.name, port.value.name)}
        found = f"{name}, an input: there is no layer in front of it" if entering else name
        raise ConfigError("cut", "must name a layer of the network", found, _elsewhere(graph))
    value = _end(graph, node)
    found = "; ".join(dict.fromkeys(_against(graph, value)))
    if found:
        must = f"the stream behind {node.label} must be all that goes on to a second device, with layers on both sides"
        raise ConfigError("cut", must, found, _elsewhere(graph))
    return value


def _elsewhere(graph: Graph) -> str:
    """Where to cut the network instead, as the end of an error."""
    known = [*cut_points(graph)]
    more = ", ..." if len(known) > _MOST_NAMED else ""
    return f"Cut behind one of {', '.join(known[:_MOST_NAMED])}{more}" if known else "Build it for one device"


def owner_of(graph: Graph, name: str) -> Node | None:
    """The node that the unit or stream `name` is of, `<node>` or `<node>_...`; None for those of the input."""
    nodes = (node for node in graph.nodes if name == node.name or name.startswith(f"{node.name}_"))
    return max(nodes, key=lambda node: len(node.name), default=None)


def _end(graph: Graph, node: Node) -> Value:
    """The output of the unit that `node` becomes or belongs to."""
    return (fused_threshold(graph, node) or node).output


def _against(graph: Graph, value: Value) -> Iterator[str]:
    """What stands against a cut at `value`: other values that cross it, or a side without units."""
    yield from obstacles(graph, value)
    for side, nodes in zip(("in front of", "behind"), sides(graph, value), strict=True):
        if nodes and all(isinstance(node.op, Gather) for node in nodes):
            yield f"nothing but moves {side} it"
