"""Train the jet tagger on features you point at, save a checkpoint, build the accelerator.

    python train.py --data jets.npz --epochs 100 --checkpoint jet.pt --output out/jet

Without `--data` it trains on generated features. Ends with two accuracies on the fifth of the features that training
left out: of the Brevitas network, and of the accelerator's golden model.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from build import accelerator  # prepares torch before torch is used
from data import codes, generated, read, split
from network import INPUT_SCALE, network
from torch import Tensor, from_numpy, manual_seed, nn, no_grad, optim, randperm, save

from hwgen.errors import HwgenError
from hwgen.verify.evaluate import classes

_BATCH = 50


def inputs(features: np.ndarray) -> Tensor:
    """What the network sees: the codes that the hardware receives, times their scale."""
    return from_numpy(codes(features).astype(np.float32)) * INPUT_SCALE


def train(model: nn.Module, features: np.ndarray, labels: np.ndarray, epochs: int, rate: float) -> None:
    """Adam on the cross entropy, its rate falling to zero along half a cosine."""
    x, y = inputs(features), from_numpy(labels)
    optimiser = optim.Adam(model.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for chosen in randperm(len(x)).split(_BATCH):
            optimiser.zero_grad()
            error = nn.functional.cross_entropy(model(x[chosen]), y[chosen])
            error.backward()
            optimiser.step()
            total += error.item() * len(chosen)
        schedule.step()
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(x):.4f}", flush=True)


def scores(model: nn.Module, features: np.ndarray) -> np.ndarray:
    """The network's own forward pass, (N, 5) in float32."""
    model.eval()
    with no_grad():
        return model(inputs(features)).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="an .npz file of x (N, 16) and y (N,)")
    parser.add_argument("--jets", type=int, default=5000, help="jets to generate where there is no --data")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=0.002, help="learning rate of the first epoch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, default=Path("jet.pt"), help="where to save the parameters")
    parser.add_argument("--folding", type=Path, help="a folding file (default: the first in folding/)")
    parser.add_argument("--output", type=Path, help="folder for the accelerator's project; not written by default")
    options = parser.parse_args()
    try:
        run(options)
    except HwgenError as error:
        sys.exit(f"error: {error}")


def run(options: argparse.Namespace) -> None:
    """Read or generate features, train, compare, build."""
    if options.data:
        features, labels = read(options.data)
    else:
        print(f"no --data: {options.jets} generated features, not jets")
        features, labels = generated(options.jets, options.seed)
    features, labels, test_features, test_labels = split(features, labels)
    manual_seed(options.seed)
    model = network()
    train(model, features, labels, options.epochs, options.rate)
    save(model.state_dict(), options.checkpoint)

    right = scores(model, test_features).argmax(1) == test_labels
    print(f"{options.checkpoint}: {right.mean():.2%} of {len(right)} test jets (Brevitas)")
    built = accelerator(model, options.folding)
    right = classes(built.graph, built.outputs(codes(test_features))) == test_labels
    print(f"jet: {right.mean():.2%} of {len(right)} test jets (hwgen's golden model)")
    if options.output:
        built.write(options.output)
        print(f"{options.output}: {built.estimate().interval_cycles} cycles a frame")


if __name__ == "__main__":
    main()
