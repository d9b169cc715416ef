"""CNV on CIFAR-10: the published network on real images, layer by layer and whole; its few-bit sisters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.config import read_folding
from hwgen.ir.types import IntArray
from hwgen.verify.vectors import random_codes
from tests.examples.load import EXAMPLES, example
from tests.tiers import tiered

FOLDING = EXAMPLES / "cnv_cifar10" / "folding"
RIGHT = {12: 8, 83: 58}
"""Of so many of the first images, those whose class the published scores give: a few, which need no optimised model."""
LAYERS = ("conv0", "conv1", "pool0", "conv2", "conv3", "pool1", "conv4", "conv5", "fc6", "fc7", "fc8")


def folding(name: str) -> dict[str, Any]:
    """A folding of the example, for a network whose pixels arrive quantised."""
    return {layer: fold for layer, fold in read_folding(FOLDING / name).items() if layer != "input_quant"}


@pytest.fixture(scope="module")
def published(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> hwgen.Accelerator:
    """The trained BNN-PYNQ network in its published folding."""
    graph = hwgen.load(shared / "models/CNV_W1A1_BNN-PYNQ.onnx.gz")
    built = hwgen.compile(graph, folding=folding("cnv_32768_cycles.json"))
    return built.write(tmp_path_factory.mktemp("cnv") / "project")


@pytest.fixture(scope="module")
def images(shared: Path) -> IntArray:
    """The 83 images as the network takes them: q = floor((2p/255 - 1) * 128 + 1/2), within int8."""
    pixels = np.load(shared / "cifar10/cifar10_exact_83.npz")["x_u8_nhwc"].astype(np.float64)
    return np.clip(np.floor((2 * pixels / 255 - 1) * 128 + 0.5), -128, 127).astype(np.int64)


@pytest.mark.shared_data
@pytest.mark.parametrize("count", tiered((3, 6), 6))
def test_rtl_takes_the_published_cycles(published: hwgen.Accelerator, images: IntArray, count: int) -> None:
    outcome = published.simulate(images[:count], "rtl")
    assert not outcome.mismatches, outcome.mismatches
    assert outcome.cycles is not None
    assert outcome.cycles.interval == 32_768
    assert outcome.cycles == outcome.predicted


@pytest.mark.shared_data
@pytest.mark.parametrize("count", tiered(RIGHT, 83))
def test_csim_gives_the_published_scores(
    published: hwgen.Accelerator, images: IntArray, shared: Path, count: int
) -> None:
    outcome = published.simulate(images[:count], "csim")
    assert not outcome.mismatches, outcome.mismatches
    wanted = np.load(shared / "cifar10/cifar10_exact_83_cnv_w1a1_scores.npy")
    assert np.array_equal(outcome.outputs, wanted[:count])
    labels = np.load(shared / "cifar10/cifar10_exact_83.npz")["y"]
    assert int((outcome.outputs.argmax(axis=1) == labels[:count]).sum()) == RIGHT[count]


@pytest.mark.shared_data
@pytest.mark.parametrize("layer", tiered(LAYERS, *(set(LAYERS) - {"conv5"})))
def test_each_layer_alone(published: hwgen.Accelerator, images: IntArray, layer: str) -> None:
    rtl = published.simulate(images[:2], "rtl", layer=layer)
    assert not rtl.mismatches, rtl.mismatches
    assert rtl.cycles == rtl.predicted
    dpi = published.simulate(images[:8], "dpi", layer=layer)
    assert not dpi.mismatches, dpi.mismatches


@pytest.mark.long
@pytest.mark.shared_data
def test_whole_network_under_dpi_and_at_the_edge_of_speed(shared: Path, images: IntArray) -> None:
    """The folding for 9,216 cycles, which the first sliding window of the paper's fastest CNV comes near."""
    graph = hwgen.load(shared / "models/CNV_W1A1_BNN-PYNQ.onnx.gz")
    fast = hwgen.compile(graph, folding=folding("cnv_9216_cycles.json"))
    outcome = fast.simulate(images[:6], "rtl")
    assert outcome.passed, outcome.mismatches
    assert outcome.cycles is not None and outcome.cycles.interval is not None
    assert outcome.cycles.interval <= 9_216
    assert not fast.simulate(images, "dpi").mismatches


@pytest.mark.long
@pytest.mark.parametrize("precision", ["w1a2", "w2a2"])
def test_few_bits(precision: str) -> None:
    """The networks of the example, weights random, pixels as bytes."""
    with example("cnv_cifar10", "build") as modules:
        build = modules["build"]
        model = build.cnv(precision)
        build.randomise(model, seed=3)
        built = build.accelerator(build.imported(model, f"cnv_{precision}"), FOLDING / "cnv_32768_cycles.json")
    codes = random_codes(built.graph.inputs[0], 4, seed=1)
    for backend in ("rtl", "csim"):
        outcome = built.simulate(codes, backend)
        assert outcome.passed, (backend, outcome.mismatches, outcome.cycles, outcome.predicted)
