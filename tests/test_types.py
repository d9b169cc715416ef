"""What a type checker and `dir` tell a user of the package."""

from __future__ import annotations

import functools
import operator
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import hwgen
from hwgen.config import FoldingOptions, LayerFolding, Settings, SettingsOptions, settings

ROOT = Path(__file__).resolve().parents[1]

CORRECT = """
from pathlib import Path

import numpy as np

import hwgen
from hwgen.config import LayerFolding

graph = hwgen.load("tfc.onnx", name="tfc", input_type="uint8", input_scale=1 / 255)
folding = {"fc0": LayerFolding(pe=16, simd=49)}
hwgen.compile(graph, folding=folding, part=None, pipeline="auto", writable=["fc0"], memory={"fc0": "block"})
design = hwgen.compile(graph, folding={"fc0": {"pe": 16, "simd": 49}}, clock_mhz=200, fifos="memory").write(Path("out"))
outcome = design.simulate(np.zeros((4, 784), np.int8), "rtl", layer="fc0", input_interval=800)
passed: bool = outcome.passed
fps: float = design.estimate().fps
driver = hwgen.open_driver("out", "pynq", bitfile=Path("design.bit"), dma="axi_dma_1")
classes: list[int] = driver.predict(np.zeros((4, 784))).tolist()
version: str = hwgen.__version__
"""

MISSPELT = {
    'hwgen.load("tfc.onnx", input_typ="uint8")': 'Unexpected keyword argument "input_typ" for "load"',
    "hwgen.compile(graph, clock=200)": 'Unexpected keyword argument "clock" for "compile"',
    'hwgen.compile(graph, fifos="most")': 'Argument "fifos" to "compile" has incompatible type',
    'hwgen.compile(graph, folding={"fc0": {"pes": 16}})': 'Dict entry 0 has incompatible type "str": "dict[str, int]"',
    'design.simulate(4, "rtl", stall=None)': 'Unexpected keyword argument "stall" for "simulate"',
    "design.estimate(pace=800)": 'Unexpected keyword argument "pace" for "estimate"',
    'hwgen.open_driver("out", bit="design.bit")': 'Unexpected keyword argument "bit" for "open_driver"',
    "hwgen.lode": 'Module has no attribute "lode"',
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What `mypy --strict` says of the scripts, by file and line; `make check` leaves what it found of packages."""
    folder = tmp_path_factory.mktemp("scripts")
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", folder / "cache")
    (folder / "correct.py").write_text(CORRECT)
    (folder / "misspelt.py").write_text("\n".join(["import hwgen", "from correct import design, graph", *MISSPELT]))
    options = ["--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", "cache"]
    command = [sys.executable, "-m", "mypy", *options, "correct.py", "misspelt.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    return dict(re.findall(r"^(\S+:\d+): error: (.*)$", done.stdout, re.MULTILINE))


def test_a_correct_script_passes(complaints: dict[str, str]) -> None:
    assert {where: what for where, what in complaints.items() if not where.startswith("misspelt.py")} == {}


@pytest.mark.parametrize("line", MISSPELT)
def test_a_misspelt_option_fails(complaints: dict[str, str], line: str) -> None:
    number = 3 + list(MISSPELT).index(line)
    assert complaints[f"misspelt.py:{number}"].startswith(MISSPELT[line])


def given(kind: Any) -> Any:
    """What a caller may give for a field of type `kind`."""
    inside = tuple(map(given, get_args(kind)))
    if kind is LayerFolding:
        return LayerFolding | FoldingOptions
    if get_origin(kind) is dict:
        return Mapping[inside]
    if get_origin(kind) is tuple:
        return list[inside[0]] | kind
    if get_origin(kind) in (Union, types.UnionType):
        return functools.reduce(operator.or_, inside)
    return kind


@pytest.mark.parametrize(("options", "model"), [(SettingsOptions, Settings), (FoldingOptions, LayerFolding)])
def test_options_are_the_settings(options: type, model: type) -> None:
    """The same names, and the types that the settings take; None stands for the default."""
    fields = {name: get_type_hints(model)[name] for name in model.model_fields}
    assert get_type_hints(options) == {name: given(kind) | None for name, kind in fields.items()}
    assert options.__total__ is False


def test_settings_take_what_the_options_say() -> None:
    """A value of every type that an option may have."""
    values: SettingsOptions = {
        "part": "xc7z020clg400-1",
        "clock_mhz": 100,
        "folding": types.MappingProxyType({"fc0": LayerFolding(pe=2), "fc1": {"pe": None, "simd": 3}}),
        "target_interval": None,
        "target_fps": 10,
        "max_lut": 5,
        "max_bram": 1,
        "max_dsp": 0,
        "fit": True,
        "top1": None,
        "memory": types.MappingProxyType({"fc0": "block"}),
        "external": "auto",
        "external_gb_s": 2.5,
        "external_width": 128,
        "external_latency": 9,
        "planes": types.MappingProxyType({"fc0": "serial"}),
        "input_lanes": types.MappingProxyType({"input": 4}),
        "fifos": "memory",
        "fifo_depths": types.MappingProxyType({"fc0": 3}),
        "pipeline": "auto",
        "writable": ("fc0",),
        "tlast": False,
        "control": "axilite",
        "clock_uncertainty": 0,
    }
    assert values.keys() == SettingsOptions.__annotations__.keys()
    found = settings(**values)
    assert found.folding == {"fc0": LayerFolding(pe=2), "fc1": LayerFolding(simd=3)}
    assert found.writable == ("fc0",) and found.pipeline == "auto" and settings(pipeline=2).pipeline == 2


def test_dir_shows_the_public_names() -> None:
    shown = {name for name in dir(hwgen) if not name.startswith("__")}
    assert shown == set(hwgen.__all__)
    assert "__version__" in dir(hwgen)
    assert all(hasattr(hwgen, name) for name in dir(hwgen))
