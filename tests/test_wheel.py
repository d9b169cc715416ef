"""A wheel, installed in an environment of its own, builds and simulates from any directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from hwgen.zoo.registry import TRAINED
from tests.frontend.onnx_nets import net, node

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, cwd: Path, packages: Path | None = None) -> str:
    """Standard output of a command that must succeed, with nothing of this environment but `packages` in its way."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    if packages is not None:
        environment["PYTHONPATH"] = str(packages)
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("hwgen-*.whl"))


def test_a_wheel_says_that_it_is_typed(wheel: Path) -> None:
    assert "hwgen/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_a_wheel_carries_the_trained_parameters(wheel: Path) -> None:
    assert {f"hwgen/zoo/trained/{name}.npz" for name in TRAINED} <= set(zipfile.ZipFile(wheel).namelist())


def test_an_unpacked_wheel_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """Its own files are enough; other packages are those of this environment."""
    packages = tmp_path / "packages"
    zipfile.ZipFile(wheel).extractall(packages)
    use(Path(sys.executable), packages, tmp_path)


@pytest.mark.long
def test_an_installed_wheel_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, with the packages that it asks for."""
    run(sys.executable, "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    programs, constraints = tmp_path / "empty" / "bin", ROOT / "constraints.txt"
    run(programs / "pip", "install", "--quiet", "--constraint", constraints, f"{wheel}[sim]", cwd=tmp_path)
    assert (programs / "hwgen").is_file()
    use(programs / "python", tmp_path / "empty", tmp_path)


def use(python: Path, packages: Path, folder: Path) -> None:
    """Build and simulate in a folder of its own with the hwgen that lies below `packages`."""
    path = packages if (packages / "hwgen").is_dir() else None
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    located = run(python, "-c", "import hwgen; print(hwgen.__file__)", cwd=elsewhere, packages=path)
    assert str(packages) in located

    rng = np.random.default_rng(0)
    nodes = [
        node("BipolarQuant", "x one", "a"),
        node("BipolarQuant", "w one", "v"),
        node("MatMul", "a v", "y"),
    ]
    onnx.save(net(nodes, shape=(1, 12), w=rng.normal(size=(12, 6)), one=1.0), folder / "tiny.onnx")

    def report_of(*words: str | Path) -> Any:
        return json.loads(run(python, "-m", "hwgen.cli", *words, "--json", cwd=elsewhere, packages=path))

    built = report_of("build", folder / "tiny.onnx", "-o", "out", "--input-type", "int4", "--input-scale", "1/8")
    assert [layer["name"] for layer in built["layers"]] == ["input_quant", "fc0"]
    for backend in ("csim", "rtl", "dpi"):
        report = report_of("simulate", "out", "--backend", backend)
        assert report["mismatches"] == 0
        assert report["frames"] == 16
    assert report["predicted"]["interval_cycles"] == built["interval_cycles"]
    assert report_of("zoo", "list")[0]["stored"]
    assert all(finding["ok"] for finding in report_of("doctor") if finding["required"])
