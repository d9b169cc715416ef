"""Convolutions that take all taps of a window at once: both back ends agree with golden, cycles are as predicted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.errors import ConfigError, FoldingError
from hwgen.hw.folds import folding_entries
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv
from hwgen.ir.types import Bipolar, IntArray, IntType
from hwgen.passes.pipeline import integer_network
from hwgen.verify.vectors import random_frames
from tests.builders import ImageBuilder, LayerFolding, Rng, random_conv_network, random_folding
from tests.end_to_end.prove import prove
from tests.gated_networks import gated_network
from tests.plane_nets import random_plane_network
from tests.seeds import fresh
from tests.tiers import is_long

B, INT3, UINT2, INT4 = Bipolar(), IntType(3, True), IntType(2, False), IntType(4, True)
AROUND = (1, 1, 1, 1)


def small() -> Graph:
    """Two padded convolutions, one of them on bipolar pixels; a pool, and a convolution of few windows."""
    net = ImageBuilder(np.random.default_rng(0), (6, 5, 3), INT4)
    net.act(net.conv(net.last, 4, Geometry((3, 3), padding=AROUND), B), B)
    net.act(net.conv(net.last, 6, Geometry((3, 3), padding=AROUND), B), B)
    net.pool(net.last, Geometry((2, 1), (2, 1)))
    net.act(net.conv(net.last, 4, Geometry((3, 3)), INT3), UINT2)
    net.dense(net.last, 3, INT3)
    return net.graph("small")


def test_strict_target(tmp_path: Path) -> None:
    """A pixel a cycle, and one more: tap by tap 270 cycles are the least."""
    design = hwgen.compile(small(), target_interval=31)
    found = {unit.name: (unit.stem, unit.cycles) for unit in design.design.units}
    assert found["conv0_window"] == found["conv1_window"] == ("parallel_window", 31)
    assert found["conv0"][0] == found["conv1"][0] == "wired"
    assert design.design.bound == design.design.cycles.interval == 31
    prove(design, 1, 4, tmp_path)


def test_the_target_decides() -> None:
    """What can be had tap by tap is; of what cannot, the error says what is the least."""
    stems = [
        [unit.stem for unit in hwgen.compile(small(), target_interval=target).design.units] for target in (269, 270)
    ]
    assert ["parallel_window" in each for each in stems] == [True, False]
    assert "parallel_window" not in [unit.stem for unit in hwgen.compile(small()).design.units]
    with pytest.raises(FoldingError, match=r"conv0 .* found 31 at best .*: its window unit scans 31 pixels"):
        hwgen.compile(small(), target_interval=30)


def test_a_budget_decides() -> None:
    """The fastest design of a part takes all taps at once; a small budget has no room for that."""
    assert hwgen.compile(small(), fit=True, part="xcu50").design.bound == 31
    tight = hwgen.compile(small(), max_lut=1100).design
    assert tight.bound == 270 and "parallel_window" not in [unit.stem for unit in tight.units]


def test_a_rewritable_layer_takes_tap_by_tap() -> None:
    with pytest.raises(FoldingError, match=r"conv1 .* found 270 at best"):
        hwgen.compile(small(), target_interval=100, writable=["conv1"])
    with pytest.raises(ConfigError, match=r"conv1 must take its windows tap by tap; found SIMD 18"):
        hwgen.compile(small(), folding={"conv1": {"simd": 18}}, writable=["conv1"])


def test_a_folding_is_read_back() -> None:
    """PE and SIMD of the solver, given as a folding, are the same design."""
    solved = hwgen.compile(small(), target_interval=31)
    again = hwgen.compile(small(), folding=folding_entries(integer_network(small()), solved.folding))
    assert again.design.digest == solved.design.digest


def test_one_layer_alone(tmp_path: Path) -> None:
    """With its window unit, also behind a FIFO."""
    folding = {"conv1": {"pe": 2, "simd": 18}}
    design = hwgen.compile(small(), folding=folding, fifo_depths={"conv1_fifo": 3})
    alone = design.only("conv1")
    assert [unit.stem for unit in alone.units] == ["parallel_window", "fifo", "mvtu"]
    frames = random_frames(design.graph.inputs, 3, 1)[0]
    outcome = design.write(tmp_path / "project").simulate(frames, "rtl", layer="conv1")
    assert outcome.passed, (outcome.mismatches, outcome.mistimed)


def separable() -> Graph:
    """Depthwise convolutions of bipolar and of integer pixels, padded, strided, and pointwise ones between them."""
    net = ImageBuilder(np.random.default_rng(0), (6, 5, 4), UINT2)
    net.act(net.conv(net.last, 4, Geometry((3, 3), padding=AROUND), INT3, groups=4), B)
    net.act(net.conv(net.last, 6, Geometry((1, 1)), B), B)
    net.act(net.conv(net.last, 6, Geometry((3, 3), (2, 2), padding=AROUND), B, groups=6), UINT2)
    net.act(net.conv(net.last, 6, Geometry((2, 2)), INT3, groups=6), UINT2)
    net.dense(net.last, 3, INT3)
    return net.graph("separable")


def test_depthwise_by_folding(tmp_path: Path) -> None:
    """All taps at once in each depthwise layer, which a host may rewrite; and tap by tap."""
    folding = {"conv0": {"pe": 2, "simd": 9}, "conv2": {"pe": 3, "simd": 9}, "conv3": {"pe": 6, "simd": 4}}
    design = hwgen.compile(separable(), folding=folding, pipeline="auto")
    found = {unit.name: (unit.stem, unit.simd_lanes) for unit in design.design.units}
    assert found["conv0_window"][0] == "parallel_window" and found["conv2"] == ("depthwise", 9)
    assert folding_entries(design.graph, design.folding)["conv3"] == folding["conv3"]
    prove(design, 1, 3, tmp_path / "whole")
    written = hwgen.compile(separable(), folding=folding, writable=["conv2"])
    frames = random_frames(written.graph.inputs, 3, 2)[0]
    outcome = written.write(tmp_path / "written").simulate(frames, "rtl")
    assert outcome.passed, (outcome.mismatches, outcome.mistimed)
    by_tap = {name: {"pe": 2, "simd": 1} for name in folding}
    slower = hwgen.compile(separable(), folding=by_tap)
    assert "parallel_window" not in [unit.stem for unit in slower.design.units]
    if is_long():
        prove(slower, 1, 3, tmp_path / "taps")


def test_depthwise_by_target() -> None:
    """A target under a tap a cycle; one that taps reach keeps the interval, whatever is cheaper."""
    fast = hwgen.compile(separable(), target_interval=31)
    assert fast.design.bound == fast.design.cycles.interval == 31
    assert fast.folding["conv0"].simd == 9
    with pytest.raises(FoldingError, match=r"conv0 .* found 31 at best"):
        hwgen.compile(separable(), target_interval=30)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"simd": 3}, r"SIMD must be 1, or the 9 taps of a window; found SIMD 3"),
        ({"pe": 3, "simd": 9}, r"PE must divide the 4 channels; found PE 3"),
    ],
    ids=["taps", "lanes"],
)
def test_depthwise_mistakes(wish: dict[str, int], message: str) -> None:
    with pytest.raises(FoldingError, match=message):
        hwgen.compile(separable(), folding={"conv0": wish})


def whole(rng: Rng, graph: Graph) -> dict[str, LayerFolding]:
    """A random folding in which every convolution that can takes all taps at once."""
    network = integer_network(graph)
    wishes = random_folding(rng, network)
    for node in network.nodes:
        op = node.op
        if isinstance(op, Conv) and op.is_depthwise and op.geometry.taps > 1:
            pe = int(rng.choice([n for n in range(1, op.groups + 1) if op.groups % n == 0]))
            wishes[node.name] = LayerFolding(pe=pe, simd=op.geometry.taps)
        elif isinstance(op, Conv) and op.geometry.taps > 1:
            channels, outputs = op.weights.shape[3], op.weights.shape[0] // op.groups
            lanes = [n for n in range(1, channels + 1) if channels % n == 0 and n * op.geometry.taps > channels]
            simd = op.geometry.taps * int(rng.choice(lanes))
            pe = int(rng.choice([n for n in range(1, outputs + 1) if outputs % n == 0]))
            wishes[node.name] = LayerFolding(pe=pe, simd=simd)
    return wishes


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(40))
@pytest.mark.parametrize(
    "make", [random_conv_network, random_plane_network, gated_network], ids=lambda make: make.__name__
)
def test_random_networks(make: Callable[[Rng], Graph], seed: int, tmp_path: Path) -> None:
    """Of numbers, of residual planes side by side and one after another, and gated."""
    rng = np.random.default_rng(seed)
    graph = make(rng)
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in whole(rng, graph).items()}
    nodes = integer_network(graph).nodes
    planes = {node.name: "serial" for node in nodes if isinstance(node.op, Conv) and node.op.planes.size and seed % 2}
    prove(hwgen.compile(graph, folding=folding, planes=planes), seed, 4, tmp_path)


@pytest.mark.long
@pytest.mark.shared_data
def test_cnv_at_1024_cycles(shared: Path, tmp_path: Path) -> None:
    """The published network on three images of CIFAR-10, a pixel a cycle."""
    design = hwgen.compile(hwgen.load(shared / "models/CNV_W1A1_BNN-PYNQ.onnx.gz"), target_interval=1024)
    assert design.design.cycles.interval == 1024
    stems = {unit.name: unit.stem for unit in design.design.units}
    assert [stems[f"conv{n}_window"] for n in range(3)] == ["parallel_window"] * 3
    assert stems["conv0"] == stems["conv1"] == "wired"
    outcome = design.write(tmp_path / "project").simulate(images(shared)[:3], "rtl")
    assert outcome.passed, (outcome.mismatches, outcome.mistimed)
    assert outcome.cycles == outcome.predicted
    wanted = np.load(shared / "cifar10/cifar10_exact_83_cnv_w1a1_scores.npy")
    assert np.array_equal(outcome.outputs, wanted[:3])


def images(shared: Path) -> IntArray:
    """CIFAR-10 as the network takes it: q = floor((2p/255 - 1) * 128 + 1/2), within int8."""
    pixels = np.load(shared / "cifar10/cifar10_exact_83.npz")["x_u8_nhwc"].astype(np.float64)
    return np.clip(np.floor((2 * pixels / 255 - 1) * 128 + 0.5), -128, 127).astype(np.int64)
