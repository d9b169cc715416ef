"""MatMul and Gemm: integer weights times integer codes, scales and offsets left to the chain that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of
from hwgen.frontend.shapes import is_flat
from hwgen.frontend.source import SourceNode, module_path
from hwgen.frontend.symbolic import Build, Const, QuantConst, Stream, Tensor, aligned, collapse, real
from hwgen.ir.ops import Add, Clip, Div, LeakyRelu, MatMul, Mul, Step
from hwgen.ir.ranges import Range, matmul_range
from hwgen.ir.types import Bipolar, DType, FloatArray, IntArray, TensorType, holds, smallest_int


@dataclass(frozen=True)
class Weights:
    """Integer weights (out, in) with their scale, () or (out,)."""

    codes: IntArray
    scale: FloatArray
    dtype: DType
    name: str


def _from_quantised(node: SourceNode, tensor: QuantConst) -> Weights:
    if np.any(tensor.zero_point != 0):
        raise ModelError(
            node.label,
            "its weights must be quantised with zero point 0",
            f"{float(np.max(np.abs(tensor.zero_point))):g}",
            "Use a symmetric weight quantiser",
        )
    scale = np.broadcast_to(tensor.scale, tensor.shape)
    if scale.size and np.any(scale != scale[:, :1]):
        raise ModelError(
            node.label,
            "the scale of its weights must be one value, or one for each output channel",
            "scales that differ along the inputs",
            "Quantise the weights per output channel",
        )
    return Weights(tensor.codes, collapse(scale[:, 0]), tensor.dtype, tensor.name)


def _from_plain(node: SourceNode, tensor: Const) -> Weights:
    """Unquantised weights that are whole numbers. Raises: ModelError where they are off the grid."""
    values = real(tensor, node)
    codes = np.round(values).astype(np.int64)
    off = np.argwhere(values != codes)
    if len(off):
        place = tuple(int(i) for i in off[0])
        raise ModelError(
            node.label,
            f"its weights {tensor.name!r} must be quantised or whole numbers",
            f"weights off the grid: {len(off)} of {values.size}, first {values[place]:g} at (out, in) = {place}",
            "Quantise the layer's weights",
        )
    if tensor.claimed is not None and not holds(tensor.claimed, codes):
        raise ModelError(
            node.label,
            f"its weights {tensor.name!r} must be {tensor.claimed} as the file says",
            f"weights off the grid: values from {codes.min()} to {codes.max()}",
            "Correct the annotation or the weights",
        )
    narrow: DType = Bipolar() if holds(Bipolar(), codes) else smallest_int(int(codes.min()), int(codes.max()))
    return Weights(codes, np.ones(()), tensor.claimed or narrow, tensor.name)


def weights_of(node: SourceNode, tensor: Tensor | None, *, transposed: bool) -> Weights:
    """The weight operand as (out, in) codes; `transposed` when the file already stores it so. Raises: ModelError."""
    constant = constant_of(node, tensor, "weights")
    if len(constant.shape) != 2 or 0 in constant.shape:
        raise ModelError(
            node.label, "its weights must be a matrix", f"shape {constant.shape}", "Flatten the layer's input"
        )
    if isinstance(constant, QuantConst):
        return _from_quantised(node, constant if transposed else constant.transpose((1, 0)))
    value = constant.value if transposed else constant.value.T
    return _from_plain(node, Const(value, constant.name, constant.claimed))


def _through(node: SourceNode, step: Step, codes: IntArray) -> tuple[Step, ...]:
    """A step of the input as a step of the accumulator: W (a x + b) = a (W x) + W b. Raises: ModelError."""
    match step:
        case Add(term):
            return (Add(collapse(codes @ np.broadcast_to(term, codes.shape[1:]))),)
        case Mul(factor) if factor.size == 1:
            return (step,)
        case Div(divisor) if divisor.size == 1:
            return (step,)
        case Mul() | Div():
            raise ModelError(
                node.label,
                "its input must have one scale for all channels",
                "a scale for each channel",
                "Quantise its input per tensor",
            )
    after = "a ReLU or hard-tanh" if isinstance(step, Clip) else "a batch norm"
    after = "a leaky ReLU" if isinstance(step, LeakyRelu) else after
    raise ModelError(
        node.label, "its input must be quantised", f"{after} with no quantiser behind it", "Quantise the activation"
    )


def _multiply(build: Build, node: SourceNode, stream: Stream, weights: Weights) -> Stream:
    """Emit the MatMul node. Raises: ModelError on sizes that differ, several rows, an unquantised input."""
    inputs = weights.codes.shape[1]
    if not is_flat(stream) or not stream.shape or stream.shape[-1] != inputs:
        raise ModelError(
            node.label,
            f"its input must be one vector of {inputs} elements",
            f"shape {stream.shape}",
            "Flatten the input, or correct the layer's size",
        )
    if not stream.quantised:
        raise ModelError(
            node.label,
            "its input must be quantised",
            f"the accumulator of {build.producer(stream.value)} with no quantiser behind it",
            "Quantise the activation",
        )
    steps = [after for step in stream.steps for after in _through(node, step, weights.codes)]
    inputs_range = Range(np.full(inputs, stream.low), np.full(inputs, stream.high))
    sums = matmul_range(weights.codes, inputs_range)
    kind = TensorType((len(weights.codes),), smallest_int(sums.min, sums.max))
    op = MatMul(weights.codes, weights.dtype)
    value = build.emit(f"fc{build.matmuls}", op, stream.value, kind, module_path(weights.name, node.name))
    build.matmuls += 1
    if np.any(weights.scale != 1):
        steps.append(Mul(weights.scale))
    return Stream(value, sums.min, sums.max, tuple(steps), (*stream.shape[:-1], len(weights.codes)), quantised=False)


def _require_stream(node: SourceNode, tensor: Tensor | None) -> Stream:
    if not isinstance(tensor, Stream):
        raise ModelError(
            node.label,
            "its first operand must be the network's tensor and its second the weights",
            "a constant first",
            "Write the layer as x @ W",
        )
    return tensor


def matmul(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """x @ W with constant integer weights. Raises: ModelError."""
    if isinstance(args[0], Stream) or not isinstance(args[1], Stream):
        weights = weights_of(node, args[1], transposed=False)
        return _multiply(build, node, _require_stream(node, args[0]), weights)
    return _require_stream(node, args[0])


def gemm(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """alpha * x @ W + beta * bias, W transposed or not. Raises: ModelError."""
    stream = _require_stream(node, args[0])
    if node.integer("transA", 0):
        raise ModelError(node.label, "its input must not be transposed", "transA = 1", "Export with transA = 0")
    weights = weights_of(node, args[1], transposed=bool(node.integer("transB", 0)))
    result = _multiply(build, node, stream, weights)
    alpha, beta = node.real("alpha", 1.0), node.real("beta", 1.0)
    if alpha != 1:
        result = result.then(Mul(np.asarray(alpha)))
    if args[2] is not None and beta != 0:
        bias = aligned(result, real(constant_of(node, args[2], "bias"), node), node)
        result = result.then(Add(bias * beta)) if np.any(bias != 0) else result
    return result
