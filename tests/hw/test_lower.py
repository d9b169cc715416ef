"""From network to design: units in order, streams that fit, popcounts that mean the same."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.errors import CheckError
from hwgen.golden.execute import apply
from hwgen.hw.design import Design
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.lower import lower
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul
from hwgen.ir.types import DType, IntType
from tests.builders import PART, B, designed, random_network

UINT8, INT3 = IntType(8, signed=False), IntType(3, signed=True)


def wishes(*pairs: tuple[int, int]) -> dict[str, LayerFolding]:
    return {f"fc{index}": LayerFolding(pe=pe, simd=simd) for index, (pe, simd) in enumerate(pairs)}


def deep(hidden: DType = B) -> tuple[Graph, Design]:
    graph = random_network(
        np.random.default_rng(1), (12, 8, 10), input_type=UINT8, hidden=hidden, input_quantiser=True, top1=True
    )
    network, _, design = designed(graph, wishes((4, 6), (5, 3)))
    return network, design


def test_units_in_order() -> None:
    _, design = deep()
    assert [(type(unit), unit.name) for unit in design.units] == [
        (ThresholdUnit, "quant"),
        (Fifo, "fc0_fifo"),
        (MatVec, "fc0"),
        (WidthConverter, "fc1_width"),
        (Fifo, "fc1_fifo"),
        (MatVec, "fc1"),
        (ArgMaxUnit, "top1"),
    ]
    assert [unit.name for unit in design.layers] == ["quant", "fc0", "fc1", "top1"]


@pytest.mark.parametrize("seed", range(30))
def test_streams(seed: int) -> None:
    """Each unit reads what the one before it writes; a stream bears its writer's name, once in a design."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(2, 20, 4))
    pairs = [(int(rng.integers(1, o + 1)), int(rng.integers(1, i + 1))) for i, o in itertools.pairwise(sizes)]
    graph = random_network(rng, sizes, hidden=INT3 if seed % 2 else B, top1=seed % 3 == 0)
    network, folding, design = designed(graph, wishes(*pairs))
    assert design.input.name == "source"
    for before, after in zip(design.units, design.units[1:], strict=False):
        assert before.output == after.input, f"seed {seed}: {before.name} to {after.name}"
    names = [stream.name for stream in design.streams]
    assert names[1:] == [unit.name for unit in design.units] and len(set(names)) == len(names)
    for layer in design.layers:
        if isinstance(layer, MatVec):
            assert layer.folding == folding[layer.name]
            assert layer.neuron_folds * layer.synapse_folds == layer.cycles
    types = {value.name: value.type for node in network.nodes for value in (*node.inputs, node.output)}
    for stream in design.streams:
        assert (stream.dtype, stream.elements) == (types[stream.tensor].dtype, types[stream.tensor].elements)


@pytest.mark.parametrize("hidden", [B, IntType(2, signed=False)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_popcount_thresholds(seed: int, hidden: DType) -> None:
    """Counting agreements gives the codes of the accumulator at every accumulator an XNOR unit can reach."""
    graph = random_network(np.random.default_rng(seed), (9, 6), last=hidden)
    network, _, design = designed(graph)
    unit = design.layers[0]
    assert isinstance(unit, MatVec) and unit.is_xnor and unit.activation is not None
    assert (unit.sum_type.min, unit.sum_type.max) == (0, 15)
    counts = np.arange(10)[:, None].repeat(6, axis=1)
    golden = apply(network.nodes[1], 2 * counts - 9)
    activation = unit.activation
    reached = (counts[:, :, None] >= activation.thresholds).sum(axis=2)
    falls = activation.descending == 1
    assert activation.thresholds.min() >= 0 and activation.thresholds.max() <= 10
    found = activation.base + activation.step * np.where(falls, activation.levels - reached, reached)
    assert np.array_equal(found, golden), f"seed {seed}"


def test_raw_accumulators_leave_as_they_are() -> None:
    graph = random_network(np.random.default_rng(0), (9, 6))
    _, _, design = designed(graph)
    unit = design.layers[0]
    assert isinstance(unit, MatVec) and unit.activation is None and unit.threshold_rom is None
    assert str(unit.output.dtype) == "int5" and str(unit.sum_type) == "uint4"


@pytest.mark.parametrize("seed", range(6))
def test_sums_of_integer_units_fit(seed: int) -> None:
    """Every partial sum, not only the last, fits the type of the running sum."""
    rng = np.random.default_rng(seed)
    graph = random_network(rng, (10, 4), input_type=INT3, weight=INT3)
    _, _, design = designed(graph, wishes((1, 1)))
    unit = design.layers[0]
    assert isinstance(unit, MatVec) and not unit.is_xnor
    for pick_low in (True, False):
        ends = [INT3.min, INT3.max]
        inputs = np.where((unit.weights > 0) == pick_low, *ends)
        partial = np.cumsum(unit.weights * inputs, axis=1)
        assert unit.sum_type.min <= partial.min() and partial.max() <= unit.sum_type.max, f"seed {seed}"


def test_digest() -> None:
    graph = random_network(np.random.default_rng(0), (9, 6))
    network, folding, design = designed(graph)
    again = lower(network, folding, part="other", clock_mhz=1.0)
    assert again.digest == design.digest and len(design.digest) == 12
    refolded = {name: replace(each, pe=each.pe + 1) for name, each in folding.items()}
    assert lower(network, refolded, part=PART, clock_mhz=100.0).digest != design.digest


def test_one_layer_alone() -> None:
    _, design = deep()
    alone = design.only("fc1")
    assert (alone.name, alone.units) == ("net_fc1", (design.units[5],))
    with pytest.raises(KeyError):
        design.only("fc7")


def test_errors() -> None:
    graph = random_network(np.random.default_rng(0), (9, 6), last=B)
    _, folding, _ = designed(graph)
    with pytest.raises(CheckError) as error:
        lower(replace(graph, nodes=()), folding, part=PART, clock_mhz=1.0)
    assert str(error.value) == "net: must have a layer; found none."
    node = graph.nodes[1]
    assert not isinstance(node.op, MatMul)
    with pytest.raises(CheckError) as error:
        lower(graph, {**folding, "act0": folding["fc0"]}, part=PART, clock_mhz=1.0)
    assert str(error.value) == "act0 (net.act0): must be an integer operation; found Activation."
