"""The verbs about reports: report, which shows a project on a page, and schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.common import AsJson, ProjectFolder, out, print_json
from hwgen.errors import ConfigError
from hwgen.verify.progress import stage


def report(
    project: ProjectFolder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The page.", show_default="report.html in the project")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write one HTML page with the dataflow graph, cycles, resources, roofline and the runs recorded so far.

    With --json print what the page shows, and write none.
    """
    from hwgen.flow.report import report_json, write_report

    if as_json:
        if output is not None:
            raise ConfigError("--json", "must be without --output: it writes no page", str(output), "Leave one out")
        print_json(report_json(project), "report")
        return

    with stage(f"writing the report of {project}"):
        path = write_report(project, output)
    out.print(str(path))


def schema(
    name: Annotated[str | None, typer.Argument(help="A report; all are listed without.", show_default=False)] = None,
) -> None:
    """The JSON Schema of what a verb prints with --json; a report that is an object names it under `format`."""
    from hwgen.cli import schemas

    if name is None:
        out.print("\n".join(f"{each}: {schemas.schema(each)['title']}" for each in schemas.names()))
    else:
        sys.stdout.write(json.dumps(schemas.schema(name), indent=2) + "\n")
