"""Train BinaryNet's networks on digits or MNIST, build them, and prove them on every back end.

    python run.py
    python run.py --mnist folder --network binarynet-mlp --epochs 10

Four small networks: the dense one; the convolutional one; the same trained with activations binarised at random; the
same with shift-based batch norm. Prints their test accuracies and what PyTorch, C simulation, DPI-C and RTL compute
otherwise than the golden model: nothing.
"""

import argparse
import json
import sys
from pathlib import Path

from hwgen import HwgenError
from hwgen.config import read_settings
from hwgen.zoo import find, load_dataset
from hwgen.zoo.datasets import DIGITS
from hwgen.zoo.proof import compare, compiled

HERE = Path(__file__).resolve().parent
NETWORKS = ("binarynet-mlp", "binarynet-small", "binarynet-random", "binarynet-shift")


def accelerator(model, entry, kind):
    """The network's accelerator, its first layer by bit planes."""
    settings = read_settings(HERE / "settings.toml")
    return compiled(model, entry, kind, settings.overridden({"bit_planes": entry.settings["bit_planes"]}))


def expected_reports():
    """What the estimate says of each network on digits, whatever its weights, by name."""
    reports = {}
    for name in NETWORKS:
        report = accelerator(find(name).network(DIGITS), find(name), DIGITS).estimate()
        layers = {layer.name: f"{layer.kind}, {layer.cycles} cycles" for layer in report.layers}
        reports[name] = {"interval_cycles": report.interval_cycles, "latency_cycles": report.latency_cycles} | layers
    return reports


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="MNIST's IDX files, in place of digits")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="may be repeated; default: all")
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--frames", type=int, default=100, help="images to simulate")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="write the cycles of all networks, and no more")
    options = parser.parse_args()
    if options.expected:
        options.expected.write_text(json.dumps(expected_reports(), indent=2) + "\n")
        return
    try:
        data = load_dataset("mnist", options.mnist) if options.mnist else load_dataset()
        compare(options.network or NETWORKS, data, accelerator, options.epochs, options.frames)
    except HwgenError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
