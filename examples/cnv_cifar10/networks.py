"""CNV: six 3x3 convolutions, two max pools and three dense layers on 32 x 32 colour images, in Brevitas.

After the convolutional network of Brevitas' bnn_pynq examples and of FINN (Umuroglu et al., FPGA 2017): an 8-bit
quantiser on the input, then convolution, batch norm, quantiser and pool by layer; no padding anywhere; the last layer
ends with one norm over all scores.
"""

from __future__ import annotations

import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from dependencies import value
from torch import Tensor, nn

PRECISIONS = {"w1a1": (1, 1), "w1a2": (1, 2), "w2a2": (2, 2)}
"""Bits of weights and of activations; the input always has 8."""

WIDTH = 64
"""Channels of the first convolution; all other layers are multiples of it."""

SIDE, COLOURS, CLASSES = 32, 3, 10

_CONVOLUTIONS = ((1, False), (1, True), (2, False), (2, True), (4, False), (4, False))
"""By layer: channels as a multiple of the width, and whether a 2x2 max pool follows."""

_DENSE = (8, 8)
"""Neurons as a multiple of the width."""


class _Common(ExtendedInjector):
    """Signed, symmetric, a constant scale for the whole tensor: -1 and +1, or -1, 0 and +1."""

    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_per_output_channel = False
    narrow_range = True
    signed = True

    @value
    def quant_type(bit_width):
        return QuantType.BINARY if bit_width == 1 else QuantType.INT


class WeightQuant(_Common, WeightQuantSolver):
    """Of weights."""

    scaling_const = 1.0


class ActQuant(_Common, ActQuantSolver):
    """Of activations."""

    min_val = -1.0
    max_val = 1.0


class InputQuant(ActQuant):
    """Of pixels: multiples of 1/128 from -1 to 127/128."""

    bit_width = 8
    narrow_range = False
    max_val = 1.0 - 2.0**-7
    restrict_scaling_type = RestrictValueType.POWER_OF_TWO


class TensorNorm(nn.Module):
    """Batch norm with one mean and one variance for the whole tensor, so that the order of the scores stays."""

    def __init__(self, epsilon: float = 1e-4, momentum: float = 0.1):
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("running_mean", torch.zeros(1))
        self.register_buffer("running_var", torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            mean, variance = x.mean(), x.var(unbiased=False)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(x.var(unbiased=True).detach(), self.momentum)
        else:
            mean, variance = self.running_mean, self.running_var
        return (x - mean) / (variance + self.epsilon).pow(0.5) * self.weight + self.bias


class Convolutional(nn.Module):
    """Pixels (N, 3, 32, 32) in [0, 1] to ten scores."""

    def __init__(self, weight_bits: int, activation_bits: int, width: int = WIDTH):
        super().__init__()
        layers: list[nn.Module] = [QuantIdentity(act_quant=InputQuant)]
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
        for layer in self.products():
            nn.init.uniform_(layer.weight.data, -1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(2.0 * x - 1.0)

    def products(self) -> list[nn.Module]:
        """The layers that have weights."""
        return [layer for layer in self.layers if isinstance(layer, QuantConv2d | QuantLinear)]

    def clip_weights(self) -> None:
        """Keep the real weights that training moves where their quantiser still reacts."""
        for layer in self.products():
            layer.weight.data.clamp_(-1, 1)


def _activation(bits: int) -> nn.Module:
    return QuantIdentity(act_quant=ActQuant, bit_width=bits)


def _weights(bits: int) -> dict:
    return {"weight_bit_width": bits, "weight_quant": WeightQuant}


def network(precision: str, width: int = WIDTH) -> Convolutional:
    """CNV in `w1a1`, `w1a2` or `w2a2`, untrained; narrower than the published one with a `width` below 64."""
    return Convolutional(*PRECISIONS[precision], width=width)


def randomise(model: Convolutional, seed: int) -> None:
    """Random weights and batch norms, among them falling ones: a network as odd as training may leave it."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like: Tensor, mean: float, deviation: float) -> Tensor:
        return torch.randn(like.shape, generator=generator) * deviation + mean

    inputs = 1
    with torch.no_grad():
        for layer in model.layers:
            if isinstance(layer, QuantConv2d | QuantLinear):
                inputs = layer.weight[0].numel()
                layer.weight.copy_(torch.rand(layer.weight.shape, generator=generator) * 2 - 1)
            elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.weight.copy_(normal(layer.weight, 1.0, 0.5))
                layer.bias.copy_(normal(layer.bias, 0.0, 0.5))
                layer.running_mean.copy_(normal(layer.running_mean, 0.0, inputs**0.5))
                layer.running_var.copy_((torch.rand(layer.running_var.shape, generator=generator) + 0.5) * inputs)
