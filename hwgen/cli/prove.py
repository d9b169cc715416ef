"""Verbs that prove a project: simulate, evaluate, doctor."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hwgen.cli.common import (
    AsJson,
    BackendName,
    BackendOption,
    Binarize,
    Frames,
    GivenImages,
    Images,
    InputInterval,
    Key,
    LayoutName,
    LayoutOption,
    ProjectFolder,
    Real,
    Stall,
    err,
    out,
    print_json,
    stalls_of,
)
from hwgen.cli.frames import read_codes, read_labels
from hwgen.errors import MismatchError
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.flow import Devices
    from hwgen.golden.matmul import Codes
    from hwgen.verify.hlsrtl import Verilog
    from hwgen.verify.simulate import Outcome


class SimulatorName(StrEnum):
    """The back end that computes the frames of a simulation."""

    golden = "golden"
    csim = "csim"
    rtl = "rtl"
    dpi = "dpi"
    hls_rtl = "hls-rtl"


SimulatorOption = Annotated[
    SimulatorName,
    typer.Option(
        "--backend", help="golden model, HLS C simulation, RTL, the HLS C++ under DPI-C, an HLS tool's Verilog."
    ),
]
ResetAfter = Annotated[
    int | None, typer.Option(min=1, help="Reset after this many input beats, then start again.", show_default=False)
]
PIPELINE_DEPTHS = (1, 8, 64)
PipelineDepths = Annotated[
    list[int] | None,
    typer.Option(
        "--pipeline-depth",
        min=1,
        max=1024,
        help="For csim: stages of the pipelines that an HLS tool may make; a run for each.",
        show_default="1, 8 and 64",
    ),
]
Unbounded = Annotated[
    bool,
    typer.Option("--unbounded", help="For csim: streams without end and no clock; fast, for thousands of frames."),
]
VerilogFolder = Annotated[
    Path | None, typer.Option(help="For hls-rtl: the Verilog and memory files of an HLS tool.", show_default=False)
]
TopModule = Annotated[
    str | None, typer.Option("--top-module", "--top", help="For hls-rtl: its top module.", show_default=False)
]
RolePorts = Annotated[
    list[str] | None,
    typer.Option(
        "--port", help="For hls-rtl: ROLE=PORT, such as in_data=x_TDATA or reset=!rst.", show_default="by name"
    ),
]

Waves = Annotated[
    Path | None, typer.Option(help="For rtl: write all signals to this file, .fst or .vcd.", show_default=False)
]


def simulate(
    project: ProjectFolder,
    backend: SimulatorOption = SimulatorName.rtl,
    frames: Frames = None,
    images: Images = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = None,
    layout: LayoutOption = LayoutName.nhwc,
    layer: Annotated[str | None, typer.Option(help="Simulate one layer alone.", show_default=False)] = None,
    stall: Stall = 0.0,
    input_interval: InputInterval = 0,
    reset_after: ResetAfter = None,
    seed: Annotated[int, typer.Option(min=0, help="For random frames (no --images) and stalls.")] = 0,
    depths: PipelineDepths = None,
    unbounded: Unbounded = False,
    verilog: VerilogFolder = None,
    top: TopModule = None,
    port: RolePorts = None,
    waves: Waves = None,
    work: Annotated[Path | None, typer.Option(help="Keep builds and logs here.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the project, compare every stream with the golden model, count the cycles."""
    from hwgen import flow

    several = flow.open_devices(project) if flow.is_cut(project) else None
    accelerator = flow.open_project(project) if several is None else several.parts[0]
    given = read_codes(accelerator.graph.inputs, images, frames, key, binarize_at, real, layout, seed)
    made = _verilog(verilog, top, port or [])
    told = dict[str, Any](input_interval=input_interval, reset_after_beats=reset_after, work=work, waves=waves)
    told |= {"stalls": stalls_of(stall, seed), "pipeline_depths": _stages(backend, depths, unbounded=unbounded)}
    if several is not None:
        _simulate_devices(several, given.codes, backend, told, {"--layer": layer, "--verilog": verilog}, as_json)
        return
    with stage(f"simulating {given.frames} frames on {backend.value}"):
        outcome = accelerator.simulate(given.codes, backend.value, layer=layer, verilog=made, **told)
    if layer is None:
        accelerator.record("simulate.json", outcome.to_json())
    _show_outcome(outcome, as_json)


def _simulate_devices(
    several: Devices,
    codes: Sequence[Codes],
    backend: SimulatorName,
    told: dict[str, Any],
    of_one: dict[str, Any],
    as_json: bool,
) -> None:
    """Simulate several devices together. Raises: ConfigError where an option is for one alone."""
    from hwgen.cli.devices import show_runs
    from hwgen.errors import ConfigError
    from hwgen.verify.simulate import Conditions

    for option, given in of_one.items():
        if given is not None:
            raise ConfigError(option, "must be for the project of one device", f"{several.project}", "Give device0")
    kept = {name: told.pop(name) for name in ("work", "waves")}
    with stage(f"simulating {len(several.parts)} devices on {backend.value}"):
        runs = several.simulate(codes, backend.value, Conditions(**told), **kept)
    several.record("simulate.json", {name: run.to_json() for name, run in runs.items()})
    show_runs(runs, as_json)


def _stages(backend: SimulatorName, depths: list[int] | None, *, unbounded: bool) -> tuple[int, ...]:
    """Depths of pipelines to simulate with; none for other back ends than csim. Raises: ConfigError."""
    from hwgen.errors import ConfigError

    bounded = backend is SimulatorName.csim and not unbounded
    if depths and not bounded:
        raise ConfigError("--pipeline-depth", "must come with --backend csim, bounded", backend.value)
    return tuple(depths or PIPELINE_DEPTHS) if bounded else ()


def _verilog(folder: Path | None, top: str | None, ports: list[str]) -> Verilog | None:
    """What an HLS tool wrote, as the options say. Raises: ConfigError."""
    from hwgen.errors import ConfigError
    from hwgen.verify.hlsrtl import Verilog

    if (folder is None) != (top is None) or (ports and folder is None):
        given = {"--verilog": folder is not None, "--top-module": top is not None, "--port": bool(ports)}
        found = ", ".join(option for option, stated in given.items() if stated)
        raise ConfigError("--verilog", "must come with --top-module, and --port with both", f"{found} alone")
    if folder is None or top is None:
        return None
    pairs = [port.partition("=") for port in ports]
    wrong = next((port for port, (_, equals, _) in zip(ports, pairs, strict=True) if not equals), None)
    if wrong is not None:
        raise ConfigError("--port", "must be ROLE=PORT", wrong)
    return Verilog(folder, top, {role: name for role, _, name in pairs})


ClassOutput = Annotated[
    str | None,
    typer.Option(
        "--class-output", "--output", help="Of several outputs the one that says the class.", show_default=False
    ),
]


def evaluate(
    project: ProjectFolder,
    images: GivenImages,
    labels: Annotated[
        Path,
        typer.Option(
            help="One class, an integer from 0 on, for each image or for the first N: IDX, .npy or .npz (.gz too).",
            show_default=False,
        ),
    ],
    backend: BackendOption = BackendName.golden,
    frames: Frames = None,
    key: Key = None,
    label_key: Annotated[str | None, typer.Option(help="The labels' name in an .npz.", show_default=False)] = None,
    binarize_at: Binarize = None,
    real: Real = None,
    layout: LayoutOption = LayoutName.nhwc,
    output: ClassOutput = None,
    as_json: AsJson = False,
) -> None:
    """Accuracy on labelled images, on the golden model or on a simulated back end."""
    from hwgen import flow
    from hwgen.verify.evaluate import accuracy, output_called

    accelerator = flow.open_project(project)
    name = output_called(accelerator.graph, output).name
    given = read_codes(accelerator.graph.inputs, images, frames, key, binarize_at, real, layout)
    truth = read_labels(accelerator.graph, labels, label_key, given, output)
    with stage(f"evaluating {given.frames} frames on {backend.value}"):
        outputs = accelerator.all_outputs(given.codes, backend.value)[name]
    report = accuracy(accelerator.graph, backend.value, outputs, truth, str(labels), output)
    spared = accelerator.skipping(given.codes)
    found = report.to_json() | ({"skipping": spared.to_json()} if spared else {})
    accelerator.record("evaluate.json", found)
    if as_json:
        print_json(found, "evaluate")
        return
    out.print(f"{report.correct} of {report.frames} right: {report.accuracy:.2%} ({report.backend})")
    _show_skipping(found)


def _show_skipping(found: dict[str, Any]) -> None:
    """Print what gates spared, where there are any."""
    if "skipping" in found:
        from hwgen.report.tables import skipping_lines

        out.print("\n".join(skipping_lines(found["skipping"])))


def doctor(as_json: AsJson = False) -> None:
    """What is installed, what is missing, what to do."""
    from hwgen.report.tables import findings_table
    from hwgen.verify.doctor import examine

    findings = [finding.to_json() for finding in examine()]
    if as_json:
        print_json(findings, "doctor")
    else:
        out.print(findings_table(findings))
    if any(finding["required"] and not finding["ok"] for finding in findings):
        raise typer.Exit(1)


def _show_outcome(outcome: Outcome, as_json: bool) -> None:
    """Print what a simulation found; exit code 3 where it did not pass."""
    report = outcome.to_json()
    if as_json:
        print_json(report, "simulate")
    else:
        from hwgen.report.tables import simulation_table

        out.print(simulation_table(report))
    show_failures(outcome)
    if not outcome.passed:
        raise typer.Exit(MismatchError.exit_code)


def show_failures(outcome: Outcome, where: str = "") -> None:
    """Print on standard error what was not as it should be; `where` begins each line."""
    for mismatch in outcome.mismatches:
        err.print(f"{where}mismatch: {mismatch}", style="red")
    for mistimed in outcome.mistimed:
        err.print(f"{where}not the predicted cycles: {mistimed}", style="red")
    for run in outcome.slower:
        most = f"{outcome.bounded_interval:,} are stated"
        err.print(
            f"{where}slower than stated: {run.cycles.interval:,} cycles a frame in pipelines of {run.depth}, {most}",
            style="red",
        )
