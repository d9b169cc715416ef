"""A small residual network of binary weights and activations, with or without gates: LCCL-ResNet.

Three stages of one basic block, as the three of a ResNet-20: 8, 16 and 32 channels on images of full, half and quarter
size. Both 3x3 convolutions of every block have a gate; the stem, the shortcuts and the classifier have none (Dong et
al. 2017).
"""

from __future__ import annotations

from typing import Any

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import Int8ActPerTensorFixedPoint, SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import Tensor, nn

from hwgen.nn import LCCLConv2d
from hwgen.zoo.datasets import Kind

CHANNELS, CLASSES = (8, 16, 32), 10
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


def resnet(*, kind: Kind, gated: bool = True, bits: int = 2) -> nn.Sequential:
    """The untrained network for pixels in [0, 1], with activations of `bits` bits."""
    height, along, colours = kind.shape
    features = CHANNELS[-1] * (-(-height // 4)) * (-(-along // 4))
    widths = zip((CHANNELS[0], *CHANNELS), CHANNELS, strict=False)
    blocks = [
        Block(inputs, outputs, 1 if stage == 0 else 2, gated, bits) for stage, (inputs, outputs) in enumerate(widths)
    ]
    return nn.Sequential(
        _conv(colours, CHANNELS[0]),
        nn.BatchNorm2d(CHANNELS[0]),
        _few_bits(),
        *blocks,
        nn.BatchNorm2d(CHANNELS[-1]),
        _activation(bits),
        nn.Flatten(),
        QuantLinear(features, CLASSES, **BINARY),
        nn.BatchNorm1d(CLASSES),
    )
