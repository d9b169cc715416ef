"""The cycle model against a stepped clock, for every beat of every stream."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.schedule import Cycles, Engine, Gearbox, Queue, beat_times, credits_for, cycle_model, cycles_of
from hwgen.hw.stream import Stream, ceil_div
from tests.builders import B
from tests.hw.naive import naive_times, random_chain

ALTERNATING = [
    Queue(3),
    Engine(slots=6, reads=2, period=2, latency=5, credits=3),
    Engine(slots=6, reads=3, period=3, latency=5, credits=2),
    Engine(slots=4, reads=2, period=2, latency=5, credits=3),
    Queue(8),
]
"""Two FIFOs' worth of beats short: frames leave after 8 and 6 cycles by turns. Of 2 input beats a frame."""


def agree(seed: int, units: int, frames: int) -> None:
    chain, first, last = random_chain(np.random.default_rng(seed), units)
    found, expected = beat_times(chain, first, frames), naive_times(chain, first, frames, last)
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        upto = len(theirs)  # the clock stops with the last output beat
        assert len(ours) >= upto, f"seed {seed}, stream {place}"
        assert np.array_equal(ours[:upto], theirs), f"seed {seed}, stream {place} of {chain}"
        assert np.all(ours[upto:] >= found[-1][-1]), f"seed {seed}, stream {place}"


@pytest.mark.parametrize("units", range(1, 7))
def test_every_beat(units: int) -> None:
    for seed in range(60):
        agree(1000 * units + seed, units, frames=5)


@pytest.mark.long
def test_every_beat_at_length() -> None:
    for seed in range(3000):
        agree(100_000 + seed, 1 + seed % 8, frames=12)


def model_agrees(seed: int, units: int, frames: int) -> None:
    chain, first, _ = random_chain(np.random.default_rng(seed), units)
    times = beat_times(chain, first, frames)
    model = cycle_model(chain, first)
    for count in (1, 2, 3, 7, frames - 1, frames):
        ends = times[-1].reshape(frames, -1)[:count, -1]
        expected = Cycles(int(ends[-1] - ends[-2]) if count > 1 else None, int(ends[0]), int(ends[-1]) + 1)
        assert model.predict(count) == expected, f"seed {seed}, {count} frames of {chain}"


@pytest.mark.parametrize("units", range(1, 7))
def test_extrapolation(units: int) -> None:
    for seed in range(40):
        model_agrees(2000 * units + seed, units, frames=90)


@pytest.mark.long
def test_extrapolation_at_length() -> None:
    for seed in range(1500):
        model_agrees(200_000 + seed, 1 + seed % 8, frames=400)


def test_alternating_frames() -> None:
    model = cycle_model(ALTERNATING, 2)
    assert (model.period, model.span, model.interval) == (2, 14, 7)
    ends = beat_times(ALTERNATING, 2, 301)[-1].reshape(301, -1)[:, -1]
    assert sorted({*np.diff(ends)[-10:].tolist()}) == [6, 8]
    for frames in (1, 2, 100, 101, 300, 301):
        assert model.predict(frames).total == ends[frames - 1] + 1


def test_one_engine_by_hand() -> None:
    """Two slots read, four are computed, every second gives a beat five cycles later."""
    times = beat_times([Engine(slots=4, reads=2, period=2, latency=5, credits=3)], 2, 2)
    assert times[0].tolist() == [0, 1, 4, 5] and times[1].tolist() == [6, 8, 10, 12]
    assert cycles_of(times[0], times[1], 2) == Cycles(interval=4, latency=8, total=13)
    assert cycles_of(times[0], times[1][:2], 1).interval is None


def test_credits_hold_an_engine_back() -> None:
    times = beat_times([Engine(slots=1, reads=1, period=1, latency=3, credits=2)], 1, 6)
    assert np.diff(times[1]).tolist() == [1, 3, 1, 3, 1]


@pytest.mark.parametrize("latency", range(1, 7))
@pytest.mark.parametrize("period", range(1, 9))
def test_enough_credits_never_wait(period: int, latency: int) -> None:
    model = cycle_model([Engine(period, period, period, latency, credits_for(latency, period))], period)
    assert model.interval == period


@pytest.mark.parametrize("elements", [1, 5, 8, 12, 13])
def test_width_converter_states_its_own_rate(elements: int) -> None:
    """`cycles` of a converter alone is what the clock shows, for any two lane counts: no pause at its faster side."""
    for wide in range(1, elements + 1):
        for narrow in range(1, elements + 1):
            unit = WidthConverter("w", "", Stream("a", B, elements, wide), Stream("w", B, elements, narrow))
            out = ceil_div(elements, narrow)
            ends = naive_times([unit.schedule], unit.input.beats, 24, out)[-1][out - 1 :: out]
            assert unit.cycles == max(unit.input.beats, unit.output.beats), (wide, narrow)
            assert 12 * unit.cycles == ends[23] - ends[11], (wide, narrow)


def test_gearbox_by_hand() -> None:
    """Beats of 3 lanes from beats of 2: 12 elements, 6 in and 4 out."""
    times = beat_times([Gearbox(in_beats=6, out_beats=4, push=2, last_push=2, pull=3)], 6, 1)
    assert times[0].tolist() == [0, 1, 2, 3, 4, 5] and times[1].tolist() == [2, 3, 5, 6]
