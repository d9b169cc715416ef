"""Build an accelerator from a trained checkpoint, or from random weights.

python build.py --checkpoint cnv_w1a1.pt --output out/cnv
python build.py --precision w2a2 --random --folding folding/cnv_9216_cycles.json --output out/cnv
python build.py --expected expected.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

import hwgen
from hwgen.config import read_folding, read_settings
from hwgen.errors import HwgenError
from hwgen.frontend.brevitas import load_checkpoint
from hwgen.ir.graph import Graph
from hwgen.zoo.datasets import CIFAR10
from hwgen.zoo.finn import PRECISIONS, WIDTH, Convolutional, cnv
from hwgen.zoo.parameters import randomise

HERE = Path(__file__).resolve().parent
FOLDINGS = ("cnv_32768_cycles", "cnv_9216_cycles")
"""Folding files of the network at full width, the first one used unless another is given."""


def imported(model: Convolutional, name: str) -> Graph:
    """The network behind `model`, which receives the pixels as bytes: x = u / 255."""
    return hwgen.load(model, torch.zeros(CIFAR10.example_shape), name=name, **CIFAR10.hardware_input)


def accelerator(graph: Graph, folding: Path | None = None) -> hwgen.Accelerator:
    """The accelerator at a folding file, or at the settings' target interval."""
    settings = read_settings(HERE / "settings.toml").model_dump()
    return hwgen.compile(graph, **{**settings, "folding": read_folding(folding) if folding else {}})


def chosen_folding(given: Path | None, width: int) -> Path | None:
    """The folding file to use: the one given; else the first, made for full width; none for a narrower network."""
    return given or (HERE / "folding" / f"{FOLDINGS[0]}.json" if width == WIDTH else None)


def expected_reports(precision: str) -> dict[str, Any]:
    """What the estimate says of a precision at each folding, random weights, by `cnv_precision folding`."""
    model = cnv(precision)
    randomise(model, seed=0)
    graph = imported(model, f"cnv_{precision}")
    files = {folding: HERE / "folding" / f"{folding}.json" for folding in FOLDINGS}
    return {f"{graph.name} {folding}": summary(accelerator(graph, path)) for folding, path in files.items()}


def summary(built: hwgen.Accelerator) -> dict[str, Any]:
    """The figures of an estimate that the weights' values do not change."""
    report = built.estimate()
    return {
        "part": report.part,
        "clock_mhz": report.clock_mhz,
        "interval_cycles": report.interval_cycles,
        "latency_cycles": report.latency_cycles,
        "fps": report.fps,
        "latency_us": report.latency_us,
        "bottleneck": report.bottleneck,
        "layers": {
            layer.name: f"PE {layer.pe}, SIMD {layer.simd or '-'}, {layer.cycles} cycles, "
            f"window {layer.window_cycles or '-'}, {layer.weight_bits} weight bits, {layer.line_bits} line bits"
            for layer in report.layers
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="w1a1", help="bits of weights, activations")
    parser.add_argument("--width", type=int, default=WIDTH, help=f"channels of the first layer (default: {WIDTH})")
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--checkpoint", type=Path, help="a state dict that train.py wrote")
    weights.add_argument("--random", action="store_true", help="random weights and batch norms")
    weights.add_argument("--expected", type=Path, metavar="FILE", help="write the reports of all networks")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the first in folding/ at full width)")
    parser.add_argument("--output", type=Path, help="folder for the project (default: out/cnv_PRECISION)")
    options = parser.parse_args()
    if options.expected:
        reports = {key: report for each in PRECISIONS for key, report in expected_reports(each).items()}
        options.expected.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8", newline="\n")
        return
    name = f"cnv_{options.precision}"
    output = options.output or Path("out") / name
    model = cnv(options.precision, width=options.width)
    try:
        if options.random:
            randomise(model, seed=0)
        else:
            load_checkpoint(options.checkpoint, model)
        built = accelerator(imported(model, name), chosen_folding(options.folding, options.width)).write(output)
    except HwgenError as error:
        sys.exit(f"error: {error}")
    print(f"{output}:", json.dumps(summary(built), indent=2))


if __name__ == "__main__":
    main()
