"""Residual networks of binary weights and few-bit activations, with or without gates: LCCL-ResNet.

Three stages of basic blocks on images of full, half and quarter size: one block each of 8, 16 and 32 channels, or as
many of 16, 32 and 64 channels as the paper's ResNets for CIFAR-10 have. Both 3x3 convolutions of every block have a
gate; the stem, the shortcuts and the classifier have none (Dong et al. 2017).
"""

from __future__ import annotations

from typing import Any

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import Int8ActPerTensorFixedPoint, SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import Tensor, nn

from hwgen.nn import LCCLConv2d
from hwgen.zoo.datasets import Kind

CLASSES = 10
BINARY = {"bias": False, "weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}


def _activation(bits: int) -> Any:
    """ReLU with 2 bits or more; with one, -1 or +1 by sign, with a straight-through gradient between -1 and +1."""
    if bits == 1:
        return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)
    return QuantReLU(bit_width=bits, scaling_impl_type="const", max_val=0.5 * (2**bits - 1))


def _few_bits() -> Any:
    """Four signed bits in steps of a quarter: what residual branches are added in."""
    return QuantIdentity(
        act_quant=Int8ActPerTensorFixedPoint, bit_width=4, scaling_impl_type="const", min_val=-2.0, max_val=1.75
    )


def _conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> Any:
    """A convolution of -1 and +1, padded with a true 0."""
    return QuantConv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, **BINARY)


class Block(nn.Module):
    """A basic block: two 3x3 convolutions and what goes past them."""

    def __init__(self, inputs: int, outputs: int, stride: int, gated: bool, bits: int) -> None:
        super().__init__()

        def gate(layer: nn.Module) -> nn.Module:
            return LCCLConv2d(layer, gate_bits=1, step=1.0) if gated else layer

        self.codes = nn.Sequential(nn.BatchNorm2d(inputs), _activation(bits))
        self.branch = nn.Sequential(
            gate(_conv(inputs, outputs, stride=stride)),
            nn.BatchNorm2d(outputs),
            _activation(bits),
            gate(_conv(outputs, outputs)),
            nn.BatchNorm2d(outputs),
        )
        self.widen = nn.Sequential(_conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)) if stride > 1 else None
        self.join = _few_bits()

    def forward(self, x: Tensor) -> Tensor:
        codes = self.codes(x)
        past = x if self.widen is None else self.widen(codes)
        total: Tensor = self.join(self.branch(codes)) + self.join(past)
        return total


def resnet(
    *, kind: Kind, gated: bool = True, bits: int = 2, width: int = 8, blocks: int = 1, pooled: bool = False
) -> nn.Sequential:
    """The untrained network for pixels in [0, 1].

    Args:
        bits: of activations.
        width: channels of the first stage.
        blocks: of each stage; a network of n blocks is a ResNet of 6n + 2 layers.
        pooled: whether each channel is averaged in front of the classifier.
    """
    height, along, colours = kind.shape
    body: list[nn.Module] = []
    inputs = width
    for stage in range(3):
        for block in range(blocks):
            body.append(Block(inputs, width << stage, 2 if stage and not block else 1, gated, bits))
            inputs = width << stage
    pixels = 1 if pooled else -(-height // 4) * -(-along // 4)
    return nn.Sequential(
        _conv(colours, width),
        nn.BatchNorm2d(width),
        _few_bits(),
        *body,
        nn.BatchNorm2d(inputs),
        _activation(bits),
        *([nn.AdaptiveAvgPool2d(1), QuantReLU(bit_width=8, scaling_impl_type="const", max_val=1.5)] if pooled else ()),
        nn.Flatten(),
        QuantLinear(inputs * pixels, CLASSES, **BINARY),
        nn.BatchNorm1d(CLASSES),
    )
