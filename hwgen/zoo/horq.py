"""Networks of HORQ (Li et al. 2017), order 1 to 4: a small one for digits or MNIST, and BinaryNet's two on its planes.

What layers the paper's own networks have is not known here.
"""

from __future__ import annotations

import math
from itertools import pairwise
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


def perceptron(*, kind: Kind, order: int, hidden: int = 4096) -> nn.Sequential:
    """BinaryNet's MNIST network, untrained, every layer behind residual planes."""
    return nn.Sequential(nn.Flatten(), *_dense([math.prod(kind.shape), *[hidden] * 3, CLASSES], order))


def vgg(*, kind: Kind, order: int, width: int = 128, dense: int = 1024) -> nn.Sequential:
    """BinaryNet's CIFAR-10 network, untrained, every layer behind residual planes."""
    height, along, inputs = kind.shape
    layers: list[nn.Module] = []
    for channels in (width, 2 * width, 4 * width):
        for pooled in (False, True):
            layers += [nn.BatchNorm2d(inputs), ResidualSign(order)]
            layers.append(HORQConv2d(inputs, channels, 3, padding=1, bias=False))
            layers += [nn.MaxPool2d(2)] if pooled else []
            inputs = channels
        height, along = height // 2, along // 2
    layers += [nn.BatchNorm2d(inputs), ResidualSign(order), nn.Flatten()]
    layers.append(HORQLinear(inputs * height * along, dense, bias=False))
    return nn.Sequential(*layers, *_dense([dense, dense, CLASSES], order))


def _dense(widths: list[int], order: int) -> list[nn.Module]:
    """Dense layers from width to width behind batch norm and planes, and the batch norm of the scores."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.BatchNorm1d(inputs), ResidualSign(order), HORQLinear(inputs, outputs, bias=False)]
    return [*layers, nn.BatchNorm1d(widths[-1])]
