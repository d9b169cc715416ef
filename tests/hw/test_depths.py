"""Stream depths of HLS projects: every pipeline depth keeps the interval, and no stream is deeper than it must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

import hwgen
from hwgen.errors import ConfigError, DeadlockError
from hwgen.hw.dataflow import DEFAULT_DEPTH, Dataflow, dataflow
from hwgen.hw.depths import hls_times
from hwgen.hw.design import Design
from hwgen.hw.loop import DEPTHS, RESTART
from hwgen.hw.periodic import PeriodicSchedule, least_interval
from hwgen.hw.rigid import RigidRun
from hwgen.ir.graph import Graph
from hwgen.passes.pipeline import integer_network
from tests.builders import IMAGE_NETWORKS, Rng, random_folding
from tests.seeds import fresh
from tests.tiers import tiered

FRAMES = 10


def drawn(make: Callable[[Rng], Graph], seed: int) -> Design:
    """A network of a family in a random folding."""
    rng = np.random.default_rng(seed)
    graph = make(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    return hwgen.compile(graph, folding=folding).design


def room_of(flow: Dataflow, design: Design) -> dict[str, int]:
    assert design.hls is not None
    return {name: design.hls.depths.get(name, DEFAULT_DEPTH) for name in flow.streams}


def slowest(flow: Dataflow, room: Mapping[str, int], depth: int, frames: int = FRAMES) -> int | None:
    """The most cycles between two frames; None in a deadlock."""
    ends = RigidRun(flow.network(1, {}), depth, room, frames).ends
    return int(np.diff(ends).max()) if len(ends) == frames else None


def keeps_the_interval(design: Design) -> None:
    flow, times = dataflow(design), design.hls
    assert times is not None and min(times.depths.values(), default=3) > DEFAULT_DEPTH
    room = room_of(flow, design)
    for depth in (*DEPTHS, 3, 11, 50):
        found = slowest(flow, room, depth)
        assert found is not None and found <= times.interval, (depth, found, times)
    starts = [int(RigidRun(flow.network(1, {}), depth, room, 1).ends[0]) + 1 for depth in DEPTHS]
    assert times.latency == (min(starts), max(starts))


@pytest.mark.parametrize("make", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[::2]), ids=lambda make: make.__name__)
def test_a_run_goes_on_as_if_it_had_not_ended(make: Callable[[Rng], Graph]) -> None:
    """With streams that are deep enough, and with short ones, in which it may end in a deadlock."""
    design = drawn(make, 3)
    flow = dataflow(design)
    steady = set()
    for room in (room_of(flow, design), dict.fromkeys(flow.streams, DEFAULT_DEPTH), dict.fromkeys(flow.streams, 1)):
        for depth in (1, 11, 64):
            whole, parts = (RigidRun(flow.network(1, {}), depth, room, frames) for frames in (FRAMES, 1))
            for frames in (2, 5, FRAMES):
                parts.go_on(frames)
            np.testing.assert_array_equal(parts.ends, whole.ends)
            assert (parts.used, parts.is_steady, parts.is_stuck) == (whole.used, whole.is_steady, whole.is_stuck)
            steady.add(whole.is_steady)
    assert True in steady


@pytest.mark.parametrize("seed", tiered([1, 2], 2))
@pytest.mark.parametrize("make", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[1::2]), ids=lambda make: make.__name__)
def test_every_depth_keeps_the_interval(make: Callable[[Rng], Graph], seed: int) -> None:
    design = drawn(make, seed)
    keeps_the_interval(design)
    flow, times = dataflow(design), design.hls
    assert times is not None and times.interval >= flow.bound
    busiest = max(process.loop.slots for process in flow.processes)
    assert flow.bound == busiest + DEPTHS[-1] + RESTART - 2 <= 1.25 * design.bound + DEPTHS[-1] + 2


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(10))
@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_every_depth_keeps_the_interval_at_length(make: Callable[[Rng], Graph], seed: int) -> None:
    keeps_the_interval(drawn(make, seed))


@pytest.mark.parametrize("make", tiered(IMAGE_NETWORKS[:3], IMAGE_NETWORKS[1]), ids=lambda make: make.__name__)
def test_a_quarter_less_is_too_little(make: Callable[[Rng], Graph]) -> None:
    """Each depth above two beats, lessened by a quarter, deadlocks or slows for some pipeline."""
    design = drawn(make, 3)
    flow, times = dataflow(design), design.hls
    assert times is not None
    room = room_of(flow, design)
    for name, depth in times.depths.items():
        less = room | {name: depth - max(1, depth // 4)}
        found = [slowest(flow, less, each, 12) for each in DEPTHS]
        assert any(each is None or each > times.interval for each in found), (name, depth, found)


def test_an_elastic_pipeline_is_no_slower_than_a_rigid_one() -> None:
    """And as fast in a single stage, where there is nothing that could close up."""
    rng = np.random.default_rng(7)
    for make in IMAGE_NETWORKS:
        design = drawn(make, 4)
        flow = dataflow(design)
        for depth in (1, 3, 16):
            room = {name: int(rng.integers(2, 40)) for name in flow.streams}
            rigid, elastic = slowest(flow, room, depth, 20), least_interval(flow.network(depth, room))
            assert (rigid is None) == (elastic is None)
            if rigid is not None and elastic is not None:
                assert elastic <= rigid
                assert depth > 1 or PeriodicSchedule(flow.network(depth, room), elastic).exists()


def test_chosen_depths() -> None:
    """They stay; too few of them for a join are a deadlock of functions that the error names."""
    graph = IMAGE_NETWORKS[0](np.random.default_rng(1))
    free = hwgen.compile(graph)
    assert free.design.hls is not None and free.design.hls.depths
    flow = dataflow(free.design)
    name, depth = max(free.design.hls.depths.items(), key=lambda each: each[1])
    deeper = hwgen.compile(graph, fifo_depths={name: depth + 5})
    assert deeper.design.hls is not None and deeper.design.hls.depths[name] == depth + 5
    with pytest.raises(ConfigError, match="at least 2 beats; found 1"):
        hwgen.compile(graph, fifo_depths={name: 1})
    with pytest.raises(DeadlockError, match=rf"{name}.* wait for each other"):
        hls_times(flow, {each: 2 for each in flow.streams})


def test_a_layer_alone_is_sized_when_it_is_printed() -> None:
    design = drawn(IMAGE_NETWORKS[0], 1)
    layer = next(unit for unit in design.layers if len(unit.inputs) == 1)
    assert design.isolated(layer.name).hls is None
    assert replace(design, hls=None).hls is None
