"""CPU seconds and peak memory of `hwgen build` with all outputs, `hwgen estimate` of the project and a golden frame.

Random networks of the zoo and of `large_networks.py`: CNV W2A2 at 115,200 cycles a frame; MobileNetV1 of a
quarter of the width, W4A4, 96x96, at most 65,536 cycles; ResNet-18 in XNOR-Net's form, 224x224, at most 1,000,000
cycles; XNOR-Net's AlexNet, 227x227, ResNet-50 and VGG-16 W1A2, 224x224, as fast as their first layers are; MLPs of 50,
100 and 200 layers of 64. Each command is a child process, imports included, that a limit ends; a build before those
that are measured fills numba's cache. `--check` holds twice the targets.

    python benchmarks/scale.py                    # all, half an hour on one core
    python benchmarks/scale.py --only cnv mlp50
    python benchmarks/scale.py --curves           # over image size and depth instead, with the exponents
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from common import Figure, finish, machine, measured, parser
from large_networks import cnv, mlp, small_mobilenet

from hwgen.frontend.writer import Writer
from hwgen.zoo.imagenet import alexnet, resnet, resnet50, vgg16

PIXELS = ("--input-type", "uint8", "--input-scale", "1/256")
SIGNS = ("--input-type", "bipolar")
MOST_BYTES = 12 << 30
"""Of address space of a child: one that a regression lets grow ends with an error."""

CNV_FOLDING = {
    "pe": (8, 16, 8, 8, 4, 1, 1, 2, 1),
    "simd": (3, 16, 16, 16, 8, 8, 2, 2, 4),
    "layer": ("conv0", "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"),
}


@dataclass(frozen=True)
class Case:
    """A network, options of its build, and targets.

    Attributes:
        build, estimate: CPU seconds of the commands.
        gigabytes: peak memory of the build.
        frame: CPU seconds of one golden frame, the first of an opened project; None without a target.
    """

    network: Callable[[], Writer]
    options: tuple[str, ...]
    build: float
    gigabytes: float
    estimate: float
    frame: float | None = None


CASES = {
    "cnv": Case(cnv, (*PIXELS, "--part", "xc7z020"), 6, 0.4, 2.5),
    "mobilenet": Case(small_mobilenet, (*PIXELS, "--part", "xcu250", "--target-interval", "65536"), 20, 0.5, 4),
    "resnet18": Case(resnet, (*PIXELS, "--part", "xcu250", "--target-interval", "1000000"), 60, 1.5, 10, 1),
    "alexnet": Case(alexnet, (*PIXELS, "--part", "xcu250"), 60, 2.5, 15, 0.5),
    "resnet50": Case(resnet50, (*PIXELS, "--part", "xcu250"), 180, 4, 30, 1.5),
    "vgg16": Case(vgg16, (*PIXELS, "--part", "xcu250"), 120, 3, 20, 3),
    "mlp50": Case(lambda: mlp(50), SIGNS, 5, 0.3, 2),
    "mlp100": Case(lambda: mlp(100), SIGNS, 10, 0.3, 3),
    "mlp200": Case(lambda: mlp(200), SIGNS, 20, 0.3, 6),
}

SIZES = (32, 64, 96, 128, 160, 192, 224)
DEPTHS = (10, 25, 50, 100, 200)

GOLDEN = """
import sys, time
import hwgen
project = hwgen.open_project(sys.argv[1])
codes, start = project.codes(1), time.process_time()
project.outputs(codes)
open(sys.argv[2], "w").write(str(time.process_time() - start))
"""
"""Runs one frame of a project, and writes its CPU seconds to a file."""


def commands(model: Path, options: Sequence[str], folder: Path) -> tuple[list[str], list[str]]:
    """Those that build a network into `folder` and estimate the project."""
    hwgen = [sys.executable, "-m", "hwgen.cli"]
    return [*hwgen, "build", str(model), "--output", str(folder), "--json", *options], [*hwgen, "estimate", str(folder)]


def written(network: Callable[[], Writer], path: Path) -> Path:
    """A file of the network, written by a process of its own: what this one took counts as a child's peak memory."""
    process = get_context("fork").Process(target=lambda: network().write(path))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{path.name} was not written")
    return path


def measure(name: str, folder: Path) -> list[Figure]:
    """Figures of one network."""
    case, options = CASES[name], CASES[name].options
    if name == "cnv":
        rows = zip(CNV_FOLDING["layer"], CNV_FOLDING["pe"], CNV_FOLDING["simd"], strict=True)
        folding = folder / "folding.json"
        entries = {layer: {"pe": pe, "simd": simd} for layer, pe, simd in rows}
        folding.write_text(json.dumps(entries) + "\n", encoding="utf-8", newline="\n")
        options = (*options, "--folding", str(folding))
    build, estimate = commands(written(case.network, folder / f"{name}.onnx"), options, folder / name)
    seconds, gigabytes = measured(build, 8 * case.build, MOST_BYTES)
    opened, _ = measured(estimate, 8 * case.estimate, MOST_BYTES)
    took = folder / "frame.txt"
    measured([sys.executable, "-c", GOLDEN, str(folder / name), str(took)], 8 * case.estimate, MOST_BYTES)
    frame, most = float(took.read_text(encoding="utf-8")), case.frame
    goal = f", target {most:g}" if most else ""
    return [
        Figure(f"{name}: build, target {case.build:g}", seconds, "CPU s", 2 * case.build),
        Figure(f"{name}: peak memory of the build, target {case.gigabytes:g}", gigabytes, "GB", 2 * case.gigabytes),
        Figure(f"{name}: estimate, target {case.estimate:g}", opened, "CPU s", 2 * case.estimate),
        Figure(f"{name}: golden frame{goal}", frame, "CPU s", most and 2 * most),
    ]


def curve(
    name: str, at: Sequence[int], network: Callable[[int], Writer], options: Sequence[str], folder: Path
) -> list[Figure]:
    """CPU seconds and peak memory of builds over a size, and the exponents that fit the upper half."""
    builds = [
        commands(written(partial(network, size), folder / f"{name}{size}.onnx"), options, folder / f"{name}{size}")[0]
        for size in at
    ]
    found = np.array([measured(build, 900, MOST_BYTES) for build in builds])
    upper = slice(len(at) // 2, None)
    exponents, _ = np.polyfit(np.log(at[upper]), np.log(found[upper]), 1)
    figures = []
    for column, (what, unit) in enumerate((("build", "CPU s"), ("peak memory", "GB"))):
        figures += [Figure(f"{name} {size}: {what}", float(found[row, column]), unit) for row, size in enumerate(at)]
        figures.append(Figure(f"{name}: exponent of {what}", float(exponents[column]), ""))
    return figures


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument(
        "--only", nargs="+", choices=CASES, default=list(CASES), help="networks to measure (default all)"
    )
    options.add_argument("--curves", action="store_true", help="builds over image size and over depth instead")
    chosen = options.parse_args()
    where, figures = machine(), []
    with tempfile.TemporaryDirectory(prefix="hwgen-") as name:
        folder = Path(name)
        measured(commands(mlp(2).write(folder / "first.onnx"), SIGNS, folder / "first")[0], 600, MOST_BYTES)
        if chosen.curves:
            pixels = (*PIXELS, "--part", "xcu250", "--target-interval", "1000000")
            figures += curve("mobilenet of images of", SIZES, small_mobilenet, pixels, folder)
            figures += curve("mlp of layers", DEPTHS, mlp, SIGNS, folder)
        else:
            for network in chosen.only:
                figures += measure(network, folder)
    finish("scale", where, figures, ["random weights, seed 0"], chosen)


if __name__ == "__main__":
    main()
