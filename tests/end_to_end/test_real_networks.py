"""Networks that others trained, on the real data: published accuracy on golden, 100 frames on every back end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.frontend.qonnx import read_model
from hwgen.golden.execute import decode
from hwgen.golden.matmul import Codes
from hwgen.verify.evaluate import accuracy
from hwgen.verify.vectors import Layout, as_codes, random_codes, read_array
from tests.frontend.onnx_nets import resized
from tests.tiers import tiered

pytestmark = pytest.mark.shared_data

FRAMES = 100


@dataclass(frozen=True)
class Case:
    """A model, what its hardware receives, and how many of `images` it gets right (of the first `first`)."""

    model: str
    options: dict[str, Any]
    images: str | None = None
    correct: int | None = None
    first: int | None = None
    binarize_at: float | None = None
    interval: int = 1024


PIXELS = {"input_type": "uint8", "input_scale": 1 / 255}
MNIST = "mnist"
CASES = (
    Case("TFC_1W1A.onnx", PIXELS, MNIST, 9296, interval=64),
    Case("TFC_1W2A.onnx", PIXELS, MNIST, 9474, interval=64),
    Case("TFC_2W2A.onnx", PIXELS, MNIST, 9660, interval=64),
    Case("TFC_FINN_MultiThreshold.onnx", {"input_type": "uint8"}, MNIST, 913, first=1000, interval=64),
    Case("LFC_W1A1_BNN-PYNQ.onnx.gz", {}, MNIST, 9834, binarize_at=128, interval=1024),
    Case("KWS_W3A3_mlperf.onnx", {"input_type": "int8", "input_scale": 0.33674246}, "kws", 417, interval=2048),
    Case("UNSW_NB15_MLP_W2A2.onnx", {}, interval=300),
    Case("JetTagging_QKeras_6b.onnx", {"input_type": "int8", "input_scale": 1 / 16}, interval=32),
    Case("bnn_model_fc_1layer.onnx", {"input_type": "bipolar"}, interval=4),
)
RARE = CASES[:-1]
"""Networks whose hardware takes long to compile."""


def read(case: Case, shared: Path, graph: Any) -> tuple[Any, Any]:
    """Input codes and labels; random codes and no labels where there is no data."""
    if case.images is None:
        return random_codes(graph.inputs[0], FRAMES, seed=1), None
    if case.images == MNIST:
        images, labels = (read_array(shared / f"mnist/t10k-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    else:
        images, labels = (read_array(shared / "kws/kws_500.npz", key) for key in ("x_int8", "y"))
    return as_codes(graph.inputs[0], images[: case.first], case.model, binarize_at=case.binarize_at), labels[
        : case.first
    ]


def compiled(case: Case, shared: Path) -> hwgen.Accelerator:
    graph = hwgen.load(shared / "models" / case.model, **case.options)
    return hwgen.compile(graph, target_interval=case.interval)


@pytest.mark.parametrize("case", [case for case in CASES if case.images], ids=lambda case: case.model)
def test_published_accuracy(case: Case, shared: Path) -> None:
    design = compiled(case, shared)
    codes, labels = read(case, shared, design.graph)
    assert accuracy(design.graph, "golden", design.outputs(codes), labels, case.model).correct == case.correct


@pytest.mark.parametrize("case", tiered(CASES, *RARE), ids=lambda case: case.model)
def test_a_real_network(case: Case, shared: Path) -> None:
    design = compiled(case, shared)
    codes, _ = read(case, shared, design.graph)
    for backend in ("csim", "rtl", "dpi"):
        outcome = design.simulate(codes[:FRAMES], backend)
        assert outcome.frames == FRAMES
        assert not outcome.mismatches, outcome.mismatches
        assert backend != "rtl" or outcome.cycles == outcome.predicted


def test_published_vectors(shared: Path) -> None:
    """The UNSW network's vector; its input is -1/+1."""
    graph = hwgen.load(shared / "models/UNSW_NB15_MLP_W2A2.onnx")
    design = hwgen.compile(graph)
    given, wanted = (np.load(shared / f"vectors/unsw_nb15-mlp-w2a2_{end}.npy") for end in ("input", "output"))
    assert design.outputs(as_codes(design.graph.inputs[0], given, "vector")).tolist() == wanted.tolist()


def radioml(shared: Path) -> tuple[hwgen.Accelerator, Codes]:
    """Seven convolutions over 1,024 samples, W8 A8, and the published signal."""
    graph = hwgen.load(shared / "models/VGG10_RadioML_W8A8.onnx", input_type="int8", input_scale=1 / 64)
    design = hwgen.compile(graph, target_interval=65_536)
    signal = np.load(shared / "vectors/radioml_input.npy")  # codes, stored as float32
    return design, as_codes(graph.inputs[0], signal, "vector", real=False, layout=Layout.NCHW)


def test_the_published_signal_is_of_class_12(shared: Path) -> None:
    design, signal = radioml(shared)
    assert decode(design.graph, design.outputs(signal))[0].argmax() == 12


@pytest.mark.long
def test_radioml(shared: Path) -> None:
    design, signal = radioml(shared)
    codes = np.concatenate([signal, random_codes(design.graph.inputs[0], 2, seed=1)])
    for backend in ("csim", "rtl", "dpi"):
        outcome = design.simulate(codes, backend)
        assert outcome.passed, (backend, outcome.mismatches, outcome.cycles, outcome.predicted)


@pytest.mark.long
def test_separable_convolutions(shared: Path) -> None:
    """Channels last, depthwise and pointwise, leaky ReLU; on a part of its 512x512 pixels, which simulates faster."""
    model = resized(read_model(shared / "models/separable_conv_model_ch_last.onnx"), 512, 24)
    design = hwgen.compile(hwgen.load(model, input_type="int8", input_scale=1 / 32), target_interval=8_192)
    codes = random_codes(design.graph.inputs[0], 3, seed=1)
    for backend in ("csim", "rtl", "dpi"):
        outcome = design.simulate(codes, backend)
        assert outcome.passed, (backend, outcome.mismatches, outcome.cycles, outcome.predicted)


@pytest.mark.long
def test_the_whole_separable_model_builds(shared: Path, tmp_path: Path) -> None:
    graph = hwgen.load(shared / "models/separable_conv_model_ch_last.onnx", input_type="int8", input_scale=1 / 32)
    design = hwgen.compile(graph, target_interval=2_400_000).write(tmp_path / "out")
    assert design.estimate().interval_cycles == design.design.bound <= 2_400_000
