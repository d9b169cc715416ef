"""Random networks in ONNX's own quantised operators, as QDQ, QCDQ or QLinear files.

All scales are powers of two and all sums below 2**24, so that onnxruntime's float32 rounds nothing, and weights are
small enough for its 16-bit accumulators of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = np.ndarray[Any, Any]
RUNTIME = "com.microsoft"
UNSIGNED = np.dtype(np.uint8)


@dataclass(frozen=True)
class Codes:
    """A tensor of codes: its name, its shape, its scale, its zero point and their names."""

    name: str
    shape: tuple[int, ...]
    scale: float
    parameters: tuple[str, str]


@dataclass
class Maker:
    """A file while it grows.

    Attributes:
        operators: whether layers are QLinear operators rather than plain ones between DequantizeLinear and
            QuantizeLinear.
    """

    rng: np.random.Generator
    operators: bool
    kind: np.dtype[Any]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, value: Any, dtype: Any) -> str:
        """A new initializer."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def node(self, op: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        """A new node and its result."""
        name = f"t{len(self.nodes)}"
        label = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=label, domain=domain, **attributes))
        return name

    def encoding(self, finest: float) -> tuple[float, tuple[str, str]]:
        """A scale from `finest` on, a zero point, and their names."""
        scale = finest * 2.0 ** int(self.rng.integers(0, 4))
        zero = int(self.rng.choice([0, 0, 1, 3, 7, 100 if self.kind == UNSIGNED else -100]))
        return scale, (self.constant(scale, np.float32), self.constant(zero, self.kind))

    def quantise(self, real: str, shape: tuple[int, ...], finest: float) -> Codes:
        """Codes of a real tensor, at times with a Clip of their own."""
        scale, names = self.encoding(finest)
        codes = self.node("QuantizeLinear", [real, *names])
        if self.rng.random() < 0.3:
            low, high = (10, 130) if self.kind == UNSIGNED else (-7, 90)
            codes = self.node("Clip", [codes, self.constant(low, self.kind), self.constant(high, self.kind)])
        return Codes(codes, shape, scale, names)

    def real(self, codes: Codes) -> str:
        """The numbers that codes stand for."""
        return self.node("DequantizeLinear", [codes.name, *codes.parameters])

    def weights(self, shape: tuple[int, ...], axis: int) -> tuple[str, Array, tuple[str, str]]:
        """Weights, their scales (1,) or one for each output, and the names of scale and zero point."""
        rng = self.rng
        unsigned = self.kind == UNSIGNED and rng.random() < 0.3
        zero = int(rng.integers(100, 140)) if unsigned else 0
        codes = np.asarray(rng.integers(-30, 31, shape) + zero, dtype=np.uint8 if unsigned else np.int8)
        outputs = shape[axis]
        scales = 2.0 ** rng.integers(-6, -3, outputs if rng.random() < 0.5 and not unsigned else ()).astype(np.float64)
        zeros = np.full(scales.shape, zero)
        names = self.constant(scales, np.float32), self.constant(zeros, codes.dtype)
        return self.constant(codes, codes.dtype), np.atleast_1d(scales), names

    def bias(self, outputs: int, scales: Array) -> tuple[str, str]:
        """An int32 bias and its scale, empty where there is none."""
        if self.rng.random() < 0.4:
            return "", ""
        codes = self.constant(self.rng.integers(-3000, 3000, outputs), np.int32)
        return codes, self.constant(scales if scales.size > 1 else scales[0], np.float32)

    def layer(
        self, op: str, source: Codes, shape: tuple[int, ...], out: tuple[int, ...], axis: int, **rest: Any
    ) -> Codes:
        """A Conv, Gemm or MatMul to codes of the shape `out`."""
        codes, scales, names = self.weights(shape, axis)
        bias, bias_scale = self.bias(shape[axis], source.scale * scales) if op != "MatMul" else ("", "")
        finest = source.scale * float(scales.max()) * 32
        if self.operators:
            scale, own = self.encoding(finest)
            weights = [source.name, *source.parameters, codes, *names]
            if op == "Gemm":
                name = self.node("QGemm", [*weights, bias, *own], RUNTIME, alpha=1.0, **rest)
            else:
                name = self.node(f"QLinear{op}", [*weights, *own, *([bias] if bias else [])], **rest)
            return Codes(name, out, scale, own)
        operands = [self.real(source), self.node("DequantizeLinear", [codes, *names], axis=axis)]
        operands += [self.node("DequantizeLinear", [bias, bias_scale], axis=0)] if bias else []
        real = self.node(op, operands, **rest)
        real = self.node("Relu", [real]) if self.rng.random() < 0.4 else real
        return self.quantise(real, out, finest)

    def pool(self, source: Codes) -> Codes:
        """A maximum of codes or of numbers, or a mean of numbers; rows and columns may be left over."""
        _, channels, height, width = source.shape
        shape = (1, channels, height // 2, width // 2)
        window = {"kernel_shape": [2, 2], "strides": [2, 2]}
        if self.rng.random() < 0.5:
            if self.operators or self.rng.random() < 0.5:
                return Codes(self.node("MaxPool", [source.name], **window), shape, source.scale, source.parameters)
            real = self.node("MaxPool", [self.real(source)], **window)
            name = self.node("QuantizeLinear", [real, *source.parameters])
            return Codes(name, shape, source.scale, source.parameters)
        real = self.node("AveragePool", [self.real(source)], **window)
        return self.quantise(real, shape, source.scale)

    def flat(self, source: Codes) -> Codes:
        """All elements of a frame in a row."""
        shape = (1, int(np.prod(source.shape)))
        return Codes(self.node("Flatten", [source.name]), shape, source.scale, source.parameters)


def random_qdq(seed: int) -> onnx.ModelProto:
    """A network of one to three layers on an image (1, C, H, W) or a vector (1, N)."""
    rng = np.random.default_rng(seed)
    make = Maker(rng, bool(rng.random() < 0.5), np.dtype(np.uint8 if rng.random() < 0.6 else np.int8))
    image = rng.random() < 0.7
    shape = (1, int(rng.integers(1, 4)), *map(int, rng.integers(5, 8, 2))) if image else (1, int(rng.integers(3, 12)))
    now = make.quantise("x", shape, 0.125)
    if image:
        for _ in range(int(rng.integers(1, 3))):
            now = _convolution(make, now)
        if rng.random() < 0.6 and min(now.shape[2:]) > 1:
            now = make.pool(now)
        if rng.random() < 0.3:
            return _finished(make, now, shape)
        now = make.flat(now)
    outputs = int(rng.integers(2, 6))
    if rng.random() < 0.5:
        transposed = int(rng.integers(2))
        size = (outputs, now.shape[1]) if transposed else (now.shape[1], outputs)
        now = make.layer("Gemm", now, size, (1, outputs), 1 - transposed, transB=transposed)
    else:
        now = make.layer("MatMul", now, (now.shape[1], outputs), (1, outputs), 1)
    return _finished(make, now, shape)


def _convolution(make: Maker, now: Codes) -> Codes:
    _, channels, height, width = now.shape
    group = channels if make.rng.random() < 0.2 else 1
    outputs = group * int(make.rng.integers(1, 4))
    pad, kernel = int(make.rng.integers(2)), int(make.rng.integers(1, 4))
    pad = min(pad, kernel - 1)
    size = height + 2 * pad - kernel + 1, width + 2 * pad - kernel + 1
    window = {"kernel_shape": [kernel] * 2, "pads": [pad] * 4, "group": group}
    return make.layer("Conv", now, (outputs, channels // group, kernel, kernel), (1, outputs, *size), 0, **window)


def _finished(make: Maker, last: Codes, shape: tuple[int, ...]) -> onnx.ModelProto:
    if make.rng.random() < 0.8:
        make.real(last)
    kind = TensorProto.FLOAT if make.nodes[-1].op_type == "DequantizeLinear" else None
    kind = kind or helper.np_dtype_to_tensor_dtype(make.kind)
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    result = helper.make_tensor_value_info(make.nodes[-1].output[0], kind, None)
    graph = helper.make_graph(make.nodes, "qdq", [given], [result], make.constants)
    opsets = [helper.make_opsetid("", int(make.rng.choice([13, 17, 19]))), helper.make_opsetid(RUNTIME, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
