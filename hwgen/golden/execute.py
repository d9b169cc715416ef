"""The golden model: what an integer network computes, frame by frame. It is the definition of right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hwgen.errors import DataError
from hwgen.golden.chain import evaluate
from hwgen.golden.matmul import Codes, bipolar_matmul, integer_matmul
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Activation, ArgMax, MatMul, Threshold
from hwgen.ir.types import Bipolar, FloatArray, holds


def run(graph: Graph, codes: Codes) -> Codes:
    """Output codes (N, *output shape) for input codes (N, *input shape)."""
    return trace(graph, codes)[graph.output.name]


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
            return product(rows, weights).reshape(*x.shape[:-1], weights.shape[0])
        case Activation(steps=steps):
            return evaluate(steps, x.astype(np.int64))
        case Threshold() as op:
            return _threshold(op, x)
        case ArgMax():
            return np.argmax(x.reshape(x.shape[0], -1), axis=1, keepdims=True).astype(np.int32)


def _threshold(op: Threshold, x: Codes) -> Codes:
    """base + step * n; n counts the thresholds that x reaches, or misses in descending channels."""
    levels = op.thresholds.shape[1]
    if levels == 1 and not op.descending.any():
        shared = op.thresholds.shape[0] == 1
        bound = int(op.thresholds[0, 0]) if shared else op.thresholds[:, 0].astype(np.result_type(x, np.int32))
        return (x >= bound).astype(np.int8) * np.int8(op.step) + np.int8(op.base)
    if op.thresholds.shape[0] == 1:
        count = np.searchsorted(op.thresholds[0], x, side="right")
    elif levels <= 16:
        count = np.zeros(x.shape, dtype=np.int32)
        for bound in op.thresholds.T:
            count += x >= bound
    else:
        columns = [np.searchsorted(row, x[..., c], side="right") for c, row in enumerate(op.thresholds)]
        count = np.stack(columns, axis=-1)
    count = np.where(op.descending.astype(bool), levels - count, count)
    return (op.base + op.step * count).astype(np.int32)
