"""Quantisers, activations and weights as Brevitas offers them, in small convolutional networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas import quant as q
from brought.layers import Do, Shape, Shapes, binary, conv, dense, head, norm, one, quant, relu
from torch import nn

SIZE = (3, 6, 6)


def _after(activation: Callable[[], nn.Module], bits: int = 4) -> Shape:
    """A convolution, a batch norm, the activation and a quantiser, and a head."""
    return one(lambda: nn.Sequential(quant(8), conv(3, 8), norm(8), activation(), quant(bits), *head(288)), *SIZE)


def _with(**options: Any) -> Shape:
    """Weights of another quantiser in every layer."""

    def make() -> nn.Module:
        layer = qnn.QuantConv2d(3, 8, 3, padding=1, bias=False, **options)
        return nn.Sequential(
            quant(8), layer, norm(8), relu(), nn.Flatten(), qnn.QuantLinear(288, 5, bias=True, **options)
        )

    return one(make, *SIZE)


def _acts(first: Callable[[], nn.Module], second: Callable[[], nn.Module]) -> Shape:
    """Other quantisers of the input and the activation."""
    return one(lambda: nn.Sequential(first(), conv(3, 8), norm(8), second(), *head(288)), *SIZE)


def _biased() -> nn.Module:
    options: dict[str, Any] = {"bias_quant": q.Int32Bias, "weight_bit_width": 8, "bias": True}
    layers = [qnn.QuantIdentity(bit_width=8, return_quant_tensor=True), qnn.QuantConv2d(3, 8, 3, padding=1, **options)]
    return nn.Sequential(
        *layers, qnn.QuantReLU(bit_width=8, return_quant_tensor=True), nn.Flatten(), qnn.QuantLinear(288, 5, **options)
    )


def _post_training() -> nn.Module:
    from brevitas.graph.quantize import preprocess_for_quantize, quantize

    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
    prepared = preprocess_for_quantize(net.eval(), trace_model=True, equalize_iters=0)
    return quantize(prepared)


FUNCTIONS: dict[str, Callable[[], nn.Module]] = {
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "ELU": nn.ELU,
    "SELU": nn.SELU,
    "CELU": lambda: nn.CELU(0.5),
    "GELU": nn.GELU,
    "GELU by tanh": lambda: nn.GELU(approximate="tanh"),
    "SiLU": nn.SiLU,
    "hard swish": nn.Hardswish,
    "hard sigmoid": nn.Hardsigmoid,
    "softplus": nn.Softplus,
    "mish": nn.Mish,
    "PReLU for each channel": lambda: nn.PReLU(8),
    "LeakyReLU(0.3)": lambda: nn.LeakyReLU(0.3),
    "hard tanh": nn.Hardtanh,
    "ReLU6": nn.ReLU6,
    "absolute values": lambda: Do(torch.abs),
    "squares": lambda: Do(lambda x: x * x),
    "pow(2)": lambda: Do(lambda x: x.pow(2)),
    "exp": lambda: Do(lambda x: torch.exp(-torch.relu(x))),
    "square root": lambda: Do(lambda x: torch.sqrt(torch.relu(x))),
    "erf": lambda: Do(torch.erf),
    "clamp": lambda: Do(lambda x: x.clamp(-0.7, 1.1)),
    "softsign": nn.Softsign,
    "log-sigmoid": nn.LogSigmoid,
    "threshold": lambda: nn.Threshold(0.2, 0.0),
    "hard shrink": nn.Hardshrink,
    "soft shrink": nn.Softshrink,
    "where": lambda: Do(lambda x: torch.where(x > 0.3, x, torch.zeros(()))),
    "a comparison": lambda: Do(lambda x: (x > 0.1).float()),
    "sine": lambda: Do(torch.sin),
}

SHAPES: Shapes = {f"{name} in front of a quantiser": _after(make) for name, make in FUNCTIONS.items()} | {
    "weights per channel": _with(weight_quant=q.Int8WeightPerChannelFloat, weight_bit_width=4),
    "weights of power-of-two scale per channel": _with(weight_quant=q.Int8WeightPerChannelFixedPointMSE),
    "ternary weights": _with(
        weight_quant=q.SignedTernaryWeightPerTensorConst, weight_scaling_const=0.1, weight_threshold=0.5
    ),
    "binary weights, 4-bit activations": one(
        lambda: nn.Sequential(
            quant(8),
            binary(qnn.QuantConv2d, 3, 8, 3, padding=1),
            norm(8),
            relu(),
            nn.Flatten(),
            binary(qnn.QuantLinear, 288, 5),
        ),
        *SIZE,
    ),
    "asymmetric weights": _with(weight_quant=q.ShiftedUint8WeightPerTensorFloat),
    "weights by MSE": _with(weight_quant=q.Int8WeightPerTensorFloatMSE, weight_bit_width=4),
    "asymmetric activations": _acts(
        lambda: qnn.QuantIdentity(act_quant=q.ShiftedUint8ActPerTensorFloat),
        lambda: qnn.QuantIdentity(act_quant=q.ShiftedUint8ActPerTensorFloat, bit_width=4),
    ),
    "activations of power-of-two scale": _acts(
        lambda: qnn.QuantIdentity(act_quant=q.Int8ActPerTensorFixedPoint),
        lambda: qnn.QuantReLU(act_quant=q.Uint8ActPerTensorFixedPoint, bit_width=4),
    ),
    "QuantHardTanh": _acts(lambda: quant(8), lambda: qnn.QuantHardTanh(bit_width=4, min_val=-1.0, max_val=1.0)),
    "QuantReLU of a fixed largest value": _acts(
        lambda: quant(8), lambda: qnn.QuantReLU(act_quant=q.Uint8ActPerTensorFloatMaxInit, max_val=6.0, bit_width=4)
    ),
    "ternary activations": _acts(
        lambda: quant(8),
        lambda: qnn.QuantIdentity(act_quant=q.SignedTernaryActPerTensorConst, min_val=-1.0, max_val=1.0),
    ),
    "3-bit input, 1-bit ReLU": _acts(lambda: quant(3), lambda: relu(1)),
    "10-bit activations": _acts(lambda: quant(8), lambda: relu(10)),
    "int32 biases": one(_biased, *SIZE),
    "layer by layer quantisation after training": one(_post_training, *SIZE),
    "batch norm behind the ReLU": one(
        lambda: nn.Sequential(quant(8), conv(3, 8), relu(), norm(8), quant(), *head(288)), *SIZE
    ),
    "batch norm in front": one(lambda: nn.Sequential(norm(3), quant(8), conv(3, 8), relu(), *head(288)), *SIZE),
    "dropout and identity": one(
        lambda: nn.Sequential(quant(8), conv(3, 8), nn.Dropout2d(0.2), relu(), nn.Identity(), *head(288)), *SIZE
    ),
    "flattened pixels in front": one(
        lambda: nn.Sequential(quant(8), nn.Flatten(), dense(108, 8), norm(8, flat=True), relu(), dense(8, 4)), *SIZE
    ),
}
