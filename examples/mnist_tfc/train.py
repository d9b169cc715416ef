"""Train TFC, SFC or LFC on MNIST in the IDX files you point at, save a checkpoint, build the accelerator.

    python train.py --network tfc --epochs 10 \\
        --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz \\
        --test-images t10k-images-idx3-ubyte.gz --test-labels t10k-labels-idx1-ubyte.gz \\
        --checkpoint tfc_w1a1.pt --output out/tfc_w1a1

Ends with two accuracies on the test images: of the Brevitas network, and of the accelerator's golden model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from build import FOLDINGS, HERE, accelerator  # imports hwgen's preparation of torch before torch is used
from networks import CLASSES, HIDDEN, PRECISIONS, FullyConnected, network
from torch import Tensor, from_numpy, manual_seed, nn, no_grad, optim, randperm, save

from hwgen.verify.evaluate import classes
from hwgen.verify.vectors import read_array

_BATCH = 50


def read(images: Path, labels: Path) -> tuple[Tensor, Tensor]:
    """Pixels (N, 784) in [0, 1] and classes (N,)."""
    pixels = from_numpy(read_array(images).astype(np.float32)).flatten(1) / 255
    return pixels, from_numpy(read_array(labels).astype(np.int64))


def loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Squared hinge: the right class above +1, every other below -1."""
    wanted = 2.0 * nn.functional.one_hot(labels, CLASSES) - 1.0
    return (1.0 - scores * wanted).clamp(min=0).square().mean()


def train(model: FullyConnected, pixels: Tensor, labels: Tensor, epochs: int, rate: float) -> None:
    """Adam, its rate falling to zero along half a cosine."""
    optimiser = optim.Adam(model.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for chosen in randperm(len(pixels)).split(_BATCH):
            optimiser.zero_grad()
            error = loss(model(pixels[chosen]), labels[chosen])
            error.backward()
            optimiser.step()
            model.clip_weights()
            total += error.item() * len(chosen)
        schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(pixels):.4f}", flush=True)


def accuracy(model: FullyConnected, pixels: Tensor, labels: Tensor) -> float:
    """Share of the frames whose highest score is their label's."""
    model.eval()
    with no_grad():
        return float((model(pixels).argmax(1) == labels).float().mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=tuple(HIDDEN), default="tfc")
    parser.add_argument("--precision", choices=tuple(PRECISIONS), default="w1a1", help="bits of weights, activations")
    for option in ("--images", "--labels", "--test-images", "--test-labels"):
        parser.add_argument(option, type=Path, required=True, help="an IDX file, .gz or not")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.03, help="learning rate of the first epoch")
    parser.add_argument("--dropout", type=float, default=0.05, help="share of activations left out in training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="where to save the parameters (default: NETWORK_PRECISION.pt)")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the network's first in folding/)")
    parser.add_argument("--output", type=Path, help="folder for the accelerator's project; not written by default")
    options = parser.parse_args()

    manual_seed(options.seed)
    name = f"{options.network}_{options.precision}"
    model = network(options.network, options.precision, options.dropout)
    train(model, *read(options.images, options.labels), options.epochs, options.rate)
    checkpoint = options.checkpoint or Path(f"{name}.pt")
    save(model.state_dict(), checkpoint)

    test_pixels, test_labels = read(options.test_images, options.test_labels)
    print(f"{checkpoint}: {accuracy(model, test_pixels, test_labels):.2%} of {len(test_labels)} test images (Brevitas)")
    folding = options.folding or HERE / "folding" / f"{FOLDINGS[options.network][0]}.json"
    built = accelerator(model, name, folding)
    codes = read_array(options.test_images).reshape(-1, *built.graph.input.type.shape)
    right = classes(built.graph, built.outputs(codes)) == test_labels.numpy()
    print(f"{name}: {right.mean():.2%} of {len(right)} test images (hwgen's golden model)")
    if options.output:
        built.write(options.output)
        print(f"{options.output}: {built.estimate().interval_cycles} cycles a frame")


if __name__ == "__main__":
    main()
