"""Gated units from networks: which nodes become one, its thresholds, its buffers, and gates that never move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.fifo import SLACK, size_fifos, sizes_of
from hwgen.hw.folding import is_gate
from hwgen.hw.gates import stuck_gates
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.lower import lower
from hwgen.hw.matrices import Folding
from hwgen.hw.network import with_gates
from hwgen.hw.simulation import beat_times
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Output
from hwgen.ir.ops import Conv, Threshold
from hwgen.ir.types import Bipolar, DType, IntArray, IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, ImageBuilder

B = Bipolar()
U2, U4, I3 = IntType(2, signed=False), IntType(4, signed=False), IntType(3, signed=True)
SAME = Geometry((3, 3), padding=(1, 1, 1, 1))
FOLDING = {"conv0": Folding(2, 1), "conv1": Folding(1, 1)}


def net_of(source: DType, weight: DType, gate: DType = U2, out: DType = U2, *, geometry: Geometry = SAME) -> Graph:
    """A gated convolution of 3 channels to 5, its quantiser behind it."""
    net = ImageBuilder(np.random.default_rng(4), (6, 5, 3), source)
    net.act(net.gated(net.input, 5, geometry, weight, gate, small=True), out)
    return integer_network(net.graph())


def design_of(graph: Graph) -> Design:
    return lower(graph, FOLDING, part=PART, clock_mhz=100.0)


def codes(unit: MvtuGatedUnit, code: int, sums: IntArray) -> IntArray:
    """What the unit gives for `sums` (N, channels) of a code, by its own thresholds."""
    product, activation = unit.product, unit.activation
    counted = (sums + product.fan_in) // 2 if product.is_xnor else sums
    rows = activation.thresholds.reshape(unit.gate_type.max + 1, -1, activation.levels)[code, : product.mh]
    falls = activation.descending.reshape(unit.gate_type.max + 1, -1)[code, : product.mh]
    count = (counted[:, :, None] >= rows).sum(axis=2)
    return activation.base + activation.step * np.where(falls == 1, activation.levels - count, count)


@pytest.mark.parametrize(
    ("source", "weight", "out"), [(B, B, B), (B, B, U2), (U2, B, B), (U2, I3, U2), (I3, B, I3)], ids=str
)
def test_thresholds_of_each_code(source: DType, weight: DType, out: DType) -> None:
    """For every sum and code what the network's own threshold makes of their product; for code 0 whatever the sum."""
    graph = net_of(source, weight, out=out, geometry=Geometry((2, 3)))
    (unit,) = design_of(graph).gated
    threshold = graph.nodes[-1].op
    assert isinstance(threshold, Threshold)
    fan_in = unit.product.fan_in
    sums = np.arange(-fan_in * 12, fan_in * 12 + 1)
    sums = sums[(sums >= unit.product.sum_type.min) & (sums <= unit.product.sum_type.max)]
    if unit.product.is_xnor:
        sums = np.arange(-fan_in, fan_in + 1, 2)
    wide = np.repeat(sums[:, None], unit.product.mh, axis=1)
    for code in range(4):
        count = ((code * wide)[:, :, None] >= threshold.thresholds).sum(axis=2)
        count = np.where(threshold.descending == 1, threshold.thresholds.shape[1] - count, count)
        np.testing.assert_array_equal(codes(unit, code, wide), threshold.base + threshold.step * count)


def test_a_gate_that_no_product_makes() -> None:
    """Its quantiser stands alone, and is read by the gated unit only: it is a unit of its own all the same."""
    net = ImageBuilder(np.random.default_rng(4), (6, 5, 3), I3)
    net.act(net.gated_by_size(net.input, 5, I3, U2), U2)
    graph = integer_network(net.graph())
    folding = {node.name: Folding(1, 1) for node in graph.nodes}
    design = lower(graph, folding, part=PART, clock_mhz=100.0)
    assert [type(layer).__name__ for layer in design.layers] == ["MagnitudeUnit", "ThresholdUnit", "MvtuGatedUnit"]


def test_the_units() -> None:
    design = design_of(net_of(B, B))
    (unit,) = design.gated
    assert isinstance(unit, MvtuGatedUnit) and [type(layer).__name__ for layer in design.layers][-1] == "MvtuGatedUnit"
    assert (unit.name, unit.gate.tensor, unit.output.tensor) == ("conv0", "act0_out", design.output.tensor)
    assert (unit.cycles, unit.skip_cycles) == (30 * 27 * 3, 27)
    assert unit.threshold_rom.depth == 4 * 4 and unit.schedule.reads == 27 and unit.schedule.beats == 3


def test_what_is_not_fused() -> None:
    """A gate of many bits or signed, sums that someone else reads, no quantiser behind, planes: no gated unit."""
    graph = net_of(B, B)
    assert [node.name for node in graph.nodes if is_gate(graph, node)] == ["scale0"]
    values = {node.output.name: node.output for node in graph.nodes}
    others = [replace(graph, outputs=(Output(values[name]),)) for name in ("conv0_out", "scale0_out")]
    conv = graph.node("conv0")
    assert isinstance(conv.op, Conv)
    planes = replace(conv, op=replace(conv.op, planes=np.array([2, 1])))
    others.append(replace(graph, nodes=tuple(planes if node is conv else node for node in graph.nodes)))
    for other in (net_of(B, B, U4), net_of(B, B, I3), *others):
        assert not any(is_gate(other, node) for node in other.nodes)


def test_buffers_hold_more_than_the_worst_case_needs() -> None:
    graph = net_of(U2, B)
    design = size_fifos(design_of(graph))
    for unit in design.units:
        if isinstance(unit, FifoUnit):
            assert unit.depth >= -(-unit.output.beats // SLACK)
        if isinstance(unit, WindowUnit):
            assert unit.rows >= 3 + -(-unit.height // SLACK)
    assert design.cycles.interval == design.bound
    fixed = size_fifos(design_of(graph), {"conv0_fifo_gate": 7})
    assert sizes_of(fixed) == sizes_of(design) | {"conv0_fifo_gate": 7}


def test_buffers_even_out_runs() -> None:
    """Half of the pixels open, in runs: what is left of the interval is near the work that is left."""
    design = size_fifos(design_of(net_of(U2, B)))
    (unit,) = design.gated
    active = ([1] * 15 + [0] * 15) * 40
    times = beat_times(with_gates(design.network, {unit.name: active}), 40)[design.output.name].reshape(40, -1)[:, -1]
    work = 15 * unit.cycles // 30 + 15 * unit.skip_cycles
    assert work <= (times[-1] - times[0]) / 39 <= 1.02 * work < 0.7 * design.bound


def stuck(change: int) -> Graph:
    """The network with its gate's thresholds moved by `change`."""
    graph = net_of(B, I3)
    gate = graph.node("act0")
    assert isinstance(gate.op, Threshold)
    moved = replace(gate, op=replace(gate.op, thresholds=gate.op.thresholds * 0 + change, descending=np.zeros(1)))
    return replace(graph, nodes=tuple(moved if node is gate else node for node in graph.nodes))


def test_gates_that_never_move() -> None:
    head = "scale0 (net.scale0): its gate should open for some pixels and close for others; found "
    tail = ", whatever the input. Train it again with another penalty, or leave the gate out."
    assert stuck_gates(stuck(1000)) == (f"{head}one that never opens: all pixels are skipped (100 %){tail}",)
    assert stuck_gates(stuck(-1000)) == (f"{head}one that always opens: no pixel is skipped (0 %){tail}",)
    assert stuck_gates(stuck(0)) == ()
