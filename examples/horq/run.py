"""Train plain W1A1 and HORQ of order 1 to 4 alike, build one on every back end and prove it in both plane foldings."""

import argparse
import copy
import sys
from pathlib import Path

import numpy as np
import torch
from rich.box import SIMPLE_HEAD
from rich.table import Table
from train import digits, mnist, scores, train

import hwgen
from hwgen.config import read_settings
from hwgen.golden.planes import residual
from hwgen.nn import ResidualSign, calibrate
from hwgen.report.console import Plain
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


def others(model, images, labels, train_images):
    """Test accuracies without training anew: with factors of each input, and calibrated for each layer."""
    model = copy.deepcopy(model)
    for layer in model:
        if isinstance(layer, ResidualSign):
            layer.dynamic = True
    dynamic = right(model, images, labels)
    calibrate(model, torch.tensor(train_images[:1000], dtype=torch.float32) / int(train_images.max()))
    return dynamic, right(model, images, labels)


def left(model, images):
    """What planes leave of their inputs, |x - sum| / |x| over all layers: with the layers' factors, and each input's.

    The latter by the golden model, as no hardware computes it.
    """
    seen = []
    layers = [layer for layer in model if isinstance(layer, ResidualSign)]
    hooks = [
        layer.register_forward_hook(lambda layer, given, result: seen.append((layer.order, given[0], result)))
        for layer in layers
    ]
    scores(model, images, int(images.max()))
    for hook in hooks:
        hook.remove()
    reals = [(order, x.numpy().astype(np.float64), near.numpy()) for order, x, near in seen]
    size = sum(np.square(x).sum() for _, x, _ in reals)
    own = sum(np.square(x - near).sum() for _, x, near in reals)
    inputs = sum(np.square(x - residual(x, order)[0]).sum() for order, x, _ in reals)
    return np.sqrt(own / size), np.sqrt(inputs / size)


def accuracies(console, train_images, images, train_labels, labels, options):
    """Train all networks alike and print their accuracies; the networks by order."""
    table = Table(title=f"accuracy on {len(images)} test images", box=SIMPLE_HEAD)
    for heading in ("network", "factors\nlearnt", "of each\ninput", "calibrated"):
        table.add_column(heading, justify="right")
    for heading in ("left:\nlearnt", "left: of\neach input"):
        table.add_column(heading, justify="right")
    if options.dynamic:
        table.add_column("trained: of\neach input", justify="right")
    models = {}
    for order in range(5):
        how = {"epochs": options.epochs, "seed": options.seed}
        model = models[order] = train(order, train_images, train_labels, **how)
        shares = [right(model, images, labels)]
        if order > 0:
            shares += [*others(model, images, labels, train_images), *left(model, images)]
        if options.dynamic and order > 0:
            shares.append(right(train(order, train_images, train_labels, **how, dynamic=True), images, labels))
        table.add_row(f"HORQ-{order}" if order else "plain W1A1", *(f"{share:.2%}" for share in shares))
    console.print(table)
    return models


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
    parser.add_argument("--dynamic", action="store_true", help="also train with factors of each input")
    parser.add_argument("--frames", type=int, default=120, help="test images that are simulated")
    options = parser.parse_args()
    console = Plain()

    _, images, _, labels = data = mnist(options.mnist) if options.mnist else digits()
    models = accuracies(console, *data, options)
    chosen = slice(options.frames)
    if not prove(console, models[options.order], images[chosen], labels[chosen], options.output):
        sys.exit("error: a back end disagrees with the golden model or with the predicted cycles")


if __name__ == "__main__":
    main()
