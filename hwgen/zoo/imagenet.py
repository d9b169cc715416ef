"""Networks for ImageNet's 1,000 classes, at the papers' sizes, with weights drawn at random.

Their layers and shapes are the papers'; scales are powers of two, and nobody has trained these weights. The first layer
reads pixels of 8 bits; it and the last one have weights of 8 bits where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.frontend.writer import Writer

CLASSES = 1000


def alexnet(*, seed: int = 0) -> Writer:
    """XNOR-Net's AlexNet without K: BatchNorm, sign, convolution, pool; 227 x 227, where the first layer pads none."""
    net = Writer((1, 3, 227, 227), seed)
    net.conv(96, 11, 8, stride=4)
    net.pool("MaxPool", 3, 2)
    for channels, size, pad, pooled in ((256, 5, 2, True), (384, 3, 1, False), (384, 3, 1, False), (256, 3, 1, True)):
        net.activation(1, signed=True)
        net.conv(channels, size, 1, pad=pad)
        if pooled:
            net.pool("MaxPool", 3, 2)
    net.activation(1, signed=True)
    net.flatten(256 * 6 * 6)
    for _ in range(2):
        net.dense(4096, 1)
        net.activation(1, signed=True)
    net.dense(CLASSES, 8)
    return net


def resnet(
    *, seed: int = 0, size: int = 224, blocks: Sequence[int] = (2, 2, 2, 2), gated: bool = False, classes: int = CLASSES
) -> Writer:
    """ResNet of basic blocks in XNOR-Net's form: binary convolutions of signs, sums of 4-bit codes.

    With `gated`, LCCL's: a 1x1 convolution of 4-bit weights to one channel beside both 3x3 convolutions of every block.
    """
    net = Writer((1, 3, size, size), seed)
    _stem(net, signed=True)
    for stage, count in enumerate(blocks):
        for block in range(count):
            _basic_block(net, 64 << stage, 2 if stage and not block else 1, gated)
    net.node("GlobalAveragePool", net.last)
    net.quant(8, signed=True)
    net.flatten(net.channels)
    net.dense(classes, 8)
    return net


def _stem(net: Writer, *, signed: bool = False) -> None:
    """ResNet's first convolution, its codes and its pool."""
    net.conv(64, 7, 8, stride=2, pad=3)
    net.activation(4, signed=signed)
    net.pool("MaxPool", 3, 2, 1)


def _basic_block(net: Writer, channels: int, stride: int, gated: bool) -> None:
    source, into = net.last, net.channels
    net.quant(1, signed=True)
    _gated(net, channels, stride, gated)
    net.activation(1, signed=True)
    _gated(net, channels, 1, gated)
    branch = net.activation(4, signed=True)
    if stride > 1:
        source = _shortcut(net, source, into, stride, 4)
    net.node("Add", branch, source)
    net.quant(4, signed=True)


def _gated(net: Writer, channels: int, stride: int, gated: bool) -> None:
    """A binary 3x3 convolution, times a gate of one bit a pixel where it is gated."""
    source, into = net.last, net.channels
    if gated:
        net.conv(1, 1, 4, stride=stride)
        gate = net.activation(1, scale=1.0)
        net.last, net.channels = source, into
    sums = net.conv(channels, 3, 1, stride=stride, pad=1)
    if gated:
        net.node("Mul", sums, gate)


def _shortcut(net: Writer, source: str, into: int, stride: int, bits: int) -> str:
    """A 1x1 convolution of `source`, which has `into` channels, to the channels of the branch beside it."""
    channels, net.last, net.channels = net.channels, source, into
    net.conv(channels, 1, bits, stride=stride)
    return net.activation(4, signed=True)


def resnet50(*, seed: int = 0) -> Writer:
    """ResNet-50 on 224 x 224, W1A2: stride in the 3 x 3 convolutions, sums of 4-bit codes."""
    net = Writer((1, 3, 224, 224), seed)
    _stem(net)
    for stage, count in enumerate((3, 4, 6, 3)):
        for block in range(count):
            _bottleneck(net, 64 << stage, 2 if stage and not block else 1, widened=not block)
    net.node("GlobalAveragePool", net.last)
    net.quant(8)
    net.flatten(2048)
    net.dense(CLASSES, 8)
    return net


def _bottleneck(net: Writer, channels: int, stride: int, *, widened: bool) -> None:
    source, into = net.last, net.channels
    reduced = net.quant(2)
    net.conv(channels, 1, 1)
    net.activation(2)
    net.conv(channels, 3, 1, stride=stride, pad=1)
    net.activation(2)
    net.conv(4 * channels, 1, 1)
    branch = net.activation(4, signed=True)
    if widened:
        source = _shortcut(net, reduced, into, stride, 1)
    net.node("Add", branch, source)
    net.quant(4)


def vgg16(*, seed: int = 0) -> Writer:
    """VGG-16 on 224 x 224, W1A2."""
    net = Writer((1, 3, 224, 224), seed)
    for stage, (channels, layers) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for layer in range(layers):
            net.conv(channels, 3, 1 if stage or layer else 8, pad=1)
            net.activation(2)
        net.pool("MaxPool", 2, 2)
    net.flatten(512 * 7 * 7)
    for _ in range(2):
        net.dense(4096, 1)
        net.activation(2)
    net.dense(CLASSES, 8)
    return net


def mobilenet(*, seed: int = 0, size: int = 224, width: int = 32, pad: int = 0, last: int = 4) -> Writer:
    """MobileNetV1, W4A4: as FINN has it with a first layer of 8 bits that is not padded and a last one of 4 bits.

    Args:
        width: channels of the first convolution; 32 is the published width of 1.0.
        pad: around the image.
        last: bits of the last layer's weights.
    """
    net = Writer((1, 3, size, size), seed)
    net.conv(width, 3, 8, stride=2, pad=pad)
    net.activation(4)
    blocks = ((2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1))
    for multiple, stride in blocks:
        net.conv(net.channels, 3, 4, stride=stride, pad=1, depthwise=True)
        net.activation(4)
        net.conv(multiple * width, 1, 4)
        net.activation(4)
    net.node("GlobalAveragePool", net.last)
    net.quant(4)
    net.flatten(net.channels)
    net.dense(CLASSES, last)
    return net
