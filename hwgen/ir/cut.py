"""A network cut at a value into two, where nothing else goes from the first to the second."""

from __future__ import annotations

from collections.abc import Iterator

from hwgen.ir.graph import Affine, Graph, Input, Node, Output, Value


def sides(graph: Graph, value: Value) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The nodes that `value` depends on, its own with them, and the others: in front of a cut there, and behind it."""
    needed = {value.name}
    for node in reversed(graph.nodes):
        if node.output.name in needed:
            needed |= {each.name for each in node.inputs}
    front = tuple(node for node in graph.nodes if node.output.name in needed)
    return front, tuple(node for node in graph.nodes if node.output.name not in needed)


def obstacles(graph: Graph, value: Value) -> Iterator[str]:
    """What stands against a cut at `value`, the output of a node; nothing where it is the only one to go on."""
    _, second = sides(graph, value)
    computed = {node.output.name for node in second}
    if not second:
        yield "nothing computes behind it"
        return
    for output in graph.outputs:
        if output.value.name not in computed:
            yield f"{output.value.name}, which leaves the network in front of it"
    for node in second:
        for each in node.inputs:
            if each.name not in computed and each != value:
                yield f"{each.name}, which {node.label} reads behind it"


def split(graph: Graph, value: Value, names: tuple[str, str]) -> tuple[Graph, Graph]:
    """The networks in front of `value` and behind it, called `names`; there must be no `obstacles`.

    The output of the first and the input of the second are the codes of `value` as they are: scale 1, offset 0.
    """
    first, second = sides(graph, value)
    return (
        Graph(names[0], graph.inputs, first, (Output(value, Affine()),)),
        Graph(names[1], (Input(value, Affine()),), second, graph.outputs),
    )
