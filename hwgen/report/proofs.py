"""What `hwgen prove` found of a project's units, by module: the claim once, then each set of parameters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from hwgen.report.records import Proved
from hwgen.report.tables import telling


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
