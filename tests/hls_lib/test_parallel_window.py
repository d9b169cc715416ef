"""parallel_window.hpp against plain loops: what every window sees, all taps of a beat of its pixels at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, IntType
from tests.builders import random_geometry
from tests.hls_lib.cases import generator, run_cases
from tests.hls_lib.image_cases import parallel_window_case
from tests.seeds import fresh

B = Bipolar()
INT3, UINT4 = IntType(3, True), IntType(4, False)


def test_windows(tmp_path: Path) -> None:
    same = Geometry((3, 3), padding=(1, 1, 1, 1))
    cases = [
        parallel_window_case("plain", (5, 6, 4), 2, INT3, Geometry((3, 3))),
        parallel_window_case("one_column", (7, 1, 2), 2, INT3, Geometry((3, 1), (2, 1), padding=(1, 0, 1, 0))),
        parallel_window_case("one_row", (1, 7, 2), 1, INT3, Geometry((1, 3), (1, 2))),
        parallel_window_case("full", (4, 3, 2), 1, UINT4, Geometry((3, 3), padding=(2, 2, 2, 2)), "mixed"),
        parallel_window_case(
            "dilated", (6, 7, 4), 2, INT3, Geometry((3, 2), (1, 2), (2, 3), (1, 2, 3, 1)), style=MemoryStyle.BLOCK
        ),
        parallel_window_case("gaps", (7, 8, 1), 1, UINT4, Geometry((2, 2), (3, 3))),
        parallel_window_case("ternary", (4, 5, 70), 70, B, same),
        parallel_window_case("own", (4, 5, 6), 3, B, same, "mixed"),
        parallel_window_case("whole", (4, 3, 2), 2, INT3, Geometry((4, 3))),
    ]
    assert run_cases(cases, tmp_path) == []


@pytest.mark.long
def test_random_windows(tmp_path: Path) -> None:
    cases = []
    for seed in fresh(60):
        rng = generator(seed)
        height, width, channels = (int(rng.integers(1, most)) for most in (9, 9, 7))
        lanes = int(rng.choice([n for n in range(1, channels + 1) if channels % n == 0]))
        pads: list[int | str] = [0, 1, "mixed"]
        geometry, pad = random_geometry(rng, height, width), pads[seed % 3]
        cases.append(
            parallel_window_case(
                f"random{seed}", (height, width, channels), lanes, (B, INT3, UINT4)[seed % 3], geometry, pad
            )
        )
    assert run_cases(cases, tmp_path) == []
