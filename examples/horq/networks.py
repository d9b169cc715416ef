"""A small convolutional network for 8x8 digits or 28x28 MNIST: plain W1A1, and HORQ of order 1 to 4."""

from hwgen.nn import HORQConv2d, HORQLinear, ResidualSign, prepare_torch

prepare_torch()

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import nn

CHANNELS, CLASSES = 16, 10
BINARY = {"bias": False, "weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}


def sign():
    """-1 or +1, with a straight-through gradient between -1 and +1."""
    return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)


def network(order, side):
    """The untrained network for images of `side` x `side` pixels in [0, 1]; order 0 is the plain one.

    Each convolution is padded with zeros, which add nothing, and read by its pool before batch norm and quantiser.
    """
    plain = order == 0
    quantiser = sign if plain else lambda: ResidualSign(order)

    def convolution(inputs, outputs):
        if plain:
            return QuantConv2d(inputs, outputs, 3, padding=1, **BINARY)
        return HORQConv2d(inputs, outputs, 3, padding=1, bias=False)

    inputs = 2 * CHANNELS * (side // 4) ** 2
    classifier = QuantLinear(inputs, CLASSES, **BINARY) if plain else HORQLinear(inputs, CLASSES, bias=False)
    return nn.Sequential(
        nn.BatchNorm2d(1),
        quantiser(),
        convolution(1, CHANNELS),
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
