"""Small networks after XNOR-Net: blocks of batch norm, sign, convolution and pool, the two ends in higher precision.

Four variants of one shape, which differ in their two middle convolutions alone.
"""

from __future__ import annotations

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import (
    Int8WeightPerTensorFixedPoint,
    SignedBinaryActPerTensorConst,
    SignedBinaryWeightPerTensorConst,
    Uint8ActPerTensorFixedPointMaxInit,
)
from torch import nn

from hwgen.nn import BWNConv2d, XNORConv2d
from hwgen.zoo.datasets import Kind

VARIANTS = ("plain", "xnor", "xnor_k", "bwn")
"""Plain W1A1; XNOR-Net without K and with it; binary weights on activations of a few bits."""

CHANNELS, CLASSES = 8, 10
BITS = 4
"""Of the fixed-point numbers that K is made of, of BWN's activations and of what the last layer reads."""


class EndWeights(Int8WeightPerTensorFixedPoint):
    """Weights of the first and the last layer."""

    bit_width = 4


class Activations(Uint8ActPerTensorFixedPointMaxInit):
    """Activations after a ReLU."""

    bit_width = BITS
    max_val = 2.0


class PlainConv2d(nn.Sequential):
    """A convolution of signs with signs, as Brevitas alone has it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0),
            QuantConv2d(
                inputs,
                outputs,
                3,
                padding=1,
                bias=False,
                weight_quant=SignedBinaryWeightPerTensorConst,
                weight_scaling_const=1.0,
            ),
        )


def _middle(variant: str, inputs: int, outputs: int) -> nn.Module:
    """A 3x3 convolution of a variant, padded with zeros."""
    if variant == "plain":
        return PlainConv2d(inputs, outputs)
    if variant == "bwn":
        return nn.Sequential(QuantReLU(act_quant=Activations), BWNConv2d(inputs, outputs, 3, padding=1))
    return XNORConv2d(inputs, outputs, 3, padding=1, k=variant == "xnor_k", bits=BITS)


def network(*, kind: Kind, variant: str) -> nn.Sequential:
    """The untrained network of a variant, one of `VARIANTS`."""
    height, along, colours = kind.shape
    wide = 2 * CHANNELS
    features = wide * (height // 4) * (along // 4)
    return nn.Sequential(
        QuantConv2d(colours, CHANNELS, 3, padding=1, bias=False, weight_quant=EndWeights),
        nn.BatchNorm2d(CHANNELS),
        _middle(variant, CHANNELS, wide),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(wide),
        _middle(variant, wide, wide),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(wide),
        nn.Flatten(),
        QuantReLU(act_quant=Activations),
        QuantLinear(features, CLASSES, bias=False, weight_quant=EndWeights),
    )
