"""Predicted cycles against simulated ones, every beat of every stream: foldings, FIFO depths, input intervals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.config import LayerFolding
from hwgen.errors import DeadlockError
from hwgen.frontend.qonnx import read_model
from hwgen.hw.folding import resolve
from hwgen.hw.folds import folding_entries
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.ir.graph import Graph
from hwgen.passes.pipeline import integer_network
from tests.builders import IMAGE_NETWORKS, Rng
from tests.end_to_end import networks
from tests.end_to_end.test_real_networks import CASES
from tests.frontend.onnx_nets import resized
from tests.seeds import fresh
from tests.tiers import tiered

QUICK = {"TFC_1W1A.onnx"}
"""The model whose simulators compile in seconds."""
MODELS: dict[str, dict[str, Any]] = {
    **{case.model: case.options for case in CASES},
    "CNV_W1A1_BNN-PYNQ.onnx.gz": {},
    "VGG10_RadioML_W8A8.onnx": {"input_type": "int8", "input_scale": 1 / 64},
    "separable_conv_model_ch_last.onnx": {"input_type": "int8", "input_scale": 1 / 32},
}


def near(graph: Graph, target: int) -> hwgen.Accelerator:
    """The network folded for `target` cycles, or as near as it comes."""
    network = integer_network(graph)
    return hwgen.compile(graph, folding=folding_entries(network, resolve(network, {}, target)))


def as_predicted(design: hwgen.Accelerator, frames: int, input_interval: int = 0, **options: Any) -> None:
    """Simulate the RTL and compare the cycle of every beat."""
    outcome = design.simulate(frames, "rtl", input_interval=input_interval, **options)
    assert outcome.passed, (outcome.mismatches, outcome.mistimed, outcome.cycles, outcome.predicted)
    assert outcome.beats_timed == frames * sum(stream.beats for stream in design.design.streams.values())


def at_some_pace(design: hwgen.Accelerator, seed: int, frames: int, work: Path) -> None:
    """`as_predicted`, as fast as it goes, a little slower and much slower."""
    interval = design.design.cycles.interval
    for input_interval in (0, interval + 1 + seed % 7, 2 * interval):
        as_predicted(design, frames, input_interval, work=work)


def halved(folding: dict[str, Any]) -> dict[str, Any]:
    """A folding with half the lanes, wherever there is more than one: other ratios, often dividing nothing."""
    return {
        name: {"pe": max(1, each.pe // 2), **({"simd": max(1, each.simd // 2)} if each.simd > 1 else {})}
        for name, each in folding.items()
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("model", tiered(MODELS, *MODELS.keys() - QUICK))
def test_real_networks_in_three_foldings(model: str, shared: Path, tmp_path: Path) -> None:
    """Two targets, and the faster one with its lanes halved."""
    source: Any = shared / "models" / model
    if model.startswith("separable"):
        source = resized(read_model(source), 512, 20)
    graph = hwgen.load(source, **MODELS[model])
    slow = {"CNV_W1A1_BNN-PYNQ.onnx.gz": 40_000, "VGG10_RadioML_W8A8.onnx": 60_000}.get(model, 9_000)
    fast = near(graph, slow // 4)
    for index, design in enumerate((near(graph, slow), fast)):
        as_predicted(design, 3, work=tmp_path / str(index))
    odd = {name: LayerFolding(**each).model_dump() for name, each in halved(dict(fast.folding)).items()}
    as_predicted(hwgen.compile(graph, folding=odd), 3, input_interval=fast.design.bound // 2, work=tmp_path / "odd")


@pytest.mark.long
@pytest.mark.shared_data
def test_mobilenet_of_eight_bits(shared: Path, tmp_path: Path) -> None:
    """MobileNetV1 with 8-bit weights and activations on 96x96 pixels, published for Visual Wake Words."""
    path = shared / "models/NN2FPGA_mobilenet_v1_vww_a8w8.onnx"
    graph = hwgen.load(path, input_type="uint8", input_scale=1 / 256)
    design = hwgen.compile(graph, part="xcu250", target_interval=65_536)
    as_predicted(design, 2, work=tmp_path)


@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
@pytest.mark.long
@pytest.mark.parametrize("target", [1, 100, 1000])
def test_families_in_three_foldings(make: Callable[[Rng], Graph], target: int, tmp_path: Path) -> None:
    at_some_pace(near(make(np.random.default_rng(5)), target), target, 4, tmp_path)


def random_depths(rng: Rng, design: hwgen.Accelerator) -> dict[str, int]:
    """Other depths for about half of the FIFOs, a beat less among them."""
    sized = {unit.name: unit.depth for unit in design.design.units if isinstance(unit, FifoUnit)}
    return {
        name: max(0, depth + int(rng.choice([-1, 1, 2, 40]))) for name, depth in sized.items() if rng.random() < 0.5
    }


def prove_depths(seed: int, folder: Path) -> bool:
    """One random network in a random folding, FIFOs minimal, then otherwise; whether those keep it flowing."""
    graph, folding, rng = networks.random_case(seed)
    minimal = hwgen.compile(graph, folding=folding)
    at_some_pace(minimal, seed, 5, folder / "minimal")
    options: dict[str, Any] = {"fifo_depths": random_depths(rng, minimal)} if seed % 3 else {"fifos": "memory"}
    try:
        other = hwgen.compile(graph, folding=folding, **options)
    except DeadlockError:
        return False
    at_some_pace(other, seed, 5, folder / "other")
    return True


@pytest.mark.parametrize("seed", [0, 2])
def test_random_depths(seed: int, tmp_path: Path) -> None:
    prove_depths(seed, tmp_path)


@pytest.mark.long
def test_a_hundred_networks_foldings_and_depths(tmp_path: Path) -> None:
    flowing = sum(prove_depths(seed, tmp_path / str(seed)) for seed in (1, 3, *fresh(100)))
    assert flowing > 80
