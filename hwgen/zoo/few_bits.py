"""One small network in the numbers of DoReFa-Net, QNN, ternary networks and BinaryConnect, and in plain W1A1.

Two 3x3 convolutions of 16 channels padded by 1, a 2x2 max pool, dense layers of 32 and ten neurons; batch norm and
activation behind each product, the last batch norm for the host. All weights are quantised, the first and the last
layer's too; the input is 8-bit pixels in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from hwgen.nn.binarynet import Binarise, Stochastic
from hwgen.nn.layers import QuantisedConv2d, QuantisedLinear
from hwgen.nn.quantisers import (
    DoReFaWeight,
    LinearQuant,
    PowerOfTwoWeight,
    TernaryConnect,
    TernaryWeight,
    UnitActivation,
)
from hwgen.zoo.datasets import Kind

WIDTH, DENSE, CLASSES = 16, 32, 10


@dataclass(frozen=True)
class Numbers:
    """What a network's weights and activations are.

    Attributes:
        spread: weights start evenly drawn from [-1, 1], where rounding makes -1, 0 and +1 of them; else as Glorot's.
    """

    weights: Callable[[], nn.Module]
    activations: Callable[[], nn.Module]
    spread: bool = False


_RANDOM_TERNARY = Numbers(lambda: TernaryConnect(Stochastic.TRAINING), lambda: UnitActivation(4, 2.0), spread=True)

METHODS = {
    "small-w1a1": Numbers(Binarise, Binarise),
    "dorefa-w1a2": Numbers(lambda: DoReFaWeight(1), lambda: UnitActivation(2)),
    "dorefa-w2a2": Numbers(lambda: DoReFaWeight(2), lambda: UnitActivation(2)),
    "qnn-w4a4": Numbers(lambda: LinearQuant(4), lambda: LinearQuant(4)),
    "qnn-shift": Numbers(lambda: PowerOfTwoWeight(3), lambda: LinearQuant(4)),
    "twn": Numbers(TernaryWeight, lambda: UnitActivation(4, 2.0)),
    "ternary-connect": Numbers(
        lambda: TernaryConnect(Stochastic.TRAINING), lambda: UnitActivation(4, 2.0), spread=True
    ),
    "binaryconnect": Numbers(Binarise, lambda: UnitActivation(8, 4.0)),
}
"""In the order of the example's table."""


def small(*, kind: Kind, method: str) -> nn.Sequential:
    """The untrained network in the numbers of `method`, one of `METHODS`."""
    numbers = METHODS[method]
    height, along, channels = kind.shape
    products = (
        QuantisedConv2d(channels, WIDTH, 3, numbers.weights(), padding=1),
        QuantisedConv2d(WIDTH, WIDTH, 3, numbers.weights(), padding=1),
        QuantisedLinear(WIDTH * (height // 2) * (along // 2), DENSE, numbers.weights()),
        QuantisedLinear(DENSE, CLASSES, numbers.weights()),
    )
    if numbers.spread:
        for product in products:
            nn.init.uniform_(product.weight, -1, 1)
    return nn.Sequential(
        products[0],
        nn.BatchNorm2d(WIDTH),
        numbers.activations(),
        products[1],
        nn.MaxPool2d(2),
        nn.BatchNorm2d(WIDTH),
        numbers.activations(),
        nn.Flatten(),
        products[2],
        nn.BatchNorm1d(DENSE),
        numbers.activations(),
        products[3],
        nn.BatchNorm1d(CLASSES),
    )
