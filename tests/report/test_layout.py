"""Rows and columns of graphs: chains, residual connections, branches that pass each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hwgen.report.layout import DiagramLayout, Place


def layout(nodes: str, *edges: str) -> DiagramLayout:
    """Nodes and edges of one letter each."""
    return DiagramLayout(list(nodes), [(edge[0], edge[1]) for edge in edges])


CHAIN = layout("abc", "ab", "bc")
SKIP = layout("abcd", "ab", "bc", "ad", "cd")
PROJECTION = layout("abcde", "ab", "bc", "ad", "ce", "de")
NESTED = layout("abcdef", "ab", "bc", "cd", "bd", "de", "ae", "ef")
THREE = layout("abcde", "ab", "ac", "ad", "be", "ce", "de")
ALL = {"chain": CHAIN, "skip": SKIP, "projection": PROJECTION, "nested": NESTED, "three": THREE}


def test_a_chain_is_one_column() -> None:
    assert CHAIN.rows == {"a": 0, "b": 1, "c": 2}
    assert CHAIN.columns == {"a": 0, "b": 0, "c": 0}


def test_a_residual_connection_passes_beside_its_branch() -> None:
    assert SKIP.rows == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert SKIP.passages(2) == [(2, 1), (2, 2)]
    assert SKIP.columns == {"a": 0, "b": 0, "c": 0, "d": 0, (2, 1): 1, (2, 2): 1}


def test_the_longest_branch_keeps_the_column() -> None:
    columns = PROJECTION.columns
    assert [columns[each] for each in "abce"] == [0, 0, 0, 0] and columns["d"] == 1
    assert columns[(4, 2)] == 1


def test_connections_around_connections() -> None:
    columns = NESTED.columns
    assert [columns[each] for each in "abcdef"] == [0] * 6
    outer = {columns[place] for place in NESTED.passages(5)}
    inner = {columns[place] for place in NESTED.passages(3)}
    assert inner == {1} and outer <= {1, 2} and columns[(5, 2)] == 2


def test_three_branches() -> None:
    assert sorted(THREE.columns[each] for each in "bcd") == [0, 1, 2]


@pytest.mark.parametrize("name", ALL)
def test_no_place_is_taken_twice_and_every_edge_goes_down(name: str) -> None:
    found = ALL[name]

    def row(place: Place) -> int:
        return found.rows[place] if isinstance(place, str) else place[1]

    places = [(row(place), column) for place, column in found.columns.items()]
    assert len(set(places)) == len(places)
    for number, (source, target) in enumerate(found.edges):
        way = [source, *found.passages(number), target]
        assert [row(two) - row(one) for one, two in pairwise(way)] == [1] * (len(way) - 1)
