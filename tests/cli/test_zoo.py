"""`hwgen zoo`: list, train, build, and one sentence for every error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen.cli import app
from hwgen.errors import HwgenError
from hwgen.zoo import ENTRIES
from tests.command import hwgen
from tests.schemas import conforms
from tests.test_cli import ROOT, call, report
from tests.zoo.test_datasets import write_mnist


def zoo(*words: str | Path, code: int = 0) -> Any:
    return report("zoo", *words, code=code)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of each form, of one epoch on digits with the same seed."""
    folder = tmp_path_factory.mktemp("zoo")
    for form in ("pt", "npz"):
        found = zoo("train", "tfc", "--epochs", "1", "--seed", "5", "-o", folder / f"tfc.{form}")
        conforms(found, "zoo-train")
        assert found.pop("format") == "hwgen/zoo-train/1" and found.pop("checkpoint") == str(folder / f"tfc.{form}")
        assert 0.1 < found.pop("accuracy") < 1
        assert found == {
            "network": "tfc", "dataset": "digits", "images": 1257, "seed": 5, "epochs": 1, "test_images": 540
        }  # fmt: skip
    return folder


def test_list_says_what_there_is() -> None:
    entries = zoo("list")
    assert [entry["name"] for entry in entries] == [entry.name for entry in ENTRIES]
    assert entries[0] == {
        "name": "tfc",
        "paper": "FINN, FPGA 2017",
        "summary": "three dense layers of 64 and one of 10, W1A1",
        "dataset": "digits",
        "folder": "mnist",
        "stored": True,
        "trainable": True,
    }
    drawn = {"xnor-alexnet", "xnor-resnet18", "lccl-resnet18", "mobilenetv1-w4a4", "resnet50-w1a2"}
    assert {entry["name"] for entry in entries if not entry["trainable"]} == drawn
    table = call("zoo", "list").stdout
    assert all(entry.name in table for entry in ENTRIES)


@pytest.fixture
def without_torch(tmp_path: Path) -> dict[str, str]:
    """An environment in which torch cannot be imported."""
    (tmp_path / "missing" / "torch").mkdir(parents=True)
    (tmp_path / "missing" / "torch" / "__init__.py").write_text("raise ImportError('no torch here')")
    return {**os.environ, "PYTHONPATH": f"{tmp_path / 'missing'}{os.pathsep}{ROOT}", "COLUMNS": "200"}


def run(folder: Path, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "hwgen.cli", "zoo", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("words", [("list",), ("build", "tfc", "-o", "out")])
def test_neither_the_list_nor_stored_networks_need_torch(
    tmp_path: Path, without_torch: dict[str, str], words: tuple[str, ...]
) -> None:
    done = run(tmp_path, without_torch, *words)
    assert done.returncode == 0 and "tfc" in done.stdout, done.stderr


@pytest.mark.parametrize("words", [("train", "tfc"), ("build", "tfc", "-o", "out", "--random", "1")])
def test_the_rest_does(tmp_path: Path, without_torch: dict[str, str], words: tuple[str, ...]) -> None:
    done = run(tmp_path, without_torch, *words)
    assert done.returncode == 4
    assert done.stderr.strip() == (
        "error: PyTorch and Brevitas: must be installed to train a network; found no torch here. "
        "pip install 'hwgen[train]'."
    )


@pytest.mark.long
def test_both_checkpoints_build_the_same_network(trained: Path, tmp_path: Path) -> None:
    for form in ("pt", "npz"):
        options = ("--checkpoint", trained / f"tfc.{form}", "--target-interval", "256", "--part", "xc7z010clg400-1")
        found = zoo("build", "tfc", "-o", tmp_path / form, *options)
        assert (found["interval_cycles"], found["part"]) == (256, "xc7z010clg400-1")
    texts = [(tmp_path / form / "network.txt").read_text() for form in ("pt", "npz")]
    assert texts[0] == texts[1]


def test_the_parameters_in_hwgen_need_no_training(tmp_path: Path) -> None:
    (tmp_path / "folding.json").write_text('{"fc0": {"pe": 16, "simd": 49}}')
    found = zoo("build", "tfc", "-o", tmp_path / "out", "--folding", tmp_path / "folding.json", "--name", "mine")
    assert found["name"] == "mine"
    assert [(layer["pe"], layer["simd"]) for layer in found["layers"] if layer["name"] == "fc0"] == [(16, 49)]
    assert report("simulate", tmp_path / "out", "--backend", "csim")["mismatches"] == 0


def test_random_weights_are_said_to_be_so(tmp_path: Path) -> None:
    done = call("zoo", "build", "tfc", "-o", tmp_path / "out", "--random", 3, "--target-interval", "256")
    assert done.stderr.startswith("Mind: the weights of tfc are random, of seed 3: no accuracy is claimed.\n")


def test_train_on_files(tmp_path: Path) -> None:
    write_mnist(tmp_path, frames=60)
    found = zoo("train", "binarynet-mlp", "--data", tmp_path, "--epochs", "1", "-o", tmp_path / "mlp.npz")
    assert (found["dataset"], found["images"], found["test_images"]) == ("mnist", 60, 59)
    built = zoo("build", "binarynet-mlp", "--checkpoint", tmp_path / "mlp.npz", "-o", tmp_path / "out")
    assert built["layers"][0]["inputs"] == 784


def test_a_plain_state_dict_is_of_the_published_images(tmp_path: Path) -> None:
    import torch

    from hwgen.zoo import find
    from hwgen.zoo.datasets import MNIST

    torch.save(find("tfc").network(MNIST).state_dict(), tmp_path / "plain.pt")
    found = zoo("build", "tfc", "--checkpoint", tmp_path / "plain.pt", "-o", tmp_path / "out")
    assert found["layers"][0]["inputs"] == 784


ERRORS = [
    (
        ("train", "tcf"),
        "error: network 'tcf': must be one of the zoo; found none of that name. Did you mean tfc?",
    ),
    (
        ("build", "lfc", "-o", "out"),
        "error: network lfc: must have a checkpoint; found no parameters in hwgen. "
        "Run `hwgen zoo train lfc -o lfc.pt` and give --checkpoint lfc.pt, or --random 0 for random ones.",
    ),
    (
        ("train", "xnor-alexnet"),
        "error: network xnor-alexnet: must be one that hwgen trains; found random weights only. "
        "Train it elsewhere, and give its QONNX file to `hwgen build`.",
    ),
    (
        ("build", "xnor-alexnet", "-o", "out", "--checkpoint", "tfc.npz"),
        "error: --checkpoint: must not come with a network of random weights only; found tfc.npz. Leave it out.",
    ),
    (
        ("build", "tfc", "-o", "out", "--checkpoint", "tfc.npz", "--random", "1"),
        "error: --checkpoint: must not come with --random; found tfc.npz. Leave one of them out.",
    ),
    (
        ("train", "tfc", "-o", "tfc.onnx"),
        "error: tfc.onnx: a checkpoint must end in .pt or .npz; found .onnx.",
    ),
    (
        ("train", "tfc", "-o", "none/tfc.pt"),
        "error: none/tfc.pt: its folder must exist; found none. Make none.",
    ),
    (
        ("build", "tfc", "-o", "out", "--checkpoint", "none.npz"),
        "error: none.npz: the checkpoint must exist; found no such file. Check the path.",
    ),
    (
        ("build", "tfc", "-o", "out", "--checkpoint", "damaged.npz"),
        "error: damaged.npz: the checkpoint must be whole; found BadZipFile. Train again.",
    ),
    (
        ("build", "sfc", "-o", "out", "--checkpoint", "tfc.npz"),
        "error: tfc.npz: the checkpoint must be of sfc; found tfc. Build tfc, or train again.",
    ),
    (
        ("build", "tfc", "-o", "out", "--checkpoint", "odd.npz"),
        "error: odd.npz: its images must be one of digits, coloured-digits, mnist, cifar10; found 'svhn'. Train again.",
    ),
    (
        ("train", "tfc", "--data", "."),
        "error: .: must hold train-images-idx3-ubyte, train10k-images-idx3-ubyte or either with .gz; "
        "found damaged.npz, odd.npz, tfc.npz. Point --data at MNIST's IDX files.",
    ),
]


@pytest.mark.parametrize(("words", "message"), ERRORS, ids=[" ".join(words) for words, _ in ERRORS])
def test_errors(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
) -> None:
    whole = (trained / "tfc.npz").read_bytes()
    (tmp_path / "tfc.npz").write_bytes(whole)
    (tmp_path / "damaged.npz").write_bytes(b"PK" + whole[2:100])
    np.savez(tmp_path / "odd.npz", network=np.asarray("tfc"), dataset=np.asarray("svhn"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["zoo", *words])
    assert isinstance(done.exception, HwgenError)
    assert f"error: {done.exception}" == message
    assert not (tmp_path / "out").exists()


def test_usage() -> None:
    assert "Usage: " in call("zoo", "build", "tfc", code=2).stderr
    assert json.loads(call("zoo", "list", "--json").stdout)


def test_depths_that_deadlock_the_hls_project(tmp_path: Path) -> None:
    """One line names the functions that wait for each other, and nothing is written."""
    (tmp_path / "s.toml").write_text('fifo_depths = {"conv0_fork1" = 2}\n')
    words = ("zoo", "build", "lccl-resnet", "-o", tmp_path / "out", "--settings", tmp_path / "s.toml")
    done = hwgen(*words)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "error: fifo_depths: must let every frame out of the HLS project; found in pipelines of depth 1 conv0_fork for "
        "room in conv0_fork1, add0 for a beat of "
    )
    assert done.stderr.endswith(
        " for a beat of conv0_fork0 wait for each other. Give the streams named more beats, or leave them out.\n"
    )
    assert not (tmp_path / "out").exists()
