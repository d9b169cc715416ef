"""hwgen_pool: largest codes, smallest codes and sums of tiles, and the cycles of both kinds of partial results."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.kernels.pool import PoolUnit
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, DType, IntType
from tests.rtl_support import TERNARY, design_of, draw, pool, prove
from tests.tiers import tiered

B, U4, I4 = Bipolar(), IntType(4, signed=False), IntType(4, signed=True)
SUM = PoolKind.SUM


def prove_random(unit: PoolUnit, work: Path) -> None:
    design = design_of(unit)
    prove(design, draw(np.random.default_rng(8), unit.input.dtype, (5, unit.input.size)), work)


UNITS = {
    "max": pool(U4, (4, 6, 3), 2, (2, 2)),
    "either": pool(I4, (4, 6, 5), 2, (2, 3), minimum=np.array([1, 0, 0, 1, 1])),
    "bipolar": pool(B, (4, 4, 5), 3, (2, 2), minimum=np.array([0, 1, 0, 1, 0])),
    "min": pool(U4, (3, 4, 2), 1, (1, 4), minimum=1),
    "one_partial": pool(I4, (6, 4, 3), 3, (3, 4)),
    "windows": pool(TERNARY, (5, 9, 3), 2, (1, 9), elements=4),
    "sum": pool(I4, (4, 6, 3), 2, (2, 3), SUM),
    "sum_bipolar": pool(B, (4, 4, 3), 1, (4, 2), SUM),
    "sum_ternary": pool(TERNARY, (2, 4, 3), 3, (1, 4), SUM),
    "global": pool(U4, (4, 4, 3), 2, (4, 4), SUM),
    "point": pool(U4, (2, 3, 3), 2, (1, 1)),
}


@pytest.mark.parametrize("name", tiered(UNITS, "min", "global", "point", "sum_ternary"))
def test_pool(name: str, tmp_path: Path) -> None:
    prove_random(UNITS[name], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("dtype", "kind", "tile", "lanes"),
    list(product((B, U4, I4, TERNARY), PoolKind, ((1, 1), (2, 2), (3, 1), (1, 4)), (1, 2, 5))),
    ids=str,
)
def test_every_type_and_tile(dtype: DType, kind: PoolKind, tile: tuple[int, int], lanes: int, tmp_path: Path) -> None:
    minimum = np.array([0, 1, 1, 0, 1]) if kind is PoolKind.MAX else 0
    prove_random(pool(dtype, (2 * tile[0], 3 * tile[1], 5), lanes, tile, kind, minimum=minimum), tmp_path)
