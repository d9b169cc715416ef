"""`hwgen simulate-layers`: every layer of a project alone, by any workers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hwgen.cli.common import (
    AsJson,
    Binarize,
    Images,
    InputInterval,
    Key,
    LayoutName,
    LayoutOption,
    ProjectFolder,
    Real,
    Stall,
    err,
    kept,
    out,
    print_json,
    stalls_of,
)
from hwgen.cli.frames import read_codes
from hwgen.cli.options import Dask, WorkerCount
from hwgen.errors import MismatchError
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.flow import LayerReports

_FRAMES = 2
"""Random frames: with two there is an interval between them."""


class LayerBackend(StrEnum):
    """The back end that computes a layer."""

    rtl = "rtl"
    csim = "csim"
    dpi = "dpi"


BackendOption = Annotated[LayerBackend, typer.Option("--backend", help="RTL, HLS C simulation, the HLS C++ by DPI-C.")]
FramesOption = Annotated[int | None, typer.Option("--frames", min=1, help="Use the first N frames.", show_default="2")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Leave out layers that passed before on the same frames, of the same design."),
]


def simulate_layers(
    project: ProjectFolder,
    backend: BackendOption = LayerBackend.rtl,
    frames: FramesOption = None,
    images: Images = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = None,
    layout: LayoutOption = LayoutName.nhwc,
    stall: Stall = 0.0,
    input_interval: InputInterval = 0,
    seed: Annotated[int, typer.Option(min=0, help="For random frames (no --images) and stalls.")] = 0,
    workers: WorkerCount = None,
    dask: Dask = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Simulate every layer alone between the golden model's beats: for networks that take long as a whole.

    Layers run side by side, in processes or on a Dask cluster; the report is the same with any of them. The project
    remembers what was found as it comes (simulate_layers.json), and --resume goes on with it. Width converters and
    FIFOs between layers are left out: `hwgen simulate` runs them, too.
    """
    from hwgen import flow
    from hwgen.verify.simulate import Conditions

    accelerator = flow.open_project(project)
    asked = frames or (None if images else _FRAMES)
    given = read_codes(accelerator.graph.inputs, images, asked, key, binarize_at, real, layout, seed)
    plan = flow.LayerPlan(backend.value, workers, dask, resume)
    with kept(str(project / flow.LAYER_RECORD)), stage("simulating layers") as progress:
        reports = flow.simulate_layers(
            accelerator, given.codes, plan, Conditions(stalls_of(stall, seed), input_interval), progress=progress
        )
    _show(reports, as_json)


def _show(reports: LayerReports, as_json: bool) -> None:
    """Print what was found; exit code 3 where a layer did not pass."""
    report = reports.to_json()
    if as_json:
        print_json(report, "simulate-layers")
    else:
        from hwgen.report.tables import layers_table

        out.print(layers_table(report, kept=len(reports.kept)))
    from hwgen.verify.compare import Mismatch, Mistimed

    for name in reports.failed:
        found = reports.layers[name]
        for each in found["first_mismatches"]:
            err.print(f"{name}: mismatch: {Mismatch(**each)}", style="red")
        for each in found["mistimed"]:
            err.print(f"{name}: not the predicted cycles: {Mistimed(**each)}", style="red")
    if reports.failed:
        raise typer.Exit(MismatchError.exit_code)
