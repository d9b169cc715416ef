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

from build import FOLDINGS, HERE, accelerator
from torch import manual_seed, save

from hwgen.verify.evaluate import classes
from hwgen.verify.vectors import read_array
from hwgen.zoo import Dataset, Recipe, accuracy, train
from hwgen.zoo.datasets import MNIST
from hwgen.zoo.finn import HIDDEN, PRECISIONS, fully_connected


def read(options: argparse.Namespace) -> Dataset:
    """The images and labels of the four files."""
    images, test_images = (read_array(path)[..., None] for path in (options.images, options.test_images))
    labels, test_labels = (read_array(path).astype("int64") for path in (options.labels, options.test_labels))
    return Dataset(MNIST, images, labels, test_images, test_labels)


def report(epoch: int, epochs: int, loss: float) -> None:
    print(f"epoch {epoch} of {epochs}: loss {loss:.4f}", flush=True)


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
    model = fully_connected(options.network, options.precision, dropout=options.dropout)
    data = read(options)
    train(model, data, Recipe(options.epochs, options.rate), options.seed, report)
    checkpoint = options.checkpoint or Path(f"{name}.pt")
    save(model.state_dict(), checkpoint)

    print(f"{checkpoint}: {accuracy(model, data):.2%} of {len(data.test_labels)} test images (Brevitas)")
    folding = options.folding or HERE / "folding" / f"{FOLDINGS[options.network][0]}.json"
    built = accelerator(model, name, folding)
    codes = data.test_images.reshape(-1, *built.graph.input.type.shape)
    right = classes(built.graph, built.outputs(codes)) == data.test_labels
    print(f"{name}: {right.mean():.2%} of {len(right)} test images (hwgen's golden model)")
    if options.output:
        built.write(options.output)
        print(f"{options.output}: {built.estimate().interval_cycles} cycles a frame")


if __name__ == "__main__":
    main()
