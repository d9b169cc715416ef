"""The verb that searches the design space: explore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.common import AsJson, base_settings, input_options, kept, out, print_json, refuse_for_project, warn
from hwgen.cli.options import (
    Build,
    Clock,
    Dask,
    FidelityName,
    FidelityOption,
    FoldingFile,
    InputOffset,
    InputScale,
    InputType,
    Part,
    Plot,
    Points,
    ResultsFile,
    Resume,
    Seed,
    SettingsFile,
    Shown,
    Top1,
    WorkerCount,
)
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.config import Settings
    from hwgen.explore.evaluate import Fidelity
    from hwgen.flow.explore import Progress
    from hwgen.ir.graph import Graph
    from hwgen.verify.progress import Update


def explore(
    network: Annotated[Path, typer.Argument(help="A QONNX file, or a folder from `hwgen build`.", show_default=False)],
    output: ResultsFile,
    points: Points = 2000,
    seed: Seed = 0,
    resume: Resume = False,
    show: Shown = 20,
    exact: FidelityOption = FidelityName.cycles,
    build: Build = None,
    plot: Plot = None,
    workers: WorkerCount = None,
    dask: Dask = None,
    part: Part = None,
    clock_mhz: Clock = None,
    folding: FoldingFile = None,
    settings: SettingsFile = None,
    input_type: InputType = None,
    input_scale: InputScale = None,
    input_offset: InputOffset = None,
    top1: Top1 = None,
    as_json: AsJson = False,
) -> None:
    """Search foldings and weight memories for the Pareto front of frames a second against LUT and BRAM."""
    from hwgen import config, flow
    from hwgen.explore.evaluate import Fidelity

    frontend = {"input_type": input_type, "input_scale": input_scale, "input_offset": input_offset, "top1": top1}
    wishes = config.read_folding(folding) if folding else {}
    graph, chosen = _network(network, settings, {"part": part, "clock_mhz": clock_mhz, "folding": wishes}, frontend)
    fidelity = Fidelity.SEARCH if exact is FidelityName.none else Fidelity(exact.value)
    plan = flow.Plan(points, seed, show, fidelity, workers, dask, resume)
    with kept(str(output)), _stages() as progress:
        found = flow.explore(graph, chosen, output, plan, progress)
    warn(filter(None, [found.damage]))
    if plot:
        flow.plot_front(found, plot)
    if build:
        built = flow.accelerator_at(graph, chosen, found.member(build[0]).point).write(build[1])
        warn(built.estimate().warnings)
    _show(found.to_json(), as_json)


def _network(
    path: Path, settings: Path | None, given: Mapping[str, Any], frontend: Mapping[str, Any]
) -> tuple[Graph, Settings]:
    """The network to explore and its settings; a project has its own, without folding and memories of the chip."""
    from hwgen import flow

    if not path.is_dir():
        received = input_options(**{key: value for key, value in frontend.items() if key != "top1"})
        chosen = base_settings(settings).overridden({**given, "top1": frontend["top1"]})
        return flow.load(path, **received), chosen
    refuse_for_project(path, {**frontend, "settings": settings})
    project = flow.open_project(path)
    outside = {name: style for name, style in project.settings.memory.items() if style == "external"}
    return project.graph, project.settings.overridden({**given, "memory": outside})


@contextmanager
def _stages() -> Iterator[Progress]:
    """A stage for each fidelity, one after the other."""
    with ExitStack() as running:
        told: dict[Fidelity, Update] = {}

        def progress(fidelity: Fidelity, done: int, total: int) -> None:
            if fidelity not in told:
                running.close()
                told[fidelity] = running.enter_context(stage(_DOING[fidelity.value]))
            told[fidelity](done, total, "")

        yield progress


_DOING = {
    "search": "searching",
    "cycles": "sizing FIFOs",
    "simulate": "simulating",
    "synthesise": "synthesising",
}


def _show(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(report, "explore")
        return
    from hwgen.report.tables import front_table

    out.print(front_table(report))
