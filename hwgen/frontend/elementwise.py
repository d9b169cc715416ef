"""Elementwise operators: each becomes a step pending on the stream, or is evaluated on constants."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import (
    Absolute,
    Build,
    CodedTensor,
    Const,
    Padded,
    QuantConst,
    Tensor,
    aligned,
    per_channel,
    real,
)
from hwgen.ir.ops import Add, BatchNorm, Clip, Combine, Div, LeakyRelu, Mul, Operator, Step
from hwgen.ir.types import FloatArray

_FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Div": operator.truediv,
}


def over(numerator: FloatArray, divisor: tuple[Step, ...]) -> tuple[Step, ...]:
    """A constant divided by what the steps `divisor` give."""
    return (Combine(Operator.DIV, (Mul(np.asarray(0.0)), Add(numerator)), divisor),)


def stream_of(node: SourceNode, tensor: Tensor | None) -> CodedTensor:
    """`tensor` as a stream, absolute values as a step of it. Raises: ModelError where it is a constant."""
    if isinstance(tensor, Absolute):
        return tensor.stream.then(LeakyRelu(np.asarray(-1.0)))
    if not isinstance(tensor, CodedTensor):
        raise ModelError(
            node.label, "its input must come from the network's input", "a constant", "Fold constants before export"
        )
    return tensor


def constant_of(node: SourceNode, tensor: Tensor | None, what: str) -> Const | QuantConst:
    """`tensor` as a constant; `what` names its part in the node. Raises: ModelError where it is not."""
    if tensor is None or isinstance(tensor, CodedTensor | Padded | Absolute):
        raise ModelError(
            node.label,
            f"its {what} must be constant",
            "a tensor computed at run time" if tensor is not None else "none",
            "Only chains with trained parameters become hardware",
        )
    return tensor


def _require_no_zero(node: SourceNode, divisor: FloatArray) -> None:
    if np.any(divisor == 0):
        raise ModelError(node.label, "its divisor must not be zero", "0", "Train or export the model again")


def _constants(node: SourceNode, left: Const | QuantConst, right: Const | QuantConst) -> Tensor:
    """The operator on two constants; a quantised one scaled stays quantised."""
    other = real(right, node)
    if node.op == "Div":
        _require_no_zero(node, other)
    if isinstance(left, QuantConst) and node.op in ("Mul", "Div") and np.all(other > 0):
        scale = np.asarray(_FUNCTIONS[node.op](left.scale, other), dtype=np.float64)
        if np.broadcast_shapes(scale.shape, left.shape) == left.shape:
            return replace(left, scale=scale)
    return Const(_FUNCTIONS[node.op](real(left, node), other), left.name)


def _steps(node: SourceNode, parameter: FloatArray, *, constant_first: bool) -> tuple[Step, ...]:
    match node.op:
        case "Add":
            return (Add(parameter),)
        case "Sub":
            return (Mul(np.asarray(-1.0)), Add(parameter)) if constant_first else (Add(-parameter),)
        case "Mul":
            return (Mul(parameter),)
    if constant_first:
        return over(parameter, ())
    _require_no_zero(node, parameter)
    return (Div(parameter),)


def binary(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Add, Sub, Mul, Div of a stream and a constant, either side, or of two constants. Raises: ModelError."""
    left, right = args[0], args[1]
    if isinstance(left, Const | QuantConst) and isinstance(right, Const | QuantConst):
        return _constants(node, left, right)
    first = isinstance(left, Const | QuantConst)
    stream = stream_of(node, right if first else left)
    constant = constant_of(node, left if first else right, "second operand")
    values = real(constant, node)
    parameter = aligned(stream, values, node)
    return broadcast(stream, values).then(*_steps(node, parameter, constant_first=first))


def broadcast(stream: CodedTensor, array: FloatArray) -> CodedTensor:
    """The stream with the axes of size 1 that ONNX puts in front where a parameter has more axes."""
    return stream.reshape((1,) * (array.ndim - len(stream.shape)) + stream.shape)


def extremum(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Max and Min of one stream and any number of constants. Raises: ModelError."""
    operands = [tensor for tensor in args if tensor is not None]
    constants = [tensor for tensor in operands if isinstance(tensor, Const | QuantConst)]
    rest = [tensor for tensor in operands if not isinstance(tensor, Const | QuantConst)]
    if not rest:
        values = [real(tensor, node) for tensor in constants]
        return Const((np.maximum if node.op == "Max" else np.minimum).reduce(np.broadcast_arrays(*values)), "")
    stream = stream_of(node, rest[0])
    for constant in constants:
        array = real(constant, node, infinite=True)
        parameter = aligned(stream, array, node)
        low, high = (parameter, math.inf) if node.op == "Max" else (-math.inf, parameter)
        stream = broadcast(stream, array).then(clip_step(node, np.asarray(low), np.asarray(high)))
    return stream


def clip_step(node: SourceNode, low: FloatArray, high: FloatArray) -> Clip:
    """The step that keeps numbers between two bounds, either of which may be open. Raises: ModelError."""
    if np.any(low == math.inf) or np.any(high == -math.inf):
        raise ModelError(node.label, "its results must be finite", "infinity as a bound", "Train or export again")
    return Clip(low, high)


def neg(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """-x."""
    return stream_of(node, args[0]).then(Mul(np.asarray(-1.0)))


def relu(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """max(x, 0)."""
    return stream_of(node, args[0]).then(Clip(np.asarray(0.0), np.asarray(np.inf)))


def leaky_relu(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """LeakyRelu with its slope attribute (float32 0.01 where absent), PRelu with a constant slope."""
    stream = stream_of(node, args[0])
    if node.op == "PRelu":
        slope = real(constant_of(node, args[1], "slope"), node)
        if slope.ndim > len(stream.shape):
            found = f"shape {slope.shape} for a tensor of shape {stream.shape}"
            raise ModelError(node.label, "its slope must have no more axes than its input", found, "Reshape the slope")
        before = node.opset < 7 and slope.ndim == 1  # one slope for each channel, not along the last axis
        return stream.then(LeakyRelu((per_channel if before else aligned)(stream, slope, node)))
    return stream.then(LeakyRelu(np.asarray(node.real("alpha", float(np.float32(0.01))))))


def clip(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Clip with its bounds as attributes (opset 6) or inputs (opset 11), absent ones infinite."""
    stream = stream_of(node, args[0])
    bounds = [np.asarray(node.real("min", -np.inf)), np.asarray(node.real("max", np.inf))]
    for index, tensor in enumerate(args[1:3]):
        if tensor is not None:
            bounds[index] = aligned(stream, real(constant_of(node, tensor, "bound"), node, infinite=True), node)
    if np.any(bounds[0] > bounds[1]):
        raise ModelError(
            node.label, "its lower bound must not exceed its upper bound", f"{bounds[0]} and {bounds[1]}", "Swap them"
        )
    return stream.then(clip_step(node, bounds[0], bounds[1]))


def batch_norm(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Batch normalisation at inference. Raises: ModelError on training mode or a bad variance."""
    stream = stream_of(node, args[0])
    if node.integer("training_mode", 0):
        raise ModelError(node.label, "it must run at inference", "training_mode = 1", "Export the model in eval mode")
    rank = len(stream.shape)
    if rank < 2 or (not node.integer("spatial", 1) and max(stream.shape[2:], default=1) > 1):
        found = "spatial = 0" if rank > 1 else f"shape {stream.shape}"
        raise ModelError(node.label, "it must normalise per channel, axis 1", found, "Export with a newer opset")
    names = ("gamma", "beta", "mean", "variance")
    gamma, beta, mean, variance = (
        per_channel(stream, real(constant_of(node, tensor, name), node), node, axis=-1 if node.channels_last else 1)
        for name, tensor in zip(names, args[1:5], strict=True)
    )
    epsilon = node.real("epsilon", float(np.float32(1e-5)))
    if np.any(variance + epsilon <= 0):
        least = float(np.min(variance + epsilon))
        raise ModelError(
            node.label, "variance + epsilon must be positive", f"{least:g}", "Train or export the model again"
        )
    return stream.then(BatchNorm(gamma, beta, mean, variance, epsilon))
