"""The runs that a project remembers, as far as they were made of its present design."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from hwgen.errors import DataError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.proving import sources_digest
from hwgen.report.records import Records, evaluated, proved, simulated, synthesised
from hwgen.report.vitis import parse
from hwgen.stored import fitted, read_json
from hwgen.verify.formal import read_sources

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def records(accelerator: Accelerator) -> Records:
    """What `hwgen simulate`, `evaluate`, `synth` and `hls` found of this very design, and `prove` of its files.

    Raises:
        DataError: a record cannot be read.
    """
    return Records(
        _read(accelerator, "simulate", simulated),
        _read(accelerator, "evaluate", evaluated),
        _read(accelerator, "synth", synthesised),
        _read(accelerator, "hls", parse),
        _read(accelerator, "prove", proved, _files),
    )


def _design(accelerator: Accelerator) -> dict[str, str]:
    """Entries of a record of this very design."""
    return accelerator.identity


def _files(accelerator: Accelerator) -> dict[str, str]:
    """Entries of a record of the project's SystemVerilog as its files have it. Raises: DataError."""
    assert accelerator.project is not None, "a record belongs to a project"
    return {"sources": sources_digest(read_sources(accelerator.project / "rtl", accelerator.design.name))}


def _read(
    accelerator: Accelerator,
    verb: str,
    read: Callable[[Mapping[str, Any]], Record],
    identity: Callable[[Accelerator], dict[str, str]] = _design,
) -> Record | None:
    """The record of `verb`; None where there is none, or one of another `identity`."""
    if accelerator.project is None:
        return None
    path = accelerator.project / f"{verb}.json"
    try:
        values = read_json(path)
        own = identity(accelerator)
        if {key: values.get(key) for key in own} != own:
            return None
        found = read(values)
        return fitted(type(found), asdict(found))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        what = f"{type(error).__name__}: {error}"
        raise DataError(str(path), f"must be a report of `hwgen {verb}`", what, f"Run `hwgen {verb}` again") from error
