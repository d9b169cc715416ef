"""Moves in a row become one, and none where nothing moves; what is computed stays."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Gather, MatMul
from hwgen.ir.types import IntType
from hwgen.passes.base import run_passes
from hwgen.passes.moves import ComposeMoves
from tests.builders import ImageBuilder

SHAPE = (3, 4, 2)
PLACES = np.arange(24).reshape(SHAPE)


def network(*moves: str, shared: bool = False) -> Graph:
    """Flips of rows and columns in a row, and a move that moves nothing; a product behind them."""
    net = ImageBuilder(np.random.default_rng(1), SHAPE, IntType(3, signed=False))
    maps = {"rows": PLACES[::-1], "columns": PLACES[:, ::-1], "nothing": PLACES}
    values = [net.input]
    for move in moves:
        values.append(net.gather(values[-1], maps[move]))
    if shared:
        net.sum(values[1], values[-1])
    net.dense(net.last, 3, IntType(3, signed=True))
    return net.graph()


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        (("rows",), 1),
        (("nothing",), 0),
        (("rows", "columns"), 1),
        (("rows", "nothing", "columns"), 1),
        (("rows", "rows"), 0),
        (("nothing", "rows", "nothing", "columns", "rows"), 1),
    ],
    ids=str,
)
def test_moves_in_a_row(moves: tuple[str, ...], left: int) -> None:
    before = network(*moves)
    after = run_passes(before, (ComposeMoves(),))
    assert sum(isinstance(node.op, Gather) for node in after.nodes) == left
    same_answers(before, after)


def test_a_move_that_others_read_stays() -> None:
    before = network("rows", "nothing", "columns", shared=True)
    after = run_passes(before, (ComposeMoves(),))
    assert [node.name for node in after.nodes if isinstance(node.op, Gather)] == ["move0", "move2"]
    same_answers(before, after)


def test_a_move_that_leaves_the_chip_stays() -> None:
    net = ImageBuilder(np.random.default_rng(1), SHAPE, IntType(3, signed=False))
    net.gather(net.input, PLACES)
    assert len(run_passes(net.graph(), (ComposeMoves(),)).nodes) == 1


def test_a_crop_of_the_first_rows_stays() -> None:
    """Its places are 0, 1, 2, ..., but not all of them."""
    net = ImageBuilder(np.random.default_rng(1), SHAPE, IntType(3, signed=False))
    net.dense(net.gather(net.input, PLACES[:2]), 3, IntType(3, signed=True))
    after = run_passes(net.graph(), (ComposeMoves(),))
    assert [type(node.op) for node in after.nodes] == [Gather, MatMul]
    same_answers(net.graph(), after)


def same_answers(before: Graph, after: Graph) -> None:
    frames = np.random.default_rng(2).integers(0, 8, (5, *SHAPE))
    np.testing.assert_array_equal(run(after, frames), run(before, frames))
