"""The parallel window unit: which columns its windows end with, and every beat of its schedule."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.periodic import PeriodicSchedule, least_interval
from hwgen.hw.schedule import Queue, VectorLoop, credits_for
from hwgen.hw.simulation import beat_times
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar
from tests.builders import random_geometry
from tests.hw.naive import naive_times
from tests.rtl_support import parallel_window
from tests.seeds import fresh


def random_window(rng: np.random.Generator) -> ParallelWindowUnit:
    """A unit over an image of up to 9 x 8 pixels of up to 3 beats, with up to two rows more than it needs."""
    height, width, beats = int(rng.integers(1, 10)), int(rng.integers(1, 9)), int(rng.integers(1, 4))
    geometry = random_geometry(rng, height, width)
    return parallel_window(Bipolar(), (height, width, beats), 1, geometry, rows=int(rng.integers(0, 3)))


@pytest.mark.parametrize("seed", range(40))
def test_columns(seed: int) -> None:
    """Each window ends with the slot in which its last column would come by, and all its columns did."""
    unit = random_window(np.random.default_rng(seed))
    schedule, beats, stride = unit.schedule, unit.input.vector_beats, unit.geometry.stride[1]
    ends = [slot for slot in range(schedule.slots) if schedule.ends(slot)]
    last = unit.geometry.extent[1] - 1 - unit.geometry.padding[1]
    columns = [
        row * unit.scanned_columns + last + column * stride
        for row in range(unit.out_height)
        for column in range(unit.out_width)
    ]
    assert ends == [column * beats + beat for column in columns for beat in range(beats)]
    assert ends[-1] == schedule.slots - 1 and len(ends) == unit.output.beats
    freeing = [schedule.freeing_slot(row, place) for row in range(unit.height) for place in range(unit.row_beats)]
    assert max(freeing) <= schedule.slots - 1


def between(rng: np.random.Generator, unit: ParallelWindowUnit) -> ProcessNetwork:
    """The unit behind one that gives its pixels unevenly, and in front of one that takes its windows so."""
    beats, pixel = unit.input.beats, unit.input.vector_beats
    folds, window = int(rng.integers(1, 4)), unit.output.vector_beats
    before = VectorLoop(folds * pixel, pixel, folds, 5, credits_for(5, folds) - int(rng.integers(0, 2)))
    after = VectorLoop(window * (1 + int(rng.integers(0, 4))), window, window, 5, int(rng.integers(1, 5)))
    vectors = unit.output.vectors
    processes = (
        Process("before", before, ("x",), ("p",)),
        Process("queue", Queue(int(rng.integers(1, 9))), ("p",), ("q",)),
        Process("w", unit.schedule, ("q",), ("w",)),
        Process("after", after, ("w",), ("y",)),
    )
    sizes = {"x": beats, "p": beats, "q": beats, "w": unit.output.beats, "y": vectors * (after.slots // window)}
    return ProcessNetwork(processes, ("x",), ("y",), sizes)


def agree(seed: int) -> None:
    """Every beat of seven frames is that of a stepped clock, and the interval is that of many frames."""
    rng = np.random.default_rng(seed)
    network, input_interval = between(rng, random_window(rng)), int(rng.choice([0, 0, 3, 90]))
    expected, found = (times_of(network, 7, input_interval) for times_of in (naive_times, beat_times))
    assert expected is not None and found is not None
    for name, times in expected.items():
        np.testing.assert_array_equal(found[name][: len(times)], times, err_msg=f"seed {seed}, {name} of {network}")


@pytest.mark.parametrize("seed", range(30))
def test_every_beat(seed: int) -> None:
    agree(seed)


@pytest.mark.long
def test_every_beat_at_length() -> None:
    for seed in fresh(2000):
        agree(seed)


def settled(network: ProcessNetwork) -> int:
    """Cycles a frame of a long run, rounded up."""
    ends = beat_times(network, 60)["y"].reshape(60, -1)[:, -1]
    return -int((ends[35] - ends[59]) // 24)


@pytest.mark.parametrize("seed", range(20))
def test_interval(seed: int) -> None:
    """The periodic schedule has the interval of a long run, with more rows and after it was asked for fewer."""
    rng = np.random.default_rng(1000 + seed)
    unit = random_window(rng)
    more = int(rng.integers(1, 4))
    few, many = (between(np.random.default_rng(seed), unit.resized(unit.rows + extra)) for extra in (0, more))
    intervals = [least_interval(network) for network in (few, many)]
    assert intervals == [settled(few), settled(many)]
    schedule = PeriodicSchedule(many, intervals[1])
    assert schedule.exists()
    assert schedule.keeps("w", unit.rows) == (intervals[0] == intervals[1])


def test_same_padding_costs_a_slot_a_frame() -> None:
    """A padded image of 6 x 5 pixels is scanned in 31 cycles, not in (6 + 2) * (5 + 2)."""
    unit = parallel_window(Bipolar(), (6, 5, 1), 1, Geometry((3, 3), padding=(1, 1, 1, 1)))
    assert unit.schedule.slots == unit.cycles == 31
