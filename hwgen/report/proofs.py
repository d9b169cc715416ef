"""The table of what was proved of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from hwgen.report.console import count, table


def proofs_table(report: Mapping[str, Any]) -> Table:
    """One row a unit: a library module with the parameters that tell it from others of its module."""
    units = report["units"]
    rows = [
        [
            unit["module"].removeprefix("hwgen_"), _telling(unit, units), unit["verdict"], unit["how"],
            count(unit["cycles"] or 0) if unit["cycles"] else "", f"{unit['seconds']:.1f}",
        ]
        for unit in units
    ]  # fmt: skip
    tally = ", ".join(f"{n} {verdict}" for verdict, n in Counter(unit["verdict"] for unit in units).items())
    headings = ("module", "parameters", "verdict", "by", "cycles", "CPU s")
    caption = [tally, f"{sum(unit['seconds'] for unit in units if not unit['cached']):.1f} CPU s"]
    for kind in ("streams", "files"):
        right = sum(not each["message"] for each in report[kind])
        caption += [f"{right} of {len(report[kind])} {kind} as the network has them"] if report[kind] else []
    return table(headings, rows, texts=4, title=f"proved by {report['tool']}", caption="; ".join(caption))


_MOST_TOLD = 6
"""Parameters of a unit that a row shows."""


def _telling(unit: Mapping[str, Any], units: Sequence[Mapping[str, Any]]) -> str:
    """The parameters in which units of a module differ, as many as a row has room for; of one alone, its first."""
    others = [each["parameters"] for each in units if each["module"] == unit["module"]]
    named = unit["parameters"].items()
    told = [(name, value) for name, value in named if any(each.get(name) != value for each in others)] or [*named]
    return ", ".join(f"{name} {value}" for name, value in told[:_MOST_TOLD])
