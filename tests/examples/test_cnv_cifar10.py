"""The CIFAR-10 example: its reports, its networks against Brevitas's own forward pass, its scripts end to end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hwgen.golden.execute import run
from hwgen.passes.pipeline import integer_network
from hwgen.zoo.datasets import CIFAR10
from hwgen.zoo.finn import cnv
from hwgen.zoo.parameters import randomise
from hwgen.zoo.training import scores
from tests.examples.load import EXAMPLES, example

EXAMPLE = EXAMPLES / "cnv_cifar10"
EXPECTED = json.loads((EXAMPLE / "expected.json").read_text())
MODULES = ("build", "train")
NARROW = ["--width", "4"]


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The example's modules, by name."""
    with example("cnv_cifar10", *MODULES) as modules:
        yield modules


def write_cifar(folder: Path, names: tuple[str, ...], frames: int) -> None:
    """Files of random records: a class, then 3 x 32 x 32 bytes."""
    rng = np.random.default_rng(0)
    for name in names:
        records = rng.integers(0, 256, (frames, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        (folder / name).write_bytes(records.tobytes())


def call(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *options: Any) -> None:
    monkeypatch.setattr(sys, "argv", [script.__name__, *map(str, options)])
    script.main()


def test_every_precision_has_a_report_at_every_folding(scripts: dict[str, ModuleType]) -> None:
    build = scripts["build"]
    assert set(EXPECTED) == {f"cnv_{p} {f}" for p in build.PRECISIONS for f in build.FOLDINGS}


@pytest.mark.long
@pytest.mark.parametrize("precision", ["w1a1", "w1a2", "w2a2"])
def test_reports(scripts: dict[str, ModuleType], precision: str) -> None:
    found = scripts["build"].expected_reports(precision)
    assert found == {key: report for key, report in EXPECTED.items() if precision in key}
    assert found[f"cnv_{precision} cnv_32768_cycles"]["interval_cycles"] == 32768
    assert found[f"cnv_{precision} cnv_9216_cycles"]["interval_cycles"] <= 9216


def test_published_folding() -> None:
    """PE, SIMD and cycles of the BNN-PYNQ demonstration, layer by layer."""
    layers = EXPECTED["cnv_w1a1 cnv_32768_cycles"]["layers"]
    found = {name: text.split(", window")[0] for name, text in layers.items() if name.startswith(("conv", "fc"))}
    assert list(found.values()) == [
        "PE 16, SIMD 3, 32400 cycles",
        "PE 32, SIMD 32, 28224 cycles",
        "PE 16, SIMD 32, 20736 cycles",
        "PE 16, SIMD 32, 28800 cycles",
        "PE 4, SIMD 32, 20736 cycles",
        "PE 1, SIMD 32, 18432 cycles",
        "PE 1, SIMD 4, 32768 cycles",
        "PE 1, SIMD 8, 32768 cycles",
        "PE 5, SIMD 1, 1024 cycles",
    ]


@pytest.mark.parametrize(("precision", "width", "frames"), [("w1a1", 64, 20), ("w1a2", 16, 100), ("w2a2", 16, 100)])
def test_golden_is_brevitas(scripts: dict[str, ModuleType], precision: str, width: int, frames: int) -> None:
    images = np.random.default_rng(2).integers(0, 256, (frames, 32, 32, 3), dtype=np.uint8)
    model = cnv(precision, width=width)
    randomise(model, seed=1)
    graph = integer_network(scripts["build"].imported(model, "cnv"))
    assert graph.input.type.shape == (32, 32, 3)
    outputs = scores(model, images, CIFAR10)
    wanted = np.rint((outputs - graph.decoding.offset) / graph.decoding.scale)
    assert np.abs(wanted * graph.decoding.scale + graph.decoding.offset - outputs).max() < 1e-4
    found = run(graph, images).reshape(frames, -1)
    assert np.array_equal(found, wanted)
    assert not np.array_equal(run(graph, images[::-1]).reshape(frames, -1), wanted)


def test_every_pixel_is_quantised_as_brevitas_does(scripts: dict[str, ModuleType]) -> None:
    """The 8-bit input quantiser at all 256 bytes: nearest multiple of 1/128, with none between -1/128 and 1/128."""
    import torch

    from hwgen.golden.execute import trace

    model = cnv("w1a1", width=4)
    graph = integer_network(scripts["build"].imported(model, "cnv"))
    codes = np.arange(3 * 32 * 32).reshape(1, 3, 32, 32) % 256
    quantised = model.eval().layers[0](2.0 * torch.from_numpy(codes.astype(np.float32)) / 255 - 1.0)
    wanted = np.moveaxis(quantised.value.detach().numpy() if hasattr(quantised, "value") else quantised.numpy(), 1, -1)
    found = trace(graph, np.moveaxis(codes, 1, -1))["input_quant_out"]
    assert np.array_equal(found.reshape(-1), wanted.reshape(-1) * 128)


def test_random_build(scripts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(scripts["build"], monkeypatch, "--random", *NARROW, "--precision", "w2a2", "--output", tmp_path / "cnv")
    assert json.loads((tmp_path / "cnv" / "estimate.json").read_text())["interval_cycles"] <= 32768


def test_train_and_build(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_cifar(tmp_path, ("data_batch_1.bin", "data_batch_3.bin", "test_batch.bin"), frames=60)
    monkeypatch.chdir(tmp_path)
    call(scripts["train"], monkeypatch, "--data", tmp_path, *NARROW, "--epochs", 1, "--output", "trained")
    printed = capsys.readouterr().out.splitlines()
    brevitas, golden = (line.split(": ")[1].split(" (")[0] for line in printed[1:3])
    assert brevitas == golden
    assert brevitas.endswith(" of 60 test images")
    call(scripts["build"], monkeypatch, "--checkpoint", "cnv_w1a1.pt", *NARROW, "--output", "again")
    assert (tmp_path / "again" / "network.txt").read_text() == (tmp_path / "trained" / "network.txt").read_text()


def test_train_on_generated_images(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    call(scripts["train"], monkeypatch, "--images", 80, *NARROW, "--epochs", 1, "--precision", "w1a2")
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "no --data: 80 generated images of coloured digits, not CIFAR-10"
    assert printed[2].split(": ")[1].split(" (")[0] == printed[3].split(": ")[1].split(" (")[0]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "error: {0}: must hold data_batch_1.bin; found an empty folder. Point --data at the unpacked cifar-10"),
        (
            {"data_batch_1.bin": bytes(3073)},
            "error: {0}/test_batch.bin: must be a readable file; found No such file or directory. Check --data.",
        ),
        (
            {"data_batch_1.bin": bytes(3000)},
            "error: {0}/data_batch_1.bin: must hold records of 3073 bytes; found 3000 bytes. Download it again.",
        ),
        (
            {"data_batch_1.bin": b"\x0b" + bytes(3072)},
            "error: {0}/data_batch_1.bin: every record must start with a class below 10; found class 11.",
        ),
    ],
)
def test_a_bad_folder_is_one_error(
    scripts: dict[str, ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, bytes],
    message: str,
) -> None:
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SystemExit) as caught:
        call(scripts["train"], monkeypatch, "--data", tmp_path)
    assert str(caught.value).startswith(message.format(tmp_path))
    assert "\n" not in str(caught.value)
