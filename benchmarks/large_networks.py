"""Networks with random weights that `scale.py` builds beside the zoo's."""

from __future__ import annotations

from hwgen.frontend.writer import Writer
from hwgen.zoo.imagenet import mobilenet


def cnv(size: int = 32) -> Writer:
    """FINN's CNV, W2A2: six 3 x 3 convolutions without padding, two pools, three dense layers."""
    net = Writer((1, 3, size, size))
    for channels in (64, 128, 256):
        for _ in range(2):
            net.conv(channels, 3, 2)
            net.activation(2)
        if channels < 256:
            net.pool("MaxPool", 2, 2)
    net.flatten(256)
    for channels in (512, 512):
        net.dense(channels, 2)
        net.activation(2)
    net.dense(10, 2)
    return net


def small_mobilenet(size: int = 96) -> Writer:
    """MobileNetV1 of a quarter of the width, W4A4 with an 8-bit first and last layer, 1,000 classes."""
    return mobilenet(size=size, width=8, pad=1, last=8)


def mlp(layers: int) -> Writer:
    """Bipolar dense layers of 64 on 64 inputs."""
    net = Writer((1, 64))
    net.quant(1, signed=True)
    for index in range(layers):
        net.dense(64, 1)
        if index < layers - 1:
            net.activation(1, signed=True)
    return net
