"""The file of results: what is read back, and what is refused."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.config import VERSION, LayerFolding
from hwgen.errors import DataError
from hwgen.explore.evaluate import Fidelity
from hwgen.explore.point import Figures, Point
from hwgen.explore.results import Results, header, line, read_results
from hwgen.hw.choices import Choices
from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Resources
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, random_network

PROBLEM = Problem(integer_network(random_network(np.random.default_rng(0), (6, 4))), PART, 100.0)
TOP = header(PROBLEM, 3)
POINT = Point((("fc0", Folding(2, 3)),), (("fc0", MemoryStyle.LUT),))
SEARCHED, EXACT = Figures(4, Resources(lut=7)), Figures(4, Resources(lut=6), 11)
WHOLE = json.dumps(TOP) + "\n" + line(Fidelity.SEARCH, POINT, SEARCHED) + line(Fidelity.CYCLES, POINT, EXACT)


def test_read_back(tmp_path: Path) -> None:
    (tmp_path / "r").write_text(WHOLE)
    known = {(Fidelity.SEARCH, POINT): SEARCHED, (Fidelity.CYCLES, POINT): EXACT}
    assert read_results(tmp_path / "r", TOP) == Results(known, len(WHOLE), lines=3)


def test_cut_short_anywhere(tmp_path: Path) -> None:
    """What is whole is kept, and the size is where the next line goes."""
    for cut in range(len(WHOLE)):
        (tmp_path / "r").write_text(WHOLE[:cut])
        found = read_results(tmp_path / "r", TOP)
        lines = WHOLE[:cut].count("\n")
        assert len(found.known) == max(0, lines - 1) and not found.damaged and found.ended, cut
        assert found.size == sum(map(len, WHOLE.splitlines(keepends=True)[:lines])), cut


def test_the_header_is_of_all_that_decides() -> None:
    assert (TOP["hwgen"], TOP["network"], TOP["part"], TOP["seed"]) == (VERSION, "net", PART, 3)
    others = [
        replace(PROBLEM, part="xc7z045"),
        replace(PROBLEM, clock_mhz=99.0),
        replace(PROBLEM, wishes={"fc0": LayerFolding(pe=1)}),
        replace(PROBLEM, choices=Choices(memory={"fc0": MemoryStyle.LUT})),
        replace(PROBLEM, choices=Choices(writable=frozenset({"fc0"}))),
        replace(PROBLEM, graph=integer_network(random_network(np.random.default_rng(1), (6, 4)))),
    ]
    for other in others:
        assert sum(TOP[key] != value for key, value in header(other, 3).items()) == 1


FOREIGN = "{path}: must be a file that `hwgen explore` wrote; found other content."
REFUSED = {
    "other": ("hello\n", FOREIGN),
    "one line": ("hello", FOREIGN),
    "binary": ("\x00\x01\x7f", FOREIGN),
    "json": ("[1]\n", FOREIGN),
    "deep": ("[" * 5000 + "\n", FOREIGN),
    "spaces": (" ", FOREIGN),
    "line ends": ("\n\n", FOREIGN),
    "header cut and changed": (json.dumps(TOP)[:-9] + "x", FOREIGN),
    "seed": (
        json.dumps({**TOP, "seed": 4}) + "\n",
        "{path}: its seed must be that of this exploration, 3; found 4. Give another file, or the same options.",
    ),
    "network": (
        json.dumps({**TOP, "digest": "abc"}) + "\n",
        f"{{path}}: its digest must be that of this exploration, {TOP['digest']}; found abc."
        " Give another file, or the same options.",
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


def damaged(text: bytes, rng: np.random.Generator) -> bytes:
    """A line with a byte changed, dropped or doubled, cut, or replaced by something else; never the same."""
    place = int(rng.integers(len(text)))
    change = bytes([int(rng.integers(256))]).replace(b"\n", b"?")
    ways = [
        text[:place] + change + text[place + 1 :],
        text[:place] + text[place + 1 :],
        text[:place] + text[place : place + 1] + text[place:],
        text[:place],
        b"",
        b"[" * 3000,
        b'{"stage": "search"}',
        text.replace(b'"interval": 4', b'"interval": 1'),
        text.replace(b'"interval": 4', b'"interval": "4"'),
        text.replace(b'"interval": 4', b'"interval": -4'),
        text.replace(b'"interval": 4', b'"interval": 1e999'),
        text.replace(b'"interval": 4', b'"interval": NaN'),
        text.replace(b'"interval": 4', b'"interval": ' + b"9" * 5000),
        text.replace(b'"search"', b'"guess"'),
    ]
    return ways[int(rng.integers(len(ways)))]


def test_damaged_lines_are_left_out_and_left_in_place(tmp_path: Path) -> None:
    """What a line gives is what hwgen wrote, or nothing, whatever happens to it; the others count."""
    rng, path = np.random.default_rng(0), tmp_path / "r"
    points = [Point((("fc0", Folding(pe, 3)),)) for pe in range(1, 9)]
    lines = [line(Fidelity.SEARCH, point, SEARCHED).encode().rstrip() for point in points]
    for _ in range(400):
        hit = sorted(rng.choice(len(lines), 2, replace=False).tolist())
        changed = [damaged(text, rng) if index in hit else text for index, text in enumerate(lines)]
        hit = [index for index in hit if json.loads(lines[index]) != _json(changed[index])]
        data = b"\n".join([json.dumps(TOP).encode(), *changed, b""])
        path.write_bytes(data)
        found = read_results(path, TOP)
        assert found.known == {(Fidelity.SEARCH, point): SEARCHED for i, point in enumerate(points) if i not in hit}
        assert found.damaged == tuple(index + 2 for index in hit) and found.lines == len(lines) + 1
        assert found.size == len(data) and path.read_bytes() == data


def _json(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def test_lines_of_an_older_file_have_no_check(tmp_path: Path) -> None:
    plain = [json.loads(text) for text in WHOLE.splitlines()]
    for values in plain[1:]:
        del values["check"]
    (tmp_path / "r").write_text("".join(json.dumps(values) + "\r\n" for values in plain))
    found = read_results(tmp_path / "r", TOP)
    assert found.known == {(Fidelity.SEARCH, POINT): SEARCHED, (Fidelity.CYCLES, POINT): EXACT} and not found.damaged


@pytest.mark.parametrize("rest", ["my notes", "\x00", '{"stages": 1'])
def test_a_last_line_of_somebody_else_is_not_cut(tmp_path: Path, rest: str) -> None:
    (tmp_path / "r").write_text(WHOLE + rest)
    found = read_results(tmp_path / "r", TOP)
    assert (found.size, found.ended, found.damaged) == (len(WHOLE + rest), False, (4,)) and len(found.known) == 2


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r")
    with pytest.raises(DataError, match=r"must be a readable file of results; found .*Not a regular file"):
        read_results(tmp_path / "r", TOP)
