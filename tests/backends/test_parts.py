"""The part in the files of a project: one full name in all of them, whatever the user called it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.flow import Accelerator
from hwgen.hw.device import BOARDS, STAND_IN, Family, device_of
from tests.builders import random_network

CHOICES = {"hwgen.json", "estimate.json", "files.json"}
"""Files of hwgen's own: they keep the part as the user called it, and the device."""

TOOLS = {"hls/run_hls.tcl", "hls/hls_config.cfg", "vivado/design.tcl", "net.core"}
"""Files that hand a part to a tool."""

FULL = re.compile(r"xc7[a-z0-9]+-[123]L?|xc[kuvz][a-z0-9]+-[a-z]{4}\d{3,4}-[123](L|LV)?-[ceim]")

AMD = [board for board in BOARDS if device_of(board).family is not Family.ECP5]
LATTICE = [board for board in BOARDS if board not in AMD]


@pytest.fixture(scope="module")
def built() -> Accelerator:
    network = random_network(np.random.default_rng(0), (8, 4, 4))
    return flow.compile(network, folding={"fc0": {"pe": 1, "simd": 1}, "fc1": {"pe": 1, "simd": 1}})


def project(built: Accelerator, part: str, folder: Path) -> dict[str, str]:
    """Every file of the project for `part`, by path."""
    root = flow.variant(built, part=part).write(folder / "out").project
    assert root is not None
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def named(files: dict[str, str]) -> dict[str, set[str]]:
    """Every name that begins as AMD's parts and devices do, by the file that has it."""
    found = {
        path: set(re.findall(r"(?i)\bxc[7kuvz][a-z0-9]+(?:-[a-z0-9]+)*", text))
        for path, text in files.items()
        if path not in CHOICES
    }
    return {path: names for path, names in found.items() if names}


def called(files: dict[str, str], name: str) -> set[str]:
    """Files in which a word is `name`."""
    return {path for path, text in files.items() if re.search(rf"(?i)(?<![\w-]){re.escape(name)}(?![\w-])", text)}


def handed(files: dict[str, str]) -> dict[str, str]:
    """What each tool is told."""
    asked = {
        "hls/run_hls.tcl": r"^set_part (.*)$",
        "hls/hls_config.cfg": r"^part=(.*)$",
        "vivado/design.tcl": r"^set part (.*)$",
        "net.core": r"^ +part: (.*)$",
    }
    found = {path: re.findall(form, files.get(path, ""), re.MULTILINE) for path, form in asked.items()}
    assert all(len(parts) <= 1 for parts in found.values())
    return {path: parts[0] for path, parts in found.items() if parts}


@pytest.mark.parametrize("board", AMD)
def test_a_board_is_its_full_part_in_every_file(built: Accelerator, tmp_path: Path, board: str) -> None:
    files = project(built, board, tmp_path)
    names = named(files)
    assert names.keys() >= TOOLS | {"rtl/net.sv"}
    (part,) = set.union(*names.values())
    assert FULL.fullmatch(part) and device_of(part) is device_of(board)
    assert handed(files) == dict.fromkeys(TOOLS, part)
    ours = {path for path in called(files, board) if path not in CHOICES}
    assert all(f":{board}:part0:" in files[path] for path in ours) and ours <= {"vivado/design.tcl"}


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("xc7z020", "xc7z020clg400-1"),
        ("XCKU5P", "xcku5p-ffvb676-1-e"),
        ("XC7A35TICSG324-1l", "xc7a35ticsg324-1L"),
        ("xcu250-figd2104-2l-e", "xcu250-figd2104-2L-e"),
        ("xck26-sfvc784-2LV-c", "xck26-sfvc784-2LV-c"),
    ],
)
def test_a_device_or_a_full_name(built: Accelerator, tmp_path: Path, given: str, part: str) -> None:
    files = project(built, given, tmp_path)
    assert set.union(*named(files).values()) == {part} and handed(files) == dict.fromkeys(TOOLS, part)


@pytest.mark.parametrize("given", [*LATTICE, "lfe5um-45f", "LFE5U-25F-6BG256C"])
def test_an_hls_project_for_a_lattice_part_says_what_stands_for_it(
    built: Accelerator, tmp_path: Path, given: str
) -> None:
    files = project(built, given, tmp_path)
    entries = {"hls/run_hls.tcl", "hls/hls_config.cfg"}
    assert handed(files) == dict.fromkeys(entries, STAND_IN)
    assert named(files) == {path: {STAND_IN} for path in (*entries, "hls/README.md")}
    part = BOARDS.get(given, given)
    for path in entries:
        line = f"# Vitis does not know {part}: this part stands for it, and the project is for C simulation.\n"
        assert line in files[path]
    assert f"Vitis does not know {part}: {STAND_IN} stands for it" in files["hls/README.md"]
    assert f" for {part} at " in files["rtl/net.sv"]
    assert given == part or not called(files, given) - CHOICES
