"""What `hwgen build` says of a part: what its files name in its place, or why it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen.cli import app
from tests.builders import write_qonnx
from tests.command import hwgen, without_stages

LATTICE = "the HLS project is for C simulation, and names xc7z020clg400-1"
SAID = {
    "xc7z020": "Mind: xc7z020 names no package and speed grade: the files name xc7z020clg400-1, the default.\n",
    "XCKU5P": "Mind: XCKU5P names no package and speed grade: the files name xcku5p-ffvb676-1-e, the default.\n",
    "xc7z020clg400-1": "",
    "Pynq-Z1": "",
    "xck26-sfvc784-2LV-c": "",
    "ulx3s-85f": f"warning: Vitis HLS does not know lfe5u-85f: {LATTICE}\n",
    "lfe5u-25f": f"warning: Vitis HLS does not know lfe5u-25f: {LATTICE}\n",
    "LFE5U-25F-6BG256C": f"warning: Vitis HLS does not know LFE5U-25F-6BG256C: {LATTICE}\n",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qonnx(tmp_path_factory.mktemp("parts") / "tiny.onnx", np.random.default_rng(0))


@pytest.mark.parametrize("part", SAID)
def test_what_is_said_of_a_part(model: Path, tmp_path: Path, part: str) -> None:
    done = CliRunner().invoke(app, ["build", str(model), "-o", str(tmp_path / "out"), "--part", part, "--json"])
    assert (done.exit_code, json.loads(done.stdout)["part"], without_stages(done.stderr)) == (0, part, SAID[part])


def test_without_an_hls_project_nothing_stands_for_a_lattice_part(model: Path, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('writable = ["fc0"]\n')
    words = ["--settings", str(tmp_path / "s.toml"), "--part", "ulx3s-85f"]
    done = CliRunner().invoke(app, ["build", str(model), "-o", str(tmp_path / "out"), *words])
    assert (done.exit_code, without_stages(done.stderr)) == (0, "")
    assert not (tmp_path / "out" / "hls").exists()


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            "xc7z020clg400",
            "part: must name the package and the speed grade behind the device, as the vendor does, or neither; "
            "found xc7z020clg400. Write xc7z020clg400-1, say, or xc7z020.",
        ),
        (
            "pynq-z3",
            "part: must be a known FPGA or board; found pynq-z3. "
            "The closest names are pynq-z2, pynq-z1, genesys-zu-3eg.",
        ),
    ],
)
def test_a_part_that_is_refused(model: Path, tmp_path: Path, part: str, message: str) -> None:
    out = tmp_path / "out"
    done = hwgen("build", model, "-o", out, "--part", part)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
    assert not out.exists()
