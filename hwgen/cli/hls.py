"""The verb about the HLS project: hls."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import AsJson, ProjectFolder, err, mind, out, print_json
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.flow import Accelerator


class StepName(StrEnum):
    """What Vitis HLS does: simulate the C++, synthesise it, simulate its RTL, package an IP."""

    csim = "csim"
    csynth = "csynth"
    cosim = "cosim"
    export = "export"


RunOption = Annotated[StepName | None, typer.Option(help="Run a step of an installed Vitis HLS.", show_default=False)]


def hls(
    project: ProjectFolder,
    run: RunOption = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Check the C++ without Vitis: warnings, pragmas, distances, the portable subset, timing."
        ),
    ] = False,
    layer: Annotated[str | None, typer.Option(help="Write the project of one layer alone.", show_default=False)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where to.", show_default=False)] = None,
    work: Annotated[Path | None, typer.Option(help="Keep the logs of --check here.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Take the HLS project through Vitis HLS, and show what it reports beside the estimate; what differs is named."""
    from hwgen import flow
    from hwgen.errors import ConfigError
    from hwgen.flow.hls import run_hls, write_layer

    accelerator = flow.open_project(project)
    if (layer is None) != (output is None):
        raise ConfigError("--layer", "must come with --output", str(layer or output))
    if layer is not None and output is not None:
        write_layer(accelerator, layer, output)
        return
    if check:
        _check(accelerator, work, as_json)
        return
    if run is not None:
        with stage(f"running {run.value} of Vitis HLS"):
            log = run_hls(accelerator, run.value)
        if run in (StepName.csim, StepName.export):
            out.print(f"{run.value} passed: see {log}")
            return
    _show(accelerator, as_json)


def _check(accelerator: Accelerator, work: Path | None, as_json: bool) -> None:
    """Print what the checks say; exit code 1 where they found something."""
    from hwgen.flow.hls import check_hls

    with stage("checking the C++"):
        found = check_hls(accelerator, work)
    if as_json:
        print_json(found.to_json(), "hls-check")
    else:
        for recurrence in found.recurrences:
            out.print(str(recurrence))
        without = f"; not installed: {', '.join(found.missing)}" if found.missing else ""
        out.print(f"{found.pragmas} pragmas; no warning of {', '.join(found.compilers) or 'none'}{without}")
    for warning in found.warnings:
        mind(warning, "yellow")
    for finding in found.findings:
        err.print(finding, style="red")
    if not found.passed:
        raise typer.Exit(1)


def _show(accelerator: Accelerator, as_json: bool) -> None:
    """Print the reports; exit code 1 where the model rules one out, or the tool's own cosimulation failed."""
    from hwgen.flow.hls import compare_hls, read_hls
    from hwgen.flow.records import records
    from hwgen.report.hls import NEVER, table

    found = read_hls(accelerator)
    differs = compare_hls(accelerator, found)
    if as_json:
        shown = found.to_json() if found else {"synthesis": None, "cosimulation": None}
        print_json({**shown, "findings": list(differs.findings), "warnings": list(differs.warnings)}, "hls")
    elif found:
        out.print(table(accelerator.estimate(), records(accelerator)))
    else:
        out.print(NEVER)
    for warning in differs.warnings:
        mind(warning, "yellow")
    for finding in differs.findings:
        err.print(finding, style="red")
    failed = found is not None and found.cosimulation is not None and not found.cosimulation.passed
    if found and found.cosimulation and failed:
        err.print(f"cosimulation: {found.cosimulation.status}", style="red")
    if failed or differs.findings:
        raise typer.Exit(1)
