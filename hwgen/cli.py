"""The command line: parse, call the flow, print, exit code.

Exit codes: 0 success, 1 an error or a mismatch, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from hwgen.errors import ConfigError, HwgenError

if TYPE_CHECKING:
    from hwgen.flow import Accelerator
    from hwgen.golden.matmul import Codes
    from hwgen.verify.simulate import Outcome

app = typer.Typer(
    name="hwgen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console()
_err = Console(stderr=True)


class BackendName(StrEnum):
    """Who computes the frames."""

    golden = "golden"
    csim = "csim"
    rtl = "rtl"
    dpi = "dpi"


class LayoutName(StrEnum):
    """Where the channels of images and signals stand."""

    nhwc = "nhwc"
    nchw = "nchw"


Project = Annotated[Path, typer.Argument(help="A folder that `hwgen build` wrote.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")]
Images = Annotated[
    Path | None, typer.Option(help="Frames: IDX (.gz), .npy or .npz; input codes unless --real.", show_default=False)
]
Key = Annotated[str | None, typer.Option(help="The array's name in an .npz file.", show_default=False)]
Frames = Annotated[int | None, typer.Option(min=1, help="Use the first N frames.", show_default=False)]
Binarize = Annotated[
    float | None,
    typer.Option("--binarize-at", help="Bipolar input: +1 where a value is at least this.", show_default=False),
]
Real = Annotated[bool, typer.Option("--real", help="The file holds real numbers: quantise them to input codes.")]
LayoutOption = Annotated[
    LayoutName,
    typer.Option("--layout", help="Images N,H,W,C (signals N,L,C), or channels first.", case_sensitive=False),
]
Backend = Annotated[BackendName, typer.Option(help="golden model, HLS C simulation, RTL, or the HLS C++ under DPI-C.")]
Stall = Annotated[float, typer.Option(min=0, max=0.95, help="Share of cycles that source and sink pause, at random.")]


@app.callback()
def _options(debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False) -> None:
    """Binarised and few-bit neural networks as streaming FPGA accelerators, proven bit for bit.

    Build a project, estimate it, simulate it, measure its accuracy:

    \b
    hwgen build tfc.onnx -o out --input-type uint8 --input-scale 1/255
    hwgen estimate out
    hwgen simulate out --frames 100 --images t10k-images-idx3-ubyte.gz
    hwgen evaluate out --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz
    """


@app.command()
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
    settings: Annotated[Path | None, typer.Option(help="A TOML file of settings.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="Name of the design.", show_default="the file's")] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a QONNX network into an HLS C++ project and a SystemVerilog project."""
    from hwgen import config, flow

    wishes = config.read_folding(folding) if folding else None
    given = {"part": part, "clock_mhz": clock_mhz, "folding": wishes, "target_interval": target_interval, "top1": top1}
    chosen = config.read_settings(settings) if settings else config.settings()
    merged = {**chosen.model_dump(), **{key: value for key, value in given.items() if value is not None}}
    with _working(f"building {model.name}"):
        graph = flow.load(
            model,
            name=name,
            input_type=input_type,
            input_scale=_numbers("--input-scale", input_scale),
            input_offset=_numbers("--input-offset", input_offset),
        )
        accelerator = flow.compile(graph, **merged).write(output)
    _show_estimate(accelerator, as_json)


@app.command()
def estimate(project: Project, as_json: AsJson = False) -> None:
    """Exact interval and latency, rates at the clock, and what each layer takes."""
    from hwgen import flow

    _show_estimate(flow.open_project(project), as_json)


@app.command()
def simulate(
    project: Project,
    backend: Backend = BackendName.rtl,
    frames: Frames = None,
    images: Images = None,
    key: Key = None,
    binarize_at: Binarize = None,
    real: Real = False,
    layout: LayoutOption = LayoutName.nhwc,
    layer: Annotated[str | None, typer.Option(help="Simulate one layer alone.", show_default=False)] = None,
    stall: Stall = 0.0,
    reset_after: Annotated[
        int | None, typer.Option(min=1, help="Reset after this many input beats, then start again.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="For random frames (no --images) and stalls.")] = 0,
    work: Annotated[Path | None, typer.Option(help="Keep builds and logs here.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the project, compare every stream with the golden model, count the cycles."""
    from hwgen import flow
    from hwgen.verify.bench import Stalls

    accelerator = flow.open_project(project)
    codes = _codes(accelerator, images, frames, key, binarize_at, real, layout, seed)
    stalls = Stalls(source=stall, sink=stall, seed=seed) if stall else None
    with _working(f"simulating {len(codes)} frames on {backend.value}"):
        outcome = accelerator.simulate(
            codes, backend.value, layer=layer, stalls=stalls, reset_after_beats=reset_after, work=work
        )
    flow.record(project, "simulate.json", outcome.to_json())
    _show_outcome(outcome, as_json)


@app.command()
def evaluate(
    project: Project,
    images: Annotated[Path, typer.Option(help="Frames: IDX (.gz), .npy or .npz.", show_default=False)],
    labels: Annotated[Path, typer.Option(help="One class per frame: IDX (.gz), .npy or .npz.", show_default=False)],
    backend: Backend = BackendName.golden,
    frames: Frames = None,
    key: Key = None,
    label_key: Annotated[str | None, typer.Option(help="The labels' name in an .npz.", show_default=False)] = None,
    binarize_at: Binarize = None,
    real: Real = False,
    layout: LayoutOption = LayoutName.nhwc,
    as_json: AsJson = False,
) -> None:
    """Accuracy on labelled images, on the golden model or on a simulated back end."""
    from hwgen import flow
    from hwgen.verify.evaluate import accuracy
    from hwgen.verify.vectors import read_array

    accelerator = flow.open_project(project)
    codes = _codes(accelerator, images, frames, key, binarize_at, real, layout, 0)
    truth = read_array(labels, label_key)
    with _working(f"evaluating {len(codes)} frames on {backend.value}"):
        outputs = accelerator.outputs(codes, backend.value)
    report = accuracy(accelerator.graph, backend.value, outputs, truth, str(labels))
    flow.record(project, "evaluate.json", report.to_json())
    if as_json:
        _print_json(report.to_json())
    else:
        _out.print(f"{report.correct} of {report.frames} right: {report.accuracy:.2%} ({report.backend})")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """What is installed, what is missing, what to do."""
    from hwgen.report.tables import findings_table
    from hwgen.verify.doctor import examine

    findings = [finding.to_json() for finding in examine()]
    if as_json:
        _print_json(findings)
    else:
        _out.print(findings_table(findings))
    if any(finding["required"] and not finding["ok"] for finding in findings):
        raise typer.Exit(1)


def _codes(
    accelerator: Accelerator,
    images: Path | None,
    frames: int | None,
    key: str | None,
    binarize_at: float | None,
    real: bool,
    layout: LayoutName,
    seed: int,
) -> Codes:
    """The frames to run: from a file, or random."""
    from hwgen.verify.vectors import Layout, as_codes, random_codes, read_array

    if images is None:
        return random_codes(accelerator.graph, frames or 16, seed)
    array = read_array(images, key)
    return as_codes(
        accelerator.graph,
        array[:frames] if array.ndim else array,
        str(images),
        binarize_at=binarize_at,
        real=real,
        layout=Layout(layout),
    )


def _numbers(option: str, text: str | None) -> float | list[float] | None:
    """One number or several, comma-separated; fractions such as 1/255 are read exactly."""
    if text is None:
        return None
    try:
        values = [float(Fraction(part.strip())) for part in text.split(",")]
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigError(option, "must be a number, or one per channel with commas", repr(text)) from error
    return values[0] if len(values) == 1 else values


def _show_estimate(accelerator: Accelerator, as_json: bool) -> None:
    report = accelerator.estimate()
    if as_json:
        _print_json(report.to_json())
        return
    from hwgen.report.tables import estimate_table

    _out.print(estimate_table(report))


def _show_outcome(outcome: Outcome, as_json: bool) -> None:
    """Print what a simulation found; exit code 1 where it did not pass."""
    report = outcome.to_json()
    if as_json:
        _print_json(report)
    else:
        from hwgen.report.tables import simulation_table

        _out.print(simulation_table(report))
    for mismatch in outcome.mismatches:
        _err.print(f"mismatch: {mismatch}", style="red", markup=False)
    if not outcome.passed:
        if not outcome.mismatches:
            _err.print("the simulated cycles are not the predicted ones", style="red")
        raise typer.Exit(1)


def _print_json(report: Any) -> None:
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


@contextmanager
def _working(what: str) -> Iterator[None]:
    """A spinner on a terminal's standard error; silent elsewhere."""
    if not _err.is_terminal:
        yield
        return
    with _err.status(what):
        yield


def _interrupted(*_: object) -> None:
    _err.print("interrupted; nothing half-written was left behind")
    sys.exit(130)


def main() -> None:
    """Run the command line; one clear message for every error, a traceback only with --debug."""
    signal.signal(signal.SIGINT, _interrupted)
    try:
        app()
    except HwgenError as error:
        if "--debug" in sys.argv[1:]:
            raise
        _err.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
