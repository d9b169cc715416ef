"""The verb that proves the units of a project: prove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import AsJson, ProjectFolder, bar, err, out, print_json
from hwgen.errors import MismatchError

if TYPE_CHECKING:
    from hwgen.flow import Proofs


def prove(
    project: ProjectFolder,
    unit: Annotated[
        str | None, typer.Option(help="Prove one unit alone: a module or an instance.", show_default=False)
    ] = None,
    budget: Annotated[float, typer.Option(min=1, max=86400, help="CPU seconds for each unit.")] = 60,
    netlist: Annotated[
        str | None,
        typer.Option(help="Prove the modules' netlists equal to them: ecp5 or xc7.", show_default="the modules"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove the SystemVerilog library modules of a project, for all inputs, stalls and time.

    Each module with the parameters that the project gives it is proved as the project's own files have it, memories
    free: any weights, any thresholds. A unit is proved, bounded (nothing wrong for so many cycles), refuted (with a
    waveform) or none; the exit code is 0 if all are proved or bounded. Verdicts are kept in the cache. With --netlist
    the netlist that Yosys makes of each unit by itself is proved to do in every cycle what its module does.
    """
    from hwgen import flow

    with bar("proving") as progress:
        found = flow.prove(project, unit=unit, budget_s=budget, netlist=netlist, progress=progress)
    if as_json:
        print_json(found.to_json(), "prove")
    else:
        from hwgen.report.proofs import proofs_table

        out.print(proofs_table(found.to_json()))
    _show_failures(found)
    if not found.passed:
        refuted = any(each.verdict == "refuted" for each in found.units)
        raise typer.Exit(MismatchError.exit_code if refuted else 1)


def _show_failures(found: Proofs) -> None:
    """Print on standard error, a line each, what is not proved."""
    for place, unit in enumerate(found.units):
        if unit.message:
            file = f" See {found.waveforms[place]}." if place in found.waveforms else ""
            err.print(f"{unit.verdict}: {unit.message}{file}", style="yellow" if unit.passed else "red")
