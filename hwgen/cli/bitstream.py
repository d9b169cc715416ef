"""The verbs of the open flow: bitstream, program, boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.build import say_renamed
from hwgen.cli.common import (
    AsJson,
    Binarize,
    Images,
    Key,
    LayoutName,
    LayoutOption,
    ProjectFolder,
    Real,
    base_settings,
    err,
    input_options,
    mind,
    out,
    print_json,
    refuse_for_project,
    warn,
)
from hwgen.cli.frames import read_codes
from hwgen.cli.options import InputOffset, InputScale, InputType, SettingsFile
from hwgen.errors import ConfigError, MismatchError
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.flow import Accelerator
    from hwgen.report.bitstream import BitstreamReport


Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder for the project of a QONNX file.", show_default=False)
]
BoardName = Annotated[
    str, typer.Option(help="The board (`hwgen boards` lists them), or FILE.toml with one.", show_default=False)
]
BoardClock = Annotated[
    float | None, typer.Option(min=1, max=2000, help="The accelerator's clock.", show_default="the board's oscillator")
]
Baud = Annotated[int | None, typer.Option(min=1, help="Bits a second of the serial line.", show_default="the board's")]
StrictTiming = Annotated[bool, typer.Option("--strict-timing", help="Exit with 1 where the clock is not met.")]


def bitstream(
    network: Annotated[Path, typer.Argument(help="A folder from `hwgen build`, or a QONNX file.", show_default=False)],
    board: BoardName,
    output: Output = None,
    settings: SettingsFile = None,
    input_type: InputType = None,
    input_scale: InputScale = None,
    input_offset: InputOffset = None,
    clock_mhz: BoardClock = None,
    baud: Baud = None,
    verify: Annotated[int, typer.Option(min=0, help="Simulate the netlist on N frames and compare with golden.")] = 0,
    prove: Annotated[bool, typer.Option("--prove", help="Prove each unit's netlist equal to its module.")] = False,
    images: Images = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = None,
    layout: LayoutOption = LayoutName.nhwc,
    strict_timing: StrictTiming = False,
    as_json: AsJson = False,
) -> None:
    """Synthesise, place and route a network for a board with open tools, down to its bitstream.

    A QONNX file is built first, for the board's part and clock. The bitstream goes to bitstream/BOARD in the project.
    --verify takes frames from --images, or random ones; --prove takes each unit's netlist before all become one.
    """
    from hwgen import flow

    given = {"input_type": input_type, "input_scale": input_scale, "input_offset": input_offset}
    with stage(f"building {network.name}"):
        accelerator = _accelerator(network, {**given, "output": output, "settings": settings}, board, clock_mhz)
    warn(flow.too_large_for(accelerator, board))
    inputs = accelerator.graph.inputs
    frames = read_codes(inputs, images, verify, key, binarize_at, real, layout).codes if verify else None
    with stage(f"making the bitstream for {board}"):
        report = flow.bitstream(accelerator, board, clock_mhz=clock_mhz, baud=baud, frames=frames, prove=prove)
    _show(report, accelerator, as_json)
    if _wrong(report):
        raise typer.Exit(MismatchError.exit_code)
    if not report.is_proved or (strict_timing and not report.placement.meets_timing):
        raise typer.Exit(1)


def _accelerator(network: Path, given: dict[str, Any], board: str, clock_mhz: float | None) -> Accelerator:
    """The project in a folder, or that of a QONNX file, built for `board` with the options `given`."""
    from hwgen import flow
    from hwgen.backends.board import board_of
    from hwgen.frontend.model_file import stem

    if network.is_dir():
        refuse_for_project(network, given)
        return flow.open_project(network)
    if given["output"] is None:
        raise ConfigError("--output", "must name a folder for the project of a QONNX file", "none", "Add -o out")
    target = board_of(board)
    chosen = base_settings(given["settings"]).overridden(
        {"part": target.chip.part, "clock_mhz": clock_mhz or target.oscillator_mhz}
    )
    received = input_options(given["input_type"], given["input_scale"], given["input_offset"])
    graph = flow.load(network, **received)
    say_renamed(stem(network), graph.name)
    return flow.compile_with(graph, chosen).write(given["output"])


def _wrong(report: BitstreamReport) -> bool:
    """Whether the netlist differs from golden or from a module; says so, and whether the clock is missed."""
    found = report.check.mismatches if report.check else ()
    for mismatch in found:
        err.print(f"mismatch: {mismatch}", style="red")
    refuted = [proof for proof in report.proofs if proof.verdict == "refuted"]
    for proof in report.proofs:
        if proof.message:
            err.print(f"{proof.verdict}: {proof.message}", style="yellow" if proof.passed else "red")
    placed = report.placement
    if not placed.meets_timing:
        late = f"timing: {placed.fmax_mhz:g} MHz reached, {placed.clock_mhz:g} MHz needed"
        mind(f"{late}: a folding of fewer lanes has shorter paths", "yellow")
    return bool(found or refuted)


def _show(report: BitstreamReport, accelerator: Accelerator, as_json: bool) -> None:
    """Print what came out."""
    from hwgen.report.tables import bitstream_lines, bitstream_table

    found = report.to_json()
    if as_json:
        print_json(found, "bitstream")
        return
    out.print(bitstream_table(found))
    where = f"{accelerator.project}/bitstream/{report.board.name}/{report.file}"
    out.print("\n".join([*bitstream_lines(found), where]))


def program(
    project: ProjectFolder,
    board: Annotated[str | None, typer.Option(help="The board.", show_default="that of the only bitstream")] = None,
    flash: Annotated[bool, typer.Option("--flash", help="To its flash memory, where it stays without power.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load a project's bitstream onto its board by USB, with openFPGALoader."""
    from hwgen import flow

    loaded = flow.program(flow.open_project(project), board, flash=flash)
    if as_json:
        print_json(loaded.to_json(), "program")
        return
    out.print(f"{loaded.bitstream} is {'in the flash memory of' if flash else 'on'} {loaded.board}")


def boards(as_json: AsJson = False) -> None:
    """The boards that `bitstream` knows."""
    from hwgen.backends.board import BOARDS
    from hwgen.report.tables import boards_table

    if as_json:
        found = [
            {
                "name": board.name,
                "family": board.chip.family.value,
                "fpga": board.chip.name,
                "clock_mhz": board.oscillator_mhz,
                "baud": board.baud,
            }
            for board in BOARDS
        ]
        print_json(found, "boards")
        return
    out.print(boards_table(BOARDS))
