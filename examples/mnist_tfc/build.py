"""Build an accelerator from a trained checkpoint, or from random weights.

python build.py --network tfc --checkpoint tfc_w1a1.pt --output out/tfc
python build.py --network lfc --random --folding folding/lfc_128_cycles.json --output out/lfc
python build.py --expected expected.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

import hwgen
from hwgen.config import read_folding, read_settings
from hwgen.frontend.brevitas import load_checkpoint
from hwgen.zoo.datasets import MNIST
from hwgen.zoo.finn import HIDDEN, PRECISIONS, FullyConnected, fully_connected
from hwgen.zoo.parameters import randomise

HERE = Path(__file__).resolve().parent
FOLDINGS = {
    "tfc": ("tfc_64_cycles",),
    "sfc": ("sfc_16_cycles",),
    "lfc": ("lfc_512_cycles", "lfc_128_cycles"),
}
"""Folding files by network, the first one used unless another is given."""


def accelerator(model: FullyConnected, name: str, folding: Path) -> hwgen.Accelerator:
    """The accelerator of `model`, which receives the pixels as bytes: x = u / 255."""
    graph = hwgen.load(model, torch.zeros(MNIST.example_shape), name=name, **MNIST.hardware_input)
    settings = read_settings(HERE / "settings.toml").model_dump()
    return hwgen.compile(graph, **{**settings, "folding": read_folding(folding)})


def random_accelerator(name: str, precision: str, folding: str) -> hwgen.Accelerator:
    """A network of random weights at a folding of this folder."""
    model = fully_connected(name, precision)
    randomise(model, seed=0)
    return accelerator(model, f"{name}_{precision}", HERE / "folding" / f"{folding}.json")


def expected_reports() -> dict[str, Any]:
    """What the estimate says of each network in each precision at each folding, by `network_precision folding`."""
    reports = {}
    for name, foldings in FOLDINGS.items():
        for precision in PRECISIONS:
            for folding in foldings:
                reports[f"{name}_{precision} {folding}"] = summary(random_accelerator(name, precision, folding))
    return reports


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
            f"{layer.weight_bits} weight bits"
            for layer in report.layers
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=tuple(HIDDEN), default="tfc")
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="w1a1", help="bits of weights, activations")
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--checkpoint", type=Path, help="a state dict that train.py wrote")
    weights.add_argument("--random", action="store_true", help="random weights and batch norms")
    weights.add_argument("--expected", type=Path, metavar="FILE", help="write the reports of all networks")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the network's first in folding/)")
    parser.add_argument("--output", type=Path, help="folder for the project (default: out/NETWORK_PRECISION)")
    options = parser.parse_args()
    if options.expected:
        options.expected.write_text(json.dumps(expected_reports(), indent=2) + "\n", encoding="utf-8", newline="\n")
        return
    model = fully_connected(options.network, options.precision)
    if options.random:
        randomise(model, seed=0)
    else:
        load_checkpoint(options.checkpoint, model)
    name = f"{options.network}_{options.precision}"
    folding = options.folding or HERE / "folding" / f"{FOLDINGS[options.network][0]}.json"
    output = options.output or Path("out") / name
    built = accelerator(model, name, folding).write(output)
    print(f"{output}:", json.dumps(summary(built), indent=2))


if __name__ == "__main__":
    main()
