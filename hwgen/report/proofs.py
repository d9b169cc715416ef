"""What `hwgen prove` found of a project's units, by module: the claim once, then each set of parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.table import Table

from hwgen.report.console import count, table
from hwgen.report.records import Proved


@dataclass(frozen=True)
class ProofRow:
    """A set of parameters, as far as it is told from others of its module, and what was found of it."""

    parameters: str
    message: str
    verdict: str
    cycles: str
    seconds: str


@dataclass(frozen=True)
class ProofGroup:
    """A module, what is claimed of it, and a row for each set of parameters."""

    module: str
    sentence: str
    rows: tuple[ProofRow, ...]


def tally(found: Proved | None) -> str:
    """A sentence about the last proofs; empty where nothing was proved."""
    if found is None:
        return ""
    counted = Counter(unit.verdict for unit in found.units)
    verdicts = ", ".join(f"{number:,} {verdict}" for verdict, number in counted.items())
    return f"Library modules with their parameters, for all inputs, pauses and time, by {found.tool}: {verdicts}."


def groups(found: Proved | None) -> tuple[ProofGroup, ...]:
    """Modules in the order of the record; none where nothing was proved."""
    if found is None:
        return ()
    everyone = [{"module": unit.module, "parameters": unit.parameters} for unit in found.units]
    pairs = groupby(zip(found.units, everyone, strict=True), key=lambda pair: pair[0].module)
    made = []
    for module, units in pairs:
        listed = list(units)
        rows = tuple(
            ProofRow(
                telling(shown, everyone),
                unit.message,
                unit.verdict,
                "" if unit.cycles is None else f"{unit.cycles:,}",
                f"{unit.seconds:.1f}",
            )
            for unit, shown in listed
        )
        made.append(ProofGroup(module, listed[0][0].sentence, rows))
    return tuple(made)


def proofs_table(report: Mapping[str, Any]) -> Table:
    """One row a unit: a library module with the parameters that tell it from others of its module."""
    units = report["units"]
    rows = [
        [
            unit["module"].removeprefix("hwgen_"), telling(unit, units), unit["verdict"], unit["how"],
            count(unit["cycles"] or 0) if unit["cycles"] else "", f"{unit['seconds']:.1f}",
        ]
        for unit in units
    ]  # fmt: skip
    tally = ", ".join(f"{n} {verdict}" for verdict, n in Counter(unit["verdict"] for unit in units).items())
    headings = ("module", "parameters", "verdict", "by", "cycles", "CPU s")
    kind = f"{report['netlist']} netlists proved" if report["netlist"] else "proved"
    caption = f"{tally}; {sum(unit['seconds'] for unit in units if not unit['cached']):.1f} CPU s"
    return table(headings, rows, texts=4, title=f"{kind} by {report['tool']}", caption=caption)


_MOST_TOLD = 6
"""Parameters of a unit that a row shows."""


def telling(unit: Mapping[str, Any], units: Sequence[Mapping[str, Any]]) -> str:
    """The parameters in which units of a module differ, as many as a row has room for; of one alone, its first."""
    others = [each["parameters"] for each in units if each["module"] == unit["module"]]
    named = unit["parameters"].items()
    told = [(name, value) for name, value in named if any(each.get(name) != value for each in others)] or [*named]
    return ", ".join(f"{name} {value}" for name, value in told[:_MOST_TOLD])
