"""Networks that others trained, on the real data: published accuracy on golden, 100 frames on every back end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen.verify.evaluate import accuracy
from hwgen.verify.vectors import as_codes, random_codes, read_array

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


def read(case: Case, shared: Path, graph: Any) -> tuple[Any, Any]:
    """Input codes and labels; random codes and no labels where there is no data."""
    if case.images is None:
        return random_codes(graph, FRAMES, seed=1), None
    if case.images == MNIST:
        images, labels = (read_array(shared / f"mnist/t10k-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    else:
        images, labels = (read_array(shared / "kws/kws_500.npz", key) for key in ("x_int8", "y"))
    return as_codes(graph, images[: case.first], case.model, binarize_at=case.binarize_at), labels[: case.first]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.model)
def test_a_real_network(case: Case, shared: Path) -> None:
    graph = hwgen.load(shared / "models" / case.model, **case.options)
    design = hwgen.compile(graph, target_interval=case.interval)
    codes, labels = read(case, shared, design.graph)
    if labels is not None:
        assert accuracy(design.graph, "golden", design.outputs(codes), labels, case.model).correct == case.correct
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
    assert design.outputs(as_codes(design.graph, given, "vector")).tolist() == wanted.tolist()
