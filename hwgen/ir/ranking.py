"""Ranking on the chip: whether codes rank as the model's scores do, and the network that ranks them so."""

from __future__ import annotations

from hwgen.ir.graph import Graph, Node, Output, Reading
from hwgen.ir.reorder import reordered

UNORDERED = "classes in an order that the layers before cannot give"


def obstacle(scores: Reading) -> str:
    """Why the largest code is not the best class, apart from the order of channels; empty where it is."""
    scale, offset = scores.affine.scale, scores.affine.offset
    if scores.type.elements != scores.type.channels:
        return "the scores of several pixels"
    if scale.min() != scale.max():
        return "another scale for each class"
    if offset.min() != offset.max():
        return "another offset for each class"
    if scores.affine.ending is not None and not scores.affine.ending.keeps_order:
        return "a ReLU behind the scores, of which several may be 0"
    return "scores that fall as their codes rise" if scale.min() <= 0 else ""


def ranked_on_chip(graph: Graph, ranker: Node, scores: Reading) -> Graph | None:
    """`graph` with the ArgMax `ranker` giving the index of the model's class, the lowest of equal ones.

    The layers before are changed to give the scores in the model's order (`hwgen.ir.reorder`). None where they cannot,
    or where codes do not rank as `scores` do.
    """
    if obstacle(scores):
        return None
    return graph if scores.order is None else reordered(graph, ranker, scores.order.places)


def left_to_host(graph: Graph) -> tuple[str, ...]:
    """A warning with the reason where the ranking at the network's end is left to the host."""
    return tuple(_left(graph, output) for output in graph.outputs if output.ranking is not None)


def _left(graph: Graph, output: Output) -> str:
    found = obstacle(graph.reading_of(output)) or UNORDERED
    which = "the network's own ranking" if len(graph.outputs) == 1 else f"the network's own ranking of {output.name}"
    return f"{which} is left to the host, found {found}: predict and the C header rank the scores"
