"""The networks of BinaryNet (Courbariaux, Hubara et al. 2016), at full size and small.

Block: product -> [2x2 max pool] -> batch norm -> sign, and a batch norm behind the last layer, which the host applies.
The first layer sees 8-bit pixels. They stay in [0, 1], so that padding with a true 0 is a pixel of 0. `stochastic` says
when activations are binarised at random; weights always go by their sign.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import nn

from hwgen.nn.binarynet import Binarise, BinaryConv2d, BinaryLinear, ShiftBatchNorm1d, ShiftBatchNorm2d, Stochastic
from hwgen.zoo.datasets import Kind

CLASSES = 10


def mlp(
    *, kind: Kind, hidden: int = 4096, layers: int = 3, shift: bool = False, stochastic: str = Stochastic.NEVER
) -> nn.Sequential:
    """The MNIST network: `layers` dense layers of `hidden` neurons and one of ten; 3 of 4096 in the paper."""
    return nn.Sequential(nn.Flatten(), *_dense([math.prod(kind.shape), *[hidden] * layers], shift, stochastic))


def convolutional(
    *, kind: Kind, width: int = 128, dense: int = 1024, shift: bool = False, stochastic: str = Stochastic.NEVER
) -> nn.Sequential:
    """The CIFAR-10 network, of 128 channels in the paper, and the SVHN one, of 64.

    Two 3x3 convolutions of `width` channels, two of twice and two of four times as many, padded by 1, a pool behind
    each pair; then dense layers of `dense`, `dense` and ten neurons.
    """
    height, along, inputs = kind.shape
    blocks: list[nn.Module] = []
    for channels in (width, 2 * width, 4 * width):
        for pooled in (False, True):
            blocks.append(BinaryConv2d(inputs, channels, 3, padding=1))
            blocks += [nn.MaxPool2d(2)] if pooled else []
            blocks += [_norm(2, channels, shift), Binarise(stochastic)]
            inputs = channels
        height, along = height // 2, along // 2
    return nn.Sequential(*blocks, nn.Flatten(), *_dense([inputs * height * along, dense, dense], shift, stochastic))


def _dense(widths: list[int], shift: bool, stochastic: str) -> list[nn.Module]:
    """Dense blocks from width to width, then the last layer with its batch norm."""
    blocks: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        blocks.append(BinaryLinear(inputs, outputs))
        blocks += [_norm(1, outputs, shift), Binarise(stochastic)]
    return [*blocks, BinaryLinear(widths[-1], CLASSES), _norm(1, CLASSES, shift)]


def _norm(rank: int, channels: int, shift: bool) -> nn.Module:
    if shift:
        return ShiftBatchNorm1d(channels) if rank == 1 else ShiftBatchNorm2d(channels)
    return nn.BatchNorm1d(channels, eps=1e-4) if rank == 1 else nn.BatchNorm2d(channels, eps=1e-4)
