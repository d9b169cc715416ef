"""The golden model: what an integer network computes, frame by frame. It is the definition of right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hwgen.errors import DataError
from hwgen.golden.chain import evaluate
from hwgen.golden.matmul import Codes, bipolar_matmul, integer_matmul
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Activation, ArgMax, MatMul, Threshold
from hwgen.ir.types import Bipolar, FloatArray, holds

_FRAMES_AT_ONCE = 1024
"""Frames that `run` takes together: enough to amortise numpy's calls, few enough for their tensors to stay in cache."""


def run(graph: Graph, codes: Codes) -> Codes:
    """Output codes (N, *output shape) for input codes (N, *input shape). For errors see `trace`."""
    starts = range(0, max(1, codes.shape[0]), _FRAMES_AT_ONCE)
    parts = [trace(graph, codes[start : start + _FRAMES_AT_ONCE])[graph.output.name] for start in starts]
    return np.concatenate(parts)


def trace(graph: Graph, codes: Codes) -> Mapping[str, Codes]:
    """Every tensor of the network for input codes (N, *input shape), by value name.

    Raises:
        DataError: `codes` has another shape or holds codes that the input type does not.
    """
    value = graph.input
    if codes.shape[1:] != value.type.shape:
        raise DataError(value.name, f"frames must be {value.type.shape}", str(codes.shape[1:]))
    if not holds(value.type.dtype, codes):
        raise DataError(value.name, f"codes must be {value.type.dtype}", f"[{codes.min()}, {codes.max()}]")
    known = {value.name: codes}
    for node in graph.nodes:
        known[node.output.name] = apply(node, known[node.inputs[0].name])
    return known


def decode(graph: Graph, codes: Codes) -> FloatArray:
    """The real numbers that output codes stand for."""
    return np.asarray(codes * graph.decoding.scale + graph.decoding.offset, dtype=np.float64)


def apply(node: Node, x: Codes) -> Codes:
    """What `node` makes of the codes x (N, *shape)."""
    match node.op:
        case MatMul(weights=weights, weight_type=dtype):
            bipolar = isinstance(dtype, Bipolar) and isinstance(node.inputs[0].type.dtype, Bipolar)
            product = bipolar_matmul if bipolar else integer_matmul
            rows = x.reshape(-1, x.shape[-1])
            codes: Codes = product(rows, weights)
            return codes.reshape(*x.shape[:-1], weights.shape[0])
        case Activation(steps=steps):
            return evaluate(steps, x.astype(np.int64))
        case Threshold() as op:
            return _threshold(op, x)
        case ArgMax():
            return np.asarray(np.argmax(x.reshape(x.shape[0], -1), axis=1, keepdims=True), dtype=np.int32)


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
