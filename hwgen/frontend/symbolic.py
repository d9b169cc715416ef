"""Tensors of the symbolic walk: constants, quantised constants, and codes with the steps to their real values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import MAX_ELEMENTS, Array, SourceNode, numeric, require_finite
from hwgen.ir.ending import EndKind
from hwgen.ir.graph import Affine, Node, Value
from hwgen.ir.ops import Add, BatchNorm, Combine, Div, Mul, Op, Operator, Step, arrays_of, for_channels
from hwgen.ir.ranges import Range
from hwgen.ir.types import DType, FloatArray, IntArray, TensorType

MOST_OWN = 1 << 12
"""Elements of a frame that may each have a parameter of their own."""


@dataclass(frozen=True)
class Const:
    """A constant tensor with its real values. `claimed` is the integer type that the file says it has."""

    value: Array
    name: str
    claimed: DType | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def transpose(self, axes: Sequence[int]) -> Const:
        """Axes permuted."""
        return replace(self, value=self.value.transpose(axes))


@dataclass(frozen=True)
class QuantConst:
    """A quantised constant: real = scale * (codes - zero_point); both broadcast to the shape of `codes`."""

    codes: IntArray
    scale: FloatArray
    zero_point: FloatArray
    dtype: DType
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    def reshape(self, shape: tuple[int, ...]) -> QuantConst:
        """The same elements in another shape."""
        return self.moved(lambda array: array.reshape(shape))

    def transpose(self, axes: Sequence[int]) -> QuantConst:
        """Axes permuted, scale and zero point with them."""
        return self.moved(lambda array: array.transpose(axes))

    def moved(self, index: Callable[[Array], Array]) -> QuantConst:
        """The codes that `index` makes of these, with their scales and zero points."""
        given = (self.scale, self.zero_point)
        scale, zero = (p.reshape(()) if p.size == 1 else index(np.broadcast_to(p, self.shape)) for p in given)
        return replace(self, codes=index(self.codes), scale=scale, zero_point=zero)


@dataclass(frozen=True)
class Softened:
    """A softmax or argmax along an axis of an ONNX shape, None where that holds all elements."""

    kind: EndKind
    shape: tuple[int, ...]
    axis: int | None
    keep: bool = False


@dataclass(frozen=True)
class CodedTensor:
    """A tensor that flows through the hardware: integer codes and the steps that turn a code into its real value.

    Attributes:
        value: the codes, flat or channel innermost.
        low, high: the least and greatest code that occurs.
        steps: real = steps(code), parameters (C,) over the value's last axis or ().
        places: for each element of the ONNX tensor, batch axis included, its position in the value in C order. Elements
            may share a position, and positions may have none: a move is an index of this array, and no hardware yet.
        quantised: whether the codes are few-bit (the input or a quantiser's output), not an accumulator.
        ending: a softmax or argmax at the network's end, with the ONNX shape and axis that it has there.
        planes: factors of residual planes: real = steps(sum of the factors, each with the sign of its bit of the code).
    """

    value: Value
    low: int
    high: int
    steps: tuple[Step, ...]
    places: IntArray
    quantised: bool
    planes: tuple[int, ...] = ()
    ending: Softened | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The ONNX shape."""
        return self.places.shape

    @property
    def is_permutation(self) -> bool:
        """Whether every element of the value is one element of the ONNX tensor."""
        return self.places.size == self.value.type.elements and self.read == 1

    @property
    def read(self) -> float:
        """The part of the value's elements that are elements of the ONNX tensor."""
        met = np.zeros(self.value.type.elements, dtype=np.bool_)
        met[self.places.reshape(-1)] = True
        return np.count_nonzero(met) / met.size

    def at(self, places: IntArray) -> CodedTensor:
        """The same value, its elements at other places of the ONNX tensor."""
        return replace(self, places=places)

    def then(self, *steps: Step) -> CodedTensor:
        """The stream with more pending steps."""
        return replace(self, steps=self.steps + steps)

    def reshape(self, shape: tuple[int, ...]) -> CodedTensor:
        """The same elements in another shape."""
        return replace(self, places=self.places.reshape(shape))

    def transpose(self, axes: Sequence[int]) -> CodedTensor:
        """Axes permuted; the value stays as it is."""
        return replace(self, places=self.places.transpose(axes))


@dataclass(frozen=True)
class Padded:
    """A stream with rows and columns of one real value around it, on the way to a convolution or pool.

    Attributes:
        pads: as ONNX orders them, starts of all axes and then ends.
    """

    stream: CodedTensor
    pads: tuple[int, ...]
    fill: float

    @property
    def shape(self) -> tuple[int, ...]:
        """The ONNX shape, padding included."""
        sizes = self.stream.shape
        return tuple(n + self.pads[a] + self.pads[a + len(sizes)] for a, n in enumerate(sizes))


@dataclass(frozen=True)
class Absolute:
    """The absolute values of a stream, on the way to their sum over channels."""

    stream: CodedTensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The ONNX shape."""
        return self.stream.shape


Tensor = Const | QuantConst | CodedTensor | Padded | Absolute


def moved(
    tensor: Const | QuantConst | CodedTensor, index: Callable[[Array], Array]
) -> Const | QuantConst | CodedTensor:
    """The tensor whose array of elements, or of their places, is `index` of what it was."""
    if isinstance(tensor, CodedTensor):
        return tensor.at(index(tensor.places))
    if isinstance(tensor, Const):
        return replace(tensor, value=index(tensor.value))
    return tensor.moved(index)


def frame_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """An ONNX shape without its batch axis."""
    return shape[1:] if shape[:1] == (1,) else shape


def in_order(shape: tuple[int, ...]) -> IntArray:
    """The places of a tensor whose elements are stored in its own order."""
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


def bounds_of(stream: CodedTensor) -> Range:
    """The least and greatest code of a stream, the same on every channel."""
    channels = stream.value.type.channels
    return Range(np.full(channels, stream.low, np.int64), np.full(channels, stream.high, np.int64))


def collapse(array: Array) -> FloatArray:
    """A parameter as float64: shape () where all elements are equal, flat otherwise."""
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    return flat[0].reshape(()) if flat.size and bool(np.all(flat == flat[0])) else flat


class Misplaced(Exception):
    """A parameter that differs along the pixels of a value; caught by the walk, which lays the stream out otherwise.

    Attributes:
        axes: of the stream's ONNX shape, along which the parameter differs.
        error: the reason of the refusal where no layout does.
    """

    def __init__(self, where: str, stream: CodedTensor, axes: tuple[int, ...]) -> None:
        super().__init__(where)
        self.stream, self.axes = stream, axes
        self.error = ModelError(
            where,
            f"its parameter must be the same at every pixel, as its tensor has more than {MOST_OWN:,} elements",
            f"values that differ along the pixels of {stream.value.type}",
            "Give one value, or one for each channel",
        )


def scattered(stream: CodedTensor, array: Array, where: str) -> FloatArray:
    """A parameter of the stream's ONNX shape in the value's order, () or (C,). Raises: Misplaced."""
    if array.size == 1 or bool(np.all(array == array.flat[0])):
        return np.asarray(array.flat[0], dtype=np.float64)
    array = array.reshape((1,) * (len(stream.shape) - array.ndim) + array.shape)
    wide, channels = np.broadcast_to(array, stream.shape), stream.places % stream.value.type.channels
    result = np.full(stream.value.type.channels, array.flat[0], dtype=np.float64)  # also where no element lies
    result[channels] = wide
    if np.any(result[channels] != wide):
        raise Misplaced(where, stream, tuple(a for a, n in enumerate(array.shape) if n > 1))
    return collapse(result)


def of_channels(steps: Sequence[Step], channels: IntArray) -> tuple[Step, ...] | None:
    """Pending steps of elements that are moved; None where those of a new channel have parameters that differ.

    Args:
        channels: (pixels, C) the old channel of each new element.
    """
    for step in steps:
        for _, array in arrays_of(step):
            if array.size > 1 and np.any(array[channels] != array[channels[:1]]):
                return None
    return at_channels(steps, channels[0])


def at_channels(steps: Sequence[Step], channels: IntArray) -> tuple[Step, ...]:
    """Pending steps of new channels, of which i is what channel `channels[i]` was."""
    return tuple(_collapsed(step) for step in for_channels(tuple(steps), channels))


def _collapsed(step: Step) -> Step:
    flat: dict[str, Any] = {n: collapse(a) for n, a in vars(step).items() if isinstance(a, np.ndarray) and a.ndim == 1}
    return replace(step, **flat)


def aligned(stream: CodedTensor, array: Array, node: SourceNode) -> FloatArray:
    """`array` broadcast to the stream as ONNX does, in the value's order: () or (C,). Raises: ModelError."""
    try:
        shape = np.broadcast_shapes(array.shape, stream.shape)
    except ValueError:
        shape = ()
    if math.prod(shape) != math.prod(stream.shape):
        raise ModelError(
            node.label,
            f"its parameter must broadcast to the tensor's shape {stream.shape}",
            f"shape {array.shape}",
            "Give one value, or one for each channel",
        )
    drop = max(0, array.ndim - len(stream.shape))
    return scattered(stream, array.reshape(array.shape[drop:]), node.label)


def per_channel(stream: CodedTensor, array: Array, node: SourceNode, *, axis: int = 1) -> FloatArray:
    """`array` of shape (C,) along the channel axis of the stream, as (C,) or (). Raises: ModelError."""
    if array.size == 1:
        return collapse(array)
    axis %= len(stream.shape)
    shape = [1] * len(stream.shape)
    shape[axis] = array.size
    if array.size != stream.shape[axis]:
        raise ModelError(
            node.label,
            f"it must have one parameter for each of the {stream.shape[axis]} channels",
            f"{array.size}",
            "Check the model's layer sizes",
        )
    return aligned(stream, array.reshape(shape), node)


def real(tensor: Const | QuantConst, node: SourceNode, *, infinite: bool = False) -> FloatArray:
    """The real values of a constant in float64, none rounded.

    Raises: ModelError on NaN, on infinity unless `infinite`, and on what is no real number of float64.
    """
    if isinstance(tensor, QuantConst):
        return np.asarray(tensor.scale * (tensor.codes - tensor.zero_point), dtype=np.float64)
    values = numeric(tensor.value, tensor.name, node.label)
    if not infinite:
        require_finite(values, tensor.name, node.label)
    return values


def fold_affine(steps: Sequence[Step]) -> Affine | None:
    """The steps as one affine function in float64, or None where one of them is not affine."""
    scale, offset = np.ones(()), np.zeros(())
    for step in steps:
        match step:
            case Mul(factor):
                scale, offset = scale * factor, offset * factor
            case Div(divisor):
                scale, offset = scale / divisor, offset / divisor
            case Add(term):
                offset = offset + term
            case BatchNorm():
                slope = step.gamma / np.sqrt(step.variance + step.epsilon)
                scale, offset = scale * slope, (offset - step.mean) * slope + step.beta
            case Combine(operator=Operator.ADD):
                parts = fold_affine(step.left), fold_affine(step.right)
                if parts[0] is None or parts[1] is None:
                    return None
                slope = parts[0].scale + parts[1].scale
                scale, offset = scale * slope, offset * slope + parts[0].offset + parts[1].offset
            case _:
                return None
    return Affine(collapse(scale), collapse(offset))


def affine_steps(scale: FloatArray, offset: FloatArray) -> tuple[Step, ...]:
    """scale * x + offset as steps, without identities."""
    steps: list[Step] = []
    if np.any(scale != 1):
        steps.append(Mul(collapse(scale)))
    if np.any(offset != 0):
        steps.append(Add(collapse(offset)))
    return tuple(steps)


@dataclass
class Build:
    """The integer network under construction.

    Attributes:
        starts: for each element of the network's ONNX inputs, its position in the value of the input; by that value.
        settled: names of inputs whose layout may not change any more.
        counts: how many layers of each kind there are; all that have weights count together.
        elements: the element type of each tensor that is no constant, by its ONNX name.
        rankings: the scores that each ranking reads, by the name of the value that it gives.
    """

    starts: Mapping[Value, IntArray]
    settled: frozenset[str] = frozenset()
    nodes: list[Node] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)
    rankings: dict[str, CodedTensor] = field(default_factory=dict)

    def emit(self, name: str, op: Op, sources: Sequence[Value], kind: TensorType, origin: str) -> Value:
        """Append a node and give the value it produces; a name already in use gets a number. Raises: ModelError."""
        if kind.elements > MAX_ELEMENTS:
            where = f"{name} ({origin})" if origin else name
            found = f"{kind.elements:,}"
            raise ModelError(where, f"it must give at most {MAX_ELEMENTS:,} numbers a frame", found, "Make it smaller")
        names = {node.name for node in self.nodes}
        unique, number = name, 1
        while unique in names:
            unique, number = f"{name}{number}", number + 1
        output = Value(f"{unique}_out", kind)
        self.nodes.append(Node(unique, op, tuple(sources), output, origin))
        return output

    def next_name(self, prefix: str, kind: str = "") -> str:
        """`prefix` and how many layers of `kind` (by default the prefix itself) came before."""
        number = self.counts.get(kind or prefix, 0)
        self.counts[kind or prefix] = number + 1
        return f"{prefix}{number}"

    def maker(self, value: Value) -> Node | None:
        """The node that gives `value`, None for an input of the network."""
        return next((node for node in self.nodes if node.output == value), None)

    def producer(self, value: Value) -> str:
        """The name of the node that gives `value`, empty for the network's input."""
        node = self.maker(value)
        return "" if node is None else node.name

    def label(self, value: Value) -> str:
        """The producer of `value`, as error messages show it."""
        node = self.maker(value)
        return f"the network's input{f' {value.name}' if len(self.starts) > 1 else ''}" if node is None else node.label
