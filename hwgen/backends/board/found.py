"""The board that a name or a file stands for."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hwgen.backends.board.boards import BOARDS, Board
from hwgen.backends.board.chips import chip_of
from hwgen.config import read_toml, validated
from hwgen.errors import ConfigError

LOADER = "^[A-Za-z0-9_][A-Za-z0-9_+-]{0,63}$"
"""Names of boards for openFPGALoader."""

_Pin = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,16}$")]


class BoardFile(BaseModel):
    """A board in a TOML file; its keys are the attributes of `Board`, and `fpga` and `package` those of its chip.

    All of it stands in files of pins and in commands, so that text is letters and digits, `_` and `-`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")
    fpga: str
    package: str = Field(pattern="^[A-Za-z0-9]{1,16}$")
    oscillator_mhz: int = Field(ge=1, le=400)
    clock: _Pin
    rx: _Pin
    tx: _Pin
    led: _Pin
    led_low: bool = False
    led_io: str = Field(default="LVCMOS33", pattern="^LVCMOS(12|15|18|25|33)$")
    loader: str = Field(default="", pattern=LOADER)
    baud: int = Field(default=1_000_000, ge=1)


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
    given = validated(BoardFile, str(path), read_toml(path))
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
