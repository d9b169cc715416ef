"""wired.hpp and the sums printed for it, against the matrix."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hwgen.hw.kernels.wired import WiredUnit
from tests.hls_lib.cases import Case, run_cases
from tests.tiers import some
from tests.wired_cases import LAYERS, drawn


def test_wired(tmp_path: Path) -> None:
    """Bipolar, ternary and integer weights; codes by a comparison, a clipped shift and bisection, and plain sums."""
    found = [drawn(layer) for layer in some(LAYERS, 3)]
    assert all(isinstance(each.unit, WiredUnit) for each in found)
    cases = [
        Case(replace(each.design, name=f"wired{index}"), each.frames, each.expected) for index, each in enumerate(found)
    ]
    assert run_cases(cases, tmp_path) == []
