"""Reports held against their schemas, which must name every key."""

from __future__ import annotations

from functools import cache
from typing import Any

import fastjsonschema

from hwgen.cli.schemas import MAPS, schema
from hwgen.config import report_format


def conforms(printed: Any, name: str) -> None:
    """What a verb printed is a report `name`."""
    if isinstance(printed, dict) and name not in MAPS:
        assert printed["format"] == report_format(name)
    _validator(name)(printed)


def conforms_bare(report: dict[str, Any], name: str) -> None:
    """The same of a report before it is printed."""
    conforms({"format": report_format(name), **report}, name)


@cache
def _validator(name: str) -> Any:
    return fastjsonschema.compile(_closed(schema(name)))


def _closed(part: Any) -> Any:
    """A schema that allows no key that it does not name."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(each) for key, each in part.items()}
    return closed | ({"additionalProperties": False} if isinstance(part.get("properties"), dict) else {})
