"""A W1A1 network for scikit-learn's 8x8 digits: 64-128-128-10, weights and activations -1 or +1."""

from hwgen.frontend.brevitas import prepare_torch

prepare_torch()

import torch
from brevitas import nn as qnn
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.inject.enum import BitWidthImplType, QuantType, RestrictValueType, ScalingImplType
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from torch import nn


class Binary(ExtendedInjector):
    """-1 or +1 by sign, with the constant scale 1."""

    quant_type = QuantType.BINARY
    bit_width_impl_type = BitWidthImplType.CONST
    bit_width = 1
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    scaling_per_output_channel = False
    signed = True
    narrow_range = True


class BinaryWeight(Binary, WeightQuantSolver):
    scaling_const = 1.0


class BinaryActivation(Binary, ActQuantSolver):
    min_val = -1.0
    max_val = 1.0


class TensorNorm(nn.Module):
    """Batch normalisation with one mean and one variance for the whole tensor, so that the ranking stays."""

    def __init__(self, epsilon=1e-4, momentum=0.1):
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))
        self.register_buffer("running_mean", torch.zeros(1))
        self.register_buffer("running_var", torch.ones(1))

    def forward(self, x):
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = x.mean(), x.var(unbiased=False)
            with torch.no_grad():
                self.running_mean.lerp_(mean.detach().reshape(1), self.momentum)
                self.running_var.lerp_(variance.detach().reshape(1), self.momentum)
        return (x - mean) / (variance + self.epsilon).pow(0.5) * self.weight + self.bias


def digits_bnn(hidden=128):
    """The untrained network; its input is a digit scaled to [0, 1]."""

    def dense(inputs, outputs):
        return qnn.QuantLinear(inputs, outputs, bias=False, weight_quant=BinaryWeight)

    def binary():
        return qnn.QuantIdentity(act_quant=BinaryActivation)

    return nn.Sequential(
        nn.Flatten(),
        nn.BatchNorm1d(64),
        binary(),
        dense(64, hidden),
        nn.BatchNorm1d(hidden),
        binary(),
        dense(hidden, hidden),
        nn.BatchNorm1d(hidden),
        binary(),
        dense(hidden, 10),
        TensorNorm(),
    )
