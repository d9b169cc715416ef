"""The sliding window unit: which rows its windows see, and how many rows its line buffer needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import DeadlockError
from hwgen.hw.cycles import cycle_model
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.schedule import VectorLoop, credits_for
from hwgen.ir.geometry import Geometry
from tests.builders import random_geometry
from tests.hw.networks import lines_of
from tests.seeds import fresh


def random_window(rng: np.random.Generator) -> WindowUnit:
    """A window unit over an image of up to 12 x 8 pixels of up to 4 beats, in blocks."""
    height, width, beats = int(rng.integers(1, 13)), int(rng.integers(1, 9)), int(rng.integers(1, 5))
    window = lines_of(random_geometry(rng, height, width), (height, width), beats)
    return replace(window, blocks=int(rng.choice([n for n in range(1, beats + 1) if beats % n == 0])))


@pytest.mark.parametrize("seed", range(60))
def test_rows(seed: int) -> None:
    """Before each row of windows its rows are there, none is let go too early, and a frame lets go of all it took."""
    window = random_window(np.random.default_rng(seed))
    geometry, height = window.geometry, window.height
    gone = 0
    for row in range(window.out_height):
        taps = [
            row * geometry.stride[0] - geometry.padding[0] + k * geometry.dilation[0] for k in range(geometry.kernel[0])
        ]
        seen = [tap for tap in taps if 0 <= tap < height]
        held = range(gone, gone + window.needed[row])
        assert set(seen) <= set(held), f"seed {seed}, row {row} of {window.geometry} over {height}"
        if seen and row < window.out_height - 1:
            assert held.stop == min(height, max(taps) + 1), f"seed {seed}, row {row}: waits for no more than it sees"
        gone += window.released[row]
    assert gone == height and len(window.needed) == len(window.released) == window.out_height


def pair(window: WindowUnit, window_cycles: int) -> ProcessNetwork:
    """The window unit and a reader of `window_cycles` cycles a window: in each block it reads first, then computes."""
    beats = window.out_row_beats // window.out_width // window.blocks
    slots = window_cycles // window.blocks
    reader = VectorLoop(slots, beats, beats, 5, credits_for(5, beats))
    processes = (Process("w", window.schedule, ("x",), ("w",)), Process("r", reader, ("w",), ("y",)))
    blocks = window.out_height * window.out_width * window.blocks
    return ProcessNetwork(
        processes, ("x",), ("y",), {"x": window.input.beats, "w": blocks * beats, "y": blocks * (slots // beats)}
    )


def interval(window: WindowUnit, window_cycles: int, rows: int) -> int | None:
    """Cycles a frame of the pair with `rows` rows; None where it is stuck."""
    try:
        return cycle_model(pair(replace(window, rows=rows), window_cycles), "r").interval
    except DeadlockError:
        return None


def bound(window: WindowUnit, window_cycles: int) -> int:
    return max(window.input.beats, window.out_height * window.out_width * window_cycles)


def random_cycles(rng: np.random.Generator, window: WindowUnit) -> int:
    """Cycles a window that the reader takes: those of the window's beats, or some times as many."""
    return window.out_row_beats // window.out_width * int(rng.choice([1, 1, 1, 2, 3, 5]))


def suffices(seed: int) -> int:
    """Check that `WindowUnit.rows_for` rows reach the bound; how many fewer would do too."""
    rng = np.random.default_rng(seed)
    window = random_window(rng)
    window_cycles = random_cycles(rng, window)
    rows, wanted = window.rows_for(window_cycles), bound(window, window_cycles)
    assert interval(window, window_cycles, rows) == wanted, (
        f"seed {seed}: {rows} rows, {window_cycles} cycles, {window}"
    )
    spare = 0
    while rows - spare > 1 and interval(window, window_cycles, rows - spare - 1) == wanted:
        spare += 1
    return spare


def test_enough_rows_and_few_to_spare() -> None:
    """Never too few; one less is nearly always too few."""
    spare = np.array([suffices(seed) for seed in range(150)])
    assert np.mean(spare == 0) > 0.9 and spare.max() <= 3, np.bincount(spare)


@pytest.mark.long
def test_enough_rows_at_length() -> None:
    for seed in fresh(3000):
        suffices(seed)


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        (Geometry((3, 3)), {3: 2088, 4: 1848, 5: 1824, 6: 1800}),
        (Geometry((3, 3), padding=(1, 1, 1, 1)), {3: 2832, 4: 2592}),
        (Geometry((2, 2), (2, 2)), {2: 576, 3: 432, 4: 288}),
        (Geometry((1, 1)), {1: 576, 2: 288}),
    ],
    ids=str,
)
def test_rows_buy_cycles(geometry: Geometry, found: dict[int, int]) -> None:
    """12 x 12 pixels of 2 beats, a reader as fast as the windows come: cycles a frame by rows."""
    window = lines_of(geometry, (12, 12), 2)
    assert {rows: interval(window, 2 * geometry.taps, rows) for rows in found} == found
    assert window.rows_for(2 * geometry.taps) == max(found)
    assert interval(window, 2 * geometry.taps, min(found) - 1) is None
