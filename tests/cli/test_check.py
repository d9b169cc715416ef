"""`hwgen check`: a line for each node, the keys of its JSON, its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.command import hwgen
from tests.frontend.onnx_nets import net, node

W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A dense layer and a ReLU."""
    path = tmp_path / "good.onnx"
    quant = node("Quant", "r s z b", "y", name="act", signed=0)
    nodes = [node("MatMul", "x w", "h", name="dense"), node("Relu", "h", "r", name="relu"), quant]
    onnx.save(net(nodes, w=W, s=np.float32(0.5), z=np.float32(0), b=np.float32(2)), path)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """An unknown operator, and one behind it."""
    path = tmp_path / "bad.onnx"
    nodes = [node("MatMul", "x w", "h", name="dense"), node("Tan", "h", "e", name="odd"), node("Neg", "e", "y")]
    onnx.save(net(nodes, w=W), path)
    return path


def test_a_network_that_can_be_built(good: Path) -> None:
    done = hwgen("check", good, "--input-type", "int4", env={"COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "ok       dense (MatMul): fc0: a dense layer",
        "ok       relu (Relu): a part of the activation behind fc0",
        "ok       act (Quant): fc0_act: an activation",
        "good: 3 nodes, it can be built",
    ]


def test_a_network_that_cannot(bad: Path) -> None:
    done = hwgen("check", bad, env={"COLUMNS": "200"})
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line[:40] for line in lines] == [
        "ok       dense (MatMul): fc0: a dense la",
        "refused  odd (Tan): every operator must ",
        "unknown  neg (Neg): depends on odd (Tan)",
        "refused  input 'x': the integer type tha",
        "bad: 3 nodes, 2 reasons to refuse it",
    ]


def test_json(bad: Path) -> None:
    done = hwgen("check", bad, "--input-type", "int4", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report.keys() == {"format", "network", "accepted", "errors", "nodes"}
    assert (report["network"], report["accepted"], report["errors"]) == ("bad", False, [])
    dense, odd, last = report["nodes"]
    assert dense == {"node": "dense (MatMul)", "becomes": "fc0: a dense layer", "error": None, "depends_on": []}
    assert odd["error"].keys() == {"where", "must", "found", "change"} and odd["becomes"] is None
    assert (odd["error"]["where"], odd["error"]["found"]) == ("odd (Tan)", "Tan")
    assert last == {"node": "neg (Neg)", "becomes": None, "error": None, "depends_on": ["odd (Tan)"]}


@pytest.mark.parametrize("options", [["--input-type", "float"], ["--input-scale", "0"]])
def test_wrong_options_are_refused(good: Path, options: list[str]) -> None:
    assert hwgen("check", good, *options).returncode == 1


def test_a_file_that_is_none() -> None:
    done = hwgen("check", "missing.onnx")
    assert done.returncode == 1 and "the model file must exist" in done.stderr
