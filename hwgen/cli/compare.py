"""Verbs that hold designs side by side: compare, roofline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hwgen.cli.common import AsJson, out, print_json, warn
from hwgen.verify.progress import stage

Plot = Annotated[Path | None, typer.Option(help="Also draw it: .svg, .png or .pdf.", show_default=False)]
Part = Annotated[str | None, typer.Option(help="Another part or board for all.", show_default="each project's")]


def compare(
    projects: Annotated[
        list[Path] | None, typer.Argument(help="Folders that `hwgen build` wrote.", show_default=False)
    ] = None,
    folding: Annotated[
        list[Path] | None,
        typer.Option(help="A folding file for the one project's network; may be repeated.", show_default=False),
    ] = None,
    published: Annotated[
        list[Path] | None,
        typer.Option(help="A TOML file of published figures, [[design]] each; may be repeated.", show_default=False),
    ] = None,
    part: Part = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Another clock for all, in MHz.", show_default="each project's")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write it as CSV.", show_default=False)] = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Designs, foldings and published figures side by side, every figure with where it comes from."""
    from hwgen.flow.compare import compare as compared
    from hwgen.flow.compare import draw, write_csv

    with stage("comparing"):
        entries = compared(projects or (), folding or (), published or (), part=part, clock_mhz=clock_mhz)
    for entry in entries:
        warn(f"{entry.name}: {line}" for line in entry.warnings)
    if csv:
        write_csv(entries, csv)
    if plot:
        draw(entries, plot)
    if as_json:
        print_json([entry.to_json() for entry in entries], "compare")
        return
    from hwgen.report.tables import comparison_tables

    out.print(*comparison_tables(entries, out.width), sep="\n")


def roofline(
    projects: Annotated[list[Path], typer.Argument(help="Folders that `hwgen build` wrote.", show_default=False)],
    part: Part = None,
    bandwidth: Annotated[
        float | None,
        typer.Option(min=0.001, help="GB/s that the board brings to the chip.", show_default="the input stream's"),
    ] = None,
    plot: Plot = None,
    as_json: AsJson = False,
) -> None:
    """Attainable against achieved binary operations a second on a part."""
    from hwgen.flow.compare import rooflines

    with stage("computing rooflines"):
        found = rooflines(projects, part=part, bandwidth_gbs=bandwidth)
    if plot:
        from hwgen.report.plots import roofline_plot

        roofline_plot(found, plot)
    if as_json:
        print_json([each.to_json() for each in found], "roofline")
        return
    from hwgen.report.tables import roofline_table

    out.print(roofline_table(found))
