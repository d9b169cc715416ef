"""MatMul and Gemm: integer weights times integer codes; scales and offsets become steps of the chain that follows.

Convolutions use the same functions for weights as codes, and for steps that pass through a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of
from hwgen.frontend.layout import laid_out
from hwgen.frontend.parts import MOST_INPUT_BITS, by_parts
from hwgen.frontend.residual import require_bipolar
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import (
    Build,
    CodedTensor,
    Const,
    QuantConst,
    Tensor,
    aligned,
    bounds_of,
    collapse,
    in_order,
    real,
)
from hwgen.ir.graph import Node
from hwgen.ir.ops import Add, BatchNorm, Concat, Div, MatMul, Mul, Pool, Product, Step
from hwgen.ir.ranges import op_range
from hwgen.ir.types import Bipolar, DType, FloatArray, IntArray, TensorType, holds, narrowest, smallest_int

_LARGEST = 1 << 62
"""The largest weight that is a whole number: larger ones are in no integer type."""

LAYERS = "layers"
"""The kind under which all layers with weights are numbered."""


@dataclass(frozen=True)
class Weights:
    """Integer weights (out, ...) with their scale, () or (out,)."""

    codes: IntArray
    scale: FloatArray
    dtype: DType
    name: str


def _from_quantised(node: SourceNode, tensor: QuantConst) -> Weights:
    """Weights of a quantiser less their zero point. Raises: ModelError on a broken one, or scales along the inputs."""
    zero = np.round(tensor.zero_point)
    if np.any(zero != tensor.zero_point):
        raise ModelError(
            node.label,
            "the zero point of its weights must be a whole number",
            f"{float(np.max(np.abs(tensor.zero_point - zero))):g} beside one",
            "Quantise the zero point of the weights, or use a symmetric weight quantiser",
        )
    one = tensor.scale.size == 1
    scale = tensor.scale if one else np.broadcast_to(tensor.scale, tensor.shape)
    scale = scale.reshape(1 if one else len(tensor.codes), -1)
    if np.any(scale != scale[:, :1]):
        raise ModelError(
            node.label,
            "the scale of its weights must be one value, or one for each output channel",
            "scales that differ along the inputs",
            "Quantise the weights per output channel",
        )
    if not np.any(zero):
        return Weights(tensor.codes, collapse(scale[:, 0]), tensor.dtype, tensor.name)
    codes = tensor.codes - zero.astype(np.int64)
    dtype = smallest_int(int(codes.min()), int(codes.max()))
    return Weights(codes.astype(narrowest(dtype)), collapse(scale[:, 0]), dtype, tensor.name)


def _from_plain(node: SourceNode, tensor: Const, axes: str) -> Weights:
    """Unquantised weights, whole numbers of a power of two. Raises: ModelError where they are off such a grid."""
    values = real(tensor, node)
    step = 1.0 if tensor.claimed is not None else _step(values)
    values = values / step
    codes = np.round(np.clip(values, -_LARGEST, _LARGEST)).astype(np.int64)
    off = np.argwhere(values != codes)
    if len(off):
        place = tuple(int(i) for i in off[0])
        layer = {2: "QuantLinear", 3: "QuantConv1d"}.get(values.ndim, "QuantConv2d")
        raise ModelError(
            node.label,
            f"its weights {tensor.name!r} must be quantised or whole numbers",
            f"weights off the grid: {len(off)} of {values.size}, first {values[place]:g} at ({axes}) = {place}",
            f"Quantise the layer, a first or last one too: brevitas.nn.{layer}(..., weight_bit_width=8)",
        )
    if tensor.claimed is not None and not holds(tensor.claimed, codes):
        raise ModelError(
            node.label,
            f"its weights {tensor.name!r} must be {tensor.claimed} as the file says",
            f"weights off the grid: values from {codes.min()} to {codes.max()}",
            "Correct the annotation or the weights",
        )
    narrow: DType = Bipolar() if holds(Bipolar(), codes) else smallest_int(int(codes.min()), int(codes.max()))
    kind = tensor.claimed or narrow
    return Weights(codes.astype(narrowest(kind)), np.asarray(step), kind, tensor.name)


def _step(values: FloatArray) -> float:
    """The power of two of which numbers are whole multiples, 1 where that is larger or takes too many bits."""
    mantissas, exponents = np.frexp(values[values != 0])
    whole = (np.abs(mantissas) * 2.0**53).astype(np.int64)
    lowest = int((exponents - 53 + np.log2(whole & -whole)).min(initial=0))
    fits = np.abs(values).max(initial=0) < 2.0 ** (lowest + MOST_INPUT_BITS - 1)
    return 2.0**lowest if fits else 1.0


def weights_from(node: SourceNode, constant: Const | QuantConst, axes: str) -> Weights:
    """Integer weights of any shape, outputs first; `axes` names its axes in messages. Raises: ModelError."""
    if isinstance(constant, QuantConst):
        return _from_quantised(node, constant)
    return _from_plain(node, constant, axes)


def weights_of(node: SourceNode, tensor: Tensor | None, *, transposed: bool) -> Weights:
    """The weight operand as (out, in) codes; `transposed` when the file already stores it so. Raises: ModelError."""
    constant = constant_of(node, tensor, "weights")
    if len(constant.shape) != 2 or 0 in constant.shape:
        raise ModelError(
            node.label, "its weights must be a matrix", f"shape {constant.shape}", "Flatten the layer's input"
        )
    return weights_from(node, constant if transposed else constant.transpose((1, 0)), "out, in")


def behind(
    build: Build, node: SourceNode, stream: CodedTensor, sums: IntArray, *, single: bool = False
) -> tuple[Step, ...]:
    """The pending steps of a layer's input as steps of its accumulator, as `_through` has them. Raises: ModelError."""
    return tuple(after for step in stream.steps for after in _through(build, node, stream, step, sums, single=single))


def _joined(build: Build, stream: CodedTensor, factor: FloatArray) -> Node | None:
    """The concatenation that a stream comes from, where `factor` is one number for each of its branches."""
    node = build.maker(stream.value)
    while node is not None and isinstance(node.op, Pool):
        node = build.maker(node.inputs[0])
    if node is None or not isinstance(node.op, Concat) or node.op.axis != -1:
        return None
    branches = np.split(factor, np.cumsum([each.type.channels for each in node.inputs])[:-1])
    return node if all(np.all(branch == branch[:1]) for branch in branches) else None


def _through(
    build: Build, node: SourceNode, stream: CodedTensor, step: Step, sums: IntArray, *, single: bool
) -> tuple[Step, ...]:
    """A step of the input as a step of the accumulator: W (a x + b) = a (W x) + W b. Raises: ModelError.

    Args:
        sums: for each output (out, C) the sum of the weights of each channel of the input.
        single: each output depends on one channel alone, so that each channel may have a scale of its own.
    """
    match step:
        case Add(term):
            total = sums.sum(axis=1) * term if term.size == 1 else sums @ term
            return (Add(collapse(total)),)
        case Mul(factor) | Div(factor) if factor.size == 1 or single:
            own = factor if factor.size == 1 else np.repeat(factor, len(sums) // factor.size)
            return (Mul(own) if isinstance(step, Mul) else Div(own),)
        case Mul(factor) | Div(factor):
            join = _joined(build, stream, factor)
            if join is not None:
                must = "the branches that its input joins must have one scale"
                change = "Quantise all branches with one shared quantiser"
                raise ModelError(node.label, must, f"another scale for each branch of {join.label}", change)
            raise ModelError(
                node.label,
                "its input must have one scale for all channels",
                "a scale for each channel",
                "Quantise its input per tensor",
            )
    after = "a batch norm" if isinstance(step, BatchNorm) else "an activation function"
    raise ModelError(
        node.label, "its input must be quantised", f"{after} with no quantiser behind it", "Quantise the activation"
    )


def require_quantised(build: Build, node: SourceNode, stream: CodedTensor) -> None:
    """The input of a layer must be a quantiser's codes, or numbers of few bits. Raises: ModelError."""
    bits = smallest_int(stream.low, stream.high).bits
    if not stream.quantised and bits > MOST_INPUT_BITS:
        raise ModelError(
            node.label,
            f"its input must be quantised, or have at most {MOST_INPUT_BITS} bits",
            f"the accumulator of {build.producer(stream.value)}, {bits} bits, with no quantiser behind it",
            "Quantise the activation",
        )


_MOST_ZEROS = 0.25
"""Of the elements that a layer multiplies, those that may be none of its inputs: more are left out in front of it."""


def absorbs(stream: CodedTensor, weights: Weights, columns: IntArray, width: int) -> bool:
    """Whether weights can be those of `width` elements, of which input i is element `columns[i]`.

    A permutation costs nothing. Weights of an element that is several inputs are added, of one that is none they are 0.
    """
    read = np.unique(columns).size
    if read == width == columns.size:
        return True
    return not stream.planes and not isinstance(weights.dtype, Bipolar) and read >= (1 - _MOST_ZEROS) * width


def absorbed(weights: Weights, columns: IntArray, width: int) -> Weights:
    """The weights (out, ..., inputs) as those of `width` elements, of which input i is element `columns[i]`."""
    if columns.size == width and np.array_equal(np.sort(columns), np.arange(width)):
        return replace(weights, codes=np.ascontiguousarray(weights.codes[..., np.argsort(columns)]))
    rows = weights.codes.reshape(-1, columns.size)
    wide = np.zeros((width, len(rows)), dtype=np.int64)
    np.add.at(wide, columns, rows.T)
    codes = np.ascontiguousarray(wide.T).reshape(*weights.codes.shape[:-1], width)
    narrow = weights.dtype if holds(weights.dtype, codes) else smallest_int(int(codes.min()), int(codes.max()))
    return replace(weights, codes=codes.astype(narrowest(narrow)), dtype=narrow)


@dataclass(frozen=True)
class _Rows:
    """The rows of a MatMul's input in its value: the position of each column, the pixel of each row.

    Attributes:
        width: elements of a row of the value, all of them for a single row.
    """

    columns: IntArray
    pixels: IntArray
    width: int


def _rows(stream: CodedTensor, inputs: int) -> _Rows | None:
    """Either one row, the whole value, or rows that are pixels; None where they are others."""
    kind = stream.value.type
    rows = stream.places.reshape(-1, inputs)
    if len(rows) == 1:
        return _Rows(rows[0], np.zeros(1, dtype=np.int64), kind.elements)
    pixels, columns = rows // kind.channels, rows % kind.channels
    same = np.all(pixels == pixels[:, :1]) and np.all(columns == columns[:1])
    seen = np.unique(pixels[:, 0]).size * kind.channels
    if not same or seen < (1 - _MOST_ZEROS) * kind.elements:
        return None
    return _Rows(columns[0], pixels[:, 0], kind.channels)


def _as_rows(
    build: Build, node: SourceNode, stream: CodedTensor, weights: Weights
) -> tuple[CodedTensor, _Rows, Weights]:
    """The stream as rows of the weights' inputs, moved where they cannot take it as it lies. Raises: ModelError."""
    inputs, shape = weights.codes.shape[1], stream.shape
    if not shape or shape[-1] != inputs:
        raise ModelError(
            node.label,
            f"its input must be one vector of {inputs} elements",
            f"shape {shape}",
            "Flatten the input, or correct the layer's size",
        )
    rows = _rows(stream, inputs)
    if rows is None or not absorbs(stream, weights, rows.columns, rows.width):
        tokens = (stream.places.size // inputs, 1, inputs)
        lying = shape[1:] if len(shape) == 4 and shape[0] == 1 else tokens
        stream = laid_out(build, node, stream, (lying if tokens[0] > 1 else (inputs,), in_order(shape)))
        rows = _rows(stream, inputs)
        assert rows is not None
    return stream, rows, absorbed(weights, rows.columns, rows.width)


def multiply(build: Build, node: SourceNode, stream: CodedTensor, weights: Weights) -> CodedTensor:
    """Emit the MatMul node, or one for each branch that `stream` joins on scales of their own. Raises: ModelError."""
    if not stream.shape or stream.shape[-1] != weights.codes.shape[1]:
        return _product(build, node, stream, weights)

    def layer(part: CodedTensor, columns: IntArray) -> CodedTensor:
        return _product(build, node, part, replace(weights, codes=weights.codes[:, columns]))

    return by_parts(build, node, stream, -1, layer)


def _product(build: Build, node: SourceNode, stream: CodedTensor, weights: Weights) -> CodedTensor:
    """Emit a MatMul node. Raises: ModelError on sizes that differ, an unquantised input; Relayout."""
    stream, rows, weights = _as_rows(build, node, stream, weights)
    require_quantised(build, node, stream)
    codes, source = weights.codes, stream.value.type
    whole = len(rows.pixels) == 1 and (len(stream.shape) < 3 or codes.shape[1] != source.channels)
    sums = codes.reshape(len(codes), -1, source.channels).sum(axis=1)
    steps = behind(build, node, stream, sums)
    shape = (len(codes),) if whole else (*source.shape[:-1], len(codes))
    places = (rows.pixels[:, None] * len(codes) + np.arange(len(codes))).reshape(*stream.shape[:-1], len(codes))
    require_bipolar(node, stream, weights.dtype)
    op = MatMul(codes, weights.dtype, np.asarray(stream.planes))
    return emit_product(build, node, stream, op, weights, shape, steps).at(places)


def emit_product(
    build: Build,
    node: SourceNode,
    stream: CodedTensor,
    op: Product,
    weights: Weights,
    shape: tuple[int, ...],
    steps: Sequence[Step],
) -> CodedTensor:
    """Emit a layer with weights; the stream of its accumulators, in order, `steps` and the weights' scale pending."""
    bounds = op_range(op, [bounds_of(stream)], shape[-1])
    name = build.next_name("fc" if isinstance(op, MatMul) else "conv", LAYERS)
    kind = TensorType(shape, smallest_int(bounds.min, bounds.max))
    value = build.emit(name, op, (stream.value,), kind, module_path(weights.name, node.name))
    scale = (Mul(weights.scale),) if np.any(weights.scale != 1) else ()
    return CodedTensor(value, bounds.min, bounds.max, (*steps, *scale), in_order(shape), quantised=False)


def _require_stream(node: SourceNode, tensor: Tensor | None) -> CodedTensor:
    if not isinstance(tensor, CodedTensor):
        raise ModelError(
            node.label,
            "its first operand must be the network's tensor and its second the weights",
            "a constant first",
            "Write the layer as x @ W",
        )
    return tensor


def matmul(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """x @ W with constant integer weights, or A @ x of tokens (1, T, F): a layer across them. Raises: ModelError."""
    left, right = args[0], args[1]
    if isinstance(right, CodedTensor) and isinstance(left, Const | QuantConst) and len(right.shape) > 2:
        turned = (*range(len(right.shape) - 2), len(right.shape) - 1, len(right.shape) - 2)
        weights = weights_of(node, left, transposed=True)
        return multiply(build, node, right.transpose(turned), weights).transpose(turned)
    if isinstance(left, CodedTensor) or not isinstance(right, CodedTensor):
        return multiply(build, node, _require_stream(node, left), weights_of(node, right, transposed=False))
    return _require_stream(node, left)


def gemm(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """alpha * x @ W + beta * bias, W transposed or not. Raises: ModelError."""
    stream = _require_stream(node, args[0])
    if node.integer("transA", 0):
        raise ModelError(node.label, "its input must not be transposed", "transA = 1", "Export with transA = 0")
    weights = weights_of(node, args[1], transposed=bool(node.integer("transB", 0)))
    result = multiply(build, node, stream, weights)
    alpha, beta = node.real("alpha", 1.0), node.real("beta", 1.0)
    if alpha != 1:
        result = result.then(Mul(np.asarray(alpha)))
    if args[2] is not None and beta != 0:
        bias = aligned(result, real(constant_of(node, args[2], "bias"), node), node)
        result = result.then(Add(bias * beta)) if np.any(bias != 0) else result
    return result
