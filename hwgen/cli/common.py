"""What the verbs share: options, consoles, JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.progress import LOUDNESS, Loudness
from hwgen.cli.schemas import MAPS
from hwgen.config import report_format
from hwgen.errors import ConfigError
from hwgen.report.console import Plain
from hwgen.verify.signals import Stopped

if TYPE_CHECKING:
    from rich.table import Table

    from hwgen.config import Settings
    from hwgen.verify.bench import Stalls

out = Plain()
err = Plain(stderr=True)


class BackendName(StrEnum):
    """The back end that computes the frames."""

    golden = "golden"
    csim = "csim"
    rtl = "rtl"
    dpi = "dpi"


class LayoutName(StrEnum):
    """Where the channels of images and signals stand."""

    nhwc = "nhwc"
    nchw = "nchw"


ProjectFolder = Annotated[Path, typer.Argument(help="A folder that `hwgen build` wrote.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")]
_IMAGES = typer.Option(
    "--images",
    help="Frames: IDX, .npy or .npz (.gz too). Integers are input codes, floating-point numbers are quantised to them, "
    "unless --real or --codes says which they are. Of several inputs INPUT=FILE, once for each.",
    show_default=False,
)
Images = Annotated[list[str] | None, _IMAGES]
GivenImages = Annotated[list[str], _IMAGES]
Key = Annotated[
    list[str] | None,
    typer.Option(help="The array's name in an .npz file, or INPUT=NAME for each input.", show_default=False),
]
Frames = Annotated[int | None, typer.Option(min=1, help="Use the first N frames.", show_default=False)]
Binarize = Annotated[
    float | None,
    typer.Option(
        "--binarize-at",
        help="Bipolar input: +1 where a value, as it stands in the file, is at least this.",
        show_default=False,
    ),
]
Real = Annotated[
    bool | None,
    typer.Option(
        "--real/--codes",
        help="The images are real numbers, each quantised to the nearest code, or they are input codes.",
        show_default="by the file's type",
    ),
]
LayoutOption = Annotated[
    LayoutName,
    typer.Option("--layout", help="Images N,H,W,C (signals N,L,C), or channels first.", case_sensitive=False),
]
InputInterval = Annotated[
    int,
    typer.Option(
        min=0,
        max=1 << 40,
        help="The source offers a frame every N cycles, evenly spread; 0: as fast as they are taken.",
    ),
]
BackendOption = Annotated[
    BackendName, typer.Option(help="golden model, HLS C simulation, RTL, or the HLS C++ under DPI-C.")
]
Stall = Annotated[float, typer.Option(min=0, max=0.95, help="Share of cycles that source and sink pause, at random.")]


_MOST_DIGITS = 400
_EXPONENT = re.compile(r"[eE][+-]?0*(\d+)")


def numbers(option: str, text: str | None) -> float | list[float] | None:
    """One number or several, comma-separated; fractions such as 1/255 are read exactly. Raises: ConfigError."""
    if text is None:
        return None
    try:
        values = [_number(part.strip()) for part in text.split(",")]
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise ConfigError(option, "must be a number, or one per channel with commas", repr(text)) from error
    return values[0] if len(values) == 1 else values


def _number(text: str) -> float:
    """A decimal number or a fraction. Raises: ValueError, OverflowError where float64 has no room for it."""
    exponent = _EXPONENT.search(text)
    if len(text) > _MOST_DIGITS or (exponent and len(exponent[1]) > 3):  # as a fraction it would fill the memory
        raise OverflowError(text)
    return float(Fraction(text))


Texts = list[str] | None
"""What was given to an option that may be said for each input."""


def by_input(option: str, given: Texts) -> str | dict[str, str] | None:
    """One text for all inputs, or one for each from INPUT=TEXT, by its name. Raises: ConfigError."""
    if not given:
        return None
    pairs = [text.partition("=") for text in given]
    if len(given) == 1 and not pairs[0][1]:
        return given[0]
    wrong = next((text for text, (name, equals, _) in zip(given, pairs, strict=True) if not (name and equals)), None)
    found = {name: text for name, _, text in pairs}
    if wrong is not None or len(found) < len(pairs):
        told = repr(wrong) if wrong is not None else ", ".join(map(repr, given))
        raise ConfigError(option, "must be given once, or as INPUT=... once for each input", told)
    return found


def input_options(input_type: Texts, input_scale: Texts, input_offset: Texts) -> dict[str, Any]:
    """What the hardware receives, as options of `hwgen.flow.load`. Raises: ConfigError."""
    found: dict[str, Any] = {"input_type": by_input("--input-type", input_type)}
    for key, given in (("input_scale", input_scale), ("input_offset", input_offset)):
        option = f"--{key.replace('_', '-')}"
        text = by_input(option, given)
        if isinstance(text, dict):
            found[key] = {name: numbers(option, each) for name, each in text.items()}
        else:
            found[key] = numbers(option, text)
    return found


def base_settings(path: Path | None) -> Settings:
    """The settings of a file, or the defaults. Raises: ConfigError."""
    from hwgen import config

    return config.read_settings(path) if path else config.settings()


def refuse_for_project(project: Path, given: Mapping[str, Any]) -> None:
    """Options of a QONNX file must not be `given` where a project brings its own. Raises: ConfigError."""
    unused = [key for key, value in given.items() if value not in (None, [])]
    if unused:
        found = f"the project {project}, which has its own"
        raise ConfigError(f"--{unused[0].replace('_', '-')}", "is for a QONNX file", found, "Leave it out")


def stalls_of(share: float, seed: int) -> Stalls | None:
    """Random pauses of source, sink and memories for a share of the cycles; None for none."""
    from hwgen.verify.bench import Stalls

    return Stalls(source=share, sink=share, memory=share, seed=seed) if share else None


def print_json(report: Any, schema: str) -> None:
    """The report on standard output, and nothing else; one that is an object with keys of its own names its schema."""
    told = {"format": report_format(schema), **report} if isinstance(report, dict) and schema not in MAPS else report
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def mind(line: str | Table, style: str | None = None) -> None:
    """Print what a user should know of a run on standard error; nothing with `-q`."""
    if LOUDNESS.get() is not Loudness.QUIET:
        err.print(line, style=style)


def warn(lines: Iterable[str]) -> None:
    """Print warnings of a run on standard error, a line each; nothing with `-q`."""
    for line in lines:
        mind(f"warning: {line}", "yellow")


def show_warnings(lines: Iterable[str]) -> None:
    """Print warnings that are a part of a result, a line each."""
    for line in lines:
        out.print(f"warning: {line}", style="yellow")


@contextmanager
def kept(results: str) -> Iterator[None]:
    """Adds to the message of an interruption that results are kept."""
    try:
        yield
    except Stopped as stopped:
        stopped.kept.append(f"{results} keeps what was found so far; --resume goes on")
        raise
