"""TFC, SFC, LFC and CNV: the networks of FINN (Umuroglu et al., FPGA 2017) and of Brevitas' bnn_pynq examples.

Fully connected ones quantise their input, then linear, batch norm and quantiser by layer. CNV has an 8-bit quantiser
on the input, then convolution, batch norm, quantiser and pool by layer, no padding anywhere, and dense layers. All end
with one norm over all scores, so that their order on the chip is that of the scores.
"""

from __future__ import annotations

import math
from typing import Any

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from torch import Tensor, nn

from hwgen.errors import ConfigError
from hwgen.nn.norms import TensorNorm
from hwgen.nn.quantisers import PixelQuant, SymmetricAct, SymmetricWeight
from hwgen.zoo.datasets import CIFAR10, MNIST, Kind

HIDDEN = {"tfc": 64, "sfc": 256, "lfc": 1024}
"""Neurons of each of the three hidden layers."""

PRECISIONS = {"w1a1": (1, 1), "w1a2": (1, 2), "w2a2": (2, 2)}
"""Bits of weights and of activations; the input of a fully connected network has those of the activations, CNV's 8."""

CLASSES, COLOURS = 10, 3

WIDTH = 64
"""Channels of CNV's first convolution; all other layers are multiples of it."""

_CONVOLUTIONS = ((1, False), (1, True), (2, False), (2, True), (4, False), (4, False))
"""By layer of CNV: channels as a multiple of the width, and whether a 2x2 max pool follows."""

_DENSE = (8, 8)
"""Neurons of CNV's dense layers as a multiple of the width."""


class FullyConnected(nn.Module):
    """Pixels in [0, 1], any shape with `inputs` elements a frame, to ten scores."""

    def __init__(self, hidden: int, weight_bits: int, activation_bits: int, dropout: float, inputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [_activation(activation_bits), nn.Dropout(dropout)]
        for _ in range(3):
            layers += [QuantLinear(inputs, hidden, bias=False, **_weights(weight_bits)), nn.BatchNorm1d(hidden)]
            layers += [_activation(activation_bits), nn.Dropout(dropout)]
            inputs = hidden
        layers += [QuantLinear(inputs, CLASSES, bias=False, **_weights(weight_bits)), TensorNorm()]
        self.layers = nn.Sequential(*layers)
        _spread(self)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (N, 10)."""
        found: Tensor = self.layers(2.0 * x.flatten(1) - 1.0)
        return found


class Convolutional(nn.Module):
    """Pixels (N, 3, 32, 32) in [0, 1] to ten scores."""

    def __init__(self, weight_bits: int, activation_bits: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [QuantIdentity(act_quant=PixelQuant)]
        inputs = COLOURS
        for multiple, pooled in _CONVOLUTIONS:
            outputs = multiple * width
            layers.append(QuantConv2d(inputs, outputs, 3, bias=False, **_weights(weight_bits)))
            layers += [nn.BatchNorm2d(outputs, eps=1e-4), _activation(activation_bits)]
            if pooled:
                layers.append(nn.MaxPool2d(2))
            inputs = outputs
        layers.append(nn.Flatten())
        for multiple in _DENSE:
            outputs = multiple * width
            layers.append(QuantLinear(inputs, outputs, bias=False, **_weights(weight_bits)))
            layers += [nn.BatchNorm1d(outputs, eps=1e-4), _activation(activation_bits)]
            inputs = outputs
        layers += [QuantLinear(inputs, CLASSES, bias=False, **_weights(weight_bits)), TensorNorm()]
        self.layers = nn.Sequential(*layers)
        _spread(self)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (N, 10)."""
        found: Tensor = self.layers(2.0 * x - 1.0)
        return found


def fully_connected(
    name: str = "tfc", precision: str = "w1a1", *, kind: Kind = MNIST, dropout: float = 0.0
) -> FullyConnected:
    """`tfc`, `sfc` or `lfc` in `w1a1`, `w1a2` or `w2a2`, untrained; `dropout` acts in training alone."""
    return FullyConnected(HIDDEN[name], *PRECISIONS[precision], dropout=dropout, inputs=math.prod(kind.shape))


def cnv(precision: str = "w1a1", *, kind: Kind = CIFAR10, width: int = WIDTH) -> Convolutional:
    """CNV in `w1a1`, `w1a2` or `w2a2`, untrained; narrower than the published one with a `width` below 64.

    Its windows fit 32x32 pixels only. Raises: ConfigError on another size.
    """
    if kind.shape != CIFAR10.shape:
        raise ConfigError("CNV", "must have images of 32x32x3", f"{kind.name} of {'x'.join(map(str, kind.shape))}")
    return Convolutional(*PRECISIONS[precision], width=width)


def _activation(bits: int) -> nn.Module:
    layer: nn.Module = QuantIdentity(act_quant=SymmetricAct, bit_width=bits)
    return layer


def _weights(bits: int) -> dict[str, Any]:
    return {"weight_bit_width": bits, "weight_quant": SymmetricWeight}


def _spread(model: nn.Module) -> None:
    """Weights drawn evenly from -1 to 1."""
    for layer in model.modules():
        if isinstance(layer, QuantConv2d | QuantLinear):
            nn.init.uniform_(layer.weight.data, -1, 1)
