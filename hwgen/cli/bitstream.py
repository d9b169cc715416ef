"""The verbs of the open flow: bitstream, boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import (
    AsJson,
    Binarize,
    Images,
    Key,
    LayoutName,
    LayoutOption,
    Project,
    Real,
    err,
    out,
    print_json,
    working,
)
from hwgen.cli.prove import read_codes

if TYPE_CHECKING:
    from hwgen.report.bitstream import BitstreamReport


def bitstream(
    project: Project,
    board: Annotated[str, typer.Option(help="The board; `hwgen boards` lists them.", show_default=False)],
    clock_mhz: Annotated[
        float | None, typer.Option(min=1, help="The accelerator's clock.", show_default="the board's oscillator")
    ] = None,
    baud: Annotated[
        int | None, typer.Option(min=1, help="Bits a second of the serial line.", show_default="the board's")
    ] = None,
    verify: Annotated[int, typer.Option(min=0, help="Simulate the netlist on N frames and compare with golden.")] = 0,
    images: Images = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = False,
    layout: LayoutOption = LayoutName.nhwc,
    strict_timing: Annotated[
        bool, typer.Option("--strict-timing", help="Exit with 1 where the clock is not met.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Synthesise, place and route a project for a board with open tools, down to its bitstream.

    It goes to PROJECT/bitstream/BOARD. --verify takes frames from --images, or random ones.
    """
    from hwgen import flow

    accelerator = flow.open_project(project)
    frames = read_codes(accelerator, images, verify, key, binarize_at, real, layout, 0) if verify else None
    with working(f"making the bitstream for {board}"):
        report = flow.bitstream(accelerator, board, clock_mhz=clock_mhz, baud=baud, frames=frames)
    _show(report, project, as_json)
    wrong = report.check.mismatches if report.check else ()
    for mismatch in wrong:
        err.print(f"mismatch: {mismatch}", style="red", markup=False)
    placed = report.placement
    if not placed.meets_timing:
        late = f"timing: {placed.fmax_mhz:g} MHz reached, {placed.clock_mhz:g} MHz needed"
        err.print(f"{late}: a folding of fewer lanes has shorter paths", style="yellow", markup=False)
    if wrong or (strict_timing and not placed.meets_timing):
        raise typer.Exit(1)


def _show(report: BitstreamReport, project: Path, as_json: bool) -> None:
    """Print what came out."""
    from hwgen.report.tables import bitstream_lines, bitstream_table

    found = report.to_json()
    if as_json:
        print_json(found)
        return
    out.print(bitstream_table(found))
    where = f"{project}/bitstream/{report.board.name}/{report.file}"
    out.print("\n".join([*bitstream_lines(found), where]), markup=False, highlight=False, soft_wrap=True)


def boards(as_json: AsJson = False) -> None:
    """The boards that `bitstream` knows."""
    from hwgen.backends.board import BOARDS
    from hwgen.report.tables import boards_table

    if as_json:
        print_json(
            [{"name": b.name, "fpga": b.chip.name, "clock_mhz": b.oscillator_mhz, "baud": b.baud} for b in BOARDS]
        )
        return
    out.print(boards_table(BOARDS))
