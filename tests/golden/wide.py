"""Small networks of every operation with numbers as wide as asked, and what they compute in Python's integers.

The reference knows nothing of numpy's types: every number is a Python integer, which never wraps or rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import (
    Activation,
    ArgMax,
    Concat,
    Conv,
    Magnitude,
    MatMul,
    Mul,
    Op,
    Pool,
    PoolKind,
    Quantise,
    Rounding,
    Scale,
    Step,
    Sum,
    Threshold,
)
from hwgen.ir.planes import plane_values
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import DType, IntType, smallest_int
from tests.builders import B, Rng, value
from tests.golden.exact import evaluate_one

Whole = npt.NDArray[np.object_]
WIDTHS = (8, 16, 24, 26, 31, 32, 33, 35, 40, 53, 55, 62)
"""Bits of the widest number of a network; those of int32, float32, float64 and int64, and one more."""


def reference(graph: Graph, codes: npt.NDArray[Any]) -> dict[str, Whole]:
    """Every tensor of `graph` for codes (N, *input shape)."""
    known = {graph.input.name: codes.astype(object)}
    for node in graph.nodes:
        read = [known[each.name] for each in node.inputs]
        frames = [_frame(node, *frame) for frame in zip(*read, strict=True)]
        known[node.output.name] = np.array(frames, dtype=object).reshape(len(codes), *node.output.type.shape)
    return known


def _frame(node: Node, x: Whole, *others: Whole) -> Whole:  # noqa: C901 (a table of cases)
    """What `node` makes of one frame."""
    shape = node.output.type.shape
    match node.op:
        case MatMul() as op:
            return np.array([op.weights.astype(object) @ row for row in _read(op, x).reshape(-1, op.weights.shape[1])])
        case Conv() as op:
            return _convolved(op, _read(op, x), shape)  # where planes are padded, a tap of 0 adds nothing
        case Pool() as op:
            return _pooled(op, x, shape)
        case Magnitude():
            return np.abs(x).reshape(int(np.prod(shape)), -1).sum(axis=1)
        case Sum():
            if len(node.op.gains) > 1:
                return np.array((x.ravel() * np.resize(node.op.gains, x.size)).reshape(shape))
            return sum(others, start=x)
        case Scale():
            return x * others[0]
        case Concat():
            return np.concatenate((x, *others), axis=-1)
        case Activation(steps=steps):
            return _each(x, lambda code, channel: evaluate_one(steps, code, channel))
        case Threshold() as op:
            return _each(x, lambda code, channel: _step(op, code, channel))
        case ArgMax():
            flat = x.ravel().tolist()
            return np.array([flat.index(max(flat))], dtype=object)


def _read(op: MatMul | Conv, x: Whole) -> Whole:
    return plane_values(op.planes).astype(object)[x.astype(int)] if op.planes.size else x


def _each(x: Whole, function: Callable[[int, int], int]) -> Whole:
    rows = x.reshape(-1, x.shape[-1]).tolist()
    return np.array([[function(code, channel) for channel, code in enumerate(row)] for row in rows], dtype=object)


def _step(op: Threshold, code: int, channel: int) -> int:
    bounds = op.thresholds[channel % len(op.thresholds)].tolist()
    reached = sum(code >= bound for bound in bounds)
    count = len(bounds) - reached if op.descending[channel % len(op.descending)] else reached
    return int(op.codes[count]) if op.codes.size else op.base + op.step * count


def _taps(geometry: Geometry, x: Whole, top: int, left: int) -> list[tuple[int, int, Whole | None]]:
    """Each tap of a window, row and column, with the pixel it sees, None where that is padding."""
    found: list[tuple[int, int, Whole | None]] = []
    for row, column in np.ndindex(*geometry.kernel):
        y = top * geometry.stride[0] + row * geometry.dilation[0] - geometry.padding[0]
        z = left * geometry.stride[1] + column * geometry.dilation[1] - geometry.padding[1]
        inside = 0 <= y < x.shape[0] and 0 <= z < x.shape[1]
        found.append((row, column, x[y, z] if inside else None))
    return found


def _convolved(op: Conv, x: Whole, shape: tuple[int, ...]) -> Whole:
    result = np.zeros(shape, dtype=object)
    each = op.weights.shape[3]
    for top, left, j in np.ndindex(*shape):
        first = j // (shape[2] // op.groups) * each
        for row, column, pixel in _taps(op.geometry, x, top, left):
            for i in range(each):
                code = op.pad if pixel is None else pixel[first + i]
                result[top, left, j] += int(op.weights[j, row, column, i]) * code
    return result


def _pooled(op: Pool, x: Whole, shape: tuple[int, ...]) -> Whole:
    result = np.zeros(shape, dtype=object)
    for top, left, channel in np.ndindex(*shape):
        seen = [pixel[channel] for _, _, pixel in _taps(op.geometry, x, top, left) if pixel is not None]
        kind = min if op.minimum[channel % len(op.minimum)] else max
        result[top, left, channel] = sum(seen) if op.kind is PoolKind.SUM else kind(seen)
    return result


def signed(bits: int) -> IntType:
    return IntType(max(1, bits), signed=True)


def _ends(rng: Rng, dtype: DType, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Codes of `dtype`, half of them its ends."""
    codes = rng.integers(dtype.min, dtype.max, shape, endpoint=True)
    return np.where(rng.random(shape) < 0.5, rng.choice(np.array([dtype.min, dtype.max]), shape), codes)


class Wide:
    """A network that grows operation by operation; types are proven."""

    def __init__(self, rng: Rng, shape: tuple[int, ...], dtype: DType) -> None:
        self.rng, self.input, self.nodes = rng, value("x", shape, dtype), list[Node]()

    def add(self, op: Op, shape: tuple[int, ...], *inputs: Value, dtype: DType | None = None) -> Value:
        """The output of a node that reads `inputs`, the network's input where there are none."""
        read = inputs or (self.input,)
        proven = smallest_type(op_range(op, [type_range(each) for each in read], shape[-1]))
        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(name, op, read, value(f"{name}_out", shape, dtype or proven), name))
        return self.nodes[-1].output

    def steps(self, source: Value) -> Value:
        """Thresholds at the ends of what `source` can be, in its middle and about zero; some channels fall."""
        low, high = source.type.dtype.min, min(source.type.dtype.max, (1 << 62) - 2)
        channels = source.type.channels
        places = [low, low + 1, max(low, -1), 0, 1, (low + high) // 2, high - 1, high, high + 1]
        rows = [sorted(self.rng.choice(np.array(places), 3).tolist()) for _ in range(channels)]
        falls = self.rng.integers(0, 2, channels)
        return self.add(Threshold(np.array(rows), falls, -2, 1), source.type.shape, source, dtype=signed(2))

    def chain(self, source: Value) -> Value:
        """A scale and a quantiser whose codes change at the widest numbers, half-way between two codes too."""
        dtype = source.type.dtype
        factor = float(2.0 ** -max(0, dtype.bits - 3)) * float(self.rng.choice([1.0, -1.0, 0.75, 1.1]))
        one, zero = np.ones(()), np.zeros(())
        steps: tuple[Step, ...] = (
            Mul(np.asarray(factor)),
            Quantise(one, zero, -4, 3, self.rng.choice(np.array(list(Rounding)))),
        )
        return self.add(Activation(steps), source.type.shape, source, dtype=signed(3))

    def graph(self) -> Graph:
        return Graph.of("wide", self.input, tuple(self.nodes), self.nodes[-1].output)


def _dense(rng: Rng, bits: int) -> Wide:
    inputs, own = int(rng.choice([3, 300])), int(rng.integers(1, bits))
    weight = signed(bits - own - inputs.bit_length())
    net = Wide(rng, (inputs,), signed(own))
    net.add(MatMul(_ends(rng, weight, (2, inputs)), weight), (2,))
    return net


def _planes(rng: Rng, bits: int) -> Wide:
    betas = _ends(rng, IntType(max(1, bits - 6), signed=False), (3,)).clip(1)
    net = Wide(rng, (4,), IntType(3, signed=False))
    net.add(MatMul(rng.choice(np.array([-1, 1]), (2, 4)), B, betas), (2,))
    return net


def _planes_conv(rng: Rng, bits: int) -> Wide:
    betas = _ends(rng, IntType(max(1, bits - 7), signed=False), (2,)).clip(1)
    net = Wide(rng, (4, 1, 2), IntType(2, signed=False))
    geometry = Geometry((3, 1), padding=(1, 0, 1, 0))
    net.add(Conv(rng.choice(np.array([-1, 1]), (2, 3, 1, 2)), B, geometry, 1, 0, betas), (4, 1, 2))
    return net


def _conv(rng: Rng, bits: int) -> Wide:
    groups = int(rng.choice([1, 2, 4]))
    each = 4 // groups
    own = int(rng.integers(1, max(2, bits - 5)))
    weight, source = signed(bits - own - 5), signed(own)
    geometry = Geometry((3, 1), padding=(1, 0, 1, 0))
    net = Wide(rng, (4, 1, 4), source)
    pad = int(rng.choice(np.array([0, source.min, source.max])))
    net.add(Conv(_ends(rng, weight, (4, 3, 1, each)), weight, geometry, groups, pad), (4, 1, 4))
    return net


def _pool(rng: Rng, bits: int) -> Wide:
    kind = PoolKind.SUM if rng.random() < 0.5 else PoolKind.MAX
    minimum = rng.integers(0, 2, 2) if kind is PoolKind.MAX else np.zeros(1, np.int64)
    geometry = Geometry((2, 2), padding=(1, 0, 0, 1)) if rng.random() < 0.5 else Geometry((2, 2))
    net = Wide(rng, (3, 3, 2), signed(bits - 2) if kind is PoolKind.SUM else signed(bits))
    down, across = geometry.output_size(3, 3)
    net.add(Pool(geometry, kind, minimum), (down, across, 2))
    return net


def _magnitude(rng: Rng, bits: int) -> Wide:
    net = Wide(rng, (2, 1, 3), signed(bits - 2))
    net.add(Magnitude(3), (2, 1, 1))
    return net


def _joined(rng: Rng, bits: int) -> Wide:
    """x times its own magnitude, plus x, beside itself."""
    net = Wide(rng, (2, 1, 3), signed((bits - 4) // 2))
    size = net.add(Magnitude(3), (2, 1, 1))
    scaled = net.add(Scale(), (2, 1, 3), net.input, size)
    squares = net.add(Scale(), (2, 1, 3), net.input, net.input)
    total = net.add(Sum(), (2, 1, 3), scaled, net.input, squares)
    net.add(Concat(), (2, 1, 6), total, total, dtype=total.type.dtype)
    return net


def _gained(rng: Rng, bits: int) -> Wide:
    """x, each channel or element times a factor of its own."""
    net = Wide(rng, (2, 1, 3), signed(bits - 4))
    net.add(Sum(rng.integers(-8, 8, (int(rng.choice([3, 6])), 1)) | 1), (2, 1, 3), net.input)
    return net


def _codes(rng: Rng, bits: int) -> Wide:
    net = Wide(rng, (3,), IntType(bits - 1, signed=bool(rng.integers(2))))
    net.add(Sum(), (3,), net.input, net.input)
    return net


KINDS: Mapping[str, Callable[[Rng, int], Wide]] = {
    "dense": _dense,
    "gained": _gained,
    "planes": _planes,
    "planes_conv": _planes_conv,
    "conv": _conv,
    "pool": _pool,
    "magnitude": _magnitude,
    "joined": _joined,
    "codes": _codes,
}


ENDINGS = ("none", "steps", "chain", "argmax")
"""What may stand behind the operation: nothing, thresholds, an activation in real numbers, the index of the largest."""


def wide_network(rng: Rng, kind: str, bits: int, ending: str) -> Graph:
    """A network of `kind` with numbers of about `bits` bits and `ending` behind it."""
    net = KINDS[kind](rng, bits)
    last = net.nodes[-1].output
    match ending:
        case "steps":
            net.steps(last)
        case "chain":
            net.chain(last)
        case "argmax":
            net.add(ArgMax(), (1,), last, dtype=smallest_int(0, last.type.elements - 1))
    return net.graph()


def small_and_wide(rng: Rng, graph: Graph) -> npt.NDArray[np.int64]:
    """Frames (6, ...) of few bits, and of all bits behind them."""
    dtype, shape = graph.input.type.dtype, graph.input.type.shape
    low, high = max(dtype.min, -2), min(dtype.max, 1)
    small = rng.integers(low, high, (3, *shape), endpoint=True)
    return np.concatenate([small, _ends(rng, dtype, (2, *shape)), np.full((1, *shape), dtype.max)])
