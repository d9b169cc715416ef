"""The verb that shows a project on a page: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.common import ProjectFolder, out, working


def report(
    project: ProjectFolder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The page.", show_default="report.html in the project")
    ] = None,
) -> None:
    """Write one HTML page with the dataflow graph, cycles, resources, roofline and the runs recorded so far."""
    from hwgen.flow.report import write_report

    with working(f"writing the report of {project}"):
        path = write_report(project, output)
    out.print(str(path))
