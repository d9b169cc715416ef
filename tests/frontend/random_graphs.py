"""Random operator graphs that look like networks: quantised layers with odd things between and behind them.

All constants are short binary fractions, so that the reference executors' float32 rounds little. A graph may be one
that no hardware can do; what matters is that it is refused then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hwgen.ir.types import Bipolar, DType, IntType
from tests.frontend.onnx_nets import CHANNELS_LAST, DOMAIN, QONNX_OPS

Array = np.typing.NDArray[Any]
Shape = tuple[int, ...]
OPSETS = (8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21)
MODES = ("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN")


@dataclass
class Tensor:
    """A tensor of the graph: its name, its ONNX shape with batch 1, and whether it holds a quantiser's codes."""

    name: str
    shape: Shape
    few: bool


@dataclass
class Grower:
    """A graph while it grows.

    Attributes:
        now: the tensor that the next operator reads.
        kept: quantised tensors that a later operator may join.
    """

    rng: np.random.Generator
    opset: int
    now: Tensor
    last: bool = False
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    kept: list[tuple[Tensor, tuple[Any, ...]]] = field(default_factory=list)
    output: int = TensorProto.FLOAT

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return bool(self.rng.random() < probability)

    def pick(self, choices: Any) -> Any:
        """One of several."""
        return choices[int(self.rng.integers(len(choices)))]

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """A new initializer, or the result of a Constant node."""
        name = f"c{len(self.constants)}_{len(self.nodes)}"
        tensor = numpy_helper.from_array(np.asarray(value, dtype=dtype), name)
        if self.chance(0.1):
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.constants.append(tensor)
        return name

    def node(
        self, op: str, operands: list[str], shape: Shape | None = None, *, few: bool | None = None, **rest: Any
    ) -> None:
        """A node that reads `operands` and gives the next tensor, of the shape of the last unless one is given."""
        domain = DOMAIN if op in QONNX_OPS else rest.pop("domain", "")
        name, label = f"t{len(self.nodes)}", f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, operands, [name], name=label, domain=domain, **rest))
        self.now = Tensor(name, self.now.shape if shape is None else shape, self.now.few if few is None else few)

    def fraction(self, size: Any = None, *, positive: bool = False) -> Array:
        """Numbers of a few bits, none of them 0 where they are to be positive."""
        numbers = self.rng.integers(1 if positive else -24, 25, size) / 8
        return np.asarray(numbers, dtype=np.float32)

    def channel_shape(self) -> Shape:
        """One number for each channel, in one of the shapes that broadcast so."""
        shape = self.now.shape
        if len(shape) == 2:
            return self.pick([(shape[1],), (1, shape[1]), (shape[1],), (1, 1, shape[1])])
        if self.last:
            return (shape[-1],)
        own = (shape[1], *(1,) * (len(shape) - 2))
        return self.pick([own, (1, *own)])

    def parameter(self, *, positive: bool = False, quantised: float = 0.1) -> str:
        """A scalar or per-channel constant, sometimes of all elements, sometimes quantised."""
        shape = self.pick([(), (1,), self.channel_shape(), self.channel_shape()])
        if self.chance(0.03):
            shape = self.now.shape
        values = self.fraction(shape, positive=positive)
        if positive or not self.chance(quantised):
            return self.constant(values)
        name, now = self.constant(values), self.now
        self.node("Quant", [name, *self._quantiser(0.125, 0.0, 6)], signed=1, narrow=0)
        name, self.now = self.now.name, now
        return name

    def _quantiser(self, scale: Any, zero: float, bits: int) -> list[str]:
        return [self.constant(scale), self.constant(zero), self.constant(bits)]


Step = Callable[[Grower], None]


def quantise(g: Grower) -> None:
    """A quantiser of some kind; its result may be joined later."""
    kind = g.pick(["Quant", "Quant", "Quant", "IntQuant", "BipolarQuant", "MultiThreshold"])
    scale = g.fraction(positive=True) if g.chance(0.9) else g.fraction(g.channel_shape(), positive=True)
    if kind == "BipolarQuant":
        g.node(kind, [g.now.name, g.constant(scale)], few=True)
        return
    if kind == "MultiThreshold":
        _thresholds(g)
        return
    bits, signed, narrow = int(g.rng.integers(1, 6)), int(g.rng.integers(2)), int(g.rng.integers(2))
    zero = float(g.pick([0, 0, 0, 0, 1, -1, 0.5])) if bits > 1 else 0.0
    attributes = {"signed": signed, "narrow": narrow, "rounding_mode": g.pick(MODES)}
    if g.chance(0.5):
        attributes = {"signed": 1, "narrow": 0, "rounding_mode": "ROUND"}
        scale, zero, bits = np.float32(0.5), 0.0, 4
    g.node(kind, [g.now.name, *g._quantiser(scale, zero, bits)], few=True, **attributes)
    if np.ndim(scale) == 0:
        g.kept.append((g.now, (float(scale), zero, bits, signed)))


def _thresholds(g: Grower) -> None:
    channels = g.now.shape[-1 if g.last or len(g.now.shape) == 2 else 1]
    rows, levels = g.pick([1, channels]), int(g.rng.integers(1, 8))
    table = np.sort(g.rng.integers(-40, 40, (rows, levels)) / 4, axis=1)
    attributes = {"out_dtype": g.pick(["UINT3", "INT4", "BIPOLAR"])}
    if g.chance(0.5):
        attributes |= {"out_scale": float(g.fraction(positive=True)), "out_bias": float(g.fraction())}
    layout = {2: "NC", 3: "NCW", 4: "NHWC" if g.last else "NCHW"}[len(g.now.shape)]
    if g.chance(0.7) or len(g.now.shape) == 3 or g.last:
        attributes["data_layout"] = layout
    g.node("MultiThreshold", [g.now.name, g.constant(table)], few=True, **attributes)


def _weights(g: Grower, shape: Shape, axis: int) -> str:
    """Weights as whole numbers or behind a quantiser whose scale is one or one for each output."""
    how = g.pick(["whole", "Quant", "BipolarQuant"])
    if how == "whole":
        return g.constant(g.rng.integers(-3, 4, shape))
    size = [1] * len(shape)
    if g.chance(0.5):
        size[axis] = shape[axis]
    scale, now = g.fraction(size if g.chance(0.7) or size[axis] > 1 else (), positive=True), g.now
    values = g.constant(g.fraction(shape))
    operands = [g.constant(scale)] if how == "BipolarQuant" else g._quantiser(scale, 0.0, int(g.rng.integers(2, 5)))
    attributes = {} if how == "BipolarQuant" else {"signed": 1, "narrow": int(g.rng.integers(2))}
    g.node(how, [values, *operands], **attributes)
    name, g.now = g.now.name, now
    return name


def dense(g: Grower) -> None:
    """A MatMul or a Gemm."""
    inputs, outputs = g.now.shape[-1], int(g.rng.integers(1, 6))
    if len(g.now.shape) == 2 and g.chance(0.5):
        trans = int(g.rng.integers(2))
        shape = (outputs, inputs) if trans else (inputs, outputs)
        operands = [g.now.name, _weights(g, shape, 1 - trans)]
        if g.opset < 11 or g.chance(0.6):
            operands.append(g.constant(g.fraction(g.pick([(), (outputs,), (1, outputs), (1,)]))))
        scales = {"alpha": float(g.fraction()), "beta": float(g.fraction())} if g.chance(0.3) else {}
        g.node("Gemm", operands, (1, outputs), few=False, transB=trans, **scales)
        return
    g.node("MatMul", [g.now.name, _weights(g, (inputs, outputs), 1)], (*g.now.shape[:-1], outputs), few=False)


def _window(g: Grower, size: Shape, *, dilate: bool, pad: bool = True) -> tuple[dict[str, Any], Shape]:
    """Attributes of a window, and the size of what it leaves."""
    axes = len(size)
    kernel = [int(g.rng.integers(1 if pad else min(2, n), min(3, n) + 1)) for n in size]
    strides = [int(g.rng.integers(1, 3)) for _ in size] if g.chance(0.5) else [1] * axes
    dilations = [int(g.rng.integers(1, 3)) for _ in size] if dilate and g.chance(0.2) else [1] * axes
    attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": strides}
    pads = [0] * 2 * axes
    # No executor makes sense of dilation with SAME padding, and each reads other pixels where it is below zero.
    mode = g.pick(["NOTSET"] * 6 + ["VALID", "SAME_UPPER", "SAME_LOWER"]) if max(dilations) == 1 else "NOTSET"
    if any(stride > window for stride, window in zip(strides, kernel, strict=True)) and mode != "NOTSET":
        mode = "VALID"
    if mode != "NOTSET":
        attributes["auto_pad"] = mode
    elif pad and g.chance(0.5):
        pads = [int(g.rng.integers(0, 2)) if k > 1 or g.chance(0.1) else 0 for k in kernel * 2]
        attributes["pads"] = pads
    dilations = [d if (k - 1) * d < n else 1 for k, d, n in zip(kernel, dilations, size, strict=True)]
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    if max(dilations) > 1:
        attributes["dilations"] = dilations
    left = tuple((n + pads[a] + pads[a + axes] - spans[a]) // strides[a] + 1 for a, n in enumerate(size))
    if mode.startswith("SAME"):
        left = tuple(-(-n // s) for n, s in zip(size, strides, strict=True))
    return attributes, left


def _image(g: Grower, size: Shape, channels: int) -> Shape:
    return (1, *size, channels) if g.last else (1, channels, *size)


def _size(g: Grower) -> tuple[Shape, int]:
    shape = g.now.shape
    return (shape[1:-1], shape[-1]) if g.last else (shape[2:], shape[1])


def transposed(g: Grower) -> None:
    """A transposed convolution."""
    (size, channels), axes = _size(g), len(g.now.shape) - 2
    outputs, group = int(g.rng.integers(1, 4)), int(g.pick([n for n in range(1, channels + 1) if channels % n == 0]))
    kernel, strides = ([int(n) for n in g.rng.integers(1, 4, axes)] for _ in range(2))
    pads = [int(g.rng.integers(0, min(k, 2))) for k in kernel * 2]
    added = [int(g.rng.integers(0, s)) for s in strides]
    full = [(n - 1) * s + k + a for n, s, k, a in zip(size, strides, kernel, added, strict=True)]
    left = tuple(n - pads[a] - pads[a + axes] for a, n in enumerate(full))
    if min(left) < 1 or np.prod(left) * outputs * group > 900:
        return
    operands = [g.now.name, _weights(g, (channels, outputs, *kernel), 1)]
    if g.chance(0.4):
        operands.append(g.constant(g.fraction(outputs * group)))
    window = {"kernel_shape": kernel, "strides": strides, "pads": pads, "output_padding": added}
    g.node("ConvTranspose", operands, (1, outputs * group, *left), few=False, group=group, **window)


def convolution(g: Grower) -> None:
    """A convolution, at times with a Pad in front, or a transposed one."""
    if g.chance(0.1) and not g.last and g.opset >= 11:
        transposed(g)
        return
    (size, channels), outputs = _size(g), int(g.rng.integers(1, 5))
    padded = g.chance(0.15) and not g.last
    if padded:
        pad(g, 0.0)
        size = g.now.shape[2:]
    attributes, left = _window(g, size, dilate=True, pad=not padded or g.chance(0.1))
    group = int(g.pick([n for n in range(1, channels + 1) if channels % n == 0])) if g.chance(0.3) else 1
    outputs = -(-outputs // group) * group
    kernel = tuple(attributes["kernel_shape"])
    shape = (outputs, *kernel, channels // group) if g.last else (outputs, channels // group, *kernel)
    operands = [g.now.name, _weights(g, shape, 0)]
    if g.chance(0.4):
        operands.append(g.constant(g.fraction(outputs)))
    if g.last:
        attributes |= {"domain": CHANNELS_LAST}
    elif g.chance(0.3):
        del attributes["kernel_shape"]
    g.node("Conv", operands, _image(g, left, outputs), few=False, group=group, **attributes)


def pad(g: Grower, fill: float) -> None:
    """A Pad in space."""
    rank = len(g.now.shape)
    before, after = ([0, 0, *g.rng.integers(0, 2, rank - 2).tolist()] for _ in range(2))
    shape = tuple(n + b + a for n, b, a in zip(g.now.shape, before, after, strict=True))
    if g.opset < 11:
        g.node("Pad", [g.now.name], shape, mode="constant", pads=before + after, value=fill)
    elif g.opset >= 18 and g.chance(0.5):
        axes = list(range(2, rank))
        operands = [g.constant(before[2:] + after[2:], np.int64), g.constant(fill), g.constant(axes, np.int64)]
        g.node("Pad", [g.now.name, *operands], shape)
    else:
        g.node("Pad", [g.now.name, g.constant(before + after, np.int64), g.constant(fill)], shape)


def pool(g: Grower) -> None:
    """A pool over windows, over all, or a mean."""
    size, channels = _size(g)
    kind = g.pick(["MaxPool"] * 3 + ["AveragePool"] * 3 + ["GlobalMaxPool", "GlobalAveragePool", "ReduceMean"])
    if g.last:
        kind = "MaxPool"
    if kind == "ReduceMean":
        _mean(g, size, channels)
        return
    if kind.startswith("Global"):
        g.node(kind, [g.now.name], (1, channels, *(1,) * len(size)), few=kind == "GlobalMaxPool" and g.now.few)
        return
    dilate = g.opset >= (10 if kind == "MaxPool" else 19)
    attributes, left = _window(g, size, dilate=dilate)
    if kind == "AveragePool":
        attributes["count_include_pad"] = int(g.chance(0.7))
    elif g.last:
        attributes |= {"domain": CHANNELS_LAST}
    if g.opset >= 10 and g.chance(0.1) and not g.last:
        attributes["ceil_mode"] = 1
        if kind == "AveragePool":  # executors disagree on padding that is counted behind the last window
            attributes["count_include_pad"] = 0
        left = _ceiled(attributes, size, left)
    g.node(kind, [g.now.name], _image(g, left, channels), few=kind == "MaxPool" and g.now.few, **attributes)


def _ceiled(attributes: dict[str, Any], size: Shape, left: Shape) -> Shape:
    """The size of what a pool with ceil_mode leaves."""
    if "auto_pad" in attributes:
        return left
    axes = len(size)
    pads, dilations = attributes.get("pads", [0] * 2 * axes), attributes.get("dilations", [1] * axes)
    windows = zip(size, attributes["kernel_shape"], attributes["strides"], dilations, strict=True)
    return tuple(1 - (d * (k - 1) + 1 - n - pads[a] - pads[a + axes]) // s for a, (n, k, s, d) in enumerate(windows))


def _mean(g: Grower, size: Shape, channels: int) -> None:
    """A mean, sum or extreme over rows, columns or channels."""
    rank, keep = 2 + len(size), int(g.rng.integers(2))
    axes = g.pick([list(range(2, rank)), list(range(2 - rank, 0)), [2], [-1], [1], [1, 2]])
    gone = {axis % rank for axis in axes}
    keep = 1 if rank - len(gone) < 2 else keep
    shape = tuple(1 if a in gone else n for a, n in enumerate(g.now.shape) if keep or a not in gone)
    op = g.pick(["ReduceMean", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"])
    few = g.now.few and op in ("ReduceMax", "ReduceMin")
    if g.opset < (13 if op == "ReduceSum" else 18):
        g.node(op, [g.now.name], shape, few=few, axes=axes, keepdims=keep)
    else:
        g.node(op, [g.now.name, g.constant(axes, np.int64)], shape, few=few, keepdims=keep)


def elementwise(g: Grower) -> None:
    """A step that keeps the shape."""
    g.pick(_STEPS)(g)


def _arithmetic(g: Grower) -> None:
    operands = [g.now.name, g.parameter()]
    g.node(g.pick(["Add", "Sub", "Mul"]), operands if g.chance(0.7) else operands[::-1], _joined(g, operands[1]))


def _divide(g: Grower) -> None:
    parameter = g.parameter(positive=True)
    g.node("Div", [g.now.name, parameter], _joined(g, parameter))


def _plain(g: Grower) -> None:
    g.node(g.pick(["Neg", "Relu", "Identity"]), [g.now.name])


def _leaky(g: Grower) -> None:
    if g.chance(0.5):
        g.node("LeakyRelu", [g.now.name], **({"alpha": float(g.fraction()) / 2} if g.chance(0.7) else {}))
    else:
        g.node("PRelu", [g.now.name, g.constant(g.fraction((1,) * g.rng.integers(0, 2), positive=True))])


def _extremum(g: Grower) -> None:
    operands = [g.now.name, *(g.parameter() for _ in range(int(g.rng.integers(0, 4))))]
    shape = max((_joined(g, name) for name in operands[1:]), key=len, default=g.now.shape)
    g.rng.shuffle(operands)
    g.node(g.pick(["Max", "Min"]), operands, shape)


_FUNCTIONS = {
    "Abs": 1, "Celu": 12, "Cos": 7, "Elu": 1, "Erf": 9, "Gelu": 20, "HardSigmoid": 1, "HardSwish": 14, "Mish": 18,
    "Selu": 1, "Shrink": 9, "Sigmoid": 1, "Sin": 7, "Softsign": 1, "Softplus": 1, "Tanh": 1, "ThresholdedRelu": 10,
}  # fmt: skip
"""Functions of one number, and the opset that has each."""


def function(g: Grower) -> None:
    """A function, often together with its own operand: x * sigmoid(x), max(x, tanh(x))."""
    before, op = g.now, g.pick([name for name, opset in _FUNCTIONS.items() if opset <= g.opset])
    named = {
        "Celu": "alpha",
        "Elu": "alpha",
        "HardSigmoid": "beta",
        "Selu": "gamma",
        "Shrink": "bias",
        "ThresholdedRelu": "alpha",
    }
    g.node(op, [g.now.name], **({named[op]: float(g.fraction(positive=True))} if op in named else {}))
    if g.chance(0.5):
        operands = [before.name, g.now.name]
        g.node(g.pick(["Add", "Max", "Min", "Mul", "Mul", "Sub"]), operands if g.chance(0.5) else operands[::-1])


def cast(g: Grower) -> None:
    """To another element type, at times an operator in it, and back."""
    kind = int(g.pick([1, 11, 7, 6, 3, 2, 9, 10] if g.chance(0.5) else [1, 11, 7]))
    g.node("Cast", [g.now.name], to=kind)
    if kind in (6, 7, 10, 11) and g.chance(0.3):
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        g.node(g.pick(["Add", "Mul", "Div", "Sub"]), [g.now.name, g.constant(int(g.rng.integers(1, 4)), dtype)])
    g.node("Cast", [g.now.name], to=1)


def truncate(g: Grower) -> None:
    """A Trunc of either version, on a tensor that the generator knows nothing of."""
    zero = float(g.pick([0.0, 0.0, 0.0, 1.0]))
    mode = {"rounding_mode": g.pick(MODES)} if g.chance(0.7) else {}
    scale = float(g.pick([1.0, 0.5, 0.25, 0.125]))
    widths = [g.constant(float(g.pick([8, 6]))), g.constant(float(g.pick([4, 3])))]
    g.node("Trunc", [g.now.name, g.constant(scale), g.constant(zero), *widths], few=True, **mode)


def magnitude(g: Grower) -> None:
    """The mean or sum of |x| over the channels."""
    rank, keep = len(g.now.shape), int(len(g.now.shape) < 3 or g.chance(0.5))
    axis = rank - 1 if g.last or rank == 2 else 1
    shape = tuple(1 if a == axis else n for a, n in enumerate(g.now.shape) if keep or a != axis)
    op = g.pick(["ReduceMean", "ReduceSum", "ReduceL1"])
    if op != "ReduceL1":
        g.node("Abs", [g.now.name])
    if g.opset < (13 if op == "ReduceSum" else 18):
        g.node(op, [g.now.name], shape, few=False, axes=[axis], keepdims=keep)
    else:
        g.node(op, [g.now.name, g.constant([axis], np.int64)], shape, few=False, keepdims=keep)


def _joined(g: Grower, parameter: str) -> Shape:
    """The shape of an operation with a constant."""
    dims = next((tuple(tensor.dims) for tensor in g.constants if tensor.name == parameter), ())
    return np.broadcast_shapes(dims, g.now.shape)


def _clip(g: Grower) -> None:
    low, high = np.sort(g.fraction(2))
    bounds = g.pick([("min",), ("max",), ("min", "max"), ()])
    values = {"min": low, "max": high}
    if g.opset < 11:
        g.node("Clip", [g.now.name], **{name: float(values[name]) for name in bounds})
        return
    operands = [g.constant(values[name]) if name in bounds else "" for name in ("min", "max")]
    g.node("Clip", [g.now.name, *operands][: 3 if operands[1] else 2 if operands[0] else 1])


def _norm(g: Grower) -> None:
    channels = g.now.shape[-1 if g.last else 1] if len(g.now.shape) > 1 else 1
    parts = [g.constant(g.fraction(channels)) for _ in range(3)]
    parts.append(g.constant(g.pick([g.fraction(channels, positive=True), g.rng.integers(1, 4, channels) ** 2.0])))
    attributes: dict[str, Any] = {"epsilon": float(g.pick([1e-5, 0.0, 0.125]))} if g.chance(0.7) else {}
    attributes |= {"momentum": 0.5} if g.chance(0.2) else {}
    g.node("BatchNormalization", [g.now.name, *parts], **attributes, **({"domain": CHANNELS_LAST} if g.last else {}))


def _dropout(g: Grower) -> None:
    if g.opset < 12:
        g.node("Dropout", [g.now.name], ratio=0.25)
        return
    no = g.constant(False, np.bool_) if g.chance(0.5) else ""
    g.node("Dropout", [g.now.name, g.constant(0.25), no][: 3 if no else 2])


_STEPS: tuple[Step, ...] = (
    *(_arithmetic,) * 5,
    _divide,
    *(_plain,) * 3,
    *(_leaky,) * 2,
    _clip,
    *(_extremum,) * 2,
    _norm,
    _dropout,
    cast,
    *(function,) * 2,
)


def move(g: Grower) -> None:
    """An operator that moves elements, and often another that moves them back."""
    shape, rank = g.now.shape, len(g.now.shape)
    op = g.pick(["Transpose", "Reshape", "Flatten", "Unsqueeze", "Squeeze"])
    if op == "Transpose":
        perm = [int(a) for a in ([0, *(g.rng.permutation(rank - 1) + 1)] if g.chance(0.8) else g.rng.permutation(rank))]
        g.node(op, [g.now.name], tuple(shape[a] for a in perm), perm=perm)
        if g.chance(0.6):
            back = [int(a) for a in np.argsort(perm)]
            g.node(op, [g.now.name], shape, perm=back)
    elif op == "Flatten":
        axis = int(g.rng.integers(0, rank + 1))
        left = (int(np.prod(shape[:axis])), int(np.prod(shape[axis:])))
        g.node(op, [g.now.name], left, axis=axis if axis == rank or g.opset < 11 or g.chance(0.5) else axis - rank)
    elif op == "Reshape":
        _reshape(g)
    else:
        _axes(g, op)


def _reshape(g: Grower) -> None:
    shape, total = g.now.shape, int(np.prod(g.now.shape))
    ways = [n for n in range(1, total + 1) if total % n == 0]
    first = int(g.pick(ways))
    if len(shape) == 4 and g.opset >= 15 and g.chance(0.3):
        start = int(g.pick([1, 2, -3]))
        g.nodes.append(helper.make_node("Shape", [g.now.name], [f"s{len(g.nodes)}"], start=start, end=start + 1))
        size, rest = g.nodes[-1].output[0], g.constant([1], np.int64)
        g.nodes.append(helper.make_node("Concat", [rest, size, g.constant([-1], np.int64)], [f"{size}c"], axis=0))
        g.node("Reshape", [g.now.name, f"{size}c"], (1, shape[start], total // shape[start]))
        return
    target = g.pick(
        [(1, total), (1, -1), (0, -1), (1, first, total // first), (1, first, -1), (1, 1, first, total // first)]
    )
    real = tuple(shape[i] if d == 0 else d for i, d in enumerate(target))
    known = int(np.prod([d for d in real if d != -1]))
    left = tuple(total // known if d == -1 else d for d in real)
    g.node("Reshape", [g.now.name, g.constant(target, np.int64)], left)
    if g.chance(0.6):
        g.node("Reshape", [g.now.name, g.constant(shape, np.int64)], shape)


def _axes(g: Grower, op: str) -> None:
    shape = g.now.shape
    if op == "Squeeze":
        ones = [a for a, n in enumerate(shape) if n == 1 and (a or g.chance(0.2))]
        if not ones:
            return
        axes, left = ones[:1], tuple(n for a, n in enumerate(shape) if a != ones[0])
    else:
        axis = int(g.rng.integers(1, len(shape) + 1))
        axes, left = (
            [axis if g.chance(0.5) or g.opset < 11 else axis - len(shape) - 1],
            (*shape[:axis], 1, *shape[axis:]),
        )
    operands = [g.now.name, g.constant(axes, np.int64)] if g.opset >= 13 else [g.now.name]
    g.node(op, operands, left, **({"axes": axes} if g.opset < 13 else {}))


def join(g: Grower) -> None:
    """A sum, difference, product or concatenation with an earlier tensor, or with itself."""
    others = [tensor for tensor, _ in g.kept if tensor.shape == g.now.shape and tensor.name != g.now.name]
    other = g.pick(others) if others and g.chance(0.8) else g.now
    op = g.pick(["Add", "Add", "Add", "Add", "Sub", "Mul", "Concat", "Concat"])
    if op != "Concat":
        operands = [g.now.name, other.name]
        g.node(op, operands if g.chance(0.5) else operands[::-1], few=False)
        return
    axis = len(g.now.shape) - 1 if g.last or len(g.now.shape) == 2 else 1
    shape = tuple(n * 2 if a == axis else n for a, n in enumerate(g.now.shape))
    g.node(op, [g.now.name, other.name], shape, axis=axis if g.opset < 11 or g.chance(0.5) else axis - len(shape))


def end(g: Grower) -> None:
    """What may follow the last layer."""
    for _ in range(int(g.rng.integers(0, 3))):
        move(g)
    how = g.pick(["", "", "", "softmax", "best", "best"])
    if how and len(g.now.shape) == 2 and g.now.shape[0] == 1:
        if how == "softmax":
            g.node(g.pick(["Softmax", "LogSoftmax"]), [g.now.name], axis=1)
        keep = int(g.rng.integers(2))
        g.node(
            "ArgMax",
            [g.now.name],
            (1, 1) if keep else (1,),
            axis=g.pick([1, -1]) if g.opset >= 11 else 1,
            keepdims=keep,
        )
        g.output = TensorProto.INT64
        if g.chance(0.3):
            g.node("Cast", [g.now.name], to=1)
            g.node(g.pick(["Add", "Mul"]), [g.now.name, g.constant(2.0)])
            g.output = TensorProto.FLOAT


def random_graph(seed: int) -> tuple[onnx.ModelProto, DType, float]:
    """A graph, the type of its input codes, and their scale."""
    rng = np.random.default_rng(seed)
    shape: Shape = [(1, int(rng.integers(2, 9))), (1, 2, 5, 4), (1, 3, 4, 5), (1, 1, 6, 4), (1, 2, 6)][
        int(rng.integers(5))
    ]
    last = len(shape) == 4 and bool(rng.random() < 0.12)
    g = Grower(rng, int(rng.choice(OPSETS)), Tensor("x", shape, True), last)
    for _ in range(int(rng.integers(1, 4))):
        _block(g)
    if g.chance(0.75):
        quantise(g)
    if g.chance(0.5):
        end(g)
    kind: DType = g.pick([IntType(4, True), IntType(3, False), IntType(5, True), IntType(8, False), Bipolar()])
    model = _model(g, shape)
    return model, kind, float(g.pick([1.0, 0.25, 0.5, 1.5]))


def _sometimes(g: Grower, probability: float, *steps: Step) -> None:
    if g.chance(probability):
        for step in steps:
            step(g)


def pick(g: Grower) -> None:
    """Elements picked, repeated or left out."""
    from tests.frontend.random_moves import PICKS

    g.pick(PICKS)(g)


def _block(g: Grower) -> None:
    """A quantiser, a layer, and what stands behind it."""
    _sometimes(g, 0.5 if g.now.few else 1.0, quantise)
    _sometimes(g, 0.25, pick)
    _sometimes(g, 0.2, join, quantise)
    _sometimes(g, 0.04, magnitude, quantise)
    _sometimes(g, 0.25, move)
    image = len(g.now.shape) in (3, 4)
    if image and g.chance(0.3):
        pool(g)
        _sometimes(g, 0.0 if g.now.few else 0.95, quantise)
    if len(g.now.shape) in (3, 4) and g.chance(0.8):
        convolution(g)
    else:
        if len(g.now.shape) != 2:
            g.node("Flatten", [g.now.name], (1, int(np.prod(g.now.shape))))
        dense(g)
    for _ in range(int(g.rng.integers(0, 4))):
        elementwise(g)
        g.now.few = g.now.few and g.chance(0.1)
    if image and len(g.now.shape) in (3, 4):
        _sometimes(g, 0.2, pool)
    _sometimes(g, 0.05, truncate)
    _sometimes(g, 0.1, join)
    _sometimes(g, 0.15, pick)


def _model(g: Grower, shape: Shape) -> onnx.ModelProto:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", *shape[1:]) if g.chance(0.2) else shape)
    result = helper.make_tensor_value_info(g.now.name, g.output, None)
    graph = helper.make_graph(g.nodes, "random", [given], [result], g.constants)
    opsets = [
        helper.make_opsetid("", g.opset),
        helper.make_opsetid(DOMAIN, 1),
        helper.make_opsetid(CHANNELS_LAST, g.opset),
    ]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
