"""Train a W1A1 network on digits, build it, prove it on every back end and print the report."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from train import digits, scores, train

import hwgen
from hwgen.config import read_settings
from hwgen.golden.execute import run as golden
from hwgen.report.tables import estimate_table
from hwgen.verify.evaluate import accuracy

HERE = Path(__file__).parent


def brevitas_mismatches(accelerator, network, codes):
    """Class accumulators of the golden model that differ from those behind Brevitas' float scores."""
    decoding = accelerator.graph.decoding
    accumulators = np.rint((scores(network, codes) - decoding.offset) / decoding.scale)
    return int((accumulators != golden(accelerator.graph, codes)).sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/digits_bnn"), help="folder for the project")
    parser.add_argument("--epochs", type=int, default=25)
    options = parser.parse_args()
    console = Console()

    train_images, images, train_labels, labels = digits()
    start = time.perf_counter()
    network = train(train_images, train_labels, options.epochs)
    console.print(f"trained on {len(train_images)} digits in {time.perf_counter() - start:.1f} s")

    graph = hwgen.load(network, torch.zeros(1, 8, 8), name="digits_bnn", input_type="uint8", input_scale=1 / 16)
    settings = read_settings(HERE / "settings.toml")
    accelerator = hwgen.compile(graph, **settings.model_dump()).write(options.output)
    console.print(estimate_table(accelerator.estimate()))

    codes = images.reshape(len(images), *accelerator.graph.input.type.shape)
    differing = brevitas_mismatches(accelerator, network, codes)
    table = Table(title=f"proof on {len(codes)} test digits")
    table.add_column("golden against")
    for heading in ("mismatches", "interval", "latency", "seconds"):
        table.add_column(heading, justify="right")
    table.add_row("Brevitas forward", str(differing), "", "", "")
    proven = differing == 0
    for backend in ("csim", "rtl", "dpi"):
        with console.status(f"simulating {len(codes)} digits on {backend}"):
            outcome = accelerator.simulate(codes, backend)
        found, predicted = outcome.cycles, outcome.predicted
        interval = f"{found.interval} (predicted {predicted.interval})" if found else ""
        latency = f"{found.latency} (predicted {predicted.latency})" if found else ""
        seconds = f"{outcome.build_s + outcome.run_s:.1f}"
        table.add_row(backend, str(outcome.mismatch_count), interval, latency, seconds)
        proven = proven and outcome.passed
    console.print(table)

    right = accuracy(accelerator.graph, "golden", golden(accelerator.graph, codes), labels, "digits")
    figures = accelerator.estimate()
    console.print(f"test accuracy {right.accuracy:.2%} ({right.correct} of {right.frames} digits)")
    console.print(f"{figures.fps:,.0f} frames/s at {figures.clock_mhz:g} MHz, latency {figures.latency_us:.2f} us")
    console.print(f"project in {options.output}: hls/ and rtl/")
    if not proven:
        sys.exit("error: a back end disagrees with the golden model or with the predicted cycles")


if __name__ == "__main__":
    main()
