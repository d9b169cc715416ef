"""The golden model: the definition of what an integer network computes for each frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hwgen.errors import DataError
from hwgen.golden.chain import evaluate
from hwgen.golden.matmul import Codes, Kind, bipolar_matmul, integer_matmul, kind_of
from hwgen.golden.planes import from_planes
from hwgen.golden.windows import convolve, pool
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Concat,
    Conv,
    Gather,
    Join,
    Magnitude,
    MatMul,
    Pool,
    Scale,
    Step,
    Sum,
    Threshold,
)
from hwgen.ir.types import Bipolar, DType, FloatArray, holds, smallest_int

_FRAMES_AT_ONCE = 1024
"""Frames that `run` takes together: enough to amortise numpy's calls, few enough for their tensors to stay in cache."""
_ELEMENTS_AT_ONCE = 1 << 22
"""Elements of the largest tensor of all frames that `run` takes together."""


Frames = Codes | Sequence[Codes]
"""Input codes: (N, *input shape), or such an array for each input, in the network's order."""


def run(graph: Graph, codes: Frames) -> Codes:
    """Codes (N, *output shape) of the only output, or of the first, for input codes. For errors see `trace`."""
    return run_all(graph, codes)[0]


def run_all(graph: Graph, codes: Frames) -> tuple[Codes, ...]:
    """Codes (N, *output shape) of each output for input codes. For errors see `trace`."""
    given = _of_each(graph, codes)
    block = min(_FRAMES_AT_ONCE, max(1, _ELEMENTS_AT_ONCE // max(value.type.elements for value in graph.values)))
    blocks = []
    for start in range(0, max(1, given[0].shape[0]), block):
        found = _tensors(graph, tuple(each[start : start + block] for each in given), forget=True)
        blocks.append(tuple(found[output.value.name] for output in graph.outputs))
    return tuple(np.concatenate(each) for each in zip(*blocks, strict=True))


def trace(graph: Graph, codes: Frames) -> Mapping[str, Codes]:
    """Every tensor of the network for input codes, by value name.

    Raises:
        DataError: `codes` has another shape, another number of frames or inputs, or holds codes that the input type
            does not.
    """
    return _tensors(graph, _of_each(graph, codes), forget=False)


def _of_each(graph: Graph, codes: Frames) -> tuple[Codes, ...]:
    """The codes of each input. Raises: DataError."""
    given = (codes,) if isinstance(codes, np.ndarray) else tuple(codes)
    if len(given) != len(graph.inputs):
        names = ", ".join(each.name for each in graph.inputs)
        raise DataError(graph.name, f"must get codes for each of its inputs {names}", f"{len(given)} arrays")
    counts = [each.shape[0] for each in given]
    if len(set(counts)) > 1:
        raise DataError(graph.name, "must get as many frames at each input", ", ".join(map(str, counts)))
    return given


def _tensors(graph: Graph, codes: tuple[Codes, ...], *, forget: bool) -> dict[str, Codes]:
    """Every tensor; with `forget` only the outputs and those without readers."""
    known = {each.value.name: _input_codes(each.value, x) for each, x in zip(graph.inputs, codes, strict=True)}
    last = {value.name: node for node in graph.nodes for value in node.inputs} if forget else {}
    for node in graph.nodes:
        known[node.output.name] = apply(node, *(known[value.name] for value in node.inputs))
        for value in set(node.inputs):
            if last.get(value.name) is node and not graph.leaves(value):
                del known[value.name]
    return known


def _input_codes(value: Value, codes: Codes) -> Codes:
    """Frames of the input's shape and type, as signed integers or unsigned ones of up to 32 bits. Raises: DataError."""
    if codes.shape[1:] != value.type.shape:
        raise DataError(value.name, f"frames must be {value.type.shape}", str(codes.shape[1:]))
    if codes.dtype.kind == "O":
        codes = np.array(codes.tolist()).reshape(codes.shape)
    if codes.dtype.kind not in "iubf":
        raise DataError(value.name, f"codes must be {value.type.dtype}", str(codes.dtype))
    whole = codes.dtype.kind != "f" or bool(np.all(codes == np.trunc(codes)))
    if not whole or not holds(value.type.dtype, codes):
        raise DataError(value.name, f"codes must be {value.type.dtype}", f"[{codes.min()}, {codes.max()}]")
    narrow = codes.dtype.kind == "i" or (codes.dtype.kind == "u" and codes.dtype.itemsize <= 4)
    return codes if narrow else codes.astype(np.int64)


def decode(graph: Graph, codes: Codes) -> FloatArray:
    """The real numbers that output codes stand for."""
    return np.asarray(codes * graph.decoding.scale + graph.decoding.offset, dtype=np.float64)


def apply(node: Node, *inputs: Codes) -> Codes:
    """What `node` makes of its inputs' codes, each (N, *shape).

    Which numpy type a result has, and in which one it is computed, follows from the types of the node alone.
    """
    x, source, result = inputs[0], node.inputs[0].type.dtype, node.output.type.dtype
    match node.op:
        case MatMul() as op:
            return _multiply(op, node, x)
        case Conv() as op:
            return convolve(op, x, source, result)
        case Pool() as op:
            return pool(op, x, result)
        case Magnitude():
            return _magnitude(node, x)
        case Sum() | Scale() | Concat() as op:
            return _join(op, inputs, result)
        case Gather(places=places):
            return x.reshape(len(x), -1)[:, places].reshape(len(x), *node.output.type.shape)
        case Activation(steps=steps):
            return _activate(steps, x, result)
        case Threshold() as op:
            return _threshold(op, x)
        case ArgMax():
            return np.asarray(np.argmax(x.reshape(x.shape[0], -1), axis=1, keepdims=True), dtype=np.int32)


def _multiply(op: MatMul, node: Node, x: Codes) -> Codes:
    source, result = node.inputs[0].type.dtype, node.output.type
    rows = from_planes(op.planes, x).reshape(-1, op.weights.shape[1])
    if op.planes.size:
        source = smallest_int(-sum(op.planes.tolist()), sum(op.planes.tolist()))
    if isinstance(op.weight_type, Bipolar) and isinstance(source, Bipolar):
        codes: Codes = bipolar_matmul(rows, op.weights)
    else:
        codes = integer_matmul(rows, op.weights, source, result.dtype)
    return codes.reshape(len(x), *result.shape)


def _join(op: Join, inputs: Sequence[Codes], result: DType) -> Codes:
    if isinstance(op, Concat):
        return np.concatenate(inputs, axis=op.axis)
    kind = kind_of(result, np.int32)
    first, *others = (each.astype(kind) for each in inputs)
    if isinstance(op, Sum) and len(op.gains) > 1:  # of one tensor, a gain for each channel or element
        return np.asarray(first.reshape(len(first), -1, len(op.gains)) * op.gains[:, 0].astype(kind)).reshape(
            first.shape
        )
    if isinstance(op, Sum) and op.gains.size:
        gains = op.gains.astype(kind)
        first, *others = (each * gains[:, index] for index, each in enumerate((first, *others)))
    for other in others:
        first = first * other if isinstance(op, Scale) else np.add(first, other, out=first)
    return first


def _magnitude(node: Node, x: Codes) -> Codes:
    """The sums of |x| over the elements that each element of the output covers."""
    result = node.output.type
    kind = kind_of(result.dtype, np.int32)
    sums: Codes = np.abs(x.astype(kind)).reshape(len(x), result.elements, -1).sum(axis=-1, dtype=kind)
    return sums.reshape(len(x), *result.shape)


def _activate(steps: tuple[Step, ...], x: Codes, result: DType) -> Codes:
    """The chain at each integer; where there are more elements than integers, once at each integer of the range."""
    low, high = int(x.min(initial=0)), int(x.max(initial=0))
    channels = x.shape[-1]
    if x.size <= 2 * (high - low + 1) * channels:
        return evaluate(steps, x.astype(np.int64)).astype(kind_of(result))
    table = evaluate(steps, np.arange(low, high + 1)[:, None].repeat(channels, axis=1)).astype(kind_of(result))
    index = x.astype(np.int64)
    index -= low
    index *= channels
    index += np.arange(channels)
    codes: Codes = table.reshape(-1).take(index)
    return codes


def _threshold(op: Threshold, x: Codes) -> Codes:
    """The code of n, which counts the thresholds that x reaches, or misses in descending channels."""
    top = int(op.table.max())
    kind = kind_of(smallest_int(op.base, top))  # a count may wrap: what it makes does not
    count = _reached(op, x, kind_of(smallest_int(0, len(op.codes))) if op.codes.size else kind)
    if op.codes.size:
        falls = op.descending.astype(bool)
        return op.codes.astype(kind)[np.where(falls, op.thresholds.shape[1] - count, count)]
    if not op.descending.any():
        count *= kind(op.step)
        count += kind(op.base)
    else:
        falls = op.descending.astype(bool)
        count *= np.where(falls, -op.step, op.step).astype(kind)
        count += np.where(falls, top, op.base).astype(kind)
    return count


def _reached(op: Threshold, x: Codes, kind: Kind) -> Codes:
    """How many thresholds each element reaches."""
    shared, levels = op.thresholds.shape[0] == 1, op.thresholds.shape[1]
    if levels <= 16:
        narrow = bool(np.all(np.abs(op.thresholds) < 1 << 31))
        bounds = op.thresholds.T.astype(np.int32 if narrow else np.int64, copy=False)
        count = (x >= (int(bounds[0, 0]) if shared else bounds[0])).astype(kind)
        for bound in bounds[1:]:
            count += x >= (int(bound[0]) if shared else bound)
        return count
    if shared:
        return np.searchsorted(op.thresholds[0], x, side="right").astype(kind)
    columns = [np.searchsorted(row, x[..., c], side="right") for c, row in enumerate(op.thresholds)]
    return np.stack(columns, axis=-1).astype(kind)
