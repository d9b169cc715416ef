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

from build import accelerator, chosen_folding, imported
from torch import manual_seed, save

from hwgen.errors import HwgenError
from hwgen.verify.evaluate import classes
from hwgen.zoo import Dataset, Recipe, accuracy, load_dataset, train
from hwgen.zoo.datasets import COLOURED_DIGITS, coloured_digits
from hwgen.zoo.finn import PRECISIONS, WIDTH, cnv


def report(epoch: int, epochs: int, loss: float) -> None:
    print(f"epoch {epoch} of {epochs}: loss {loss:.4f}", flush=True)


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
        data = load_dataset("cifar10", options.data)
    else:
        print(f"no --data: {options.images} generated images of coloured digits, not CIFAR-10")
        data = Dataset(COLOURED_DIGITS, *coloured_digits(options.images, options.seed))
    manual_seed(options.seed)
    name = f"cnv_{options.precision}"
    model = cnv(options.precision, width=options.width)
    train(model, data, Recipe(options.epochs, options.rate), options.seed, report)
    checkpoint = options.checkpoint or Path(f"{name}.pt")
    save(model.state_dict(), checkpoint)

    print(f"{checkpoint}: {accuracy(model, data):.2%} of {len(data.test_labels)} test images (Brevitas)")
    built = accelerator(imported(model, name), chosen_folding(options.folding, options.width))
    right = classes(built.graph, built.outputs(data.test_images)) == data.test_labels
    print(f"{name}: {right.mean():.2%} of {len(right)} test images (hwgen's golden model)")
    if options.output:
        built.write(options.output)
        print(f"{options.output}: {built.estimate().interval_cycles} cycles a frame")


if __name__ == "__main__":
    main()
