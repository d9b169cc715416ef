"""A wheel, installed in an environment of its own, builds and simulates from any directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx

from hwgen.zoo.registry import TRAINED
from tests.frontend.onnx_nets import net, node

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed, with nothing of this environment in its way."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_an_installed_wheel_works_anywhere(tmp_path: Path) -> None:
    python = sys.executable
    run(python, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    wheel = next(tmp_path.glob("hwgen-*.whl"))
    carried = set(zipfile.ZipFile(wheel).namelist())
    assert {f"hwgen/zoo/trained/{name}.npz" for name in TRAINED} <= carried
    run(python, "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    programs, constraints = tmp_path / "empty" / "bin", ROOT / "constraints.txt"
    run(programs / "pip", "install", "--quiet", "--constraint", constraints, f"{wheel}[sim]", cwd=tmp_path)

    rng = np.random.default_rng(0)
    nodes = [
        node("BipolarQuant", "x one", "a"),
        node("BipolarQuant", "w one", "v"),
        node("MatMul", "a v", "y"),
    ]
    onnx.save(net(nodes, shape=(1, 12), w=rng.normal(size=(12, 6)), one=1.0), tmp_path / "tiny.onnx")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    located = run(programs / "python", "-c", "import hwgen; print(hwgen.__file__)", cwd=elsewhere)
    assert str(tmp_path / "empty") in located
    hwgen = programs / "hwgen"
    options = ("--input-type", "int4", "--input-scale", "1/8", "--json")
    built = json.loads(run(hwgen, "build", tmp_path / "tiny.onnx", "-o", "out", *options, cwd=elsewhere))
    assert [layer["name"] for layer in built["layers"]] == ["input_quant", "fc0"]
    for backend in ("csim", "rtl", "dpi"):
        report = json.loads(run(hwgen, "simulate", "out", "--backend", backend, "--json", cwd=elsewhere))
        assert report["mismatches"] == 0
        assert report["frames"] == 16
    assert report["predicted"]["interval_cycles"] == built["interval_cycles"]
    assert json.loads(run(hwgen, "zoo", "list", "--json", cwd=elsewhere))[0]["stored"]
    findings = json.loads(run(hwgen, "doctor", "--json", cwd=elsewhere))
    assert all(finding["ok"] for finding in findings if finding["required"])
