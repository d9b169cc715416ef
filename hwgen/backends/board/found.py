"""The board that a name or a file stands for."""

from __future__ import annotations

import difflib
from pathlib import Path

from hwgen.backends.board.boards import BOARDS, Board
from hwgen.backends.board.chips import chip_of
from hwgen.config import read_board
from hwgen.errors import ConfigError


def board_of(name: str) -> Board:
    """The board called `name`, or the one in the TOML file `name`.

    Raises:
        ConfigError: there is none, and the closest names are given; or what is in the file is none.
    """
    if name.lower().endswith(".toml"):
        return _read(Path(name))
    known = {board.name: board for board in BOARDS}
    if name.lower() in known:
        return known[name.lower()]
    close = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0)
    change = f"The closest names are {', '.join(close)}; `hwgen boards` lists all"
    raise ConfigError("board", "must be a known board", name, change)


def _read(path: Path) -> Board:
    """The board in a file. Raises: ConfigError."""
    given = read_board(path)
    if given.name in {board.name for board in BOARDS}:
        raise ConfigError(f"{path}: name", "must be none of hwgen's own boards", given.name, "Call it otherwise")
    pins = (given.clock, given.rx, given.tx, given.led)
    if len({*pins}) < len(pins):
        raise ConfigError(str(path), "must name four pins for clock, rx, tx and led", ", ".join(pins))
    try:
        chip = chip_of(given.fpga, given.package)
    except ConfigError as error:
        raise ConfigError(f"{path}: fpga", error.must, error.found) from error
    rest = given.model_dump(exclude={"fpga", "package"})
    return Board(chip=chip, source=path.name, **rest)
