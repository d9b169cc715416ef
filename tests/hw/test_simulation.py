"""The cycle model against a stepped clock, for every beat of every stream."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from hwgen.errors import DeadlockError
from hwgen.hw.cycles import CycleModel, Cycles, Waits, cycle_model, cycles_of, peak_occupancies
from hwgen.hw.network import Process, ProcessNetwork, with_gates
from hwgen.hw.periodic import PeriodicSchedule
from hwgen.hw.schedule import (
    GatedLoop,
    Gearbox,
    LineBuffer,
    Merge,
    PoolTiles,
    Queue,
    Schedule,
    StreamedLoop,
    VectorLoop,
)
from hwgen.hw.simulation import beat_times
from hwgen.hw.stream import ceil_div
from tests.hw.naive import MACHINES, naive_times
from tests.hw.networks import external_schedules, random_ports, random_schedules
from tests.seeds import fresh
from tests.tiers import tiered


def in_a_row(beats: list[int], *schedules: Schedule) -> ProcessNetwork:
    """Units u0, u1, ... joined by streams s0, s1, ... of `beats` beats a frame."""
    processes = tuple(Process(f"u{i}", each, (f"s{i}",), (f"s{i + 1}",)) for i, each in enumerate(schedules))
    return ProcessNetwork(
        processes, ("s0",), (f"s{len(schedules)}",), {f"s{i}": count for i, count in enumerate(beats)}
    )


ALTERNATING = in_a_row(
    [2, 2, 3, 2, 2, 2],
    Queue(3),
    VectorLoop(slots=6, reads=2, slots_per_beat=2, latency=5, credits=3),
    VectorLoop(slots=6, reads=3, slots_per_beat=3, latency=5, credits=2),
    VectorLoop(slots=4, reads=2, slots_per_beat=2, latency=5, credits=3),
    Queue(8),
)
"""Two FIFOs' worth of beats short: frames leave after 8 and 6 cycles by turns."""


Draw = Callable[[np.random.Generator, int], ProcessNetwork]


def agree(seed: int, units: int, frames: int, draw: Draw = random_schedules) -> bool:
    """Compare every beat of a random network at a random input interval, or that both are stuck; whether it flows."""
    network = draw(np.random.default_rng(seed), units)
    input_interval = (0, 0, 3, 17, 60)[seed % 5]
    expected = naive_times(network, frames, input_interval)
    if expected is None:
        with pytest.raises(DeadlockError):
            beat_times(network, frames, input_interval)
        return False
    found = beat_times(network, frames, input_interval)
    end = max(expected[name][-1] for name in network.outputs)
    assert found.keys() == expected.keys() == network.beats.keys()
    for name, theirs in expected.items():
        ours, upto = found[name], len(theirs)  # the clock stops with the last output beat
        assert len(ours) >= upto and np.array_equal(ours[:upto], theirs), f"seed {seed}, stream {name} of {network}"
        assert np.all(ours[upto:] > end), f"seed {seed}, stream {name}"
    return True


@pytest.mark.parametrize("units", tiered(range(1, 7), 2, 4))
def test_every_beat(units: int) -> None:
    flows = [agree(1000 * units + seed, units, frames=5) for seed in range(100)]
    assert sum(flows) > 60


@pytest.mark.parametrize("units", tiered(range(1, 6), 2, 4))
def test_every_beat_of_several_ports(units: int) -> None:
    flows = [agree(1000 * units + seed, units, frames=5, draw=random_ports) for seed in range(60)]
    assert sum(flows) > 30


@pytest.mark.parametrize("units", tiered(range(6), 1, 3, 4, 5))
def test_every_beat_of_external_memories(units: int) -> None:
    flows = [agree(1000 * units + seed, units, frames=5, draw=external_schedules) for seed in range(40)]
    assert sum(flows) > 20


def test_several_ports_are_tried() -> None:
    networks = [random_ports(np.random.default_rng(seed), 1 + seed % 5) for seed in range(60)]
    assert {len(network.inputs) for network in networks} == {1, 2, 3}
    assert {len(network.outputs) for network in networks} == {1, 2, 3}
    assert all(len(network.inputs) + len(network.outputs) > 2 for network in networks)


@pytest.mark.long
def test_every_beat_at_length() -> None:
    flows = [agree(seed, 1 + seed % 9, frames=10) for seed in fresh(5000)]
    assert 3000 < sum(flows) < 4950


def test_every_kind_is_tried() -> None:
    """Schedules, several inputs, several outputs: all in the random networks above."""
    networks = [random_schedules(np.random.default_rng(1000 * units), units) for units in range(1, 7)]
    networks += [random_schedules(np.random.default_rng(6000 + seed), 6) for seed in range(30)]
    networks += [external_schedules(np.random.default_rng(seed), 2) for seed in range(9)]
    processes = [process for network in networks for process in network.processes]
    assert {type(process.schedule) for process in processes} == set(MACHINES)
    assert {(type(c.schedule), len(c.inputs)) for c in processes} >= {
        (VectorLoop, 2),
        (VectorLoop, 3),
        (Merge, 2),
        (Merge, 3),
    }
    assert any(isinstance(c.schedule, VectorLoop) and c.schedule.kept and c.schedule.slots > 1 for c in processes)
    assert {len(c.outputs) for c in processes} == {1, 2, 3}


def model_agrees(seed: int, units: int, frames: int, draw: Draw = random_schedules) -> None:
    """Predictions of any number of frames against a full run; the interval against the long run's."""
    rng = np.random.default_rng(seed)
    network = draw(rng, units)
    bottleneck = network.processes[int(rng.integers(len(network.processes)))].name
    input_interval = int(rng.choice([0, 0, 5, 50]))
    try:
        times = beat_times(network, frames, input_interval)
    except DeadlockError:
        with pytest.raises(DeadlockError):
            cycle_model(network, bottleneck, input_interval)
        assert network.drops_vectors or not PeriodicSchedule(network, 10**9).exists()
        return
    model = cycle_model(network, bottleneck, input_interval)
    waits_add_up(model)
    if input_interval == 0 and not network.drops_vectors:
        found = [PeriodicSchedule(network, model.interval + more).exists() for more in (-1, 0, 1)]
        assert found == [False, True, True]
    for count in (1, 2, 3, 7, frames - 1, frames):
        ends = [
            [times[name][: network.beats[name] * count] for name in names]
            for names in (network.inputs, network.outputs)
        ]
        assert model.predict(count) == cycles_of(*ends, count), f"seed {seed}, {count} frames of {network}"
    assert model.interval == ceil_div(model.period_cycles, model.period_frames)
    rate = Fraction(model.period_cycles, model.period_frames)
    assert any(rate == long_run(model, run) for run in (60, 600, 4000)), f"seed {seed} of {network}"


def waits_add_up(model: CycleModel) -> None:
    """A computing unit fires or waits in every cycle of the steady state."""
    for process in model.network.processes:
        if isinstance(process.schedule, VectorLoop | StreamedLoop):
            vectors = (
                model.network.beats[process.outputs[0]] * process.schedule.slots_per_beat // process.schedule.slots
            )
            fired = vectors * process.schedule.slots * model.period_frames
            waits = model.waits[process.name]
            assert waits.starved >= 0 <= waits.blocked and fired + waits.starved + waits.blocked == model.period_cycles


def long_run(model: CycleModel, frames: int) -> Fraction | None:
    """Cycles a frame from reset, where frames repeat throughout the second half of the run."""
    network = model.network
    ends = beat_times(network, frames, model.input_interval)[network.outputs[0]].reshape(frames, -1)[:, -1]
    apart = np.diff(ends[frames // 2 :])
    periods = range(1, len(apart) // 2)
    found = (period for period in periods if np.array_equal(apart[period:], apart[:-period]))
    period = next(found, None)
    return period and Fraction(int(apart[:period].sum()), period)


@pytest.mark.parametrize("units", tiered(range(1, 7), 2, 4, 5))
def test_extrapolation(units: int) -> None:
    for seed in range(12):
        model_agrees(2000 * units + seed, units, frames=40)


@pytest.mark.parametrize("units", tiered(range(1, 6), 2, 4))
def test_extrapolation_of_several_ports(units: int) -> None:
    for seed in range(10):
        model_agrees(3000 * units + seed, units, frames=40, draw=random_ports)


@pytest.mark.parametrize("units", tiered(range(5), 1, 3))
def test_extrapolation_of_external_memories(units: int) -> None:
    for seed in range(8):
        model_agrees(4000 * units + seed, units, frames=40, draw=external_schedules)


@pytest.mark.long
def test_extrapolation_at_length() -> None:
    for seed in fresh(1500):
        model_agrees(seed, 1 + seed % 8, frames=250)


@pytest.mark.parametrize("bottleneck", [f"u{index}" for index in range(5)])
def test_alternating_frames(bottleneck: str) -> None:
    """From reset frames alternate without end; the mean is the interval, for any unit as the bottleneck."""
    model = cycle_model(ALTERNATING, bottleneck)
    assert (model.period_cycles, model.interval) == (7 * model.period_frames, 7)
    ends = beat_times(ALTERNATING, 301)["s5"].reshape(301, -1)[:, -1]
    assert sorted({*np.diff(ends)[-10:].tolist()}) == [6, 8]
    for frames in (1, 2, 100, 101, 300, 301):
        assert model.predict(frames).total == ends[frames - 1] + 1


def test_a_deadlock_is_reported() -> None:
    """An adder of a tensor and of what comes 6 beats late: the direct branch holds 2 + 2 beats."""

    def network(depth: int) -> ProcessNetwork:
        processes = (
            Process("fork", Queue(2), ("x",), ("a", "b")),
            Process("fifo", Queue(depth), ("a",), ("direct",)),
            Process("best", VectorLoop(6, 6, 1, 3, 4), ("b",), ("slow",)),
            Process("hold", LineBuffer(6, 1, 6, (1,), (1,), 2, 3, 4), ("slow",), ("held",)),
            Process("add", VectorLoop(1, 1, 1, 2, 3), ("direct", "held"), ("y",)),
        )
        return ProcessNetwork(
            processes, ("x",), ("y",), dict.fromkeys(("x", "a", "b", "direct", "slow", "held", "y"), 6)
        )

    message = (
        "fifo: must hold beats until its reader takes them;"
        " found a deadlock: fifo is full (2 beats) while its reader waits for held. Deepen it."
    )
    for run in (lambda net: beat_times(net, 3), lambda net: cycle_model(net, "hold")):
        with pytest.raises(DeadlockError) as error:
            run(network(2))
        assert str(error.value) == message
    assert naive_times(network(2), 3) is None and naive_times(network(6), 3) is not None
    assert cycle_model(network(20), "hold").interval == 6


def test_held() -> None:
    """A beat written while another is read counts; a reader that takes one every 4 cycles has read 2 of 8 in time."""
    network = in_a_row([8, 8, 8], Queue(8), VectorLoop(slots=32, reads=8, slots_per_beat=4, latency=3, credits=3))
    assert peak_occupancies(network, 1) == {"s1": 2, "s2": 1}
    slow = in_a_row([8, 8, 32], Queue(8), VectorLoop(slots=4, reads=1, slots_per_beat=1, latency=3, credits=4))
    assert peak_occupancies(slow, 1) == {"s1": 6, "s2": 2}
    assert cycle_model(slow, "u1").peak_occupancy == {"s1": 8, "s2": 2}


def test_who_waits_for_what() -> None:
    """8 beats a frame through units of 8, 32 and 16 cycles: the first is blocked, the last is starved."""
    slow = VectorLoop(slots=4, reads=1, slots_per_beat=4, latency=3, credits=2)
    quick = VectorLoop(slots=2, reads=1, slots_per_beat=2, latency=3, credits=2)
    model = cycle_model(in_a_row([8, 8, 8, 8], Queue(4), slow, quick), "u1")
    assert (model.interval, model.period_frames) == (32, 1)
    assert model.waits == {"u0": Waits(0, 24), "u1": Waits(0, 0), "u2": Waits(16, 0)}


def test_a_slow_source() -> None:
    """A frame every 40 cycles: nobody is blocked any more, and the first unit is starved."""
    slow = VectorLoop(slots=4, reads=1, slots_per_beat=4, latency=3, credits=2)
    network = in_a_row([8, 8, 8], Queue(4), slow)
    model = cycle_model(network, "u1", 40)
    assert (model.interval, model.waits) == (40, {"u0": Waits(32, 0), "u1": Waits(8, 0)})
    assert model.predict(3) == Cycles(40, latency=35 + 1 + 3 + 3, total=2 * 40 + 43)
    assert cycle_model(network, "u1", 20).interval == 32


def test_one_engine_by_hand() -> None:
    """Two slots read, four are computed, every second gives a beat five cycles later."""
    times = beat_times(in_a_row([2, 2], VectorLoop(slots=4, reads=2, slots_per_beat=2, latency=5, credits=3)), 2)
    assert times["s0"].tolist() == [0, 1, 4, 5] and times["s1"].tolist() == [6, 8, 10, 12]
    assert cycles_of([times["s0"]], [times["s1"]], 2) == Cycles(interval=4, latency=8, total=13)
    assert cycles_of([times["s0"]], [times["s1"][:2]], 1).interval is None


def test_a_kept_beat_by_hand() -> None:
    """Vectors of three beats; each meets one beat of the other input, which its last slot takes."""
    schedule = VectorLoop(slots=3, reads=3, slots_per_beat=1, latency=2, credits=4, kept=1)
    processes = (
        Process("fork", Queue(2), ("x",), ("a", "b")),
        Process("sum", VectorLoop(slots=3, reads=3, slots_per_beat=3, latency=4, credits=2), ("b",), ("k",)),
        Process("line", Queue(9), ("a",), ("late",)),
        Process("scale", schedule, ("late", "k"), ("y",)),
    )
    times = beat_times(
        ProcessNetwork(processes, ("x",), ("y",), {"x": 6, "a": 6, "b": 6, "k": 2, "late": 6, "y": 6}), 1
    )
    assert times["late"].tolist() == [7, 8, 9, 10, 11, 12] and times["k"].tolist() == [9, 12]
    assert times["y"].tolist() == [9, 10, 11, 12, 13, 14]


def gated(beats: int, *, reads: int, credits: int) -> ProcessNetwork:
    """Two vectors a frame, whose gates come as they are asked for, into a unit of latency 5."""
    fork = Process("fork", Queue(9), ("x",), ("vectors", "copy"))
    gate = Process("gate", VectorLoop(reads, reads, reads, 1, 9), ("copy",), ("gates",))
    unit = Process("unit", GatedLoop(reads, beats, 5, credits), ("vectors", "gates"), ("y",))
    return ProcessNetwork(
        (fork, gate, unit),
        ("x",),
        ("y",),
        {"x": 2 * reads, "vectors": 2 * reads, "copy": 2 * reads, "gates": 2, "y": 2 * beats},
    )


def test_gates_by_hand() -> None:
    """Closed, open, closed, closed: vectors of 2 beats that become 3.

    A closed vector is read in two cycles and owes two of its three beats, which hold up the next one's first.
    """
    network = with_gates(gated(3, reads=2, credits=9), {"unit": (0, 1, 0, 0)})
    times = beat_times(network, 2)
    assert times["vectors"].tolist() == [1, 3, 4, 6, 11, 12, 13, 15]
    assert times["gates"].tolist() == [3, 6, 12, 15]
    assert (times["y"] - 5).tolist() == [3, 4, 5, 6, 8, 10, 12, 13, 14, 15, 16, 17]


@pytest.mark.parametrize("seed", tiered(range(40), *(seed for seed in range(40) if seed % 3)))
def test_gates_of_a_run(seed: int) -> None:
    """Traces longer than a frame against the stepped clock; no beat comes later than with every gate open."""
    rng = np.random.default_rng(seed)
    frames, share = 6, rng.choice([0, 0.1, 0.5, 0.9])
    network = gated(int(rng.integers(1, 6)), reads=int(rng.integers(1, 5)), credits=int(rng.integers(1, 8)))
    traced = with_gates(network, {"unit": (rng.random(2 * frames) < share).tolist()})
    found, expected, slowest = beat_times(traced, frames), naive_times(traced, frames), beat_times(network, frames)
    assert expected is not None
    for name, times in found.items():
        assert np.array_equal(times[: len(expected[name])], expected[name]), name
        assert np.all(times <= slowest[name]), name


def test_a_closed_gate_makes_no_beat_later_and_nothing_stuck() -> None:
    """Whatever stands around a gated unit: what flows with every gate open flows no slower with some of them closed."""
    flowing = 0
    for seed in range(400):
        network = random_schedules(np.random.default_rng(seed), 1 + seed % 5)
        opened = with_gates(network, {})
        if opened == network:
            continue
        try:
            slowest = beat_times(opened, 4)
        except DeadlockError:
            continue
        found = beat_times(network, 4)
        assert all(np.all(times <= slowest[name][: len(times)]) for name, times in found.items()), seed
        flowing += 1
    assert flowing > 30


def test_credits_hold_an_engine_back() -> None:
    times = beat_times(in_a_row([1, 1], VectorLoop(slots=1, reads=1, slots_per_beat=1, latency=3, credits=2)), 6)
    assert np.diff(times["s1"]).tolist() == [1, 3, 1, 3, 1]


def test_gearbox_by_hand() -> None:
    """Beats of 3 lanes from beats of 2: 12 elements, 6 in and 4 out."""
    times = beat_times(in_a_row([6, 4], Gearbox(in_beats=6, out_beats=4, push=2, last_push=2, pull=3)), 1)
    assert times["s0"].tolist() == [0, 1, 2, 3, 4, 5] and times["s1"].tolist() == [2, 3, 5, 6]


def test_tiles_by_hand() -> None:
    """Tiles of 2 x 2 in a row of 4 pixels: two results, after the sixth and the eighth beat."""
    times = beat_times(in_a_row([8, 2], PoolTiles(2, 2, 2, 1, latency=3, credits=4)), 2)
    assert times["s0"].tolist() == list(range(16)) and times["s1"].tolist() == [8, 10, 16, 18]


def test_lines_by_hand() -> None:
    """Rows of 2 beats, windows of 3 rows of them at 6 beats a row, 4 rows in the ring.

    Three rows are whole after cycle 5; from then on a row of windows leaves every 6 cycles, each lets one row go (the
    last all three), and a row that waited for room comes in the cycle after.
    """
    lines = LineBuffer(
        row_beats=2, height=4, out_row_beats=6, needed=(3, 3), released=(1, 3), rows=4, latency=3, credits=4
    )
    times = beat_times(in_a_row([8, 12], lines), 2)
    assert times["s0"].tolist() == [*range(8), 12, 13, *range(18, 24)]
    first = list(range(9, 21))
    assert times["s1"].tolist() == [*first, *(time + 16 for time in first)]
