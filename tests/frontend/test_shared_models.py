"""Networks that others trained: they import, and give the published results."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx, read_model
from hwgen.golden.execute import decode, run
from hwgen.ir.check import check
from hwgen.ir.ops import Conv, Gather, MatMul
from hwgen.ir.types import DType, IntType
from tests.frontend.images import outputs, random_codes
from tests.frontend.judge import Judge
from tests.frontend.onnx_nets import CHANNELS_LAST, execute, resized

pytestmark = pytest.mark.shared_data

UINT8, INT8 = IntType(8, signed=False), IntType(8, signed=True)
KWS_SCALE = float(np.float32(0.33674246))
MODELS: dict[str, tuple[DType | None, float]] = {
    "TFC_1W1A.onnx": (UINT8, 1 / 255),
    "TFC_1W2A.onnx": (UINT8, 1 / 255),
    "TFC_2W2A.onnx": (UINT8, 1 / 255),
    "TFC_FINN_MultiThreshold.onnx": (UINT8, 1.0),
    "LFC_W1A1_BNN-PYNQ.onnx.gz": (None, 1.0),
    "KWS_W3A3_mlperf.onnx": (INT8, KWS_SCALE),
    "UNSW_NB15_MLP_W2A2.onnx": (None, 1.0),
    "JetTagging_QKeras_6b.onnx": (INT8, 1 / 16),
    "bnn_model_fc_1layer.onnx": (INT8, 1.0),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_agree_with_the_qonnx_executor(name: str, shared: Path) -> None:
    kind, scale = MODELS[name]
    path = shared / "models" / name
    graph = import_qonnx(path, input_type=kind, input_scale=scale)
    check(graph)
    dtype = graph.input.type.dtype
    codes = np.random.default_rng(1).integers(dtype.min, dtype.max + 1, (25, *graph.input.type.shape))
    codes = np.where(codes >= 0, 1, -1) if dtype.bits == 1 else codes
    wanted = execute(read_model(path), codes * scale)
    found = decode(graph, run(graph, codes))
    if name.startswith("Jet"):
        found = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def _mnist(shared: Path) -> tuple[Any, Any]:
    pixels, labels = (gzip.decompress(p.read_bytes()) for p in sorted((shared / "mnist").glob("t10k-*.gz")))
    return np.frombuffer(pixels[16:], np.uint8).reshape(-1, 784), np.frombuffer(labels[8:], np.uint8)


@pytest.mark.parametrize(
    ("name", "right"),
    [("TFC_1W1A.onnx", 9296), ("TFC_1W2A.onnx", 9474), ("TFC_2W2A.onnx", 9660), ("LFC_W1A1_BNN-PYNQ.onnx.gz", 9834)],
)
def test_mnist_accuracy_is_the_published_one(name: str, right: int, shared: Path) -> None:
    kind, scale = MODELS[name]
    graph = import_qonnx(shared / "models" / name, input_type=kind, input_scale=scale)
    pixels, labels = _mnist(shared)
    codes = np.where(pixels >= 128, 1, -1) if kind is None else pixels.astype(np.int64)
    assert int((run(graph, codes).argmax(axis=1) == labels).sum()) == right


def test_keyword_spotting_accuracy_is_the_published_one(shared: Path) -> None:
    graph = import_qonnx(shared / "models/KWS_W3A3_mlperf.onnx", input_type=INT8, input_scale=KWS_SCALE)
    data = np.load(shared / "kws/kws_500.npz")
    scores = run(graph, data["x_int8"].reshape(500, -1).astype(np.int64))
    assert int((scores.argmax(axis=1) == data["y"]).sum()) == 417


def test_published_vectors(shared: Path) -> None:
    graph = import_qonnx(shared / "models/UNSW_NB15_MLP_W2A2.onnx")
    frame = np.load(shared / "vectors/unsw_nb15-mlp-w2a2_input.npy").reshape(1, -1)
    wanted = np.load(shared / "vectors/unsw_nb15-mlp-w2a2_output.npy")
    assert decode(graph, run(graph, frame.astype(np.int64))).item() == wanted.item()
    graph = import_qonnx(shared / "models/TFC_FINN_MultiThreshold.onnx", input_type=UINT8)
    frames = np.load(shared / "vectors/TFC_FINN_MultiThreshold_input.npy").reshape(-1, 784)
    wanted = np.load(shared / "vectors/TFC_FINN_MultiThreshold_output.npy")
    np.testing.assert_array_equal(run(graph, frames.astype(np.int64))[:, 0], wanted)


def test_cnv_gives_the_published_scores(shared: Path) -> None:
    graph = import_qonnx(shared / "models/CNV_W1A1_BNN-PYNQ.onnx.gz")
    check(graph)
    assert [n.name for n in graph.nodes if isinstance(n.op, Conv | MatMul)] == [
        *(f"conv{i}" for i in range(6)),
        *(f"fc{i}" for i in range(6, 9)),
    ]
    data = np.load(shared / "cifar10/cifar10_exact_83.npz")
    pixels = data["x_u8_nhwc"].astype(np.float64)
    codes = np.clip(np.floor((2 * pixels / 255 - 1) * 128 + 0.5), -128, 127).astype(np.int64)
    scores = run(graph, codes).reshape(83, 10)
    np.testing.assert_array_equal(scores, np.load(shared / "cifar10/cifar10_exact_83_cnv_w1a1_scores.npy"))
    assert int((scores.argmax(axis=1) == data["y"]).sum()) == 58


def test_cnv_agrees_with_the_qonnx_executor(shared: Path) -> None:
    path = shared / "models/CNV_W1A1_BNN-PYNQ.onnx.gz"
    graph = import_qonnx(path)
    codes = random_codes(graph, 4, (3, 32, 32), seed=1)
    np.testing.assert_array_equal(outputs(graph, codes), execute(read_model(path), codes))


def test_radioml_classifies_the_published_vector_and_agrees_with_the_qonnx_executor(shared: Path) -> None:
    path = shared / "models/VGG10_RadioML_W8A8.onnx"
    graph = import_qonnx(path, input_type=INT8, input_scale=1 / 64)
    check(graph)
    assert graph.input.type.shape == (1024, 1, 2)
    frame = np.load(shared / "vectors/radioml_input.npy").astype(np.int64)
    assert outputs(graph, frame).argmax() == np.load(shared / "vectors/radioml_output.npy").item() == 12
    # One of 230,000 numbers may lie so near to half-way that float32 rounds it to the other side, as with seed 2:
    # 103.4999925 times the scale of conv1_act is 103.5000023 in the executor.
    codes = np.concatenate([frame, random_codes(graph, 6, (2, 1024), seed=4)])
    np.testing.assert_allclose(outputs(graph, codes), execute(read_model(path), codes / 64), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["NN2FPGA_resnet8_a4w4b32.onnx", "NN2FPGA_resnet20_a8w8b16.onnx"])
def test_residual_networks_agree_with_the_qonnx_executor(name: str, shared: Path) -> None:
    """Branches of theirs have scales that are powers of two apart: gains of their sums, exactly."""
    path = shared / "models" / name
    graph = import_qonnx(path, input_type=UINT8, input_scale=1 / 256)
    check(graph)
    codes = random_codes(graph, 3, (3, 32, 32), seed=5)
    np.testing.assert_allclose(outputs(graph, codes), execute(read_model(path), codes / 256), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [24, pytest.param(512, marks=pytest.mark.long)])
def test_separable_convolutions_agree_with_the_qonnx_executor(size: int, shared: Path) -> None:
    model = resized(read_model(shared / "models/separable_conv_model_ch_last.onnx"), 512, size)
    graph = import_qonnx(model, input_type=INT8, input_scale=1 / 64)
    check(graph)
    assert graph.input.type.shape == (size, size, 3)
    codes = random_codes(graph, 3, (size, size, 3), seed=3)
    found = outputs(graph, codes, channels_last=True)
    np.testing.assert_allclose(found, execute(model, codes / 64), rtol=1e-6, atol=1e-6)


def test_a_unet_agrees_with_the_reference_executors(shared: Path) -> None:
    """Its decoder doubles the pixels four times: each time they move few bits wide, in front of a concatenation."""
    model = resized(read_model(shared / "models/tiny_unet_ch_last.onnx"), 256, 32)
    model.opset_import.append(helper.make_opsetid(CHANNELS_LAST, 11))  # the file states none
    graph = import_qonnx(model, input_type=INT8, input_scale=1 / 64)
    check(graph)
    moves = [node.output.type for node in graph.nodes if isinstance(node.op, Gather)]
    assert [(kind.shape, kind.dtype.bits) for kind in moves] == [
        ((4, 4, 64), 4),
        ((8, 8, 64), 4),
        ((16, 16, 64), 4),
        ((32, 32, 32), 4),
    ]
    codes = random_codes(graph, 3, (32, 32, 3), seed=3)
    found = outputs(graph, codes, channels_last=True)
    np.testing.assert_array_equal(found, Judge(model).outputs(codes / 64).reshape(3, -1))


def test_a_float_network_is_refused(shared: Path) -> None:
    with pytest.raises(ModelError) as caught:
        import_qonnx(shared / "models/mnist_conv_float.onnx", input_type=UINT8)
    assert str(caught.value) == (
        "mnist_conv_float: the network must be quantised; found no quantiser in the file, float parameters such as"
        " 'Parameter193'. Train it with Brevitas and export it with export_qonnx."
    )
