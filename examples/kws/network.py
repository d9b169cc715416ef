"""A keyword spotter: 490-256-256-256-12, weights of 3 bits with a scale per neuron, activations of 3 bits, in Brevitas.

After the fully connected network that FINN's authors submitted to MLPerf Tiny. All scales are powers of two, so that
Brevitas' own float32 arithmetic is exact and can be compared with hwgen's to the last bit.
"""

from __future__ import annotations

import torch
from brevitas.nn import QuantLinear, QuantReLU
from brevitas.quant import Int8WeightPerTensorFixedPoint, Uint8ActPerTensorFixedPointMaxInit
from torch import Tensor, nn

COEFFICIENTS, FRAMES = 10, 49
"""Of the features of a second of sound: cepstral coefficients, and windows in time."""

HIDDEN, CLASSES = 256, 12
BITS = 3
"""Of weights and activations; the input has 8."""

INPUT_SCALE = 1 / 64
"""What one step of an input code means to the network: x = q / 64."""


class WeightQuant(Int8WeightPerTensorFixedPoint):
    """Of weights, with a scale for each neuron."""

    bit_width = BITS
    scaling_per_output_channel = True


class ActQuant(Uint8ActPerTensorFixedPointMaxInit):
    """Of activations: 0 to 7, times a scale that is learned."""

    bit_width = BITS
    max_val = 2.0


def network(hidden: int = HIDDEN) -> nn.Sequential:
    """The untrained network, for codes times their scale of shape (N, 10, 49)."""
    layers: list[nn.Module] = [nn.Flatten()]
    inputs = COEFFICIENTS * FRAMES
    for _ in range(3):
        layers += [QuantLinear(inputs, hidden, bias=False, weight_quant=WeightQuant)]
        layers += [nn.BatchNorm1d(hidden), QuantReLU(act_quant=ActQuant)]
        inputs = hidden
    return nn.Sequential(*layers, QuantLinear(inputs, CLASSES, bias=False, weight_quant=WeightQuant))


def randomise(model: nn.Sequential, seed: int) -> None:
    """Random weights and batch norms, among them falling ones: a network as odd as training may leave it."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like: Tensor, mean: float, deviation: float) -> Tensor:
        return torch.randn(like.shape, generator=generator) * deviation + mean

    with torch.no_grad():
        for layer in model:
            if isinstance(layer, QuantLinear):
                layer.weight.copy_(normal(layer.weight, 0.0, layer.in_features**-0.5))
            elif isinstance(layer, nn.BatchNorm1d):
                layer.weight.copy_(normal(layer.weight, 1.0, 0.5))
                layer.bias.copy_(normal(layer.bias, 0.0, 0.5))
                layer.running_mean.copy_(normal(layer.running_mean, 0.0, 0.5))
                layer.running_var.copy_(torch.rand(layer.running_var.shape, generator=generator) + 0.5)
