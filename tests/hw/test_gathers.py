"""Index maps cut into flags, blocks and lanes, against the maps themselves."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.folding import resolve
from hwgen.hw.folds import intervals
from hwgen.hw.gathers import Blocks, Kept, legal_lanes
from hwgen.hw.matrices import Folding
from hwgen.ir.ops import Gather
from hwgen.ir.types import IntArray, IntType
from tests.moves import MOVES, REORDERED, SELECTED, move_graph

SHAPE = (4, 6, 8)
PLACES = np.arange(4 * 6 * 8).reshape(SHAPE)


@pytest.mark.parametrize("name", SELECTED)
def test_flags_say_what_stays(name: str) -> None:
    places = SELECTED[name](PLACES).ravel()
    stays = np.isin(np.arange(PLACES.size), places)
    kept = Kept.of(stays)
    rounds = np.arange(0, PLACES.size, kept.period)[:, None]
    np.testing.assert_array_equal((rounds + kept.places).ravel(), places)


def test_flags_are_few() -> None:
    """A crop of rows and columns has a flag for each row, and for each column."""
    kept = Kept.of(np.isin(np.arange(PLACES.size), PLACES[1:-1, 1:-1]))
    assert (kept.run, kept.inner.tolist()) == (8, [False, True, True, True, True, False])
    assert kept.outer.tolist() == [False, True, True, False]
    every_row = Kept.of(np.isin(np.arange(PLACES.size), PLACES[:, ::2]))
    assert (every_row.run, every_row.period) == (8, 16)


def whole(blocks: Blocks) -> IntArray:
    """The map that blocks stand for."""
    block = (blocks.starts[:, None] + np.arange(blocks.run)).ravel()
    return (np.arange(blocks.count)[:, None] * blocks.beats + block).ravel()


@pytest.mark.parametrize("name", REORDERED)
def test_blocks_say_where_beats_go(name: str) -> None:
    places = REORDERED[name](PLACES).ravel()
    np.testing.assert_array_equal(whole(Blocks.of(places, PLACES.size)), places)


@pytest.mark.parametrize(
    ("name", "count", "run"),
    [
        ("twice as large", 4, 8),
        ("wider", 24, 8),
        ("mirrored", 4, 8),
        ("transposed", 1, 8),
        ("channels reversed", 24, 1),
        ("shuffled", 4, 4),
        ("unshuffled", 2, 16),
    ],
)
def test_blocks_are_small(name: str, count: int, run: int) -> None:
    """Rows, pixels, groups of rows or the frame, whatever keeps to itself."""
    blocks = Blocks.of(REORDERED[name](PLACES).ravel(), PLACES.size)
    assert (blocks.count, blocks.run) == (count, run)


@pytest.mark.parametrize(
    ("name", "lanes"),
    [
        ("crop", (1, 2, 4, 8)),
        ("half of the channels", (1, 2, 4)),
        ("some channels of a crop", (1,)),
        ("shuffled", (1, 2)),
        ("channels reversed", (1,)),
        ("unshuffled", (1, 2, 4, 8)),
    ],
)
def test_lanes_move_together(name: str, lanes: tuple[int, ...]) -> None:
    graph = move_graph(MOVES[name], SHAPE, IntType(2, signed=False))
    op, channels = graph.nodes[0].op, graph.nodes[0].output.type.channels
    assert isinstance(op, Gather)
    assert legal_lanes(op, int(np.gcd(channels, 8))) == lanes


def test_other_lanes_are_refused() -> None:
    graph = move_graph(MOVES["shuffled"], SHAPE, IntType(2, signed=False))
    with pytest.raises(FoldingError) as caught:
        resolve(graph, {"move": LayerFolding(pe=4)}, 1)
    must = "PE must be a number of elements that lie side by side before and after, wherever they move"
    assert str(caught.value) == f"move (net.move): {must}; found PE 4. Use one of 1, 2."
    assert resolve(graph, {}, 1) == {"move": Folding(pe=2)}
    assert intervals(graph) == (96, 192)
