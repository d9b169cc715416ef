"""The runs that a project remembers, as far as they were made of its present design."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hwgen.errors import DataError
from hwgen.flow.accelerator import Accelerator
from hwgen.report.records import Records, evaluated, simulated, synthesised
from hwgen.report.vitis import parse

Run = TypeVar("Run")


def records(accelerator: Accelerator) -> Records:
    """What `hwgen simulate`, `evaluate`, `synth` and `hls` found of this very design.

    Raises:
        DataError: a record cannot be read.
    """
    return Records(
        _read(accelerator, "simulate", simulated),
        _read(accelerator, "evaluate", evaluated),
        _read(accelerator, "synth", synthesised),
        _read(accelerator, "hls", parse),
    )


def _read(accelerator: Accelerator, verb: str, read: Callable[[Mapping[str, Any]], Run]) -> Run | None:
    """The record of `verb`; None where there is none, or one of another design."""
    if accelerator.project is None:
        return None
    path = accelerator.project / f"{verb}.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return read(values) if values.get("digest") == accelerator.design.digest else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        found = f"{type(error).__name__}: {error}"
        raise DataError(str(path), f"must be a report of `hwgen {verb}`", found, f"Run `hwgen {verb}` again") from error
