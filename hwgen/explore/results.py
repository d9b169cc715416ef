"""The file of an exploration's results: JSON lines, a header first, then one for each point as it comes.

{"hwgen": "0.1.0", "network": "cnv", "digest": "...", "part": "xc7z020", "clock_mhz": 200.0, "seed": 0, ...}
{"stage": "search", "folding": {"conv0": [16, 3], ...}, "memory": {"conv1": "block"}, "interval": 32400, ...}
{"stage": "cycles", "folding": {"conv0": [16, 3], ...}, ..., "latency": 107234, "check": "5d3cdb15"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any
from zlib import crc32

from hwgen.config import VERSION, Natural, Positive
from hwgen.errors import DataError
from hwgen.explore.evaluate import Fidelity
from hwgen.explore.point import Figures, Point, figures_of, point_of
from hwgen.hw.memory import ExternalMemory, MemoryStyle
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.timing import PipelineRequest
from hwgen.ir.text import digest
from hwgen.stored import fitted, parse_json, read_bytes

Known = dict[tuple[Fidelity, Point], Figures]
"""Figures by fidelity and point."""


_KEYS = {"folded_planes": "serial"}
"""Keys of the header that differ from the names of fields, as in files of earlier versions."""


_LATER = ("external", "input_lanes")
"""Choices that are left out where nothing is chosen, as in files of earlier versions."""


def header(problem: Problem, seed: int) -> dict[str, Any]:
    """The header of a file: results with equal headers belong together."""
    return {
        "hwgen": VERSION,
        "network": problem.graph.name,
        "digest": digest(problem.graph),
        "part": problem.part,
        "clock_mhz": problem.clock_mhz,
        "seed": seed,
        "folding": {name: wish.model_dump() for name, wish in sorted(problem.wishes.items())},
        **{
            _KEYS.get(each.name, each.name): _plain(getattr(problem.choices, each.name))
            for each in fields(problem.choices)
            if each.name not in ("source", *_LATER)
        },
        **{name: _plain(chosen) for name in _LATER if (chosen := getattr(problem.choices, name))},
    }


def _plain(choice: Any) -> Any:
    """A choice as JSON has it."""
    match choice:
        case Mapping():
            return {name: _plain(value) for name, value in sorted(choice.items())}
        case frozenset():
            return sorted(choice)
        case Enum():
            return choice.value
        case Fraction():
            return str(choice)
        case PipelineRequest() | Budget() | ExternalMemory():
            return {each.name: _plain(getattr(choice, each.name)) for each in fields(choice)}
        case _:
            return choice


@dataclass(frozen=True)
class _ResultLine:
    """A result as the file has it; a line of an older file has no `check`."""

    stage: Fidelity
    folding: dict[str, tuple[Positive, Positive]]
    memory: dict[str, MemoryStyle]
    interval: Positive
    resources: Resources
    latency: Natural | None
    check: str | None = None


@dataclass(frozen=True)
class Results:
    """What a file of results holds.

    Attributes:
        size: bytes of it that stay: all but a last line of hwgen's own that was cut short.
        damaged: numbers, from 1, of lines that are no results; they stay in the file and are ignored.
        lines: how many there are.
        ended: whether the last line that stays has its line end.
    """

    known: Known
    size: int = 0
    damaged: tuple[int, ...] = ()
    lines: int = 0
    ended: bool = True


def line(stage: Fidelity, point: Point, figures: Figures) -> str:
    """One line of the file."""
    values = {"stage": stage.value, **point.to_json(), **figures.to_json()}
    return json.dumps({**values, "check": _check(values)}) + "\n"


def _check(values: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that show damage of a line."""
    return f"{crc32(json.dumps(values, sort_keys=True).encode()):08x}"


def read_results(path: Path, wanted: Mapping[str, Any]) -> Results:
    """The results in `path`, which an exploration with the header `wanted` wrote.

    Raises:
        DataError: the file cannot be read, is something else, or its header is not `wanted`.
    """
    try:
        data = read_bytes(path)
    except OSError as error:
        raise DataError(str(path), "must be a readable file of results", str(error), "Check the path") from error
    *lines, rest = data.split(b"\n")
    if not lines and f"{json.dumps(wanted)}\n".encode().startswith(rest):  # nothing, or a header that was cut short
        return Results({})
    _must_belong(path, lines[0] if lines else rest, wanted)
    known: Known = {}
    damaged = []
    for number, text in enumerate(lines[1:], start=2):
        try:
            stage, point, figures = _result(text)
        except (ValueError, LookupError, TypeError, AttributeError):
            damaged.append(number)
        else:
            known[stage, point] = figures
    cut = _is_beginning(rest)
    if not cut:
        damaged.append(len(lines) + 1)
    size = len(data) - len(rest) if cut else len(data)
    return Results(known, size, tuple(damaged), len(lines) + (not cut), ended=cut)


def _is_beginning(rest: bytes) -> bool:
    """Whether what follows the last line end is nothing, or the beginning of a line that hwgen writes."""
    start = b'{"stage": "'
    return start.startswith(rest) or rest.startswith(start)


def _result(text: bytes) -> tuple[Fidelity, Point, Figures]:
    """The result on a line. Raises: ValueError, LookupError, TypeError, AttributeError where it is damaged."""
    values = parse_json(text.decode("utf-8"))
    found = fitted(_ResultLine, values)
    if values.keys() - {each.name for each in fields(_ResultLine)}:
        raise ValueError("another key")
    if values.pop("check", None) not in (None, _check(values)):
        raise ValueError("another check")
    return found.stage, point_of(values), figures_of(values)


def _must_belong(path: Path, first: bytes, wanted: Mapping[str, Any]) -> None:
    """Raises: DataError unless `first` is the header `wanted`."""
    try:
        found = parse_json(first.decode("utf-8"))
        differing = [key for key in wanted if found[key] != wanted[key]]
    except (ValueError, LookupError, TypeError) as error:
        raise DataError(str(path), "must be a file that `hwgen explore` wrote", "other content") from error
    if differing:
        key = differing[0]
        must = f"its {key} must be that of this exploration, {wanted[key]}"
        raise DataError(str(path), must, str(found[key]), "Give another file, or the same options")
