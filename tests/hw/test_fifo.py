"""FIFOs: where they stand, and that with them the slowest unit alone sets the interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from hwgen import flow
from hwgen.config import LayerFolding
from hwgen.errors import DeadlockError
from hwgen.frontend.writer import Writer
from hwgen.hw import fifo
from hwgen.hw.design import Design
from hwgen.hw.fifo import size_fifos, with_depth
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.ir.types import IntType
from tests.builders import (
    IMAGE_NETWORKS,
    B,
    concat_net,
    designed,
    integer_network,
    random_folding,
    random_image_network,
    random_network,
    resnet_like,
)
from tests.hw.naive import naive_times
from tests.seeds import fresh
from tests.tiers import tiered

UINT4 = IntType(4, signed=False)


def folded(rng: np.random.Generator, sizes: tuple[int, ...], pairs: list[tuple[int, int]] | None = None) -> Design:
    """A design of dense layers with any folding, dividing or not."""
    if pairs is None:
        ends = zip(sizes[1:], sizes[:-1], strict=True)
        pairs = [(int(rng.integers(1, out + 1)), int(rng.integers(1, into + 1))) for out, into in ends]
    quantised = bool(rng.random() < 0.3)
    graph = random_network(
        rng, sizes, input_type=UINT4 if quantised else B, input_quantiser=quantised, top1=sizes[-1] > 1
    )
    wishes = {f"fc{i}": LayerFolding(pe=pe, simd=simd) for i, (pe, simd) in enumerate(pairs)}
    return designed(graph, wishes)[2]


def images(seed: int) -> Design:
    """A design of a random image network with any folding, or with a chosen one."""
    rng = np.random.default_rng(seed)
    graph = random_image_network(rng)
    wishes = random_folding(rng, integer_network(graph)) if seed % 4 else {}
    return designed(graph, wishes, int(rng.choice([1, 50, 500])))[2]


def reaches_its_bound(design: Design, what: str) -> bool:
    """Check one design; whether it needed other FIFOs than those it came with, or deeper ones."""
    deeper = size_fifos(design)
    assert deeper.bound == design.bound and deeper.cycles.interval == design.bound, what
    kept = [unit.name for unit in deeper.units if not isinstance(unit, FifoUnit)]
    assert kept == [unit.name for unit in design.units if not isinstance(unit, FifoUnit)], what
    before, after = ({u.name: u.depth for u in d.units if isinstance(u, FifoUnit)} for d in (design, deeper))
    return any(depth > before.get(name, 0) for name, depth in after.items())


def shallower(design: Design) -> Iterator[tuple[str, Design]]:
    """The design with one beat less in one FIFO, or without it where it holds one, each in turn."""
    for unit in design.units:
        if isinstance(unit, FifoUnit):
            yield unit.name, with_depth(design, unit.name, unit.depth - 1)


def is_minimal(design: Design) -> int:
    """Check that no FIFO of a design can be shallower by itself; how many were tried."""
    interval, tried = design.cycles.interval, 0
    for name, worse in shallower(design):
        tried += 1
        try:
            assert worse.cycles.interval > interval, name
        except DeadlockError:
            continue
    return tried


@pytest.mark.parametrize("layers", tiered(range(1, 6), 2, 4))
def test_the_slowest_unit_sets_the_interval(layers: int) -> None:
    for seed in range(30):
        rng = np.random.default_rng(5000 * layers + seed)
        sizes = tuple(int(size) for size in rng.integers(1, 30, layers + 1))
        reaches_its_bound(folded(rng, sizes), f"seed {seed}")


@pytest.mark.parametrize("start", tiered(range(0, 48, 12), 12, 36))
def test_images(start: int) -> None:
    for seed in range(start, start + 12):
        reaches_its_bound(images(seed), f"seed {seed}")


@pytest.mark.parametrize("network", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[2::2]))
def test_known_networks(network) -> None:
    rng = np.random.default_rng(0)
    graph = network(rng)
    reaches_its_bound(designed(graph, target=500)[2], "chosen folding")
    reaches_its_bound(designed(graph, random_folding(rng, integer_network(graph)))[2], "random folding")


@pytest.mark.long
def test_images_at_length() -> None:
    for seed in fresh(1500):
        reaches_its_bound(images(seed), f"seed {seed}")


@pytest.mark.long
def test_the_slowest_unit_sets_the_interval_at_length() -> None:
    changed = []
    for seed in fresh(4000):
        rng = np.random.default_rng(seed)
        sizes = tuple(int(size) for size in rng.integers(1, 30, 2 + seed % 6))
        changed.append(reaches_its_bound(folded(rng, sizes), f"seed {seed}"))
    assert 0 < sum(changed) < 100


def test_an_uneven_converter_gets_a_fifo() -> None:
    """8 elements, 6 lanes to 2: beats are taken after 3 and 1 cycles by turns, the unit before gives one in 2."""
    design = folded(np.random.default_rng(0), (14, 10, 8, 2), [(6, 14), (6, 6), (2, 2)])
    assert design.cycles.interval == 5
    deeper = size_fifos(design)
    assert deeper.cycles.interval == 4 == deeper.bound
    place = next(i for i, unit in enumerate(deeper.units) if isinstance(unit, WidthUnit))
    fifo, converter = deeper.units[place - 1], deeper.units[place]
    assert isinstance(fifo, FifoUnit) and (fifo.name, fifo.depth) == ("fc2_width_fifo", 2)
    assert fifo.outputs == converter.inputs and fifo.inputs == deeper.units[place - 2].outputs


def test_zero_fill_costs_no_cycle() -> None:
    """12 elements, 2 lanes to 11: the last beat is filled up with 10 zeros, and the converter does not pause."""
    design = size_fifos(folded(np.random.default_rng(0), (9, 12, 4), [(2, 9), (2, 11)]))
    converter = next(unit for unit in design.units if isinstance(unit, WidthUnit))
    assert (converter.input.beats, converter.output.beats) == (6, 2)
    assert design.cycles.interval == 6


def test_where_fifos_stand() -> None:
    """In front of dense units that read in bursts, one vector deep; before joins, one frame deep; nowhere else."""
    design = folded(np.random.default_rng(3), (16, 8, 8), [(4, 4), (8, 2)])
    assert {unit.name: unit.depth for unit in design.units if isinstance(unit, FifoUnit)} == {"fc0_fifo": 4}
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    fifos = {unit.name: unit for unit in design.units if isinstance(unit, FifoUnit)}
    sums = {name: fifo.depth for name, fifo in fifos.items() if name.startswith("sum")}
    assert sums == {name: fifos[name].input.beats for name in ("sum0_fifo0", "sum0_fifo1", "sum1_fifo0", "sum1_fifo1")}


@pytest.mark.parametrize("network", tiered(IMAGE_NETWORKS, *IMAGE_NETWORKS[2::2]))
def test_no_fifo_can_be_shallower(network) -> None:
    """In networks with branches, depthwise layers, signals, padding and concatenation."""
    rng = np.random.default_rng(0)
    assert sum(is_minimal(size_fifos(designed(network(rng), target=target)[2])) for target in (1, 100, 300)) > 0


def test_no_fifo_of_random_networks_can_be_shallower() -> None:
    assert sum(is_minimal(size_fifos(images(seed))) for seed in range(16)) > 10


@pytest.mark.long
def test_no_fifo_can_be_shallower_at_length() -> None:
    assert sum(is_minimal(size_fifos(images(seed))) for seed in fresh(400)) > 200


def test_fifos_hold_as_much_as_they_can() -> None:
    """The high-water marks of a minimal design are its depths."""
    design = size_fifos(designed(resnet_like(np.random.default_rng(0)), target=300)[2])
    depths = {unit.output.name: unit.depth for unit in design.units if isinstance(unit, FifoUnit)}
    assert depths and {name: design.cycles.peak_occupancy[name] for name in depths} == depths


def test_no_buffer_becomes_shallower_than_is_asked() -> None:
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    least = size_fifos(design)

    def bits(each: Design) -> int:
        return sum(unit.buffer.memory.bits for unit in each.units if unit.buffer is not None)

    found = [
        size_fifos(design, until=lambda each, most=most: bits(each) <= most) for most in (1 << 30, 2 * bits(least))
    ]
    assert bits(found[0]) > bits(found[1]) > bits(least)
    assert bits(found[1]) <= 2 * bits(least)
    assert {each.cycles.interval for each in (*found, least)} == {design.bound}
    assert fifo.sizes_of(found[1]).keys() >= fifo.sizes_of(least).keys()


def test_a_network_of_many_beats_gets_the_smallest_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where trials took too long, no buffer loses depth for nothing, and none takes more memories than the least do."""
    design = designed(concat_net(np.random.default_rng(0)), target=500)[2]
    least = size_fifos(design)
    monkeypatch.setattr(fifo, "EFFORT", 0)
    quick = size_fifos(design)
    assert quick.cycles.interval == least.cycles.interval == design.bound
    assert fifo.sizes_of(quick) != fifo.sizes_of(least)
    pairs = zip(size_fifos(design, round_up=True).units, quick.units, strict=True)
    for one, other in pairs:
        if one.buffer is not None and other.buffer is not None and one.fifo_depth is not None:
            assert other.buffer.size <= one.buffer.memory.free_depth, one.name


def test_a_burst_of_a_pool_waits_in_front_of_fewer_lanes() -> None:
    """A pool, the slowest unit, leaves all beats of a pixel at once, the next unit takes them half as fast."""
    writer = Writer((1, 4, 16, 16), seed=1)
    writer.quant(2)
    writer.conv(32, 1, 2)
    writer.activation(4)
    writer.pool("MaxPool", 3, 2)
    writer.quant(2)
    writer.conv(16, 1, 1)
    writer.flatten(16 * 7 * 7)
    graph = flow.load(writer.model("burst"), input_type="uint8", input_scale=1 / 8)
    folding = {"pool0": LayerFolding(pe=2), "pool0_act": LayerFolding(pe=1)}
    built = flow.compile(graph, target_interval=8000, folding=folding)
    assert built.estimate().bottleneck in ("pool0", "pool0_window")
    assert built.design.cycles.interval == built.design.bound == 9 * 16 * 7 * 7
    assert fifo.sizes_of(built.design)["pool0_act_width_fifo"] > 2


def test_rounded_to_memory() -> None:
    """As deep as the memory goes: no slower, and no FIFO takes another kind of memory or more of it."""
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    small, roomy = size_fifos(design), size_fifos(design, round_up=True)
    pairs = [(one, two) for one, two in zip(small.units, roomy.units, strict=True) if isinstance(one, FifoUnit)]
    assert {two.depth for _, two in pairs} <= {1, 32, 64, 127}
    assert all(one.depth <= two.depth and one.memory.style is two.memory.style for one, two in pairs)
    assert roomy.cycles.interval == small.cycles.interval


def test_chosen_depths_stay() -> None:
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    sized = {unit.name: unit.depth for unit in size_fifos(design).units if isinstance(unit, FifoUnit)}
    name = max(sized, key=lambda fifo: sized[fifo])
    chosen = size_fifos(design, {name: 500})
    assert {unit.name: unit.depth for unit in chosen.units if isinstance(unit, FifoUnit)}[name] == 500
    assert chosen.cycles.interval == design.bound
    slower = size_fifos(design, {name: sized[name] - 1})
    assert slower.cycles.interval > design.bound


def test_without_depth_a_residual_network_is_stuck() -> None:
    """A branch with a line buffer needs rows before it gives anything; the other must hold them."""
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]

    def shallow(depth: int) -> Design:
        units = (replace(u, depth=depth) if isinstance(u, FifoUnit) else u for u in design.units)
        return replace(design, units=tuple(units))

    with pytest.raises(DeadlockError) as error:
        _ = shallow(2).cycles
    assert str(error.value) == (
        "sum0_fifo0: must hold beats until its reader takes them;"
        " found a deadlock: sum0_fifo0 is full (2 beats) while its reader waits for sum0_fifo1. Deepen it."
    )
    with pytest.raises(DeadlockError):
        size_fifos(shallow(2))
    assert size_fifos(shallow(10)).cycles.interval == design.bound


def test_the_fifo_to_blame_is_named() -> None:
    """22 beats of the short branch come before the first of the long one."""
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    with pytest.raises(DeadlockError) as error:
        size_fifos(design, {"sum0_fifo0": 7, "sum1_fifo1": 30})
    assert str(error.value) == (
        "sum0_fifo0: must hold at least 22 beats for the branches to meet; found 7 in fifo_depths."
        " Give it 22 or more, or leave it out."
    )
    assert size_fifos(design, {"sum0_fifo0": 22}).cycles.interval > design.bound


def test_blame_takes_a_run_a_fifo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none alone is to blame, each is left out once, and no more than one at a time."""
    design = designed(resnet_like(np.random.default_rng(0)), target=300)[2]
    chosen = {unit.name: 1 for unit in design.units if isinstance(unit, FifoUnit)}
    runs = []

    def stuck(_: object, fixed: frozenset[str]) -> tuple[Design, int]:
        runs.append(len(fixed))
        raise DeadlockError("f", "must hold beats", "a deadlock")

    monkeypatch.setattr(fifo, "_deep_enough", stuck)
    with pytest.raises(DeadlockError, match="f: must hold beats; found a deadlock"):
        size_fifos(design, chosen)
    assert len(chosen) > 4 and runs == [len(chosen), *[len(chosen) - 1] * len(chosen)]


@pytest.mark.parametrize("seed", tiered(range(8), 2, 3, 5, 6))
def test_the_whole_design_on_a_clock(seed: int) -> None:
    rng = np.random.default_rng(seed)
    design = size_fifos(images(seed) if seed else folded(rng, (12, 9, 7, 5), [(2, 5), (3, 4), (1, 7)]))
    frames = 6
    times = naive_times(design.network, frames)
    assert times is not None
    ends = times[design.output.name].reshape(frames, -1)[:, -1] - times[design.input.name][0]
    found = design.cycles.predict(frames)
    assert (found.interval, found.latency, found.total) == (ends[-1] - ends[-2], ends[0], ends[-1] + 1), f"seed {seed}"
