"""Settings of a build: frozen, read from a TOML file or from keywords, checked in one place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, TypeVar, Unpack

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from hwgen.errors import ConfigError
from hwgen.stored import MOST_JSON_BYTES, open_given, parse_json, read_text

VERSION = "0.1.0"
"""Version of hwgen."""

LARGEST = 1 << 53
"""The largest number in settings: float64 holds all whole numbers up to it."""

MOST_BEATS = 1 << 22
"""Most beats of a FIFO."""

MOST_LATENCY = 10_000
"""Most cycles that an external memory may take for its first word."""

MOST_STAGES = 1000
"""Most pipeline stages of a unit."""

Positive = Annotated[int, Field(ge=1, le=LARGEST, strict=True)]
Natural = Annotated[int, Field(ge=0, le=LARGEST, strict=True)]
PositiveReal = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Beats = Annotated[int, Field(ge=0, le=MOST_BEATS, strict=True)]


def _pipeline(value: Any) -> Any:
    """A number of stages, or "auto"."""
    if value != "auto" and not (type(value) is int and value >= 0):
        raise PydanticCustomError("pipeline", "should be 'auto' or a number of stages, 0 or more")
    if value != "auto" and value > MOST_STAGES:
        raise PydanticCustomError("pipeline", "should be at most 1000 stages")
    return value


Pipelining = Annotated[Literal["auto"] | int, BeforeValidator(_pipeline)]

DEFAULT_INTERVAL = 1024
"""Cycles a frame that a design is folded for where the user sets no goal."""


def report_format(name: str) -> str:
    """The JSON Schema and its version that a report names under `format`; `hwgen schema NAME` prints it."""
    return f"hwgen/{name}/1"


class LayerFolding(BaseModel):
    """PE and SIMD of one layer; a value left out is chosen by the folding solver."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pe: Positive | None = None
    simd: Positive | None = None


class Settings(BaseModel):
    """What a user can choose about a design.

    Attributes:
        part: the target FPGA: the full name of a part (xc7z020clg400-1), a device (xc7z020) or a board (pynq-z1).
        clock_mhz: the clock that rates and times are computed for.
        folding: PE and SIMD by layer name.
        target_interval: cycles a frame may take at most. Without it and without another goal, layers that `folding`
            leaves open are folded for `DEFAULT_INTERVAL` cycles, or for as few as the slowest of them comes to.
        target_fps: the same as frames a second at the clock.
        max_lut, max_bram, max_dsp: what the design may take; BRAM in blocks of 36 kbit. Without a target the fastest
            such design is taken.
        fit: the design may take what `part` has, less headroom; a `max_` setting stands in for its share.
        top1: add a top-1 unit behind the scores where that gives the network's own ranking.
        memory: where the weights and line buffers of a layer live, by its name; by size where it is not named.
            "external": its weights lie in a memory beyond the chip, and come as a stream.
        external: whether only the layers so named are external, or others too where the memory of the chip ends
            ("auto"): those that meet their weights fewest times a frame, the largest first.
        external_gb_s: 10^9 bytes a second that the external memory gives to all such layers together; by the family of
            the part without it.
        external_width: bits of the AXI4 port through which such a layer reads; by the family of the part without it.
        external_latency: cycles from a burst asked for to its first word that the memory may take.
        planes: whether a layer takes its residual planes side by side ("parallel", as where it is not named) or one
            after another through one array ("serial"), by its name (HORQ).
        input_lanes: elements a beat of an input, by its name (`input` where there is one); as many as its first layer
            takes where it is not named.
        fifos: the fewest beats that keep the interval ("minimal"), or as many as the memory holds that they take
            anyway ("memory").
        fifo_depths: beats of a FIFO by its name, 0 for none; the others are sized around them.
        pipeline: stages that each unit with weights gets beyond those it always has, each a cycle of latency and a
            shorter path: "auto" for as many as `clock_mhz` needs on `part`, or at most a number.
        writable: layers whose weights and thresholds the host can rewrite at run time, over AXI4-Lite; RTL only.
        tlast: whether the AXI-Stream ports of the HLS project carry TLAST, as those of the RTL do: AMD's stream types,
            which other HLS tools lack.
        control: what starts a frame of the HLS accelerator: nothing ("none"), or a register ("axilite").
        clock_uncertainty: the share of the clock period that Vitis HLS leaves as a margin; its own without it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str = Field(default="xc7z020clg400-1", min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")
    clock_mhz: float = Field(default=200.0, gt=0, le=2000, allow_inf_nan=False)
    folding: dict[str, LayerFolding] = {}
    target_interval: Positive | None = None
    target_fps: PositiveReal | None = None
    max_lut: Positive | None = None
    max_bram: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    max_dsp: Natural | None = None
    fit: bool = False
    top1: bool = False
    memory: dict[str, Literal["registers", "distributed", "block", "external"]] = {}
    external: Literal["named", "auto"] = "named"
    external_gb_s: PositiveReal | None = None
    external_width: Literal[32, 64, 128, 256, 512, 1024] | None = None
    external_latency: Annotated[int, Field(ge=1, le=MOST_LATENCY, strict=True)] = 64
    planes: dict[str, Literal["parallel", "serial"]] = {}
    input_lanes: dict[str, Positive] = {}
    fifos: Literal["minimal", "memory"] = "minimal"
    fifo_depths: dict[str, Beats] = {}
    pipeline: Pipelining = "auto"
    writable: tuple[str, ...] = ()
    tlast: bool = True
    control: Literal["none", "axilite"] = "none"
    clock_uncertainty: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] | None = None

    def overridden(self, values: Mapping[str, Any]) -> Settings:
        """These settings with `values` (None: as it is) in their place; a target takes the place of any other.

        Raises:
            ConfigError: naming the setting.
        """
        given = {key: value for key, value in values.items() if value is not None}
        kept = self.model_dump(exclude=_TARGETS if _TARGETS & given.keys() else None)
        return settings(**{**kept, **given})


_TARGETS = {"target_interval", "target_fps"}

GOALS = _TARGETS | {"max_lut", "max_bram", "max_dsp", "fit"}
"""Settings that say what layers without a folding are folded for."""


class FoldingOptions(TypedDict, total=False):
    """The fields of `LayerFolding` as keys of a dictionary."""

    pe: int | None
    simd: int | None


class SettingsOptions(TypedDict, total=False):
    """The fields of `Settings` as keywords; None stands for the default."""

    part: str | None
    clock_mhz: float | None
    folding: Mapping[str, LayerFolding | FoldingOptions] | None
    target_interval: int | None
    target_fps: float | None
    max_lut: int | None
    max_bram: float | None
    max_dsp: int | None
    fit: bool | None
    top1: bool | None
    memory: Mapping[str, Literal["registers", "distributed", "block", "external"]] | None
    external: Literal["named", "auto"] | None
    external_gb_s: float | None
    external_width: Literal[32, 64, 128, 256, 512, 1024] | None
    external_latency: int | None
    planes: Mapping[str, Literal["parallel", "serial"]] | None
    input_lanes: Mapping[str, int] | None
    fifos: Literal["minimal", "memory"] | None
    fifo_depths: Mapping[str, int] | None
    pipeline: Literal["auto"] | int | None
    writable: list[str] | tuple[str, ...] | None
    tlast: bool | None
    control: Literal["none", "axilite"] | None
    clock_uncertainty: float | None


PublishedFigure = Literal["interval_cycles", "latency_us", "fps", "lut", "bram36", "operations"]


class Published(BaseModel):
    """Published figures of a design; all but its name and source may be missing.

    Attributes:
        source: the paper, report or page that says so.
        part: the FPGA, by hwgen's name if it has one.
        bram36: memory blocks of 36 kbit; halves are blocks of 18.
        operations: binary operations of a frame, as `hwgen.ir.work` counts them.
        derived: figures that were worked out from the source's, not stated there.
        unverified: figures that were not compared with the source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    part: str | None = None
    clock_mhz: PositiveReal | None = None
    interval_cycles: PositiveReal | None = None
    latency_us: PositiveReal | None = None
    fps: PositiveReal | None = None
    lut: PositiveReal | None = None
    bram36: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    operations: PositiveReal | None = None
    derived: tuple[PublishedFigure, ...] = ()
    unverified: tuple[PublishedFigure, ...] = ()


class _PublishedFile(BaseModel):
    """A file of published figures: a `[[design]]` table for each design."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    design: tuple[Published, ...]


LOADER = "^[A-Za-z0-9_][A-Za-z0-9_+-]{0,63}$"
"""Names of boards for openFPGALoader."""

_Pin = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,16}$")]


class BoardFile(BaseModel):
    """A board in a TOML file; its keys are the attributes of `hwgen.backends.board.Board` and its FPGA.

    All of it stands in files of pins and in commands, so that text is letters, digits, `_` and `-`.
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


def settings(**values: Unpack[SettingsOptions]) -> Settings:
    """Settings from keywords; None stands for the default. Raises ConfigError naming the setting."""
    return _settings("settings", {key: value for key, value in values.items() if value is not None})


def read_settings(path: Path) -> Settings:
    """Settings from a TOML file. Raises ConfigError naming the file and the setting."""
    return _settings(str(path), _read_toml(path))


_GONE = {"bit_planes": "Leave it out: layers of few bits take fewer LUTs without it, and give the same numbers"}
"""What to do where a setting of earlier versions is given."""


def _settings(where: str, values: dict[str, Any]) -> Settings:
    for name in _GONE.keys() & values.keys():
        raise ConfigError(f"{where}: {name}", "is no longer a setting", _shown(values[name]), _GONE[name])
    found = _validate(Settings, where, values)
    if found.target_interval is not None and found.target_fps is not None:
        both = f"target_interval {found.target_interval} and target_fps {found.target_fps:g}"
        raise ConfigError(where, "must give one target, cycles or frames a second", both, "Leave one out")
    return found


def read_published(path: Path) -> tuple[Published, ...]:
    """Published figures from a TOML file of `[[design]]` tables. Raises ConfigError naming the file and the figure."""
    values = _read_toml(path)
    if not values.get("design"):
        change = 'Write [[design]], name = "...", source = "..." and figures'
        raise ConfigError(str(path), "must hold a [[design]] table for each design", "none", change)
    return _validate(_PublishedFile, str(path), values).design


def read_board(path: Path) -> BoardFile:
    """A board from a TOML file. Raises ConfigError naming the file and the key."""
    return _validate(BoardFile, str(path), _read_toml(path))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(given_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(str(path), "must be a readable TOML file", _reason(error)) from error


def read_folding(path: Path) -> dict[str, Any]:
    """A folding file: JSON, `{"fc0": {"pe": 16, "simd": 49}, ...}`. Raises ConfigError naming the file."""
    example = 'Write {"fc0": {"pe": 16, "simd": 49}, ...}'
    try:
        values = parse_json(given_text(path))
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), "must be a readable JSON file", _reason(error), example) from error
    if not isinstance(values, dict):
        raise ConfigError(str(path), "must hold a folding per layer name", type(values).__name__, example)
    return values


def given_text(path: Path) -> str:
    """The text of a file that a user names: a regular one, or a pipe that a shell fills (`<(...)`).

    Raises:
        OSError: it cannot be read, is larger than any such file, or nothing comes through the pipe.
        ValueError: it is not UTF-8.
    """
    if not path.is_fifo():
        return read_text(path, MOST_JSON_BYTES)
    with open_given(path) as stream:
        return stream.read(MOST_JSON_BYTES).decode()


def _reason(error: Exception) -> str:
    """What is wrong with a file, in one line."""
    if isinstance(error, RecursionError):
        return "brackets nested too deep"
    return str(error).partition("\n")[0]


Model = TypeVar("Model", bound=BaseModel)


def _validate(model: type[Model], where: str, values: dict[str, Any]) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"]) or "value"
        message = first["msg"].replace("Input should", "should").replace("Extra inputs are not permitted", "is unknown")
        message = message.replace("Field required", "is required")
        found = "" if first["type"] == "missing" else _shown(first["input"])
        raise ConfigError(f"{where}: {setting}", message, found) from error


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a whole number of thousands of digits"
