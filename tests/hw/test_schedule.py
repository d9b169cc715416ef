"""What a schedule says about itself."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.hw.cycles import cycle_model
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.schedule import Gearbox, PoolTiles, VectorLoop, credits_for
from hwgen.hw.stream import Stream
from tests.builders import B
from tests.hw.naive import naive_times


def alone(schedule: VectorLoop | Gearbox | PoolTiles, beats_in: int, beats_out: int) -> ProcessNetwork:
    return ProcessNetwork(
        (Process("u", schedule, ("in",), ("out",)),), ("in",), ("out",), {"in": beats_in, "out": beats_out}
    )


@pytest.mark.parametrize("latency", range(1, 7))
@pytest.mark.parametrize("period", range(1, 9))
def test_enough_credits_never_wait(period: int, latency: int) -> None:
    schedule = VectorLoop(period, period, period, latency, credits_for(latency, period))
    assert cycle_model(alone(schedule, period, 1), "u").interval == period


@pytest.mark.parametrize("latency", range(2, 7))
@pytest.mark.parametrize("period", range(1, 9))
def test_one_credit_less_waits(period: int, latency: int) -> None:
    """The rule gives no credit too many, but for the two that it always gives."""
    enough = credits_for(latency, period)
    if enough > 2:
        schedule = VectorLoop(period, period, period, latency, enough - 1)
        assert cycle_model(alone(schedule, period, 1), "u").interval > period


@pytest.mark.parametrize("vectors", [1, 3])
@pytest.mark.parametrize("elements", [1, 5, 8, 12, 13])
def test_width_converter_states_its_own_rate(elements: int, vectors: int) -> None:
    """`cycles` of a converter alone is what the clock shows, for any two lane counts: no pause at its faster side."""
    for wide in range(1, elements + 1):
        for narrow in range(1, elements + 1):
            source = Stream("a", B, elements, wide, vectors=vectors)
            unit = WidthUnit("w", "", (source,), (Stream("w", B, elements, narrow, vectors=vectors),))
            times = naive_times(alone(unit.schedule, unit.input.beats, unit.output.beats), 24)
            assert times is not None
            ends = times["out"].reshape(24, -1)[:, -1]
            assert unit.cycles == max(unit.input.beats, unit.output.beats), (wide, narrow)
            assert 12 * unit.cycles == ends[23] - ends[11], (wide, narrow)


@pytest.mark.parametrize(
    ("height", "width", "columns", "beats"), [(1, 1, 1, 1), (2, 3, 2, 1), (1, 4, 3, 2), (3, 1, 2, 2)]
)
def test_tiles(height: int, width: int, columns: int, beats: int) -> None:
    """The slots that end a tile are those of its lower right pixel."""
    unit = PoolTiles(height, width, columns, beats, 1, 2)
    pixels = [(y, x, b) for y in range(height) for x in range(columns * width) for b in range(beats)]
    assert unit.slots == len(pixels)
    found = [pixel for slot, pixel in enumerate(pixels) if unit.ends(slot)]
    assert found == [(height - 1, c * width + width - 1, b) for c in range(columns) for b in range(beats)]


@pytest.mark.parametrize("seed", range(40))
def test_the_limit_of_a_gearbox_is_not_slack(seed: int) -> None:
    """Twice the beats of a frame in and out are what flows: nothing is lost to zero-fill."""
    rng = np.random.default_rng(seed)
    elements = int(rng.integers(1, 30))
    wide, narrow = (int(n) for n in rng.integers(1, elements + 1, 2))
    unit = WidthUnit("w", "", (Stream("a", B, elements, wide),), (Stream("w", B, elements, narrow),)).schedule
    assert (unit.in_beats - 1) * unit.push + unit.last_push == unit.out_beats * unit.pull, f"seed {seed}"
