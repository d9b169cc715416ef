"""Any locale, any encoding, any width: the same files, and every figure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.builders import write_qonnx
from tests.command import ROOT, hwgen

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
FOLDER, MODEL, PREFIX = "prö [x] :x: →", "modèle→.onnx", "größe[b]→:x:"


def call(folder: Path, *words: str, **around: str) -> subprocess.CompletedProcess[str]:
    """A command line; Python starts anew where its own settings are others."""
    if around.keys() <= {"COLUMNS"}:
        done = hwgen(*words, cwd=folder, env=around)
        assert "Traceback" not in done.stderr
        return done
    env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "PYTHONIOENCODING")}
    env |= {"PYTHONPATH": str(ROOT), **around}
    command = [sys.executable, "-m", "hwgen.cli", *words]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a strange name, with layers of strange names, built in a folder of a strange name."""
    place = tmp_path_factory.mktemp("locale")
    model = onnx.load(write_qonnx(place / "plain.onnx", np.random.default_rng(0)))
    for node in model.graph.node:
        node.name = PREFIX + node.name
    onnx.save(model, place / MODEL)
    assert call(place, "build", MODEL, "-o", FOLDER, **C_LOCALE).returncode == 0
    return place


def test_files_do_not_depend_on_the_locale(folder: Path) -> None:
    assert call(folder, "build", MODEL, "-o", "other", LC_ALL="C.utf8").returncode == 0
    assert contents(folder / FOLDER) == contents(folder / "other")
    assert all(b"\r" not in text for text in contents(folder / "other").values())


@pytest.mark.long
@pytest.mark.parametrize("locale", [C_LOCALE, {"LC_ALL": "C.utf8"}])
@pytest.mark.parametrize(
    "verb",
    [
        ("simulate", "--frames", "2"),
        ("simulate", "--frames", "2", "--backend", "csim"),
        ("simulate", "--frames", "2", "--backend", "dpi"),
        ("hls", "--check"),
        ("synth",),
    ],
    ids=" ".join,
)
def test_every_tool_in_a_plain_locale(folder: Path, verb: tuple[str, ...], locale: dict[str, str]) -> None:
    done = call(folder, verb[0], FOLDER, *verb[1:], **locale)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("around", [{"COLUMNS": "0"}, {"COLUMNS": "1"}, {"COLUMNS": "20", "PYTHONIOENCODING": "ascii"}])
def test_figures_at_any_width(folder: Path, around: dict[str, str]) -> None:
    wide, narrow = (call(folder, "estimate", FOLDER, **each).stdout for each in ({"COLUMNS": "300"}, around))
    figures = sorted(re.findall(r"\d[\d,.%]*", wide))
    assert len(figures) > 30 and sorted(re.findall(r"\d[\d,.%]*", narrow)) == figures


def test_names_are_printed_as_they_are(folder: Path) -> None:
    assert f"error: {FOLDER} {MODEL}: the model file must exist" in call(
        folder, "build", f"{FOLDER} {MODEL}", "-o", "x", LC_ALL="C.utf8"
    ).stderr  # fmt: skip
    said = call(folder, "report", FOLDER, LC_ALL="C.utf8").stdout
    assert said == f"{FOLDER}/report.html\n"


@pytest.mark.parametrize("columns", ["0", "1", "10"])
def test_errors_of_usage_are_legible(folder: Path, columns: str) -> None:
    done = call(folder, "simulate", FOLDER, "--frames", "0", COLUMNS=columns)
    assert done.returncode == 2 and "--frames" in done.stderr and "or equal to 1" in done.stderr
