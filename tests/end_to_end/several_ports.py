"""Networks of several inputs or outputs, as Brevitas modules, with examples of their inputs and how these are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import brevitas.nn as qnn
import torch
from brevitas.quant import Int8WeightPerTensorFixedPoint, Uint8ActPerTensorFixedPoint
from torch import Tensor, nn


def dense(inputs: int, outputs: int, *, bias: bool = False) -> nn.Module:
    return qnn.QuantLinear(inputs, outputs, bias=bias, weight_bit_width=3)


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    return qnn.QuantConv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False, weight_bit_width=3)


def relu(bits: int) -> nn.Module:
    return qnn.QuantReLU(bit_width=bits)


class TwoHeads(nn.Module):
    """A class and a box from one body."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(qnn.QuantIdentity(bit_width=4), dense(16, 12), relu(2))
        self.kind, self.box = dense(12, 5, bias=True), dense(12, 4)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = self.body(image)
        return {"kind": self.kind(x), "box": self.box(x)}


class Scales(NamedTuple):
    """Detections on a fine and a coarse grid."""

    fine: Tensor
    coarse: Tensor


class Detector(nn.Module):
    """Heads of two scales, of which one reads what the other's body makes smaller."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(qnn.QuantIdentity(bit_width=4), conv(2, 4), relu(3))
        self.down = nn.Sequential(nn.MaxPool2d(2), conv(4, 6), relu(2))
        self.fine, self.coarse = qnn.QuantConv2d(4, 3, 1, weight_bit_width=3), conv(6, 5)

    def forward(self, image: Tensor) -> Scales:
        x = self.stem(image)
        return Scales(self.fine(x), self.coarse(self.down(x)))


class Features(nn.Module):
    """Scores, and the image of few-bit features in front of them: an output that other layers read too."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(qnn.QuantIdentity(bit_width=3), conv(1, 4, stride=2), relu(2))
        self.scores = dense(4 * 3 * 4, 7)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.features(image)
        return self.scores(x.flatten(1)), x


class Added(nn.Module):
    """Two vectors through layers of their own, summed."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Sequential(qnn.QuantIdentity(bit_width=4), dense(10, 8))
        self.right = nn.Sequential(qnn.QuantIdentity(bit_width=3), dense(6, 8))
        self.shared, self.joined, self.out = relu(3), relu(2), dense(8, 3)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.out(self.joined(self.shared(self.left(left)) + self.shared(self.right(right))))


class Concatenated(nn.Module):
    """Two images of one size side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.quantise = qnn.QuantIdentity(bit_width=4)
        self.body = nn.Sequential(conv(4, 5), relu(2), nn.MaxPool2d(2))
        self.out = dense(5 * 2 * 3, 4)

    def forward(self, near: Tensor, far: Tensor) -> Tensor:
        x = torch.cat([self.quantise(near), self.quantise(far)], 1)
        return self.out(self.body(x).flatten(1))


class ImageAndVector(nn.Module):
    """An image and a vector, each with a type of its own; the class, and a number beside it.

    Powers of two scale what the class follows from, so that torch sees equal scores where they are equal.
    """

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Sequential(conv(3, 4, stride=2), relu(2), nn.Flatten(), dense(4 * 3 * 3, 6))
        self.meta = dense(5, 6)
        self.shared, self.joined = relu(3), qnn.QuantReLU(bit_width=2, act_quant=Uint8ActPerTensorFixedPoint)
        self.kind = qnn.QuantLinear(6, 4, bias=False, weight_bit_width=3, weight_quant=Int8WeightPerTensorFixedPoint)
        self.size = dense(6, 1, bias=True)

    def forward(self, image: Tensor, meta: Tensor) -> tuple[Tensor, Tensor]:
        x = self.joined(self.shared(self.image(image)) + self.shared(self.meta(meta)))
        return self.kind(x).argmax(1), self.size(x)


class Thrice(nn.Module):
    """One input that two heads read, and one tensor that leaves by two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = dense(9, 4), dense(9, 3)

    def forward(self, x: Tensor) -> list[Tensor]:
        y = self.first(x)
        return [y, self.second(x), 2 * y + 1]


@dataclass(frozen=True)
class Network:
    """A module, the shapes of its inputs, options of `hwgen.load` by input, and the names of the outputs."""

    module: Callable[[], nn.Module]
    shapes: Mapping[str, tuple[int, ...]]
    types: Mapping[str, str]
    scales: Mapping[str, float]
    outputs: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


NETWORKS = {
    "two_heads": Network(
        TwoHeads, {"image": (1, 16)}, {"image": "int8"}, {"image": 1 / 32}, ("kind", "box"), {"target_interval": 16}
    ),
    "detector": Network(
        Detector, {"image": (1, 2, 6, 8)}, {"image": "uint8"}, {"image": 1 / 255}, ("fine", "coarse"),
        {"target_interval": 900},
    ),
    "features": Network(
        Features, {"image": (1, 1, 6, 8)}, {"image": "int4"}, {"image": 0.25}, ("output0", "output1"),
        {"target_interval": 200},
    ),
    "added": Network(
        Added, {"left": (1, 10), "right": (1, 6)}, {"left": "uint8", "right": "int5"}, {"left": 1 / 255, "right": 0.25},
        ("output",), {"target_interval": 12},
    ),
    "concatenated": Network(
        Concatenated, {"near": (1, 2, 4, 6), "far": (1, 2, 4, 6)}, {"near": "uint8", "far": "int6"},
        {"near": 1 / 64, "far": 0.125}, ("output",), {"target_interval": 300},
    ),
    "image_and_vector": Network(
        ImageAndVector, {"image": (1, 3, 6, 6), "meta": (1, 5)}, {"image": "uint4", "meta": "int7"},
        {"image": 0.5, "meta": 1.0}, ("output0", "output1"), {"target_interval": 150},
    ),
    "thrice": Network(
        Thrice, {"x": (1, 9)}, {"x": "bipolar"}, {"x": 1.0}, ("output0", "output1", "output2"), {"target_interval": 9}
    ),
}  # fmt: skip
"""By name."""
