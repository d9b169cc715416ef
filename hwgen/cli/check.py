"""The verb that says what becomes of every node of a file: check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import AsJson, input_options, out, print_json
from hwgen.cli.options import InputOffset, InputScale, InputType
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.frontend.findings import Findings


def check(
    model: Annotated[Path, typer.Argument(help="A QONNX or QDQ file: .onnx or .onnx.gz.", show_default=False)],
    input_type: InputType = None,
    input_scale: InputScale = None,
    input_offset: InputOffset = None,
    as_json: AsJson = False,
) -> None:
    """Say what every node of a file becomes, or why not: all reasons at once. Exit code 1 if something is refused."""
    from hwgen import flow

    received = input_options(input_type, input_scale, input_offset)
    with stage(f"checking {model.name}"):
        findings = flow.check(model, **received)
    if as_json:
        print_json(findings.to_json(), "check")
    else:
        _show(findings)
    if findings.refused:
        raise typer.Exit(1)


def _show(findings: Findings) -> None:
    """Print a line for each node, and what is refused."""
    for finding in findings.nodes:
        if finding.error:
            out.print(f"refused  {finding.error}")
        elif finding.depends_on:
            out.print(f"unknown  {finding.label}: depends on {', '.join(finding.depends_on)}")
        else:
            out.print(f"ok       {finding.label}: {finding.becomes}")
    for error in findings.errors:
        out.print(f"refused  {error}")
    count, refused = len(findings.nodes), findings.refused
    verdict = f"{refused} reason{'s' if refused > 1 else ''} to refuse it" if refused else "it can be built"
    out.print(f"{findings.name}: {count} nodes, {verdict}")
