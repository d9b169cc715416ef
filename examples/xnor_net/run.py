"""Train plain W1A1, XNOR-Net without and with K, and BWN in the same way; build, prove and price each.

python run.py
python run.py --synth                  # also with Yosys, minutes
python run.py --mnist FOLDER --epochs 5
python run.py --expected expected.json
"""

import argparse
import json
import sys
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import torch
from build import accelerator, differing, figures, path_of_k, proof
from data import digits, mnist
from rich.box import SIMPLE_HEAD
from rich.table import Table
from train import scores, train

from hwgen.errors import HwgenError
from hwgen.report.console import Plain
from hwgen.zoo.datasets import DIGITS
from hwgen.zoo.xnor import VARIANTS, network


def untrained():
    """The accelerators of all variants, of networks that were not trained."""
    found = {}
    for variant in VARIANTS:
        torch.manual_seed(0)
        found[variant] = accelerator(network(kind=DIGITS, variant=variant).eval(), variant)
    return found


def expected(built):
    """The figures of accelerators, by variant."""
    return {variant: figures(each) for variant, each in built.items()}


def row(variant, images, options):
    """Train, build and prove one variant: a line of each table."""
    train_images, test_images, train_labels, test_labels = images
    models = [train(variant, train_images, train_labels, options.epochs, seed) for seed in range(options.seeds)]
    right = [100 * (scores(model, test_images).argmax(1) == test_labels).mean() for model in models]
    built = accelerator(models[0], variant, size=test_images.shape[1])
    shown = test_images[: options.frames]
    wrong = {"PyTorch": differing(built, scores(models[0], shown), shown)}
    mismatches, in_time = proof(built, shown)
    wrong |= mismatches
    return right, wrong, in_time, built


def taken(resources):
    """LUT, FF, BRAM and DSP as cells of a table."""
    return [f"{resources.lut:,}", f"{resources.ff:,}", f"{resources.bram:g}", f"{resources.dsp}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="MNIST's IDX files, in place of digits")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=1, help="networks to train of each variant; the first is built")
    parser.add_argument("--frames", type=int, default=100, help="test images to prove each on")
    parser.add_argument("--synth", action="store_true", help="synthesise each with Yosys, too")
    parser.add_argument(
        "--expected", type=Path, metavar="FILE", help="write the figures of untrained networks, no more"
    )
    options = parser.parse_args()
    if options.expected:
        options.expected.write_text(json.dumps(expected(untrained()), indent=2) + "\n", encoding="utf-8", newline="\n")
        return
    try:
        run(options)
    except HwgenError as error:
        sys.exit(f"error: {error}")


def run(options):
    """Both tables, and an error where anything differs."""
    images = mnist(options.mnist) if options.mnist else digits()
    console, proven = Plain(), True
    proofs = Table(title=f"{options.frames} test images: golden against", box=SIMPLE_HEAD)
    for heading in ("variant", "test accuracy %", "PyTorch", "csim", "dpi", "rtl", "cycles as predicted"):
        proofs.add_column(heading, justify="left" if heading == "variant" else "right")
    prices = Table(title="price", box=SIMPLE_HEAD)
    for heading in ("variant", "interval", "LUT", "FF", "BRAM", "DSP"):
        prices.add_column(heading, justify="left" if heading == "variant" else "right")
    for variant in VARIANTS:
        with console.status(f"{variant}: training, building, proving"):
            right, wrong, in_time, built = row(variant, images, options)
        accuracy = f"{np.mean(right):.2f}" + (f" ({min(right):.2f} to {max(right):.2f})" if len(right) > 1 else "")
        proofs.add_row(variant, accuracy, *map(str, wrong.values()), "yes" if in_time else "no")
        proven = proven and in_time and not any(wrong.values())
        report = built.estimate()
        prices.add_row(variant, f"{report.interval_cycles:,}", *taken(report.resources))
        if units := path_of_k(report):
            prices.add_row("  of it the path of K", "", *taken(reduce(add, (unit.resources for unit in units))))
        if options.synth:
            with console.status(f"{variant}: Yosys"):
                prices.add_row("  Yosys", "", *taken(built.synthesise().measured))
    console.print(proofs)
    console.print(prices)
    if not proven:
        sys.exit("error: a back end disagrees with the golden model, or that with PyTorch")


if __name__ == "__main__":
    main()
