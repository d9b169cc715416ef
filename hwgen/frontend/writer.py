"""Writes QONNX models: networks whose weights are drawn at random, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx

_DOMAIN = "qonnx.custom_op.general"
_SCALE = 1 / 8
"""Of every quantiser: a power of two, as trained networks for FPGAs often have it."""


@dataclass
class Writer:
    """A network while it grows; the output of its last node is `last`, of `channels` channels.

    Attributes:
        shape: of the input, with its batch axis: (1, channels, height, width), or (1, elements).
        seed: of the weights and the batch norms.
        fan_in: inputs of a neuron of the last layer with weights.
    """

    shape: tuple[int, ...]
    seed: int = 0
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    last: str = "pixels"

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.channels, self.fan_in = self.shape[1], 0

    def constant(self, value: npt.ArrayLike) -> str:
        """A constant tensor, in float32."""
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node, whose output it returns."""
        from onnx import helper

        self.last = f"{op.lower()}{sum(each.op_type == op for each in self.nodes)}"
        made = helper.make_node(op, inputs, [self.last], name=self.last, domain=domain, **attributes)
        self.nodes.append(made)
        return self.last

    def quant(self, bits: int, *, signed: bool = False, of: str | None = None, scale: float = _SCALE) -> str:
        """A quantiser of so many bits, by sign for a signed one of 1."""
        source = of or self.last
        if bits == 1 and signed:
            return self.node("BipolarQuant", source, self.constant(1.0), domain=_DOMAIN)
        parameters = self.constant(scale), self.constant(0.0), self.constant(float(bits))
        attributes = {"signed": int(signed), "narrow": 0, "rounding_mode": "ROUND"}
        return self.node("Quant", source, *parameters, domain=_DOMAIN, **attributes)

    def weights(self, bits: int, shape: tuple[int, ...]) -> str:
        """A quantised parameter, drawn evenly: -1 and +1 for one bit."""
        most = 1 if bits == 1 else 2 ** (bits - 1) - 1
        codes = self.rng.choice((-1, 1), shape) if bits == 1 else self.rng.integers(-most, most + 1, shape)
        return self.quant(bits, signed=True, of=self.constant(codes * (1.0 if bits == 1 else _SCALE)))

    def conv(self, out: int, size: int, bits: int, *, stride: int = 1, pad: int = 0, depthwise: bool = False) -> str:
        """A convolution without bias, of weights of so many bits."""
        source, into = self.last, 1 if depthwise else self.channels
        kernel = self.weights(bits, (out, into, size, size))
        geometry: dict[str, Any] = {"kernel_shape": [size] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        self.node("Conv", source, kernel, group=self.channels if depthwise else 1, **geometry)
        self.channels, self.fan_in = out, into * size * size
        return self.last

    def dense(self, out: int, bits: int) -> str:
        """A dense layer without bias."""
        source = self.last
        self.fan_in = self.channels
        self.node("MatMul", source, self.weights(bits, (self.channels, out)))
        self.channels = out
        return self.last

    def activation(self, bits: int, *, signed: bool = False, scale: float = _SCALE) -> str:
        """Batch norm, which centres the sums, and a quantiser; by sign for a signed one of 1 bit."""
        spread, count = float(np.sqrt(self.fan_in)), self.channels
        normal = [(1.0, 0.25), (0.0, 0.5), (0.0, spread / 2)]
        norm = [self.constant(self.rng.normal(mean, width, count)) for mean, width in normal]
        variance = self.constant(self.rng.uniform(0.5, 2.0, count) * self.fan_in)
        self.node("BatchNormalization", self.last, *norm, variance)
        return self.quant(bits, signed=signed, scale=scale)

    def pool(self, op: str, size: int, stride: int, pad: int = 0) -> str:
        """`MaxPool` or `AveragePool`."""
        return self.node(op, self.last, kernel_shape=[size] * 2, strides=[stride] * 2, pads=[pad] * 4)

    def flatten(self, elements: int) -> None:
        """One vector of so many elements."""
        self.node("Flatten", self.last, axis=1)
        self.channels = elements

    def model(self, name: str) -> onnx.ModelProto:
        """The network as an ONNX model."""
        from onnx import TensorProto, helper

        ends = [
            helper.make_tensor_value_info(end, TensorProto.FLOAT, shape)
            for end, shape in (("pixels", self.shape), (self.last, (1, self.channels)))
        ]
        graph = helper.make_graph(self.nodes, name, ends[:1], ends[1:], self.constants)
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(_DOMAIN, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def write(self, path: Path) -> Path:
        """Write the network to a file."""
        import onnx

        onnx.save(self.model(path.stem), str(path))
        return path
