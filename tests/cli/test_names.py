"""What `hwgen build` says of a name that is taken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen.cli import app
from tests.builders import write_qonnx
from tests.command import without_stages


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qonnx(tmp_path_factory.mktemp("names") / "tiny.onnx", np.random.default_rng(0))


@pytest.mark.parametrize(
    ("given", "name"), [("bench", "n_bench"), ("3x3", "n_3x3"), ("模型", "net"), ("net_fc0", "net_fc0_net")]
)
def test_a_name_that_is_taken_is_said(model: Path, tmp_path: Path, given: str, name: str) -> None:
    done = CliRunner().invoke(app, ["build", str(model), "-o", str(tmp_path / "out"), "--name", given, "--json"])
    assert json.loads(done.stdout)["name"] == name
    why = "is too long, no identifier, or a name that something else has"
    assert without_stages(done.stderr) == f"Mind: the design is called {name}: {given!a} {why}.\n"
    assert (tmp_path / "out" / "rtl" / f"{name}.sv").exists()


@pytest.mark.parametrize("given", ["tiny", "TFC-w1a1", "features.3", "net_v2"])
def test_other_names_are_kept_without_a_word(model: Path, tmp_path: Path, given: str) -> None:
    done = CliRunner().invoke(app, ["build", str(model), "-o", str(tmp_path / "out"), "--name", given])
    assert done.exit_code == 0 and without_stages(done.stderr) == ""
