"""A small residual network of binary weights and activations, with or without gates: LCCL-ResNet for 8x8 digits.

Three stages of one basic block, as the three of a ResNet-20: 8, 16 and 32 channels on 8x8, 4x4 and 2x2 pixels. Both
3x3 convolutions of every block have a gate; the stem, the shortcuts and the classifier have none (Dong et al. 2017).
"""

from hwgen.nn import prepare_torch

prepare_torch()

from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import Int8ActPerTensorFixedPoint, SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import nn

from hwgen.nn.lccl import LCCLConv2d

CHANNELS, CLASSES = (8, 16, 32), 10
BINARY = {"bias": False, "weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}


def activation(bits):
    """ReLU with 2 bits or more; with one, -1 or +1 by sign, with a straight-through gradient between -1 and +1."""
    if bits == 1:
        return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)
    return QuantReLU(bit_width=bits, scaling_impl_type="const", max_val=0.5 * (2**bits - 1))


def few_bits():
    """Four signed bits in steps of a quarter: what residual branches are added in."""
    return QuantIdentity(
        act_quant=Int8ActPerTensorFixedPoint, bit_width=4, scaling_impl_type="const", min_val=-2.0, max_val=1.75
    )


def conv(inputs, outputs, kernel=3, stride=1):
    """A convolution of -1 and +1, padded with a true 0."""
    return QuantConv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, **BINARY)


class Block(nn.Module):
    """A basic block: two 3x3 convolutions and what goes past them."""

    def __init__(self, inputs, outputs, stride, gated, bits):
        super().__init__()
        gate = (lambda layer: LCCLConv2d(layer, gate_bits=1, step=1.0)) if gated else (lambda layer: layer)
        self.codes = nn.Sequential(nn.BatchNorm2d(inputs), activation(bits))
        self.branch = nn.Sequential(
            gate(conv(inputs, outputs, stride=stride)),
            nn.BatchNorm2d(outputs),
            activation(bits),
            gate(conv(outputs, outputs)),
            nn.BatchNorm2d(outputs),
        )
        self.widen = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)) if stride > 1 else None
        self.join = few_bits()

    def forward(self, x):
        codes = self.codes(x)
        past = x if self.widen is None else self.widen(codes)
        return self.join(self.branch(codes)) + self.join(past)


def lccl_resnet(*, gated=True, bits=2):
    """The untrained network; its input is a digit (N, 1, 8, 8) scaled to [0, 1], its activations have `bits` bits."""
    widths = zip((CHANNELS[0], *CHANNELS), CHANNELS, strict=False)
    blocks = [
        Block(inputs, outputs, 1 if stage == 0 else 2, gated, bits) for stage, (inputs, outputs) in enumerate(widths)
    ]
    return nn.Sequential(
        conv(1, CHANNELS[0]),
        nn.BatchNorm2d(CHANNELS[0]),
        few_bits(),
        *blocks,
        nn.BatchNorm2d(CHANNELS[-1]),
        activation(bits),
        nn.Flatten(),
        QuantLinear(4 * CHANNELS[-1], CLASSES, **BINARY),
        nn.BatchNorm1d(CLASSES),
    )
