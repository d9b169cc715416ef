"""TFC, SFC and LFC: three hidden layers of 64, 256 or 1024 neurons on 28 x 28 pixels, in Brevitas.

After the fully connected networks of Brevitas' bnn_pynq examples and of FINN (Umuroglu et al., FPGA 2017): a quantiser
on the input, then linear, batch norm and quantiser by layer; the last layer ends with one norm over all scores.
"""

from __future__ import annotations

import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.nn import QuantIdentity, QuantLinear
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from dependencies import value
from torch import Tensor, nn

HIDDEN = {"tfc": 64, "sfc": 256, "lfc": 1024}
PRECISIONS = {"w1a1": (1, 1), "w1a2": (1, 2), "w2a2": (2, 2)}
"""Bits of weights and of activations; the input has those of the activations."""

PIXELS, CLASSES = 28 * 28, 10


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


class FullyConnected(nn.Module):
    """Pixels in [0, 1], any shape with 784 elements a frame, to ten scores."""

    def __init__(self, hidden: int, weight_bits: int, activation_bits: int, dropout: float = 0.0):
        super().__init__()
        layers: list[nn.Module] = [self._activation(activation_bits), nn.Dropout(dropout)]
        width = PIXELS
        for _ in range(3):
            layers += [self._linear(width, hidden, weight_bits), nn.BatchNorm1d(hidden)]
            layers += [self._activation(activation_bits), nn.Dropout(dropout)]
            width = hidden
        layers += [self._linear(width, CLASSES, weight_bits), TensorNorm()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(2.0 * x.flatten(1) - 1.0)

    def clip_weights(self) -> None:
        """Keep the real weights that training moves where their quantiser still reacts."""
        for layer in self.layers:
            if isinstance(layer, QuantLinear):
                layer.weight.data.clamp_(-1, 1)

    @staticmethod
    def _activation(bits: int) -> nn.Module:
        return QuantIdentity(act_quant=ActQuant, bit_width=bits)

    @staticmethod
    def _linear(inputs: int, outputs: int, bits: int) -> nn.Module:
        layer = QuantLinear(inputs, outputs, bias=False, weight_bit_width=bits, weight_quant=WeightQuant)
        nn.init.uniform_(layer.weight.data, -1, 1)
        return layer


def network(name: str, precision: str, dropout: float = 0.0) -> FullyConnected:
    """`tfc`, `sfc` or `lfc` in `w1a1`, `w1a2` or `w2a2`, untrained; `dropout` acts in training alone."""
    return FullyConnected(HIDDEN[name], *PRECISIONS[precision], dropout=dropout)


def randomise(model: FullyConnected, seed: int) -> None:
    """Random weights and batch norms, among them falling ones: a network as odd as training may leave it."""
    generator = torch.Generator().manual_seed(seed)

    def normal(like: Tensor, mean: float, deviation: float) -> Tensor:
        return torch.randn(like.shape, generator=generator) * deviation + mean

    inputs = 1
    with torch.no_grad():
        for layer in model.layers:
            if isinstance(layer, QuantLinear):
                inputs = layer.in_features
                layer.weight.copy_(torch.rand(layer.weight.shape, generator=generator) * 2 - 1)
            elif isinstance(layer, nn.BatchNorm1d):
                layer.weight.copy_(normal(layer.weight, 1.0, 0.5))
                layer.bias.copy_(normal(layer.bias, 0.0, 0.5))
                layer.running_mean.copy_(normal(layer.running_mean, 0.0, inputs**0.5))
                layer.running_var.copy_((torch.rand(layer.running_var.shape, generator=generator) + 0.5) * inputs)
