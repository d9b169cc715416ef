"""The verb that synthesises a project: synth."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.common import AsJson, ProjectFolder, out, print_json
from hwgen.verify.progress import stage


class ToolName(StrEnum):
    """The tool that synthesises."""

    yosys = "yosys"


class FamilyName(StrEnum):
    """What Yosys synthesises for; UltraScale+ has the LUTs of xc7."""

    xc7 = "xc7"
    ecp5 = "ecp5"


def synth(
    project: ProjectFolder,
    tool: Annotated[ToolName, typer.Option(help="Who synthesises.")] = ToolName.yosys,
    family: Annotated[FamilyName | None, typer.Option(help="FPGA family.", show_default="the part's")] = None,
    unit: Annotated[str | None, typer.Option(help="Synthesise one unit alone.", show_default=False)] = None,
    work: Annotated[Path | None, typer.Option(help="Keep sources and logs here.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Synthesise the SystemVerilog project: what each unit really takes, beside the cost model."""
    from hwgen import flow

    accelerator = flow.open_project(project)
    with stage(f"synthesising with {tool.value}"):
        report = accelerator.synthesise(family.value if family else None, unit=unit, work=work)
    if unit is None:
        accelerator.record("synth.json", report.to_json())
    if as_json:
        print_json(report.to_json(), "synth")
        return
    from hwgen.report.tables import synthesis_table

    out.print(synthesis_table(report))
