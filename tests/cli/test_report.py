"""`hwgen report` on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_qonnx
from tests.test_cli import call


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    write_qonnx(place / "tiny.onnx", np.random.default_rng(0))
    call("build", place / "tiny.onnx", "-o", place / "out")
    return place


def test_report(folder: Path, tmp_path: Path) -> None:
    assert call("report", folder / "out").stdout == f"{folder}/out/report.html\n"
    assert call("report", folder / "out", "-o", tmp_path / "page.html").stdout == f"{tmp_path}/page.html\n"
    pages = [path.read_text() for path in (folder / "out" / "report.html", tmp_path / "page.html")]
    assert pages[0] == pages[1] and pages[0].startswith("<!DOCTYPE html>") and "Never simulated" in pages[0]


def test_a_new_build_has_no_report(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "out", tmp_path / "out")
    call("report", tmp_path / "out")
    call("build", folder / "tiny.onnx", "-o", tmp_path / "out")
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("name", ["no_project", "no_folder", "record"])
def test_errors(folder: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(folder / "out", tmp_path / "out")
    (tmp_path / "out" / "report.html").unlink(missing_ok=True)
    (tmp_path / "out" / "simulate.json").write_text("[" if name == "record" else "{}")
    words, message = {
        "no_project": (
            ("report", tmp_path),
            f"{tmp_path}: must be a folder that `hwgen build` wrote (hwgen.json); found none. Run `hwgen build` first.",
        ),
        "no_folder": (
            ("report", tmp_path / "out", "-o", tmp_path / "none" / "page.html"),
            f"{tmp_path}/none/page.html: must be writable; found [Errno 2] No such file or directory: ",
        ),
        "record": (
            ("report", tmp_path / "out"),
            f"{tmp_path}/out/simulate.json: must be a report of `hwgen simulate`; found JSONDecodeError: "
            "Expecting value: line 1 column 2 (char 1). Run `hwgen simulate` again.\n",
        ),
    }[name]
    done = call(*words, code=1)
    assert done.stdout == "" and done.stderr.startswith(f"error: {message}") and done.stderr.count("\n") == 1
    assert not (tmp_path / "out" / "report.html").exists()
