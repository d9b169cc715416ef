"""Paths are data: what a shell, make or Verilator would read in them is not read, in projects and in work folders."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.flow.hls import check_hls
from hwgen.verify.cpp import preprocess
from tests.builders import random_network
from tests.tiers import tiered

ODD = {
    "all": "w$(touch made) ${HOME} `touch made` a'b\"c #x:y%z;\u00e9\u65e5,=\\ *?[x] $@ \n+v+",
    "command": "w$(touch made)",
    "shell": "a b;`touch made`'\"&|<>",
    "make": "x#y:z%w $$ $@ = \\",
    "letters": "\u00e9\u65e5\u2028\xa0",
    "line": "a\nb",
}
ACCELERATOR = flow.compile(random_network(np.random.default_rng(0), (6, 4)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judge(name: str, backend: str, here: Path) -> None:
    """A project and a work folder of that name."""
    (here / "base").mkdir(exist_ok=True)
    written = ACCELERATOR.write(Path("base", name))
    assert written.simulate(3, backend, work=Path("base", f"{name} work")).passed
    assert preprocess(Path("base", name, "hls"), "vitis", Path("base", f"{name} check")).root.descendant_count > 1000
    assert {path.name for path in (here / "base").iterdir()} == {name, f"{name} work", f"{name} check"}
    assert [path.name for path in here.iterdir()] == ["base"] and not list(here.rglob("made"))


@pytest.mark.parametrize("backend", tiered(["csim", "rtl", "dpi"], "dpi"))
def test_all_that_is_odd(here: Path, backend: str) -> None:
    judge(ODD["all"], backend, here)


@pytest.mark.long
@pytest.mark.parametrize("backend", ["csim", "rtl", "dpi"])
@pytest.mark.parametrize("name", [name for name in ODD if name != "all"])
def test_each_odd_name(here: Path, name: str, backend: str) -> None:
    judge(ODD[name], backend, here)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in ODD if "\\" not in ODD[name]])
def test_checks_and_synthesis(here: Path, name: str) -> None:
    """clang-tidy finds no relative file in a folder with a backslash in its name."""
    written = ACCELERATOR.write(Path(ODD[name]))
    assert check_hls(written, Path(f"{ODD[name]} check")).passed
    assert written.synthesise(work=Path(f"{ODD[name]} synth")).measured.lut > 0
    assert not list(here.rglob("made"))


@pytest.mark.long
def test_a_folder_for_temporary_files_with_an_odd_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ODD["command"]).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(here / ODD["command"]))
    assert ACCELERATOR.simulate(3, "csim").passed
    assert os.listdir(here) == [ODD["command"]] and not os.listdir(ODD["command"])
