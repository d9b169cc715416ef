"""Train a W1A1 network on digits, build it, prove it on every back end and print the report."""

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
from hwgen.report.tables import estimate_table
from hwgen.verify.evaluate import accuracy

HERE = Path(__file__).parent


def accelerator(network):
    """The network, compiled with the settings beside this script; its hardware receives pixels of 0 to 16 as bytes."""
    graph = hwgen.load(network, torch.zeros(1, 8, 8), name="digits_bnn", input_type="uint8", input_scale=1 / 16)
    return hwgen.compile(graph, **read_settings(HERE / "settings.toml").model_dump())


def brevitas_mismatches(built, network, codes):
    """Class accumulators of the golden model that differ from those behind Brevitas' float scores."""
    decoding = built.graph.decoding
    accumulators = np.rint((scores(network, codes.reshape(-1, 8, 8)) - decoding.offset) / decoding.scale)
    return int((accumulators != built.outputs(codes)).sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/digits_bnn"), help="folder for the project")
    parser.add_argument("--epochs", type=int, default=25)
    options = parser.parse_args()
    console = Plain()

    train_images, images, train_labels, labels = digits()
    start = time.perf_counter()
    network = train(train_images, train_labels, options.epochs)
    console.print(f"trained on {len(train_images)} digits in {time.perf_counter() - start:.1f} s")

    built = accelerator(network).write(options.output)
    console.print(estimate_table(built.estimate()))

    codes = built.codes(images)
    differing = brevitas_mismatches(built, network, codes)
    table = Table(title=f"proof on {len(codes)} test digits", box=SIMPLE_HEAD)
    table.add_column("golden against")
    for heading in ("mismatches", "interval\nfound / predicted", "latency\nfound / predicted", "seconds"):
        table.add_column(heading, justify="right")
    table.add_row("Brevitas forward", str(differing), "", "", "")
    proven = differing == 0
    for backend in ("csim", "rtl", "dpi"):
        with console.status(f"simulating {len(codes)} digits on {backend}"):
            outcome = built.simulate(codes, backend)
        found, predicted = outcome.cycles, outcome.predicted
        interval = f"{found.interval} / {predicted.interval}" if found else ""
        latency = f"{found.latency} / {predicted.latency}" if found else ""
        seconds = f"{outcome.build_s + outcome.run_s:.1f}"
        table.add_row(backend, str(outcome.mismatch_count), interval, latency, seconds)
        proven = proven and outcome.passed
    console.print(table)

    right = accuracy(built.graph, "golden", built.outputs(codes), labels, "digits")
    figures = built.estimate()
    console.print(f"test accuracy {right.accuracy:.2%} ({right.correct} of {right.frames} digits)")
    console.print(f"{figures.fps:,.0f} frames/s at {figures.clock_mhz:g} MHz, latency {figures.latency_us:.2f} us")
    console.print(f"project in {options.output}: hls/ and rtl/")
    if not proven:
        sys.exit("error: a back end disagrees with the golden model or with the predicted cycles")


if __name__ == "__main__":
    main()
