"""Verbs on a network of several inputs and outputs: options by the name of an input, the output to evaluate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from typer.testing import CliRunner

import hwgen
from hwgen.cli import app
from hwgen.errors import HwgenError
from tests.frontend.onnx_nets import net, node

FRAMES = 6


def model() -> onnx.ModelProto:
    """Two inputs, each multiplied and quantised, and their sum; the scores of the sum, and those of one branch."""
    rng = np.random.default_rng(0)
    weights = {name: rng.integers(-2, 3, (rows, 3)).astype(np.float32) for name, rows in (("wx", 4), ("wm", 5))}
    quantisers = {"one": np.float32(1), "zero": np.float32(0), "bits": np.float32(3)}
    nodes = [
        node("MatMul", "x wx", "a"),
        node("MatMul", "meta wm", "b"),
        node("Quant", "a one zero bits", "qa", signed=1, narrow=0, rounding_mode="ROUND"),
        node("Quant", "b one zero bits", "qb", signed=1, narrow=0, rounding_mode="ROUND"),
        node("Add", "qa qb", "y"),
        node("Identity", "qa", "left"),
    ]
    found = net(nodes, **weights, **quantisers)
    found.graph.input.append(helper.make_tensor_value_info("meta", TensorProto.FLOAT, (1, 5)))
    found.graph.output.append(helper.make_tensor_value_info("left", TensorProto.FLOAT, None))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's file, files of frames, and the project that `hwgen build` makes."""
    path, rng = tmp_path_factory.mktemp("several"), np.random.default_rng(1)
    onnx.save(model(), path / "two.onnx")
    np.save(path / "x.npy", rng.integers(0, 16, (FRAMES, 4)))
    np.savez(path / "meta.npz", meta=rng.integers(-4, 4, (FRAMES, 5)), other=np.zeros((FRAMES, 5), int))
    done = run("build", str(path / "two.onnx"), "-o", str(path / "out"), "--input-type", "x=uint4",
               "--input-type", "meta=int3", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    return path


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def golden(folder: Path) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    accelerator = hwgen.open_project(folder / "out")
    codes = np.load(folder / "x.npy"), np.load(folder / "meta.npz")["meta"]
    return accelerator.outputs(codes), codes


def test_types_by_name(folder: Path) -> None:
    graph = hwgen.open_project(folder / "out").graph
    assert [(each.name, str(each.type)) for each in graph.inputs] == [("x", "4xuint4"), ("meta", "5xint3")]
    assert [each.name for each in graph.outputs] == ["y", "left"]


def test_predict_and_evaluate(folder: Path) -> None:
    outputs, codes = golden(folder)
    driver = hwgen.open_driver(folder / "out")
    assert all(np.array_equal(each, outputs[name]) for name, each in driver.outputs(*codes).items())
    given = [
        "--images",
        f"x={folder}/x.npy",
        "--images",
        f"meta={folder}/meta.npz",
        "--key",
        "x=x",
        "--key",
        "meta=meta",
    ]
    np.savez(folder / "x.npz", x=codes[0])
    given[1] = f"x={folder}/x.npz"
    done = run("predict", str(folder / "out"), *given, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["frames"] == FRAMES and list(found["outputs"]) == ["y", "left"]
    classes = driver.predict(*codes)
    assert {name: each["classes"] for name, each in found["outputs"].items()} == {
        name: each.tolist() for name, each in classes.items()
    }
    told = run("predict", str(folder / "out"), *given, "--top", "2").stdout.splitlines()
    assert len(told) == FRAMES and told[0].startswith("0: y ") and ", left " in told[0]
    np.save(folder / "labels.npy", classes["left"])
    done = run(
        "evaluate", str(folder / "out"), *given, "--labels", f"{folder}/labels.npy", "--output", "left", "--json"
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["accuracy"] == 1.0 and json.loads(done.stdout)["output"] == "left"


WRONG = {
    "no_output": (["evaluate", "--labels", "labels.npy"], "output: must name one of the outputs y, left; found none."),
    "other_output": (
        ["evaluate", "--labels", "labels.npy", "--class-output", "right"],
        "output: must name one of the outputs y, left; found 'right'.",
    ),
    "no_name": (["simulate", "--images", "x.npy"], "--images: must name each of the inputs x, meta; found 'x.npy'."),
    "one_missing": (["simulate", "--images", "x=x.npy"], "--images: must name each of the inputs x, meta; found x."),
    "mixed": (
        ["simulate", "--images", "x=x.npy", "--images", "y.npy"],
        "--images: must be given once, or as INPUT=... once for each input; found 'y.npy'.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_options_that_are_refused(folder: Path, name: str) -> None:
    (verb, *words), message = WRONG[name]
    np.save(folder / "labels.npy", np.zeros(FRAMES, int))
    files = [word if word != "labels.npy" else f"{folder}/labels.npy" for word in words]
    more = ["--images", f"x={folder}/x.npy", "--images", f"meta={folder}/x.npy"] if verb == "evaluate" else []
    done = run(verb, str(folder / "out"), *more, *files)
    assert isinstance(done.exception, HwgenError) and str(done.exception).startswith(message), done.exception
