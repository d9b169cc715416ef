"""Pictures: the right format, the same bytes every time, one clear message where they cannot be drawn."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from hwgen.errors import ConfigError, OutputError, ToolError
from hwgen.flow import compile
from hwgen.flow.compare import roofline_of
from hwgen.report.plots import bars_plot, pareto_plot, roofline_plot
from tests.builders import random_network

POINTS = [(1000.0, 50, 0.0), (2000.0, 90, 1.5), (1500.0, 120, 2.0), (4000.0, 200, 2.0)]


def bars(path: Path) -> None:
    bars_plot(["ours", "theirs"], [False, True], [("FPS", [1e6, 2e6]), ("BRAM", [0, None])], path)


def roofs(path: Path) -> None:
    built = compile(random_network(np.random.default_rng(0), (12, 8, 4)))
    roofline_plot([roofline_of(built), roofline_of(built, 1e9)], path)


def pareto(path: Path) -> None:
    pareto_plot(POINTS, [POINTS[0], POINTS[1], POINTS[3]], path)


DRAWN: dict[str, Callable[[Path], None]] = {"bars": bars, "roofs": roofs, "pareto": pareto}


@pytest.mark.parametrize("name", DRAWN)
def test_formats(tmp_path: Path, name: str) -> None:
    for suffix, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        path = tmp_path / f"picture{suffix}"
        DRAWN[name](path)
        assert path.read_bytes().startswith(magic)
    assert ElementTree.parse(tmp_path / "picture.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_same_bytes_every_time(tmp_path: Path, name: str, suffix: str) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        DRAWN[name](tmp_path / folder / f"picture{suffix}")
    assert (tmp_path / "one" / f"picture{suffix}").read_bytes() == (tmp_path / "two" / f"picture{suffix}").read_bytes()


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Neither read as formulas nor left out of the legend."""
    names = ["_quiet", "cost $x^$", r"a\$b_{", "$\\bad{$"]
    bars_plot(names, [False] * 4, [("FPS", [1.0] * 4)], tmp_path / "bars.svg")
    built = compile(random_network(np.random.default_rng(0), (12, 8, 4)))
    roofline_plot([replace(roofline_of(built), name=name) for name in names], tmp_path / "roofs.svg")
    for picture in ("bars", "roofs"):
        text = (tmp_path / f"{picture}.svg").read_text()
        assert all(f"<!-- {'' if picture == 'bars' else ' ' * name.startswith('_')}{name}" in text for name in names)


def test_nothing_known_of_a_figure(tmp_path: Path) -> None:
    bars_plot(["a"], [True], [("LUT", [None])], tmp_path / "a.svg")
    assert (tmp_path / "a.svg").is_file()


@pytest.mark.parametrize(("name", "found"), [("picture.jpeg", ".jpeg"), ("picture", "no suffix")])
def test_another_format(tmp_path: Path, name: str, found: str) -> None:
    with pytest.raises(ConfigError) as error:
        bars(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name}: a picture's name must end in .svg, .png or .pdf; found {found}."
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none" / "a.svg"
    with pytest.raises(OutputError) as error:
        bars(path)
    found = f"[Errno 2] No such file or directory: '{path}'"
    assert str(error.value) == f"{path}: must be writable; found {found}. Give another path."


def test_no_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError("No module named 'matplotlib'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ToolError) as error:
        bars(tmp_path / "a.svg")
    assert str(error.value) == (
        "matplotlib: must be installed to draw; found No module named 'matplotlib'. pip install 'hwgen[report]'."
    )
