"""Verbs that make a project and say what it will do: build, estimate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import AsJson, FifoDepths, InputInterval, Project, numbers, out, print_json, working

if TYPE_CHECKING:
    from hwgen.flow import Accelerator


def build(
    model: Annotated[Path, typer.Argument(help="A QONNX file: .onnx or .onnx.gz.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the project.", show_default=False)],
    part: Annotated[str | None, typer.Option(help="Target FPGA.", show_default="xc7z020clg400-1")] = None,
    clock_mhz: Annotated[float | None, typer.Option(help="Clock in MHz.", show_default="200")] = None,
    folding: Annotated[
        Path | None, typer.Option(help='JSON: {"fc0": {"pe": 16, "simd": 49}, ...}', show_default=False)
    ] = None,
    target_interval: Annotated[
        int | None, typer.Option(help="Cycles a frame may take in layers left unfolded.", show_default="1024")
    ] = None,
    input_type: Annotated[
        str | None, typer.Option(help="What the hardware receives: bipolar, intN, uintN.", show_default=False)
    ] = None,
    input_scale: Annotated[
        str | None, typer.Option(help="x = scale * code + offset; one number, or one per channel.", show_default="1")
    ] = None,
    input_offset: Annotated[str | None, typer.Option(help="See --input-scale.", show_default="0")] = None,
    top1: Annotated[bool | None, typer.Option("--top1", help="Add a top-1 unit: the class leaves, not scores.")] = None,
    fifos: Annotated[
        FifoDepths | None,
        typer.Option(
            help="The fewest beats that keep the interval, or all that the memory holds.", show_default="minimal"
        ),
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A TOML file of settings.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Name of the design.", show_default="the file's")] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a QONNX network into an HLS C++ project and a SystemVerilog project."""
    from hwgen import config, flow

    wishes = config.read_folding(folding) if folding else None
    given = {"part": part, "clock_mhz": clock_mhz, "folding": wishes, "target_interval": target_interval, "top1": top1}
    given["fifos"] = fifos and fifos.value
    chosen = config.read_settings(settings) if settings else config.settings()
    merged = {**chosen.model_dump(), **{key: value for key, value in given.items() if value is not None}}
    with working(f"building {model.name}"):
        graph = flow.load(
            model,
            name=name,
            input_type=input_type,
            input_scale=numbers("--input-scale", input_scale),
            input_offset=numbers("--input-offset", input_offset),
        )
        accelerator = flow.compile(graph, **merged).write(output)
    _show_estimate(accelerator, as_json)


def estimate(project: Project, input_interval: InputInterval = 0, as_json: AsJson = False) -> None:
    """Exact interval and latency, rates at the clock, and what each layer takes."""
    from hwgen import flow

    _show_estimate(flow.open_project(project), as_json, input_interval)


def _show_estimate(accelerator: Accelerator, as_json: bool, pace: int = 0) -> None:
    report = accelerator.estimate(pace)
    if as_json:
        print_json(report.to_json())
        return
    from hwgen.report.tables import estimate_table

    out.print(estimate_table(report))
