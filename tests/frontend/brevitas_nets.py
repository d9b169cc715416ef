"""Brevitas layers of every number type, as users declare them."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.quant import Int8WeightPerTensorFloat
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver

WEIGHTS = ["bipolar", "ternary", *(f"int{b}" for b in range(2, 9))]


class _Common(ExtendedInjector):  # type: ignore[misc]
    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    float_to_int_impl_type = "ROUND"
    scaling_per_output_channel = False
    narrow_range = True
    signed = True


class BipolarWeight(_Common, WeightQuantSolver):  # type: ignore[misc]
    quant_type = QuantType.BINARY
    bit_width = 1
    scaling_const = 0.75


class TernaryWeight(_Common, WeightQuantSolver):  # type: ignore[misc]
    quant_type = QuantType.TERNARY
    bit_width = 2
    scaling_const = 0.25
    threshold = 0.5


class BipolarAct(_Common, ActQuantSolver):  # type: ignore[misc]
    quant_type = QuantType.BINARY
    bit_width = 1
    min_val = -1.0
    max_val = 1.0


class TensorNorm(torch.nn.Module):
    """The scalar batch norm that the BNN-PYNQ networks end with."""

    def __init__(self) -> None:
        super().__init__()
        self.eps = 1e-4
        self.weight = torch.nn.Parameter(torch.rand(1) + 0.5)
        self.bias = torch.nn.Parameter(torch.rand(1))
        self.register_buffer("running_mean", torch.rand(1))
        self.register_buffer("running_var", torch.rand(1) + 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        deviation = (self.running_var + self.eps).pow(0.5)
        return ((x - self.running_mean) / deviation) * self.weight + self.bias


def linear(kind: str, inputs: int, outputs: int, *, bias: bool, per_channel: bool = False) -> Any:
    """A QuantLinear with weights of `kind`: bipolar, ternary or intN; `per_channel` where the kind learns its scale."""
    special = {"bipolar": BipolarWeight, "ternary": TernaryWeight}
    if kind in special:
        return qnn.QuantLinear(inputs, outputs, bias=bias, weight_quant=special[kind])
    return qnn.QuantLinear(
        inputs,
        outputs,
        bias=bias,
        weight_quant=Int8WeightPerTensorFloat,
        weight_bit_width=int(kind[3:]),
        weight_scaling_per_output_channel=per_channel,
    )


def activation(kind: str) -> Any:
    """A quantising activation of `kind`: bipolar, uintN (a ReLU) or intN."""
    if kind == "bipolar":
        return qnn.QuantIdentity(act_quant=BipolarAct)
    if kind.startswith("uint"):
        return qnn.QuantReLU(bit_width=int(kind[4:]))
    return qnn.QuantIdentity(bit_width=int(kind[3:]))
