"""What the networks are made of: Brevitas layers in short, and modules whose forward is a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.quant import Int8ActPerTensorFixedPoint, Int8WeightPerTensorFixedPoint, Int8WeightPerTensorFloat
from torch import nn

Forward = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Shape:
    """A network that people bring.

    Attributes:
        make: builds it, with random weights.
        inputs: shapes of its inputs, batch axis included.
        channels_last: whether images and signals come with their channels last.
    """

    make: Callable[[], nn.Module]
    inputs: tuple[tuple[int, ...], ...]
    channels_last: bool = False


Shapes = Mapping[str, Shape]


def one(make: Callable[[], nn.Module], *shape: int, channels_last: bool = False) -> Shape:
    """A network of one input of `shape`, without the batch axis."""
    return Shape(make, ((1, *shape),), channels_last)


def chain(*shape: int, channels_last: bool = False) -> Callable[[Callable[[], list[nn.Module]]], Shape]:
    """A decorator for a function that lists the layers of a chain."""
    return lambda layers: one(lambda: nn.Sequential(*layers()), *shape, channels_last=channels_last)


class Net(nn.Module):
    """Named layers, and a function that says what becomes of the input; `forward(self, x)`."""

    def __init__(self, forward: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self._forward = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs: Any) -> Any:
        """What the function makes of the inputs."""
        return self._forward(self, *inputs)


class Do(nn.Module):
    """A function as a layer."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def forward(self, x: Any) -> Any:
        """What the function makes of `x`."""
        return self._function(x)


def norm(channels: int, *, flat: bool = False) -> nn.Module:
    """A batch norm with statistics of its own and gammas of both signs."""
    layer = (nn.BatchNorm1d if flat else nn.BatchNorm2d)(channels)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(channels).sign() * (0.5 + torch.rand(channels)))
        layer.bias.copy_(torch.randn(channels) * 0.3)
    return layer


def _weights(bits: int, options: dict[str, Any]) -> dict[str, Any]:
    return {"weight_quant": Int8WeightPerTensorFloat, "weight_bit_width": bits, "bias": False, **options}


def dense(inputs: int, outputs: int, bits: int = 4, **options: Any) -> Any:
    """A dense layer of `bits`-bit weights, without a bias unless asked."""
    return qnn.QuantLinear(inputs, outputs, **_weights(bits, options))


def conv(inputs: int, outputs: int, kernel: Any = 3, bits: int = 4, **options: Any) -> Any:
    """A convolution of `bits`-bit weights that keeps the size where its stride is 1."""
    if isinstance(kernel, int):
        options.setdefault("padding", kernel // 2)
    return qnn.QuantConv2d(inputs, outputs, kernel, **_weights(bits, options))


def conv1(inputs: int, outputs: int, kernel: int = 3, bits: int = 4, **options: Any) -> Any:
    """A convolution over time that keeps the length where its stride is 1."""
    options.setdefault("padding", kernel // 2)
    return qnn.QuantConv1d(inputs, outputs, kernel, **_weights(bits, options))


def up(inputs: int, outputs: int, kernel: int = 2, stride: int = 2, bits: int = 4, **options: Any) -> Any:
    """A transposed convolution."""
    return qnn.QuantConvTranspose2d(inputs, outputs, kernel, stride=stride, **_weights(bits, options))


def relu(bits: int = 4, **options: Any) -> Any:
    """A quantised ReLU."""
    return qnn.QuantReLU(bit_width=bits, **options)


def quant(bits: int = 4, **options: Any) -> Any:
    """A signed quantiser."""
    return qnn.QuantIdentity(bit_width=bits, **options)


def fixed(bits: int = 8) -> Any:
    """A signed quantiser whose scale is a power of two."""
    return qnn.QuantIdentity(act_quant=Int8ActPerTensorFixedPoint, bit_width=bits)


def sign() -> Any:
    """-1 or +1."""
    from brevitas.quant import SignedBinaryActPerTensorConst

    return qnn.QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)


def binary(layer: type[nn.Module], *sizes: Any, **options: Any) -> Any:
    """A layer of weights -1 and +1."""
    from brevitas.quant import SignedBinaryWeightPerTensorConst

    quantiser = {"weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}
    return layer(*sizes, bias=False, **quantiser, **options)


def head(channels: int, classes: int = 5, bits: int = 4) -> list[nn.Module]:
    """Flattened pixels and a dense layer with a bias."""
    return [nn.Flatten(), dense(channels, classes, bits, bias=True)]


SHIFTS: Mapping[str, Any] = {"weight_quant": Int8WeightPerTensorFixedPoint}
"""Weights whose scale is a power of two."""
