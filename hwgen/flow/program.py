"""Loads a bitstream of a project onto its board."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwgen.config import LOADER
from hwgen.errors import ConfigError, DataError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.bitstream import REPORT
from hwgen.stored import fitted, read_json
from hwgen.verify.loader import load
from hwgen.verify.progress import stage

_LOADER = re.compile(LOADER)


@dataclass(frozen=True)
class _Made:
    """What the report of a bitstream says of it."""

    bitstream: str
    loader: str
    digest: str


@dataclass(frozen=True)
class Loaded:
    """A bitstream on a board.

    Attributes:
        bitstream: the file.
        flash: it is in the board's flash memory, and stays when the power goes.
    """

    name: str
    board: str
    bitstream: str
    flash: bool

    def to_json(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def program(accelerator: Accelerator, board: str | None = None, *, flash: bool = False) -> Loaded:
    """Load the bitstream of a project for `board`, or the only one that it has, by openFPGALoader.

    Raises:
        ConfigError: there is no such bitstream, or none for this design.
        DataError: its report is not one that `hwgen bitstream` wrote.
        ToolError: openFPGALoader is missing or fails, or sees no board.
    """
    assert accelerator.project is not None, "a bitstream belongs to a project"
    project = accelerator.project
    folder = project / "bitstream" / _chosen(project, board)
    made = _made(folder)
    again = f"Run `hwgen bitstream {project} --board {folder.name}`"
    if made.digest != accelerator.design.digest:
        raise ConfigError(str(folder), "must be of the project's design", f"that of digest {made.digest}", again)
    file = folder / made.bitstream
    if file.parent != folder or not file.is_file():
        raise ConfigError(str(folder), "must hold its bitstream", f"no file {made.bitstream}", again)
    if not _LOADER.fullmatch(made.loader):
        change = 'Give its TOML file one, `loader = "..."`, and run it again'
        raise ConfigError(folder.name, "must have a name for openFPGALoader", made.loader or "none", change)
    with stage(f"loading {file.name} onto {folder.name}"):
        load(file, folder.name, made.loader, flash=flash)
    return Loaded(accelerator.design.name, folder.name, str(file), flash)


def _chosen(project: Path, board: str | None) -> str:
    """The board whose bitstream is meant. Raises: ConfigError."""
    names = {path.parent.name for path in (project / "bitstream").glob(f"*/{REPORT}")}
    there = sorted(name for name in names if not name.endswith(".work"))
    if not there:
        change = f"Run `hwgen bitstream {project} --board NAME` first"
        raise ConfigError(f"{project}", "must hold a bitstream", "none", change)
    if board is None and len(there) == 1:
        return there[0]
    if board is None or board.lower() not in there:
        raise ConfigError("--board", f"must be one that there is a bitstream for: {', '.join(there)}", board or "none")
    return board.lower()


def _made(folder: Path) -> _Made:
    """What the report in `folder` says. Raises: DataError."""
    try:
        found = read_json(folder / REPORT)
        return fitted(_Made, {name: found[name] for name in ("bitstream", "loader", "digest")})
    except (OSError, ValueError, KeyError, TypeError) as error:
        must = "must be a folder that `hwgen bitstream` wrote"
        raise DataError(str(folder), must, f"no {REPORT} of its own", "Run it again") from error
