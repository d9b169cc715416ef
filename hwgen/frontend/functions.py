"""Activation functions and comparisons as steps: HardSwish is a product of two chains of one number, ELU a sum."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import broadcast, constant_of, over, stream_of
from hwgen.frontend.expressions import of_one_value, together
from hwgen.frontend.joins import add
from hwgen.frontend.products import product
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Const, QuantConst, Tensor, aligned, real
from hwgen.frontend.truths import quantised
from hwgen.ir.ops import Add, Clip, Combine, Compare, Div, Function, FunctionKind, LeakyRelu, Mul, Operator, Step
from hwgen.ir.types import FloatArray

Steps = tuple[Step, ...]

_MOST_POWER = 64

_SIMPLE: Mapping[str, FunctionKind] = {
    "Cos": FunctionKind.COS,
    "Erf": FunctionKind.ERF,
    "Exp": FunctionKind.EXP,
    "Log": FunctionKind.LOG,
    "Sigmoid": FunctionKind.SIGMOID,
    "Sin": FunctionKind.SIN,
    "Softplus": FunctionKind.SOFTPLUS,
    "Sqrt": FunctionKind.SQRT,
    "Tanh": FunctionKind.TANH,
}


def _number(value: float) -> FloatArray:
    return np.asarray(value, dtype=np.float64)


def _single(value: float) -> float:
    """The default of an attribute, which ONNX states in float32."""
    return float(np.float32(value))


def _times(left: Steps, right: Steps) -> Steps:
    return (Combine(Operator.MUL, left, right),)


def _elu(alpha: float) -> Steps:
    """max(x, 0) + alpha * (exp(min(x, 0)) - 1)."""
    below = (
        Clip(_number(-math.inf), _number(0)),
        Function(FunctionKind.EXP),
        Add(_number(-1)),
        Mul(_number(alpha)),
    )
    return (Combine(Operator.ADD, (Clip(_number(0), _number(math.inf)),), below),)


def _selu(node: SourceNode) -> Steps:
    gamma, alpha = node.real("gamma", _single(1.0507009873554805)), node.real("alpha", _single(1.6732632423543772))
    return (*_elu(alpha), Mul(_number(gamma)))


def _celu(node: SourceNode) -> Steps:
    alpha = node.real("alpha", 1.0)
    if alpha <= 0:
        raise ModelError(node.label, "its alpha must be positive", f"{alpha:g}", "Train with a positive alpha")
    return (Div(_number(alpha)), *_elu(1.0), Mul(_number(alpha)))


def _gelu(node: SourceNode) -> Steps:
    kind = node.text("approximate", "none")
    if kind == "none":
        inner: Steps = (Div(_number(math.sqrt(2))), Function(FunctionKind.ERF))
    elif kind == "tanh":
        cubic = (*power(3), Mul(_number(0.044715)))
        slope = Mul(_number(math.sqrt(2 / math.pi)))
        inner = (Combine(Operator.ADD, (), cubic), slope, Function(FunctionKind.TANH))
    else:
        raise ModelError(node.label, "its approximate must be none or tanh", kind, "Choose one of these")
    return _times((Mul(_number(0.5)),), (*inner, Add(_number(1))))


def _hard_sigmoid(node: SourceNode) -> Steps:
    alpha, beta = node.real("alpha", _single(0.2)), node.real("beta", 0.5)
    return (Mul(_number(alpha)), Add(_number(beta)), Clip(_number(0), _number(1)))


def _exponentials(sign: float) -> Steps:
    """exp(x) and exp(-x), times the sign, added and halved."""
    exp = Function(FunctionKind.EXP)
    return (Combine(Operator.ADD, (exp,), (Mul(_number(-1)), exp, Mul(_number(sign)))), Mul(_number(0.5)))


def _shrink(node: SourceNode) -> Steps:
    """x - bias above lambd, x + bias below -lambd, 0 between them."""
    bias, edge = node.real("bias", 0.0), node.real("lambd", 0.5)
    if edge < 0:
        raise ModelError(node.label, "its lambd must not be negative", f"{edge:g}", "Train with a positive lambd")
    above, below = (
        _times((Mul(_number(way)), Compare(_number(edge), strict=True)), (Add(_number(-way * bias)),))
        for way in (1, -1)
    )
    return (Combine(Operator.ADD, above, below),)


_SIGN = (Combine(Operator.ADD, (Compare(np.zeros(()), strict=True),), (Compare(np.zeros(()), strict=False),)),)
"""x > 0 and x >= 0 added."""

_STEPS: Mapping[str, Callable[[SourceNode], Steps]] = {
    "Celu": _celu,
    "Cosh": lambda _: _exponentials(1),
    "Elu": lambda node: _elu(node.real("alpha", 1.0)),
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": lambda _: _times((), (Div(_number(6)), Add(_number(0.5)), Clip(_number(0), _number(1)))),
    "Mish": lambda _: _times((), (Function(FunctionKind.SOFTPLUS), Function(FunctionKind.TANH))),
    "Reciprocal": lambda _: over(_number(1), ()),
    "Selu": _selu,
    "Shrink": _shrink,
    "Sign": lambda _: (*_SIGN, Add(_number(-1))),
    "Sinh": lambda _: _exponentials(-1),
    "Softsign": lambda _: (Combine(Operator.DIV, (), (LeakyRelu(_number(-1)), Add(_number(1)))),),
    "ThresholdedRelu": lambda node: _times((), (Compare(_number(node.real("alpha", 1.0)), strict=True),)),
}


def function(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """A function of each element, by the operator's name. Raises: ModelError."""
    stream = stream_of(node, args[0])
    return stream.then(*((Function(_SIMPLE[node.op]),) if node.op in _SIMPLE else _STEPS[node.op](node)))


def power(exponent: int) -> Steps:
    """x to a whole number from 1 on, by squares."""
    if exponent == 1:
        return ()
    if exponent % 2:
        return _times((), power(exponent - 1))
    return (*power(exponent // 2), *_times((), ()))


def pow_(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """x to a constant whole or half number. Raises: ModelError."""
    stream = stream_of(node, args[0])
    given = real(constant_of(node, args[1], "exponent"), node)
    number = float(given.flat[0]) if given.size else 0.0
    if np.any(given != number) or number * 2 % 1 or not 0 < abs(number) <= _MOST_POWER:
        found = ", ".join(f"{each:g}" for each in given.reshape(-1)[:4].tolist())
        must = f"its exponent must be one whole or half number up to {_MOST_POWER} and not 0"
        raise ModelError(node.label, must, found, "Use such an exponent, or another activation")
    steps = power(int(abs(number))) if abs(number) >= 1 else ()
    if number % 1:
        root = (Function(FunctionKind.SQRT),)
        steps = _times(steps, root) if abs(number) >= 1 else root
    if number < 0:
        steps = over(_number(1), steps)
    return broadcast(stream, given).then(*steps)


def compare(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Greater, GreaterOrEqual, Less, LessOrEqual of a stream and a constant, or of two streams: 1 or 0."""
    left, right, falls = args[0], args[1], node.op.startswith("Less")
    if isinstance(left, Const | QuantConst):
        left, right, falls = right, left, not falls
    stream, bound = stream_of(node, left), _number(0)
    if isinstance(right, Const | QuantConst):
        values = real(right, node)
        bound = aligned(stream, values, node)
        stream = broadcast(stream, values)
    else:
        other = stream_of(node, right).then(Mul(_number(-1)))
        alike = of_one_value(stream, other)
        stream = together(build, node, Operator.ADD, stream, other) if alike else add(build, node, [stream, other])
    # x <= b where x > b is not, x < b where x >= b is not.
    strict = node.op.endswith("OrEqual") == falls
    inverse = (Mul(_number(-1)), Add(_number(1))) if falls else ()
    return stream.then(Compare(bound, strict), *inverse)


def invert(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Not: 1 where x is 0, 0 where it is 1."""
    return _not(stream_of(node, args[0]))


def _not(stream: CodedTensor) -> CodedTensor:
    return stream.then(Mul(_number(-1)), Add(_number(1)))


def both(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """And, Or of two comparisons. Raises: ModelError."""
    left, right = (stream_of(node, tensor) for tensor in args[:2])
    if node.op == "And":
        return _gated(build, node, left, right)
    return _not(_gated(build, node, _not(left), _not(right)))


def equal(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Equal: x >= y, and not x > y. Raises: ModelError."""
    least, more = (compare(build, replace(node, op=op), args) for op in ("GreaterOrEqual", "Greater"))
    return _gated(build, node, stream_of(node, least), _not(stream_of(node, more)))


def _gated(build: Build, node: SourceNode, truth: CodedTensor, other: CodedTensor) -> CodedTensor:
    """A tensor where a comparison holds, 0 elsewhere: of two values a product of codes. Raises: ModelError."""
    if of_one_value(truth, other):
        return together(build, node, Operator.MUL, truth, other)
    return product(build, node, truth, other)


def where(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Where of a condition and two constants or streams: c * a + (1 - c) * b. Raises: ModelError."""
    condition = stream_of(node, args[0])
    chosen = [tensor if isinstance(tensor, Const | QuantConst) else stream_of(node, tensor) for tensor in args[1:3]]
    streams = [tensor for tensor in chosen if isinstance(tensor, CodedTensor)]
    alike = all(of_one_value(condition, stream) for stream in streams)
    truth = condition if alike else quantised(build, node, condition)
    parts = []
    for gate, tensor in zip((truth, _not(truth)), chosen, strict=True):
        if isinstance(tensor, CodedTensor):
            times = partial(together, build, node, Operator.MUL) if alike else partial(product, build, node)
            parts.append(times(gate, tensor))
        else:
            values = real(tensor, node)
            parts.append(broadcast(gate.then(Mul(aligned(gate, values, node))), values))
    return together(build, node, Operator.ADD, *parts) if alike else add(build, node, parts)
