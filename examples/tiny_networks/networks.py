"""Six networks of embedded machine learning as Brevitas modules, and what each receives.

ResNet8, the depthwise separable keyword spotter and the autoencoder for anomalies are those of MLPerf Tiny (Banbury et
al. 2021), the last with a quarter of the inputs; beside them an electrocardiogram classifier, a U-Net and a detector of
two scales. Weights are random. All scales are powers of two, so that Brevitas' own float32 arithmetic is exact and can
be compared with hwgen's to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from brevitas.nn import QuantConv1d, QuantConv2d, QuantIdentity, QuantLinear, QuantReLU
from brevitas.quant import (
    Int8ActPerTensorFixedPoint,
    Int8BiasPerTensorFixedPointInternalScaling,
    Int8WeightPerTensorFixedPoint,
    Uint8ActPerTensorFixedPoint,
)
from torch import Tensor, nn

WEIGHTS: dict[str, Any] = {
    "weight_quant": Int8WeightPerTensorFixedPoint,
    "weight_bit_width": 4,
    "bias_quant": Int8BiasPerTensorFixedPointInternalScaling,
}


def quantised(bits: int = 8) -> nn.Module:
    """A signed quantiser."""
    return QuantIdentity(act_quant=Int8ActPerTensorFixedPoint, bit_width=bits)


def relu(bits: int = 4) -> nn.Module:
    """A quantised ReLU."""
    return QuantReLU(act_quant=Uint8ActPerTensorFixedPoint, bit_width=bits)


def conv(inputs: int, outputs: int, kernel: Any = 3, *, bias: bool = False, **options: Any) -> nn.Module:
    """A convolution that keeps the size where its stride is 1."""
    padding = kernel // 2 if isinstance(kernel, int) else tuple(size // 2 for size in kernel)
    return QuantConv2d(inputs, outputs, kernel, **{"padding": padding, "bias": bias, **WEIGHTS, **options})


def block(inputs: int, outputs: int, kernel: Any = 3, **options: Any) -> nn.Sequential:
    """Convolution, bias, ReLU and quantiser: what is left of a batch norm once it is merged into the weights."""
    return nn.Sequential(conv(inputs, outputs, kernel, bias=True, **options), relu())


def dense(inputs: int, outputs: int) -> nn.Module:
    """A dense layer with a bias."""
    return QuantLinear(inputs, outputs, bias=True, **WEIGHTS)


class Residual(nn.Module):
    """Two convolutions beside a shortcut, each with a quantiser of its own in front of the sum."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(block(inputs, outputs, stride=stride), conv(outputs, outputs, bias=True), quantised())
        same = inputs == outputs and stride == 1
        beside = [] if same else [conv(inputs, outputs, 1, stride=stride, bias=True)]
        self.shortcut = nn.Sequential(*beside, quantised())
        self.relu = relu()

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both, quantised."""
        return self.relu(self.body(x) + self.shortcut(x))


def resnet8() -> nn.Module:
    """Image classification of MLPerf Tiny, for images (N, 3, 32, 32)."""
    stacks = [Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2)]
    return nn.Sequential(quantised(), block(3, 16), *stacks, nn.AvgPool2d(8), quantised(), nn.Flatten(), dense(64, 10))


def ds_cnn() -> nn.Module:
    """Keyword spotting of MLPerf Tiny, for cepstral coefficients (N, 1, 49, 10)."""
    layers: list[nn.Module] = [quantised(), block(1, 64, (10, 4), stride=2, padding=(5, 1))]
    for _ in range(4):
        layers += [block(64, 64, groups=64), block(64, 64, 1)]
    return nn.Sequential(*layers, nn.AvgPool2d((25, 5)), quantised(), nn.Flatten(), dense(64, 12))


def autoencoder() -> nn.Module:
    """Anomaly detection of MLPerf Tiny at a quarter of its inputs, for spectra (N, 160)."""
    layers: list[nn.Module] = [quantised()]
    sizes = (160, 128, 128, 128, 128, 8, 128, 128, 128, 128)
    for inputs, outputs in pairwise(sizes):
        layers += [dense(inputs, outputs), relu()]
    return nn.Sequential(*layers, dense(128, 160))


def ecg() -> nn.Module:
    """Classes of heart beats, for signals (N, 1, 187)."""
    layers: list[nn.Module] = [quantised()]
    for inputs, outputs in ((1, 8), (8, 16), (16, 16)):
        layers += [QuantConv1d(inputs, outputs, 5, padding=2, bias=True, **WEIGHTS), relu(), nn.MaxPool1d(2)]
    return nn.Sequential(*layers, nn.Flatten(), dense(16 * 23, 5))


class UNet(nn.Module):
    """Segmentation, for images (N, 3, 32, 32): two levels down, two up by nearest upsampling and concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.entry = quantised()
        self.down = nn.ModuleList([block(3, 8), block(8, 16)])
        self.middle = block(16, 16)
        self.up = nn.ModuleList([block(32, 8), block(16, 8)])
        self.pool, self.larger = nn.MaxPool2d(2), nn.Upsample(scale_factor=2)
        self.classes = conv(8, 4, 1, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of four classes for each pixel."""
        x = self.entry(x)
        fine = self.down[0](x)
        coarse = self.down[1](self.pool(fine))
        x = self.middle(self.pool(coarse))
        x = self.up[0](torch.cat([self.larger(x), coarse], dim=1))
        return self.classes(self.up[1](torch.cat([self.larger(x), fine], dim=1)))


class Detector(nn.Module):
    """Boxes at two scales, for images (N, 3, 32, 32): LeakyReLU, upsampling and concatenation, as in YOLO's neck."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(quantised(), self.leaky(3, 8, 2), self.leaky(8, 16, 2))
        self.deep = self.leaky(16, 16, 2)
        self.side = self.leaky(16, 8, 1)
        self.larger = nn.Upsample(scale_factor=2)
        self.neck = self.leaky(24, 16, 1)
        self.coarse, self.fine = conv(16, 18, 1, bias=True), conv(16, 18, 1, bias=True)

    @staticmethod
    def leaky(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        """Convolution, LeakyReLU of slope 1/8 and quantiser."""
        return nn.Sequential(conv(inputs, outputs, bias=True, stride=stride), nn.LeakyReLU(0.125), quantised(4))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Three anchors of a box, a score of presence and one of a class, coarse and fine."""
        x = self.stem(x)
        deep = self.deep(x)
        neck = self.neck(torch.cat([self.larger(self.side(deep)), x], dim=1))
        return self.coarse(deep), self.fine(neck)


@dataclass(frozen=True)
class Network:
    """One of the networks.

    Attributes:
        make: builds it.
        shape: of a frame that it receives, int8 codes of which a step is 1/64.
        interval: cycles a frame may take.
    """

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    interval: int


NETWORKS = {
    "resnet8": Network(resnet8, (3, 32, 32), 147_456),
    "ds_cnn": Network(ds_cnn, (1, 49, 10), 72_000),
    "autoencoder": Network(autoencoder, (160,), 1_280),
    "ecg": Network(ecg, (1, 187), 7_520),
    "unet": Network(UNet, (3, 32, 32), 73_728),
    "detector": Network(Detector, (3, 32, 32), 36_864),
}
INPUT_SCALE = 1 / 64


def calibrated(name: str, seed: int = 0) -> nn.Module:
    """A network with random weights, its quantisers set to what random frames give."""
    torch.manual_seed(seed)
    network = NETWORKS[name]
    module = network.make()
    module(torch.rand(16, *network.shape) * 4 - 2)
    return module.eval()
