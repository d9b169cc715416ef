"""The golden model: what an integer network computes, frame by frame. It is the definition of right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hwgen.errors import DataError
from hwgen.golden.chain import evaluate
from hwgen.golden.matmul import Codes, bipolar_matmul, integer_matmul
from hwgen.golden.planes import from_planes
from hwgen.golden.windows import convolve, pool
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Activation, ArgMax, Concat, Conv, Join, Magnitude, MatMul, Pool, Scale, Step, Sum, Threshold
from hwgen.ir.types import Bipolar, FloatArray, holds

_FRAMES_AT_ONCE = 1024
"""Frames that `run` takes together: enough to amortise numpy's calls, few enough for their tensors to stay in cache."""
_ELEMENTS_AT_ONCE = 1 << 22
"""Elements of the largest tensor of all frames that `run` takes together."""


def run(graph: Graph, codes: Codes) -> Codes:
    """Output codes (N, *output shape) for input codes (N, *input shape). For errors see `trace`."""
    largest = max(value.type.elements for value in (graph.input, *(node.output for node in graph.nodes)))
    block = min(_FRAMES_AT_ONCE, max(1, _ELEMENTS_AT_ONCE // largest))
    starts = range(0, max(1, codes.shape[0]), block)
    return np.concatenate(
        [_tensors(graph, codes[start : start + block], forget=True)[graph.output.name] for start in starts]
    )


def trace(graph: Graph, codes: Codes) -> Mapping[str, Codes]:
    """Every tensor of the network for input codes (N, *input shape), by value name.

    Raises:
        DataError: `codes` has another shape or holds codes that the input type does not.
    """
    return _tensors(graph, codes, forget=False)


def _tensors(graph: Graph, codes: Codes, *, forget: bool) -> dict[str, Codes]:
    """Every tensor, or with `forget` those without a reader behind them: the output."""
    _require_codes(graph, codes)
    known = {graph.input.name: codes}
    last = {value.name: node for node in graph.nodes for value in node.inputs} if forget else {}
    for node in graph.nodes:
        known[node.output.name] = apply(node, *(known[value.name] for value in node.inputs))
        for value in set(node.inputs):
            if last.get(value.name) is node and value != graph.output:
                del known[value.name]
    return known


def _require_codes(graph: Graph, codes: Codes) -> None:
    """Frames must have the input's shape and type. Raises: DataError."""
    value = graph.input
    if codes.shape[1:] != value.type.shape:
        raise DataError(value.name, f"frames must be {value.type.shape}", str(codes.shape[1:]))
    if not holds(value.type.dtype, codes):
        raise DataError(value.name, f"codes must be {value.type.dtype}", f"[{codes.min()}, {codes.max()}]")


def decode(graph: Graph, codes: Codes) -> FloatArray:
    """The real numbers that output codes stand for."""
    return np.asarray(codes * graph.decoding.scale + graph.decoding.offset, dtype=np.float64)


def apply(node: Node, *inputs: Codes) -> Codes:
    """What `node` makes of its inputs' codes, each (N, *shape)."""
    x = inputs[0]
    match node.op:
        case MatMul() as op:
            return _multiply(op, node, x)
        case Conv() as op:
            return convolve(op, x)
        case Pool() as op:
            return pool(op, x)
        case Magnitude():
            return _magnitude(node, x)
        case Sum() | Scale() | Concat() as op:
            return _join(op, inputs)
        case Activation(steps=steps):
            return _activate(steps, x)
        case Threshold() as op:
            return _threshold(op, x)
        case ArgMax():
            return np.asarray(np.argmax(x.reshape(x.shape[0], -1), axis=1, keepdims=True), dtype=np.int32)


def _multiply(op: MatMul, node: Node, x: Codes) -> Codes:
    bipolar = isinstance(op.weight_type, Bipolar) and isinstance(node.inputs[0].type.dtype, Bipolar)
    product = bipolar_matmul if bipolar else integer_matmul
    x = from_planes(op.planes, x)
    codes: Codes = product(x.reshape(-1, op.weights.shape[1]), op.weights)
    return codes.reshape(len(x), *node.output.type.shape)


def _join(op: Join, inputs: Sequence[Codes]) -> Codes:
    if isinstance(op, Concat):
        return np.concatenate(inputs, axis=-1)
    wide = [each.astype(np.int64) for each in inputs]
    return np.asarray(wide[0] * wide[1] if isinstance(op, Scale) else sum(wide))


def _magnitude(node: Node, x: Codes) -> Codes:
    """The sums of |x| over as many elements as each element of the output stands for."""
    shape = node.output.type.shape
    codes: Codes = np.abs(x.astype(np.int64)).reshape(len(x), node.output.type.elements, -1).sum(axis=-1)
    return codes.reshape(len(x), *shape)


def _activate(steps: tuple[Step, ...], x: Codes) -> Codes:
    """The chain at each integer; where there are more elements than integers, once at each integer of the range."""
    low, high = int(x.min(initial=0)), int(x.max(initial=0))
    if x.size <= 2 * (high - low + 1) * x.shape[-1]:
        return evaluate(steps, x.astype(np.int64))
    table = evaluate(steps, np.arange(low, high + 1)[:, None].repeat(x.shape[-1], axis=1))
    narrow = np.int8 if table.min() >= -128 and table.max() <= 127 else np.int32
    index = x.astype(np.int64)
    index -= low
    index *= x.shape[-1]
    index += np.arange(x.shape[-1])
    codes: Codes = table.astype(narrow).reshape(-1).take(index)
    return codes


def _threshold(op: Threshold, x: Codes) -> Codes:
    """base + step * n; n counts the thresholds that x reaches, or misses in descending channels."""
    levels = op.thresholds.shape[1]
    top = op.base + op.step * levels
    narrow = np.int8 if max(abs(op.base), abs(top), levels) <= 127 else np.int32
    count = _reached(op, x, narrow)
    if not op.descending.any():
        count *= narrow(op.step)
        count += narrow(op.base)
    else:
        falls = op.descending.astype(bool)
        count *= np.where(falls, -op.step, op.step).astype(narrow)
        count += np.where(falls, top, op.base).astype(narrow)
    return count


def _reached(op: Threshold, x: Codes, narrow: type[np.signedinteger[Any]]) -> Codes:
    """How many thresholds each element reaches."""
    shared, levels = op.thresholds.shape[0] == 1, op.thresholds.shape[1]
    if levels <= 16:
        bounds = op.thresholds.T.astype(np.result_type(x, np.int32), copy=False)
        count = (x >= (int(bounds[0, 0]) if shared else bounds[0])).astype(narrow)
        for bound in bounds[1:]:
            count += x >= (int(bound[0]) if shared else bound)
        return count
    if shared:
        return np.searchsorted(op.thresholds[0], x, side="right").astype(narrow)
    columns = [np.searchsorted(row, x[..., c], side="right") for c, row in enumerate(op.thresholds)]
    return np.stack(columns, axis=-1).astype(narrow)
