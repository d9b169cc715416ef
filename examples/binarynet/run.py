"""Train BinaryNet's networks on digits or MNIST, build them, and prove them on every back end.

    python run.py
    python run.py --mnist folder --epochs 10

Four small networks: the dense one; the convolutional one; the same trained with activations binarised at random; the
same with shift-based batch norm. Prints their test accuracies and what PyTorch, C simulation, DPI-C and RTL compute
otherwise than the golden model: nothing.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from hwgen import Accelerator, HwgenError
from hwgen.config import read_settings
from hwgen.zoo import Recipe, find, load_dataset, train
from hwgen.zoo.proof import compiled, proof_table, prove, require

HERE = Path(__file__).resolve().parent
NETWORKS = ("binarynet-mlp", "binarynet-small", "binarynet-random", "binarynet-shift")


def accelerator(model: torch.nn.Module, name: str, kind) -> Accelerator:
    """The network's accelerator, its first layer by bit planes."""
    first = "fc0" if name == "binarynet-mlp" else "conv0"
    settings = read_settings(HERE / "settings.toml").overridden({"bit_planes": (first,)})
    return compiled(model, kind, name.replace("-", "_"), settings)


def expected_reports() -> dict:
    """What the estimate says of each network on digits, whatever its weights, by name."""
    reports = {}
    for name in NETWORKS:
        kind = load_dataset().kind
        report = accelerator(find(name).network(kind), name, kind).estimate()
        layers = {layer.name: f"{layer.kind}, {layer.cycles} cycles" for layer in report.layers}
        reports[name] = {"interval_cycles": report.interval_cycles, "latency_cycles": report.latency_cycles} | layers
    return reports


def run(options: argparse.Namespace) -> None:
    """Train, build and prove each network."""
    console, proofs = Console(), []
    data = load_dataset("mnist", options.mnist) if options.mnist else load_dataset()
    for name in options.network or NETWORKS:
        entry = find(name)
        model = entry.network(data.kind)
        recipe: Recipe = replace(entry.recipe, epochs=options.epochs or entry.recipe.epochs)
        with console.status(f"training {name}, {recipe.epochs} epochs"):
            train(model, data, recipe)
        built = accelerator(model, name, data.kind)
        with console.status(f"simulating {options.frames} images of {name}"):
            proofs.append(prove(built, model, data, options.frames))
    title = f"{options.frames} test images of {data.kind.name}, PyTorch on all {len(data.test_labels)}"
    console.print(proof_table(proofs, title))
    require(proofs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="MNIST's IDX files, in place of digits")
    parser.add_argument("--network", action="append", choices=NETWORKS, help="may be repeated; default: all")
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--frames", type=int, default=100, help="images to simulate")
    try:
        run(parser.parse_args())
    except HwgenError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
