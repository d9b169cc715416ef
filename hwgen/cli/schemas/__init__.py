"""JSON Schemas (draft 7) of what verbs print with `--json`: a file for each report, and one of the parts they share.

Keys are added to a report, never renamed or given another meaning; a report that breaks with that gets a new version.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from hwgen.errors import ConfigError

MAPS = frozenset({"simulate-devices"})
"""Reports that are reports by name: a key of their own would look like one more."""

_FOLDER = Path(__file__).parent
_PARTS = "definitions"
_REFERENCE = re.compile(rf'"#/{_PARTS}/(\w+)"')


@cache
def names() -> tuple[str, ...]:
    """All reports."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json") if path.stem != _PARTS))


def schema(name: str) -> dict[str, Any]:
    """The schema of a report, with the parts that it refers to. Raises: ConfigError."""
    if name not in names():
        raise ConfigError("schema", f"must be one of {', '.join(names())}", repr(name))
    found = _read(name)
    parts, used = _read(_PARTS), set[str]()
    todo = _references(found)
    while todo:
        used |= todo
        todo = {each for part in todo for each in _references(parts[part])} - used
    return found | ({_PARTS: {each: parts[each] for each in sorted(used)}} if used else {})


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _references(part: dict[str, Any]) -> set[str]:
    """The names of the parts that one refers to."""
    return set(_REFERENCE.findall(json.dumps(part)))
