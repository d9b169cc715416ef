"""`report.html` of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hwgen.flow.compare import roofline_of
from hwgen.flow.opening import open_project
from hwgen.flow.project import write_in, write_whole
from hwgen.flow.records import records
from hwgen.report.page import as_json, html

PAGE = "report.html"


def write_report(project: Path, output: Path | None = None) -> Path:
    """Write the page of a project, into the project unless `output` says where. Returns its path.

    Raises:
        DataError: the folder is not a project, or a record in it cannot be read.
        OutputError: the page cannot be written.
    """
    opened = open_project(project)
    page = html(opened.design, opened.estimate(), records(opened), roofline_of(opened))
    if output is not None:
        write_whole(output, page)
        return output
    write_in(project, PAGE, page)
    return project / PAGE


def report_json(project: Path) -> dict[str, Any]:
    """What the page of a project shows, as plain JSON values. Raises: DataError, as `write_report`."""
    opened = open_project(project)
    return as_json(opened.design, opened.estimate(), records(opened), roofline_of(opened))
