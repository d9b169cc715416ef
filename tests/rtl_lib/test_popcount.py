"""hwgen_popcount: the counts of XNOR units of many widths, from no agreeing lane to all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.ir.types import Bipolar, IntArray
from tests.rtl_support import design_of, draw, mvtu, prove
from tests.tiers import tiered

B = Bipolar()
DEFAULT = {15, 16, 31, 33, 64, 100}


def prove_width(width: int, frames: IntArray, work: Path) -> None:
    """Counts of three neurons with random weights, `width` lanes a beat."""
    shape = (frames.shape[1], 3)
    unit = mvtu(np.random.default_rng(7), B, B, shape, (3, width))
    agreeing = unit.weights.reshape(3, -1)
    prove(design_of(unit), np.concatenate([frames, agreeing, -agreeing]), work, plain=True)


@pytest.mark.parametrize("width", tiered(range(1, 10), 1, 2, 5, 6, 9))
def test_every_input_of_a_narrow_unit(width: int, tmp_path: Path) -> None:
    codes = np.arange(2**width)[:, None] >> np.arange(width)
    prove_width(width, 2 * (codes & 1) - 1, tmp_path)


@pytest.mark.parametrize("width", tiered(range(10, 132), *(set(range(10, 132)) - DEFAULT)))
def test_wide_units(width: int, tmp_path: Path) -> None:
    """Two beats a vector."""
    prove_width(width, draw(np.random.default_rng(8), B, (60, 2 * width)), tmp_path)
