"""A small convolutional network for digits or MNIST: plain W1A1, and HORQ of order 1 to 4 (Li et al. 2017)."""

from __future__ import annotations

from typing import Any

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import nn

from hwgen.nn import HORQConv2d, HORQLinear, ResidualSign
from hwgen.zoo.datasets import Kind

CHANNELS, CLASSES = 16, 10
BINARY = {"bias": False, "weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}


def _sign() -> Any:
    """-1 or +1, with a straight-through gradient between -1 and +1."""
    return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)


def network(*, kind: Kind, order: int) -> nn.Sequential:
    """The untrained network for pixels in [0, 1]; order 0 is the plain one.

    Each convolution is padded with zeros, which add nothing, and read by its pool before batch norm and quantiser.
    """
    plain = order == 0
    height, along, colours = kind.shape

    def quantiser() -> nn.Module:
        return _sign() if plain else ResidualSign(order)

    def convolution(inputs: int, outputs: int) -> Any:
        if plain:
            return QuantConv2d(inputs, outputs, 3, padding=1, **BINARY)
        return HORQConv2d(inputs, outputs, 3, padding=1, bias=False)

    inputs = 2 * CHANNELS * (height // 4) * (along // 4)
    classifier = QuantLinear(inputs, CLASSES, **BINARY) if plain else HORQLinear(inputs, CLASSES, bias=False)
    return nn.Sequential(
        nn.BatchNorm2d(colours),
        quantiser(),
        convolution(colours, CHANNELS),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(CHANNELS),
        quantiser(),
        convolution(CHANNELS, 2 * CHANNELS),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(2 * CHANNELS),
        quantiser(),
        nn.Flatten(),
        classifier,
        nn.BatchNorm1d(CLASSES),
    )
