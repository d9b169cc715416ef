"""Rows and columns for the nodes of a directed graph that flows downwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

Place = str | tuple[int, int]
"""The content of one row and column: a node by its name, or the passage of an edge: its number and the row."""


@dataclass(frozen=True)
class DiagramLayout:
    """Where each node of a graph stands.

    A node is one row below the last of those it reads. A branch takes a column of its own to the right of its fork's,
    the longest branch keeps the fork's. An edge that passes rows takes a place in each of them.

    Attributes:
        nodes: in topological order.
        edges: (source, target), by name.
    """

    nodes: Sequence[str]
    edges: Sequence[tuple[str, str]]

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each node, from 0."""
        found: dict[str, int] = {}
        for name in self.nodes:
            found[name] = max((found[source] + 1 for source, target in self.edges if target == name), default=0)
        return found

    @cached_property
    def columns(self) -> Mapping[Place, int]:
        """The column of each place, from 0: the leftmost of its sources, or the next free one to the right."""
        found: dict[Place, int] = {}
        for row in range(max(self.rows.values()) + 1):
            wanted = [(self._wish(found, place, row), place) for place in self._places(row)]
            free = 0
            for (column, *_), place in sorted(wanted, key=lambda each: each[0]):
                found[place] = max(column, free)
                free = found[place] + 1
        return found

    def passages(self, number: int) -> Sequence[Place]:
        """The places of an edge between its source and its target, from the top."""
        source, target = self.edges[number]
        return [(number, row) for row in range(self.rows[source] + 1, self.rows[target])]

    def _places(self, row: int) -> list[Place]:
        """The places of a row, nodes first."""
        nodes: list[Place] = [name for name in self.nodes if self.rows[name] == row]
        return nodes + [(i, row) for i in range(len(self.edges)) if (i, row) in self.passages(i)]

    def _wish(self, found: Mapping[Place, int], place: Place, row: int) -> tuple[int, bool, int]:
        """The preferred column of a place, and its priority: nodes before edges, long branches before short ones."""
        if isinstance(place, tuple):
            return found[self._above(place[0], row)], True, 0
        above = (found[self._above(i, row)] for i, (_, target) in enumerate(self.edges) if target == place)
        return min(above, default=0), False, -self._depths[place]

    def _above(self, number: int, row: int) -> Place:
        """The place of an edge in the row above `row`."""
        source = self.edges[number][0]
        return source if self.rows[source] == row - 1 else (number, row - 1)

    @cached_property
    def _depths(self) -> Mapping[str, int]:
        """Rows of the longest path from each node."""
        found: dict[str, int] = {}
        for name in reversed(self.nodes):
            found[name] = max((found[target] + 1 for source, target in self.edges if source == name), default=0)
        return found
