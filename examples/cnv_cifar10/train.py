"""Train CNV on CIFAR-10's binary files in a folder you point at, save a checkpoint, build the accelerator.

    python train.py --data cifar-10-batches-bin --epochs 10 --checkpoint cnv_w1a1.pt --output out/cnv
    python train.py --width 16

Without `--data` it trains on generated images: digits in random colours. Ends with two accuracies on the test
images: of the Brevitas network, and of the accelerator's golden model.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from build import accelerator, chosen_folding, imported  # prepares torch before torch is used
from data import cifar10, coloured_digits
from networks import CLASSES, PRECISIONS, WIDTH, Convolutional, network
from torch import Tensor, cat, from_numpy, manual_seed, nn, no_grad, optim, randperm, save

from hwgen.errors import HwgenError
from hwgen.verify.evaluate import classes

_BATCH = 50
_AT_ONCE = 500
"""Test frames in one forward pass."""


def pixels(images: np.ndarray) -> Tensor:
    """What the network sees of bytes: numbers in [0, 1]."""
    return from_numpy(images.astype(np.float32)) / 255


def loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Squared hinge: the right class above +1, every other below -1."""
    wanted = 2.0 * nn.functional.one_hot(labels, CLASSES) - 1.0
    return (1.0 - scores * wanted).clamp(min=0).square().mean()


def train(model: Convolutional, images: np.ndarray, labels: np.ndarray, epochs: int, rate: float) -> None:
    """Adam, its rate falling to zero along half a cosine."""
    targets = from_numpy(labels)
    optimiser = optim.Adam(model.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for chosen in randperm(len(images)).split(_BATCH):
            optimiser.zero_grad()
            error = loss(model(pixels(images[chosen.numpy()])), targets[chosen])
            error.backward()
            optimiser.step()
            model.clip_weights()
            total += error.item() * len(chosen)
        schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(images):.4f}", flush=True)


def scores(model: Convolutional, images: np.ndarray) -> np.ndarray:
    """The network's own forward pass, (N, 10) in float32."""
    model.eval()
    with no_grad():
        parts = [model(pixels(images[start : start + _AT_ONCE])) for start in range(0, len(images), _AT_ONCE)]
    return cat(parts).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of data_batch_1.bin ... test_batch.bin")
    parser.add_argument("--images", type=int, default=4000, help="images to generate where there is no --data")
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="w1a1", help="bits of weights, activations")
    parser.add_argument("--width", type=int, default=WIDTH, help=f"channels of the first layer (default: {WIDTH})")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.01, help="learning rate of the first epoch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="where to save the parameters (default: cnv_PRECISION.pt)")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the first in folding/ at full width)")
    parser.add_argument("--output", type=Path, help="folder for the accelerator's project; not written by default")
    options = parser.parse_args()
    try:
        run(options)
    except HwgenError as error:
        sys.exit(f"error: {error}")


def run(options: argparse.Namespace) -> None:
    """Read or generate images, train, compare, build."""
    if options.data:
        images, labels, test_images, test_labels = cifar10(options.data)
    else:
        print(f"no --data: {options.images} generated images of coloured digits, not CIFAR-10")
        images, labels, test_images, test_labels = coloured_digits(options.images, options.seed)
    manual_seed(options.seed)
    name = f"cnv_{options.precision}"
    model = network(options.precision, options.width)
    train(model, images, labels, options.epochs, options.rate)
    checkpoint = options.checkpoint or Path(f"{name}.pt")
    save(model.state_dict(), checkpoint)

    right = scores(model, test_images).argmax(1) == test_labels
    print(f"{checkpoint}: {right.mean():.2%} of {len(right)} test images (Brevitas)")
    built = accelerator(imported(model, name), chosen_folding(options.folding, options.width))
    outputs = built.outputs(np.moveaxis(test_images, 1, -1))  # the hardware takes the three colours of a pixel together
    right = classes(built.graph, outputs) == test_labels
    print(f"{name}: {right.mean():.2%} of {len(right)} test images (hwgen's golden model)")
    if options.output:
        built.write(options.output)
        print(f"{options.output}: {built.estimate().interval_cycles} cycles a frame")


if __name__ == "__main__":
    main()
