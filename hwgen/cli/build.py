"""Verbs that make a project and say what it will do: build, estimate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import (
    AsJson,
    InputInterval,
    ProjectFolder,
    base_settings,
    input_options,
    mind,
    out,
    print_json,
    show_warnings,
    warn,
)
from hwgen.cli.options import DesignOptions, InputOffset, InputScale, InputType, takes_design
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.config import Settings
    from hwgen.flow import Accelerator, Devices
    from hwgen.hw.design import Design
    from hwgen.ir.graph import Graph


@takes_design
def build(
    model: Annotated[Path, typer.Argument(help="A QONNX file: .onnx or .onnx.gz.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the project.", show_default=False)],
    design: DesignOptions,
    input_type: InputType = None,
    input_scale: InputScale = None,
    input_offset: InputOffset = None,
    as_json: AsJson = False,
) -> None:
    """Turn a QONNX network into an HLS C++ project and a SystemVerilog project."""
    from hwgen import flow
    from hwgen.frontend.model_file import stem

    base = base_settings(design.settings)
    chosen = base.overridden(design.given(base.memory))
    received = input_options(input_type, input_scale, input_offset)
    with stage(f"building {model.name}"):
        graph = flow.load(model, name=design.name, **received)
        built = compiled(graph, chosen, design).write(output)
    say_renamed(design.name or stem(model), graph.name)
    show_built(built, as_json)


def compiled(graph: Graph, chosen: Settings, design: DesignOptions) -> Accelerator | Devices:
    """An imported network for one device, or cut for several. Prints the cuts that were compared, if any."""
    from hwgen import flow

    if not design.cut:
        return flow.compile_with(graph, chosen)
    from hwgen.cli.devices import cuts_and_parts

    return flow.compile_devices(graph, *cuts_and_parts(graph, chosen, design), chosen)


def show_built(built: Accelerator | Devices, as_json: bool) -> None:
    """Print what was built, and for which parts."""
    from hwgen import flow

    if isinstance(built, flow.Devices):
        from hwgen.cli.devices import show_devices

        for each in built.parts:
            say_part(each.design)
        show_devices(built, as_json)
        return
    say_part(built.design)
    show_estimate(built, as_json)


def estimate(
    project: ProjectFolder,
    input_interval: InputInterval = 0,
    cuts: Annotated[bool, typer.Option("--cuts", help="Where the network can be cut for two devices.")] = False,
    part: Annotated[
        str | None,
        typer.Option(
            "--part",
            help="With --cuts: the FPGA of both devices, or of each, with a comma.",
            show_default="the project's",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Exact interval and latency, rates at the clock, and what each layer takes."""
    from hwgen import flow
    from hwgen.cli.devices import show_cuts, show_devices

    if cuts or part:
        show_cuts(flow.open_project(project), part, as_json, asked=cuts)
    elif flow.is_cut(project):
        show_devices(flow.open_devices(project), as_json, input_interval)
    else:
        show_estimate(flow.open_project(project), as_json, input_interval)


def say_renamed(given: str, name: str) -> None:
    """Print on standard error that a design got another name than the one `given`."""
    from hwgen.ir.names import renamed

    if renamed(given):
        why = f"{given!a} is too long, no identifier, or a name that something else has"
        mind(f"Mind: the design is called {name}: {why}.")


def say_part(design: Design) -> None:
    """Print on standard error where the files name a part that the user did not."""
    from hwgen.hw.device import part_of

    part = part_of(design.part)
    if part.stood_in and not design.writable:  # those have no HLS project
        warn([f"Vitis HLS does not know {part.name}: the HLS project is for C simulation, and names {part.vitis}"])
    if part.completed:
        mind(f"Mind: {part.chosen} names no package and speed grade: the files name {part.name}, the default.")


def show_estimate(accelerator: Accelerator, as_json: bool, input_interval: int = 0) -> None:
    """Print what an accelerator will do."""
    report = accelerator.estimate(input_interval)
    if as_json:
        print_json(report.to_json(), "estimate")
        return
    from hwgen.report.tables import estimate_table

    out.print(estimate_table(report))
    show_warnings(report.warnings)
