"""Networks cut at streams for several devices: simulated together they are exact, and every beat moves as predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import config, flow
from hwgen.flow import Devices
from hwgen.golden.execute import run
from hwgen.hw.cut import cut_points
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.verify.bench import Stalls
from hwgen.verify.simulate import Conditions
from hwgen.verify.vectors import random_frames
from tests.builders import concat_net, moving_net, random_image_network, random_network, resnet_like
from tests.end_to_end.networks import random_dense_network
from tests.seeds import fresh
from tests.tiers import is_long

FRAMES = 4
PARTS = ("xc7z020", "zcu104", "xc7z020")


def dense(*sizes: int) -> Graph:
    """A network of dense layers, four bits in and three between them."""
    codes = {"input_type": IntType(4, True), "hidden": IntType(3, False), "weight": IntType(4, True)}
    return random_network(np.random.default_rng(3), sizes, **codes)


def cut(graph: Graph, cuts: list[str], **options: Any) -> Devices:
    return flow.compile_devices(graph, cuts, PARTS[: len(cuts) + 1], config.settings(**options))


def prove(devices: Devices, seed: int, folder: Path) -> None:
    """The RTL together: flowing, paused, spaced and reset in mid-frame; in the long tier the HLS C++ of each."""
    stated = devices.estimate()
    devices = flow.open_devices(devices.write(folder / "out").project or folder)
    codes = random_frames(devices.graph.inputs, FRAMES, seed)
    beats = sum(port.stream.beats for port in devices.design.inputs)
    stalls, middle = Stalls(0.3, 0.4, seed, 0.3), min(beats * FRAMES - 1, beats + beats // 2 or 1)
    for conditions in (
        None,
        Conditions(stalls),
        Conditions(input_interval=stated.interval_cycles * 3 // 2),
        Conditions(stalls, reset_after_beats=middle),
    ):
        outcome = devices.simulate(codes, "rtl", conditions, work=folder / "work")["together"]
        assert outcome.passed, (conditions, outcome.mismatches, outcome.mistimed)
        carried = {name for name, stream in devices.design.streams.items() if stream.tensor}
        assert {*outcome.checked} == carried - {port.stream.name for port in devices.design.inputs}
        if conditions is None:
            assert outcome.cycles is not None and outcome.cycles.interval == stated.interval_cycles
            assert outcome.cycles.latency == stated.latency_cycles
            assert outcome.beats_timed == FRAMES * sum(each.beats for each in devices.design.streams.values())
        want = run(devices.graph, codes[0] if len(codes) == 1 else codes)
        np.testing.assert_array_equal(outcome.outputs, want.reshape(FRAMES, -1))
    for name, outcome in devices.simulate(codes, "csim").items() if is_long() else ():
        assert not outcome.mismatches, (name, outcome.mismatches)


def random_cut(seed: int, graph: Graph) -> Devices | None:
    """The network cut at one stream, or at two, drawn from those that are possible; None where none is."""
    rng = np.random.default_rng(seed)
    points = [*cut_points(graph)]
    if not points:
        return None
    count = 1 + (seed % 3 == 0 and len(points) > 1)
    cuts = sorted(rng.choice(points, count, replace=False).tolist(), key=points.index)
    return cut(graph, cuts, **({"fit": True} if seed % 4 == 0 else {"target_interval": int(rng.integers(300, 3000))}))


def test_dense_layers_on_three_devices(tmp_path: Path) -> None:
    devices = cut(dense(32, 24, 16, 10), ["fc0", "fc1"], target_interval=100)
    assert [part.settings.part for part in devices.parts] == [*PARTS]
    assert devices.estimate().interval_cycles == max(part.design.bound for part in devices.parts)
    prove(devices, 1, tmp_path)


@pytest.mark.parametrize("seed", [10])
def test_residual_blocks(seed: int, tmp_path: Path) -> None:
    prove(cut(resnet_like(np.random.default_rng(seed)), ["sum0"], target_interval=1500), seed, tmp_path)


def test_settings_by_layer(tmp_path: Path) -> None:
    """Weights beyond the chip, layers to rewrite, memories, FIFOs and foldings go to the device of their layer."""
    chosen: dict[str, Any] = {
        "memory": {"fc0": "external", "fc1": "block"},
        "writable": ["fc2"],
        "folding": {"fc2": {"pe": 2, "simd": 4}},
        "fifo_depths": {"fc1_fifo": 9},
    }
    devices = cut(dense(24, 40, 16, 10), ["fc1"], target_interval=400, **chosen)
    first, second = (part.settings for part in devices.parts)
    assert (first.memory, first.writable, first.folding) == (chosen["memory"], (), {})
    assert (second.memory, second.writable, second.fifo_depths) == ({}, ("fc2",), {})
    assert first.fifo_depths == chosen["fifo_depths"] and second.folding["fc2"].pe == 2
    devices = devices.write(tmp_path / "out")
    codes = random_frames(devices.graph.inputs, FRAMES, 0)
    outcome = devices.simulate(codes)["together"]
    assert outcome.passed, (outcome.mismatches, outcome.mistimed)


def test_a_wrong_device_is_found(tmp_path: Path) -> None:
    """With a layer's weights of another network the codes of the second device are not those of the whole network."""
    right, wrong = (
        random_network(np.random.default_rng(seed), (12, 8, 8, 4), hidden=IntType(2, False)) for seed in (1, 2)
    )
    serial = {name: {"pe": 1, "simd": 1} for name in ("fc0", "fc1", "fc2")}  # weights in memories
    devices = cut(right, ["fc0"], folding=serial).write(tmp_path / "out")
    cut(wrong, ["fc0"], folding=serial).write(tmp_path / "other")
    for memory in (tmp_path / "other/device1/rtl/mem").glob("*_fc2_weights.mem"):
        (tmp_path / "out/device1/rtl/mem" / memory.name).write_bytes(memory.read_bytes())
    outcome = devices.simulate(random_frames(devices.graph.inputs, FRAMES, 0))["together"]
    assert not outcome.passed and not outcome.mistimed
    assert [each.node for each in outcome.mismatches] == ["device1_fc2"]


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(24))
def test_random_cuts(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    kinds = (random_image_network, resnet_like, concat_net, moving_net)
    graph = random_dense_network(seed, 3) if seed % 5 == 4 else kinds[seed % 5](rng)
    devices = random_cut(seed, flow.integer(graph, config.settings()))
    if devices is not None:
        prove(devices, seed, tmp_path)
