"""Train a small LCCL-ResNet on digits, build it, prove it on every back end and measure what its gates spare."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from rich.box import SIMPLE_HEAD
from rich.table import Table
from train import digits, scores, train

import hwgen
from hwgen.config import read_settings
from hwgen.report.console import Plain
from hwgen.report.tables import estimate_table, skipping_lines

HERE = Path(__file__).parent
FRAMES = 100


def accelerator(network, settings="settings.toml"):
    """The network, compiled with settings beside this script; its hardware receives pixels of 0 to 16 as bytes."""
    graph = hwgen.load(network, torch.zeros(1, 1, 8, 8), name="lccl", input_type="uint8", input_scale=1 / 16)
    return hwgen.compile(graph, **read_settings(HERE / settings).model_dump())


def brevitas_mismatches(built, network, images):
    """Class accumulators of the golden model that differ from those behind Brevitas' float scores."""
    decoding = built.graph.decoding
    accumulators = np.rint((scores(network, images) - decoding.offset) / decoding.scale)
    return int((accumulators != built.outputs(codes_of(built, images))).sum())


def codes_of(built, images):
    """What the hardware receives: (N, 8, 8, 1)."""
    return built.codes(images.transpose(0, 2, 3, 1))


def accuracy(network, images, labels):
    """Share of images whose largest score is that of their label."""
    return float((scores(network, images).argmax(axis=1) == labels).mean())


def trained(console, train_images, train_labels, images, labels, epochs):
    """The gated network, after the same training of three: gated, without gates, and W1A1 without gates."""
    table = Table(title=f"test accuracy on {len(images)} digits", box=SIMPLE_HEAD)
    for heading in ("network", "accuracy", "seconds of training"):
        table.add_column(heading)
    networks = {}
    kinds = (("gated, W1A2", True, 2), ("no gates, W1A2", False, 2), ("no gates, W1A1", False, 1))
    for name, gated, bits in kinds:
        start = time.perf_counter()
        networks[name] = train(train_images, train_labels, gated=gated, bits=bits, epochs=epochs)
        seconds = time.perf_counter() - start
        table.add_row(name, f"{accuracy(networks[name], images, labels):.2%}", f"{seconds:.0f}")
    console.print(table)
    return networks["gated, W1A2"]


def prove(console, built, network, images):
    """Whether every back end gives the codes of the golden model, which gives those of Brevitas, as predicted."""
    differing, codes = brevitas_mismatches(built, network, images), codes_of(built, images)
    table = Table(title=f"proof on {len(images)} test digits", box=SIMPLE_HEAD)
    for heading in ("golden against", "mismatches", "beats timed", "in another cycle"):
        table.add_column(heading)
    table.add_row("Brevitas forward", str(differing), "", "")
    proven, spared = differing == 0, None
    for backend in ("csim", "dpi", "rtl"):
        with console.status(f"simulating {len(images)} digits on {backend}"):
            outcome = built.simulate(codes, backend)
        timed = (f"{outcome.beats_timed:,}", str(len(outcome.mistimed))) if backend == "rtl" else ("", "")
        table.add_row(backend, str(outcome.mismatch_count), *timed)
        proven, spared = proven and outcome.passed, outcome.skipping
    console.print(table)
    console.print("\n".join(skipping_lines(spared.to_json())))
    return proven and spared.found == spared.predicted


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/lccl"), help="folder for the project")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--frames", type=int, default=FRAMES, help="test digits to simulate")
    options = parser.parse_args()
    console = Plain()

    train_images, images, train_labels, labels = digits()
    network = trained(console, train_images, train_labels, images, labels, options.epochs)
    built = accelerator(network).write(options.output)
    console.print(estimate_table(built.estimate()))
    if not prove(console, built, network, images[: options.frames]):
        sys.exit("error: a back end disagrees with the golden model or with the predicted cycles")


if __name__ == "__main__":
    main()
