"""Train plain W1A1 and HORQ of order 1 to 4 alike, build one on every back end and prove it in both plane foldings."""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from train import digits, mnist, scores, train

import hwgen
from hwgen.config import read_settings
from hwgen.nn import ResidualSign, calibrate
from hwgen.verify.evaluate import accuracy

HERE = Path(__file__).parent
LAYERS = ("conv0", "conv1", "fc2")


def accelerator(model, images, planes="parallel"):
    """`model` compiled with the settings beside this script; its hardware receives the pixels of `images` as bytes."""
    settings = read_settings(HERE / "settings.toml").model_dump()
    example, scale = torch.zeros(1, *images.shape[1:]), 1 / int(images.max())
    graph = hwgen.load(model, example, name="horq", input_type="uint8", input_scale=scale)
    ordered = any(layer.order > 1 for layer in model if isinstance(layer, ResidualSign))
    settings["planes"] = dict.fromkeys(LAYERS, planes) if ordered else {}
    return hwgen.compile(graph, **settings)


def pixels(built, images):
    """Images (N, 1, H, W) as codes of the hardware's input."""
    return built.codes(np.moveaxis(images, 1, -1))


def torch_mismatches(built, model, images):
    """Class accumulators of the golden model that differ from those behind the network's own float scores."""
    decoding = built.graph.decoding
    found = (scores(model, images, int(images.max())) - decoding.offset) / decoding.scale
    return int((np.rint(found) != built.outputs(pixels(built, images))).sum())


def right(model, images, labels):
    """The share of images that the network's own forward pass classifies as labelled."""
    return float((scores(model, images, int(images.max())).argmax(1) == labels).mean())


def with_dynamic(model, images, labels, train_images):
    """Test accuracies with factors per input, and calibrated anew per layer; `model` is left as it was."""
    layers = [layer for layer in model if isinstance(layer, ResidualSign)]
    learnt = [layer.beta.detach().clone() for layer in layers]
    for layer in layers:
        layer.dynamic = True
    dynamic = right(model, images, labels)
    calibrate(model, torch.tensor(train_images[:1000], dtype=torch.float32) / int(train_images.max()))
    calibrated = right(model, images, labels)
    for layer, beta in zip(layers, learnt, strict=True):
        layer.beta.data = beta
    return dynamic, calibrated


def prove(console, model, images, labels, folder):
    """Build and simulate in both plane foldings; whether everything agreed."""
    table = Table(title=f"proof on {len(images)} test images", box=SIMPLE_HEAD)
    for heading in ("planes", "golden against", "mismatches", "interval\nfound / predicted", "LUT, estimated"):
        table.add_column(heading)
    proven = True
    for planes in ("parallel", "serial"):
        built = accelerator(model, images, planes).write(folder / planes)
        codes, figures = pixels(built, images), built.estimate()
        differing = torch_mismatches(built, model, images)
        table.add_row(planes, "torch", str(differing), "", f"{figures.resources.lut:,.0f}")
        proven = proven and differing == 0
        for backend in ("csim", "rtl", "dpi"):
            with console.status(f"simulating on {backend}"):
                outcome = built.simulate(codes, backend)
            found, predicted = outcome.cycles, outcome.predicted
            interval = f"{found.interval} / {predicted.interval}" if found else ""
            table.add_row("", backend, str(outcome.mismatch_count), interval, "")
            proven = proven and outcome.passed
    console.print(table)
    share = accuracy(built.graph, "golden", built.outputs(codes), labels, "images")
    console.print(f"golden: {share.correct} of {share.frames} test images right, {share.accuracy:.2%}")
    return proven


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/horq"), help="folder for the projects")
    parser.add_argument("--mnist", type=Path, help="folder with the four IDX files of MNIST, in place of the digits")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--order", type=int, default=2, help="of the network that is built")
    parser.add_argument("--frames", type=int, default=120, help="test images that are simulated")
    options = parser.parse_args()
    console = Console()

    train_images, images, train_labels, labels = mnist(options.mnist) if options.mnist else digits()
    table = Table(title=f"accuracy on {len(images)} test images", box=SIMPLE_HEAD)
    for heading in ("network", "factors learnt", "of each input", "calibrated"):
        table.add_column(heading, justify="right")
    models = {}
    for order in range(5):
        model = models[order] = train(order, train_images, train_labels, epochs=options.epochs, seed=options.seed)
        share = f"{right(model, images, labels):.2%}"
        if order == 0:
            table.add_row("plain W1A1", share, "", "")
        else:
            others = with_dynamic(model, images, labels, train_images)
            table.add_row(f"HORQ-{order}", share, *(f"{other:.2%}" for other in others))
    console.print(table)
    chosen = slice(options.frames)
    if not prove(console, models[options.order], images[chosen], labels[chosen], options.output):
        sys.exit("error: a back end disagrees with the golden model or with the predicted cycles")


if __name__ == "__main__":
    main()
