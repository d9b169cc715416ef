"""What a pass is: a frozen dataclass whose fields are its options; the network is legal before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hwgen.errors import CheckError
from hwgen.ir.check import check
from hwgen.ir.graph import Graph


class Pass(Protocol):
    """One rewrite of the integer network."""

    @property
    def name(self) -> str: ...

    def apply(self, graph: Graph) -> Graph:
        """The rewritten network; `graph` stays as it is."""
        ...


def run_passes(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """Apply `passes` in order, checking the network before the first and after each; a failing pass is named."""
    check(graph)
    for each in passes:
        graph = each.apply(graph)
        try:
            check(graph)
        except CheckError as error:
            raise CheckError(f"pass {each.name}: {error.where}", error.must, error.found) from error
    return graph
