"""Schedules that repeat, against runs of whole networks over many frames: the same answers, so the same sizes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import DeadlockError, FoldingError
from hwgen.hw import fifo
from hwgen.hw.cycles import cycle_model
from hwgen.hw.design import Design
from hwgen.hw.fifo import size_fifos, sizes_of
from hwgen.hw.network import Process, ProcessNetwork, with_gates
from hwgen.hw.periodic import PeriodicSchedule, least_interval
from hwgen.hw.scan import ColumnScan
from hwgen.hw.schedule import LineBuffer, Queue
from hwgen.hw.stream import ceil_div
from tests.builders import IMAGE_NETWORKS, designed, integer_network, random_folding
from tests.gated_networks import gated_network, lccl_network
from tests.hw import whole_runs
from tests.hw.networks import random_ports, random_schedules
from tests.hw.test_fifo import folded, images
from tests.hw.test_simulation import Draw
from tests.seeds import fresh
from tests.tiers import tiered


def bottleneck(network: ProcessNetwork) -> str:
    """The unit with the most cycles a frame."""
    return max(network.processes, key=lambda each: each.busy_cycles(network.beats)).name


class WholeRuns:
    """A `PeriodicSchedule` that asks runs of the whole network, and cannot say by how much a size is too small."""

    excess = effort = 0

    def __init__(self, network: ProcessNetwork, interval: int) -> None:
        self.network, self.interval = network, interval

    def exists(self) -> bool:
        return whole_runs.meets_interval(self.network, bottleneck(self.network), self.interval)

    def keeps(self, name: str, size: int) -> bool:
        before, self.network = self.network, resized(self.network, name, size)
        kept = self.exists()
        self.network = self.network if kept else before
        return kept


def slowest_interval(network: ProcessNetwork) -> int | None:
    """`least_interval` by runs of the whole network."""
    try:
        return whole_runs.cycle_model(network, bottleneck(network)).interval
    except DeadlockError:
        return None


def resized(network: ProcessNetwork, name: str, size: int) -> ProcessNetwork:
    """The network with another size of one buffer, or without a queue for 0."""
    process = next(each for each in network.processes if each.name == name)
    if size:
        field = "depth" if isinstance(process.schedule, Queue) else "rows"
        changed = replace(process, schedule=replace(process.schedule, **{field: size}))
        return replace(network, processes=tuple(changed if each is process else each for each in network.processes))
    (into,), (out,) = process.inputs, process.outputs
    rest = [each for each in network.processes if each is not process]
    joined = tuple(replace(each, inputs=tuple(into if name == out else name for name in each.inputs)) for each in rest)
    beats = {name: count for name, count in network.beats.items() if name != out}
    return ProcessNetwork(
        joined, network.inputs, tuple(into if name == out else name for name in network.outputs), beats
    )


def buffers(network: ProcessNetwork) -> Iterator[tuple[Process, int]]:
    """Queues of one reader and line buffers, and their sizes."""
    for process in network.processes:
        if isinstance(process.schedule, Queue) and len(process.outputs) == 1:
            yield process, process.schedule.depth
        if isinstance(process.schedule, LineBuffer | ColumnScan):
            yield process, process.schedule.rows


def asked(seed: int, units: int, draw: Draw = random_schedules) -> tuple[int, int]:
    """Ask both about a network's interval and about smaller sizes one after another; yes and no answers."""
    rng = np.random.default_rng(seed)
    network = draw(rng, units)
    if network.drops_vectors:  # has no schedule that repeats itself
        return 0, 0
    interval = least_interval(network)
    assert interval == slowest_interval(network), f"seed {seed} of {network}"
    if interval is None:
        return 0, 1
    interval += int(rng.choice([0, 0, 1, 7]))
    schedule, judge = PeriodicSchedule(network, interval), WholeRuns(network, interval)
    assert schedule.exists() and judge.exists()
    answers = [0, 0]
    sizes = {process.name: (size, isinstance(process.schedule, Queue)) for process, size in buffers(network)}
    for name in rng.permutation([*sizes] * 3).tolist() if sizes else ():
        size, queue = sizes[name]
        least = 0 if queue and len(judge.network.processes) > 1 else 1
        if size <= least:
            continue
        smaller = int(rng.integers(least, size))
        found, expected = schedule.keeps(name, smaller), judge.keeps(name, smaller)
        assert found == expected, f"seed {seed}: {name} of {size} to {smaller} at {interval}: {found} of {network}"
        answers[found] += 1
        if found:
            sizes[name] = smaller, queue
    return answers[True], answers[False]


@pytest.mark.parametrize("units", tiered(range(1, 8), 3, 5, 6))
def test_the_same_answers(units: int) -> None:
    answers = np.array([asked(10_000 * units + seed, units) for seed in range(40)])
    assert np.all(answers.sum(axis=0) > 20)


@pytest.mark.parametrize("units", tiered(range(1, 6), 1, 3))
def test_the_same_answers_of_several_ports(units: int) -> None:
    answers = np.array([asked(20_000 * units + seed, units, random_ports) for seed in range(25)])
    assert np.all(answers.sum(axis=0) > 10)


@pytest.mark.long
def test_the_same_answers_at_length() -> None:
    for seed in fresh(3000):
        asked(seed, 1 + seed % 9)


def cases(seed: int) -> tuple[Design, dict[str, int]]:
    """A design of random layers, and depths that the user chose."""
    rng = np.random.default_rng(seed)
    match seed % 3:
        case 0:
            return folded(rng, tuple(int(size) for size in rng.integers(1, 30, 2 + seed % 5))), {}
        case 1:
            return images(seed), {}
        case _:
            design = images(seed)
            sized = sizes_of(size_fifos(design))
            chosen = {unit.name for unit in design.units if unit.fifo_depth is not None} & sized.keys()
            return design, {name: sized[name] + int(rng.integers(0, 20)) for name in sorted(chosen)[:2]}


def gated_cases(seed: int) -> tuple[Design, dict[str, int]]:
    """A design with gates, every other one in LCCL's form, and for every third depths of the user, too small or not."""
    rng = np.random.default_rng(seed)
    graph = lccl_network(rng) if seed % 2 else gated_network(rng)
    wishes = random_folding(rng, integer_network(graph)) if seed % 4 < 3 else {}
    design = designed(graph, wishes, int(rng.choice([1, 50, 500])))[2]
    depths = {unit.name: unit.fifo_depth for unit in design.units if unit.fifo_depth is not None}
    chosen = rng.permutation(sorted(depths))[: 0 if seed % 3 else 2].tolist()
    return design, {name: int(rng.integers(1, 2 * depths[name] + 2)) for name in chosen}


def outcome(design: Design, chosen: dict[str, int]) -> tuple[Design, dict[str, int], int] | str:
    """The sized design, its sizes and its interval, or what is wrong."""
    try:
        sized = size_fifos(design, chosen)
    except DeadlockError as error:
        return str(error)
    return sized, sizes_of(sized), sized.cycles.interval


def same_sizes(design: Design, chosen: dict[str, int], what: str, monkeypatch: pytest.MonkeyPatch) -> Design | None:
    """Size a design both ways; the sized one, None for a deadlock."""
    found = outcome(design, chosen)
    with monkeypatch.context() as changed:
        changed.setattr(fifo, "PeriodicSchedule", WholeRuns)
        changed.setattr(fifo, "least_interval", slowest_interval)
        expected = outcome(design, chosen)
    if isinstance(found, str) or isinstance(expected, str):
        assert found == expected, what
        return None
    assert found[1:] == expected[1:], what
    return found[0]


def same_sizes_of_gated(seed: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Size a gated design both ways, and run it both ways with every gate open and with some closed."""
    design, chosen = gated_cases(seed)
    assert design.gated
    sized = same_sizes(design, chosen, f"gated seed {seed}", monkeypatch)
    if sized is None:
        return False
    rng = np.random.default_rng(seed)
    closed = {unit.name: rng.integers(0, 2, unit.gate.beats).tolist() for unit in sized.gated}
    for gates in ({}, closed):
        network = with_gates(sized.network, gates)
        name = bottleneck(network)
        assert cycle_model(network, name).interval == whole_runs.cycle_model(network, name).interval, f"seed {seed}"
    return True


@pytest.mark.parametrize("start", tiered(range(0, 30, 10), 10, 20))
def test_the_same_sizes(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(start, start + 10):
        same_sizes(*cases(seed), f"seed {seed}", monkeypatch)


@pytest.mark.parametrize("network", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[1:5]))
def test_the_same_sizes_of_known_networks(network, monkeypatch: pytest.MonkeyPatch) -> None:
    same_sizes(designed(network(np.random.default_rng(1)))[2], {}, network.__name__, monkeypatch)


@pytest.mark.parametrize("count", tiered((4, 10), 10))
def test_the_same_sizes_of_gated_designs(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    flowing = [seed for seed in (*range(count), 21) if same_sizes_of_gated(seed, monkeypatch)]
    assert flowing == [*range(count)]  # two FIFOs of the last one are too shallow


@pytest.mark.long
def test_the_same_sizes_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in fresh(400):
        same_sizes(*cases(seed), f"seed {seed}", monkeypatch)


@pytest.mark.long
def test_the_same_sizes_of_gated_designs_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(same_sizes_of_gated(seed, monkeypatch) for seed in fresh(100)) > 70


def steady(seed: int) -> bool:
    """Peaks no less than a run from reset ever has; where a unit sets the interval, all as in a whole run, too."""
    network = random_schedules(np.random.default_rng(seed), 1 + seed % 7)
    if network.drops_vectors:
        return False
    try:
        model = cycle_model(network, bottleneck(network))
    except DeadlockError:
        return False
    judge = whole_runs.cycle_model(network, bottleneck(network))
    assert model.interval == judge.interval == ceil_div(model.period_cycles, model.period_frames)
    slowest = max(process.busy_cycles(network.beats) for process in network.processes)
    if model.interval == slowest:
        assert (model.waits, model.period_frames) == (judge.waits, judge.period_frames), f"seed {seed} of {network}"
    for name, beats in whole_runs.peak_occupancies(whole_runs.run_frames(network, 400)).items():
        highest = max(beats, judge.peak_occupancy[name])
        assert beats <= model.peak_occupancy[name] <= highest, f"seed {seed}, {name} of {network}"
    return model.interval == slowest


def test_the_steady_state() -> None:
    assert sum(steady(seed) for seed in range(150)) > 60


@pytest.mark.parametrize("seed", [50152, 50455, 55915, 1245170496])
def test_peaks_before_the_steady_state(seed: int) -> None:
    """A queue holds the most beats in none of the first four frames, and not in steady state either."""
    steady(seed)


@pytest.mark.long
def test_the_steady_state_at_length() -> None:
    for seed in fresh(2000):
        steady(seed)


def test_gates_that_are_closed_differ_from_frame_to_frame() -> None:
    """A network that drops vectors has no one frame; its interval is the mean of a run that repeats itself."""
    found = 0
    for seed in range(200):
        network = random_schedules(np.random.default_rng(seed), 1 + seed % 4)
        if not network.drops_vectors:
            continue
        try:
            model = cycle_model(network, network.processes[0].name)
        except DeadlockError:
            continue
        judge = whole_runs.cycle_model(network, network.processes[0].name)
        assert model.interval == judge.interval, f"seed {seed} of {network}"
        found += 1
    assert found > 10


def test_memory_that_will_not_suffice_is_foreseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwgen.hw.tables.free_bytes", lambda: 3 << 30)
    network = ProcessNetwork((Process("fifo", Queue(2), ("x",), ("y",)),), ("x",), ("y",), {"x": 10**8, "y": 10**8})
    for ask in (lambda: least_interval(network), lambda: cycle_model(network, "fifo")):
        with pytest.raises(FoldingError) as error:
            ask()
        assert str(error.value) == (
            "cycle model: the times of a frame must fit memory; found 26.8 GiB to keep and 3.0 GiB left: of 200,000,000"
            " beats of a frame 100,000,000 are on stream x. Give its layer more lanes (PE, SIMD), take smaller images,"
            " or use a computer with more memory."
        )


@pytest.mark.starts_process
def test_memory_is_what_is_left() -> None:
    """Under a limit of 8 GiB a process has less than 8 GiB left, and more than 1."""
    words = "import resource; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30));"
    script = f"{words} from hwgen.host_memory import free_bytes; print(free_bytes())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 1 << 30 < int(done.stdout) < 8 << 30
