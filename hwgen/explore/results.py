"""The file of an exploration's results: JSON lines, a header first, then one for each point as it comes.

{"hwgen": "0.1.0", "network": "cnv", "digest": "...", "part": "xc7z020", "clock_mhz": 200.0, "seed": 0, ...}
{"stage": "search", "folding": {"conv0": [16, 3], ...}, "memory": {"conv1": "block"}, "interval": 32400, ...}
{"stage": "cycles", "folding": {"conv0": [16, 3], ...}, ..., "latency": 107234}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

from hwgen.config import VERSION
from hwgen.errors import DataError
from hwgen.explore.evaluate import Stage
from hwgen.explore.point import Figures, Point, figures_of, point_of
from hwgen.hw.solver import Problem
from hwgen.hw.timing import Pipeline
from hwgen.ir.text import digest

Known = dict[tuple[Stage, Point], Figures]
"""Figures by stage and point."""


def header(problem: Problem, seed: int) -> dict[str, Any]:
    """What must be equal for results to belong together."""
    return {
        "hwgen": VERSION,
        "network": problem.graph.name,
        "digest": digest(problem.graph),
        "part": problem.part,
        "clock_mhz": problem.clock_mhz,
        "seed": seed,
        "folding": {name: wish.model_dump() for name, wish in sorted(problem.wishes.items())},
        **{each.name: _plain(getattr(problem.choices, each.name)) for each in fields(problem.choices)},
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
        case Pipeline():
            return {each.name: _plain(getattr(choice, each.name)) for each in fields(choice)}
        case _:
            return choice


def line(stage: Stage, point: Point, figures: Figures) -> str:
    """One line of the file."""
    return json.dumps({"stage": stage.value, **point.to_json(), **figures.to_json()}) + "\n"


def read_results(path: Path, wanted: Mapping[str, Any]) -> tuple[Known, int]:
    """The results in `path` and the bytes that they take; a last line that was cut short is left out.

    Raises:
        DataError: the file cannot be read, is something else, or its header is not `wanted`.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise DataError(str(path), "must be a readable file of results", str(error), "Check the path") from error
    if lines and not lines[-1].endswith(b"\n"):
        del lines[-1]
    if not lines:
        return {}, 0
    _must_belong(path, lines[0], wanted)
    known: Known = {}
    for number, text in enumerate(lines[1:], start=2):
        try:
            values = json.loads(text)
            known[Stage(values["stage"]), point_of(values)] = figures_of(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}, line {number}", "must be a result", str(error), "Start a new file") from error
    return known, sum(map(len, lines))


def _must_belong(path: Path, first: bytes, wanted: Mapping[str, Any]) -> None:
    """Raises: DataError unless `first` is the header `wanted`."""
    try:
        found = json.loads(first)
        differing = [key for key in wanted if found[key] != wanted[key]]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), "must be a file that `hwgen explore` wrote", "other content") from error
    if differing:
        key = differing[0]
        must = f"its {key} must be that of this exploration, {wanted[key]}"
        raise DataError(str(path), must, str(found[key]), "Give another file, or the same options")
