"""Large networks with random weights as QONNX files: what `scale.py` builds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

_DOMAIN = "qonnx.custom_op.general"
_SCALE = 1 / 8
"""Of every quantiser: a power of two, as trained networks for FPGAs often have it."""


@dataclass
class Writer:
    """A network while it grows; the output of its last node is `last`, of `channels` channels."""

    shape: tuple[int, ...]
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    last: str = "pixels"

    def __post_init__(self) -> None:
        self.channels = self.shape[1]

    def constant(self, value: np.typing.ArrayLike) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.last = f"{op.lower()}{sum(each.op_type == op for each in self.nodes)}"
        made = helper.make_node(op, inputs, [self.last], name=self.last, domain=domain, **attributes)
        self.nodes.append(made)
        return self.last

    def quant(self, bits: int, *, signed: bool = False, of: str | None = None, scale: float = _SCALE) -> str:
        """A quantiser of so many bits, by sign for 1."""
        source = of or self.last
        if bits == 1:
            return self.node("BipolarQuant", source, self.constant(1.0), domain=_DOMAIN)
        parameters = self.constant(scale), self.constant(0.0), self.constant(float(bits))
        attributes = {"signed": int(signed), "narrow": 0, "rounding_mode": "ROUND"}
        return self.node("Quant", source, *parameters, domain=_DOMAIN, **attributes)

    def weights(self, bits: int, shape: tuple[int, ...]) -> str:
        """A quantised parameter."""
        most = 1 if bits == 1 else 2 ** (bits - 1) - 1
        codes = self.rng.choice((-1, 1), shape) if bits == 1 else self.rng.integers(-most, most + 1, shape)
        return self.quant(bits, signed=True, of=self.constant(codes * (1.0 if bits == 1 else _SCALE)))

    def conv(self, out: int, size: int, bits: int, *, stride: int = 1, pad: int = 0, depthwise: bool = False) -> str:
        source, into = self.last, 1 if depthwise else self.channels
        kernel = self.weights(bits, (out, into, size, size))
        geometry = {"kernel_shape": [size] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        self.node("Conv", source, kernel, group=self.channels if depthwise else 1, **geometry)
        self.channels, self.fan_in = out, into * size * size
        return self.last

    def dense(self, out: int, bits: int) -> str:
        source = self.last
        self.fan_in = self.channels
        self.node("MatMul", source, self.weights(bits, (self.channels, out)))
        self.channels = out
        return self.last

    def activation(self, bits: int, *, signed: bool = False) -> str:
        """Batch norm, which centres the sums, and a quantiser."""
        spread, count = float(np.sqrt(self.fan_in)), self.channels
        normal = [(1.0, 0.25), (0.0, 0.5), (0.0, spread / 2)]
        norm = [self.constant(self.rng.normal(mean, width, count)) for mean, width in normal]
        self.node(
            "BatchNormalization", self.last, *norm, self.constant(self.rng.uniform(0.5, 2.0, count) * self.fan_in)
        )
        return self.quant(bits, signed=signed)

    def pool(self, op: str, size: int, stride: int, pad: int = 0) -> str:
        return self.node(op, self.last, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def flatten(self, elements: int) -> None:
        self.node("Flatten", self.last, axis=1)
        self.channels = elements

    def write(self, path: Path) -> Path:
        import onnx
        from onnx import TensorProto, helper

        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (("pixels", self.shape), (self.last, (1, self.channels)))
        ]
        graph = helper.make_graph(self.nodes, path.stem, ends[:1], ends[1:], self.constants)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(_DOMAIN, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
        return path


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


def mobilenet(size: int = 96) -> Writer:
    """MobileNetV1 of a quarter of the width, W4A4 with an 8-bit first and last layer, 1,000 classes."""
    net = Writer((1, 3, size, size))
    net.conv(8, 3, 8, stride=2, pad=1)
    net.activation(4)
    blocks = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1))
    for channels, stride in blocks:
        net.conv(net.channels, 3, 4, stride=stride, pad=1, depthwise=True)
        net.activation(4)
        net.conv(channels, 1, 4)
        net.activation(4)
    net.node("GlobalAveragePool", net.last)
    net.quant(4)
    net.flatten(256)
    net.dense(1000, 8)
    return net


def resnet18(size: int = 224) -> Writer:
    """ResNet-18 in XNOR-Net's form: binary convolutions of signs, sums of 4-bit codes, 8-bit ends."""
    net = Writer((1, 3, size, size))
    net.conv(64, 7, 8, stride=2, pad=3)
    net.activation(4, signed=True)
    net.pool("MaxPool", 3, 2, 1)
    for channels, stride in ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)):
        source, into = net.last, net.channels
        net.quant(1)
        net.conv(channels, 3, 1, stride=stride, pad=1)
        net.activation(1)
        net.conv(channels, 3, 1, pad=1)
        branch = net.activation(4, signed=True)
        if stride > 1:
            net.last, net.channels = source, into
            net.conv(channels, 1, 4, stride=stride)
            source = net.activation(4, signed=True)
        net.node("Add", branch, source)
        net.quant(4, signed=True)
    net.node("GlobalAveragePool", net.last)
    net.quant(8, signed=True)
    net.flatten(512)
    net.dense(1000, 8)
    return net


def alexnet() -> Writer:
    """XNOR-Net's AlexNet on 227 x 227: BatchNorm, sign, convolution, pool; first and last layer of 8 bits."""
    net = Writer((1, 3, 227, 227))
    net.conv(96, 11, 8, stride=4)
    net.pool("MaxPool", 3, 2)
    for channels, size, pad, pooled in ((256, 5, 2, True), (384, 3, 1, False), (384, 3, 1, False), (256, 3, 1, True)):
        net.activation(1)
        net.conv(channels, size, 1, pad=pad)
        if pooled:
            net.pool("MaxPool", 3, 2)
    net.activation(1)
    net.flatten(256 * 6 * 6)
    for _ in range(2):
        net.dense(4096, 1)
        net.activation(1)
    net.dense(1000, 8)
    return net


def resnet50() -> Writer:
    """ResNet-50 on 224 x 224, W1A2: stride in the 3 x 3 convolutions, sums of 4-bit codes, 8-bit ends."""
    net = Writer((1, 3, 224, 224))
    net.conv(64, 7, 8, stride=2, pad=3)
    net.activation(4)
    net.pool("MaxPool", 3, 2, 1)
    for channels, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            source, into, step = net.last, net.channels, 1 if block else stride
            net.quant(2)
            reduced = net.last
            net.conv(channels, 1, 1)
            net.activation(2)
            net.conv(channels, 3, 1, stride=step, pad=1)
            net.activation(2)
            net.conv(4 * channels, 1, 1)
            branch = net.activation(4, signed=True)
            if not block:
                net.last, net.channels = reduced, into
                net.conv(4 * channels, 1, 1, stride=step)
                source = net.activation(4, signed=True)
            net.node("Add", branch, source)
            net.quant(4)
    net.node("GlobalAveragePool", net.last)
    net.quant(8)
    net.flatten(2048)
    net.dense(1000, 8)
    return net


def vgg16() -> Writer:
    """VGG-16 on 224 x 224, W1A2, first and last layer with weights of 8 bits."""
    net = Writer((1, 3, 224, 224))
    for stage, (channels, layers) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for layer in range(layers):
            net.conv(channels, 3, 1 if stage or layer else 8, pad=1)
            net.activation(2)
        net.pool("MaxPool", 2, 2)
    net.flatten(512 * 7 * 7)
    for _ in range(2):
        net.dense(4096, 1)
        net.activation(2)
    net.dense(1000, 8)
    return net


def mlp(layers: int) -> Writer:
    """Bipolar dense layers of 64 on 64 inputs."""
    net = Writer((1, 64))
    net.quant(1)
    for index in range(layers):
        net.dense(64, 1)
        if index < layers - 1:
            net.activation(1)
    return net
