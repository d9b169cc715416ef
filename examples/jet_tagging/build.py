"""Build an accelerator from a trained checkpoint, or from random weights.

python build.py --checkpoint jet.pt --output out/jet
python build.py --random --folding folding/jet_16_cycles.json --output out/jet
python build.py --expected expected.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from network import FEATURES, INPUT_SCALE, network, randomise  # prepares torch
from torch import nn

import hwgen
from hwgen.config import read_folding, read_settings
from hwgen.errors import HwgenError
from hwgen.frontend.brevitas import load_checkpoint

HERE = Path(__file__).resolve().parent
FOLDINGS = ("jet_1_cycle", "jet_16_cycles")
"""Folding files, the first one used unless another is given."""


def accelerator(model: nn.Module, folding: Path | None = None) -> hwgen.Accelerator:
    """The accelerator of `model`, which receives int8 features: x = q / 16."""
    graph = hwgen.load(model, torch.zeros(1, FEATURES), name="jet", input_type="int8", input_scale=INPUT_SCALE)
    settings = read_settings(HERE / "settings.toml").model_dump()
    chosen = folding or HERE / "folding" / f"{FOLDINGS[0]}.json"
    return hwgen.compile(graph, **{**settings, "folding": read_folding(chosen)})


def expected_reports() -> dict[str, Any]:
    """What the estimate says at each folding, with random weights."""
    model = network()
    randomise(model, seed=0)
    return {folding: summary(accelerator(model, HERE / "folding" / f"{folding}.json")) for folding in FOLDINGS}


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
            layer.name: f"PE {layer.pe}, SIMD {layer.simd}, {layer.cycles} cycles, {layer.weight_bits} weight bits"
            for layer in report.layers
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--checkpoint", type=Path, help="a state dict that train.py wrote")
    weights.add_argument("--random", action="store_true", help="random weights and biases")
    weights.add_argument("--expected", type=Path, metavar="FILE", help="write the reports of all foldings")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the first in folding/)")
    parser.add_argument("--output", type=Path, default=Path("out/jet"), help="folder for the project")
    options = parser.parse_args()
    if options.expected:
        options.expected.write_text(json.dumps(expected_reports(), indent=2) + "\n", encoding="utf-8", newline="\n")
        return
    model = network()
    try:
        if options.random:
            randomise(model, seed=0)
        else:
            load_checkpoint(options.checkpoint, model)
        built = accelerator(model, options.folding).write(options.output)
    except HwgenError as error:
        sys.exit(f"error: {error}")
    print(f"{options.output}:", json.dumps(summary(built), indent=2))


if __name__ == "__main__":
    main()
