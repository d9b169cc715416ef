"""The file of results: what is read back, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import VERSION, LayerFolding
from hwgen.errors import DataError
from hwgen.explore.evaluate import Stage
from hwgen.explore.point import Figures, Point
from hwgen.explore.results import header, line, read_results
from hwgen.hw.kernel import Folding, MemoryStyle
from hwgen.hw.lower import Choices
from hwgen.hw.resources import Resources
from hwgen.hw.solver import Problem
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, random_network

PROBLEM = Problem(integer_network(random_network(np.random.default_rng(0), (6, 4))), PART, 100.0)
TOP = header(PROBLEM, 3)
POINT = Point((("fc0", Folding(2, 3)),), (("fc0", MemoryStyle.LUT),))
SEARCHED, EXACT = Figures(4, Resources(lut=7)), Figures(4, Resources(lut=6), 11)
WHOLE = json.dumps(TOP) + "\n" + line(Stage.SEARCH, POINT, SEARCHED) + line(Stage.CYCLES, POINT, EXACT)


def test_read_back(tmp_path: Path) -> None:
    (tmp_path / "r").write_text(WHOLE)
    assert read_results(tmp_path / "r", TOP) == (
        {(Stage.SEARCH, POINT): SEARCHED, (Stage.CYCLES, POINT): EXACT},
        len(WHOLE),
    )


def test_cut_short_anywhere(tmp_path: Path) -> None:
    """What is whole is kept, and the size is where the next line goes."""
    for cut in range(len(WHOLE)):
        (tmp_path / "r").write_text(WHOLE[:cut])
        known, size = read_results(tmp_path / "r", TOP)
        lines = WHOLE[:cut].count("\n")
        assert len(known) == max(0, lines - 1), cut
        assert size == sum(map(len, WHOLE.splitlines(keepends=True)[:lines])), cut


def test_the_header_is_of_all_that_decides() -> None:
    assert (TOP["hwgen"], TOP["network"], TOP["part"], TOP["seed"]) == (VERSION, "net", PART, 3)
    others = [
        replace(PROBLEM, part="xc7z045"),
        replace(PROBLEM, clock_mhz=99.0),
        replace(PROBLEM, wishes={"fc0": LayerFolding(pe=1)}),
        replace(PROBLEM, choices=Choices(memory={"fc0": MemoryStyle.LUT})),
        replace(PROBLEM, choices=Choices(bit_planes=frozenset({"fc0"}))),
        replace(PROBLEM, graph=integer_network(random_network(np.random.default_rng(1), (6, 4)))),
    ]
    for other in others:
        assert sum(TOP[key] != value for key, value in header(other, 3).items()) == 1


REFUSED = {
    "other": ("hello\n", "{path}: must be a file that `hwgen explore` wrote; found other content."),
    "json": ("[1]\n", "{path}: must be a file that `hwgen explore` wrote; found other content."),
    "seed": (
        json.dumps({**TOP, "seed": 4}) + "\n",
        "{path}: its seed must be that of this exploration, 3; found 4. Give another file, or the same options.",
    ),
    "network": (
        json.dumps({**TOP, "digest": "abc"}) + "\n",
        f"{{path}}: its digest must be that of this exploration, {TOP['digest']}; found abc."
        " Give another file, or the same options.",
    ),
    "line": (WHOLE + '{"stage": "search"}\n', "{path}, line 4: must be a result; found 'latency'. Start a new file."),
    "stage": (
        WHOLE + WHOLE.splitlines()[1].replace("search", "guess") + "\n",
        "{path}, line 4: must be a result; found 'guess' is not a valid Stage. Start a new file.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    (tmp_path / "r").write_text(text)
    with pytest.raises(DataError) as error:
        read_results(tmp_path / "r", TOP)
    assert str(error.value) == message.replace("{path}", str(tmp_path / "r"))


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_results(tmp_path, TOP)
    assert str(error.value) == (
        f"{tmp_path}: must be a readable file of results; found [Errno 21] Is a directory: '{tmp_path}'."
        " Check the path."
    )
