"""JSON Schemas (draft 7) of what verbs print with `--json`: a file for each report.

Keys are added to a report, never renamed or given another meaning; a report that breaks with that gets a new version.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from hwgen.errors import ConfigError

MAPS = frozenset({"simulate-devices"})
"""Reports that are reports by name: a key of their own would look like one more."""

_FOLDER = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    """All reports."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


def schema(name: str) -> dict[str, Any]:
    """The schema of a report. Raises: ConfigError."""
    if name not in names():
        raise ConfigError("schema", f"must be one of {', '.join(names())}", repr(name))
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found
