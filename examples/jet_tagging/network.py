"""A jet tagger: 16-64-32-32-5 with biases, weights, biases and activations of 6 bits, in Brevitas.

After the network with which hls4ml tells jets of gluons, light quarks, W, Z and top quarks from 16 features. All scales
are powers of two, so that Brevitas' own float32 arithmetic is exact and can be compared with hwgen's to the last bit.
"""

from __future__ import annotations

import torch
from brevitas.nn import QuantLinear, QuantReLU
from brevitas.quant import (
    Int8BiasPerTensorFixedPointInternalScaling,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPointMaxInit,
)
from torch import nn

FEATURES, CLASSES = 16, 5
HIDDEN = (64, 32, 32)
BITS = 6
"""Of weights, biases and activations; the input has 8."""

INPUT_SCALE = 1 / 16
"""The value of one step of an input code: x = q / 16, from -8 to almost 8 standard deviations."""


class WeightQuant(Int8WeightPerTensorFixedPoint):
    """Of weights."""

    bit_width = BITS


class BiasQuant(Int8BiasPerTensorFixedPointInternalScaling):
    """Of biases."""

    bit_width = BITS


class ActQuant(Uint8ActPerTensorFixedPointMaxInit):
    """Of activations: 0 to 63, times a scale that is learned."""

    bit_width = BITS
    max_val = 4.0


def network(hidden: tuple[int, ...] = HIDDEN) -> nn.Sequential:
    """The untrained network, for standardised features of shape (N, 16)."""
    layers: list[nn.Module] = []
    inputs = FEATURES
    for outputs in hidden:
        layers += [_linear(inputs, outputs), QuantReLU(act_quant=ActQuant)]
        inputs = outputs
    return nn.Sequential(*layers, _linear(inputs, CLASSES))


def _linear(inputs: int, outputs: int) -> nn.Module:
    return QuantLinear(inputs, outputs, bias=True, weight_quant=WeightQuant, bias_quant=BiasQuant)


def randomise(model: nn.Sequential, seed: int) -> None:
    """Random weights and biases that keep the activations in their range."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, QuantLinear):
                deviation = layer.in_features**-0.5
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * deviation)
                layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator) * 0.5)
