"""Random network ends: what moves, joins, scales and ranks the outputs of a last layer, as ONNX models."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime

from tests.frontend.onnx_nets import net, node

Array = np.ndarray[Any, Any]
IMAGE = (1, 2, 4, 4)
DENSE = (1, 12)


@dataclass
class Head:
    """A model while it grows; `last` is the tensor so far and `shape` its ONNX shape.

    Attributes:
        words: what was put into it, for messages.
        ranks: axes of the tensors that thresholds are for.
    """

    rng: np.random.Generator
    shape: tuple[int, ...]
    start: tuple[int, ...]
    last: str = "x"
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=lambda: {"x": "INT4"})
    words: list[str] = field(default_factory=list)
    ranks: dict[str, int] = field(default_factory=dict)
    ranked: bool = False

    def constant(self, value: Array, dtype: str = "") -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        if dtype:
            self.types[name] = dtype
        return name

    def put(self, op: str, *constants: str, out: str = "", source: str = "", **attributes: Any) -> str:
        """Append a node that reads `source`, or the last tensor, and constants; give the name of its result."""
        name = out or f"t{len(self.nodes)}"
        inputs = " ".join((source or self.last, *constants))
        results = f"values{len(self.nodes)} {name}" if op == "TopK" else name
        self.nodes.append(node(op, inputs, results, name=f"{op.lower()}{len(self.nodes)}", **attributes))
        self.words.append(f"{op}{list(attributes.values())}")
        self.last = name
        return name

    def weights(self, shape: tuple[int, ...]) -> str:
        return self.constant(self.rng.integers(-3, 4, shape).astype(float), "INT3")

    def quantise(self, channels: int, *, bits: int = 2) -> None:
        levels = (1 << bits) - 1
        steps = np.sort(self.rng.integers(-12, 13, (channels, levels)), axis=1) - 0.5
        name = self.constant(steps)
        self.ranks[name] = len(self.shape)
        self.put("MultiThreshold", name, out_dtype=f"UINT{bits}")

    def dense(self, outputs: int, source: str = "", inputs: int = 0) -> None:
        self.put("MatMul", self.weights((inputs or self.shape[1], outputs)), source=source)
        self.shape = (1, outputs)

    def convolution(self, outputs: int, kernel: int, source: str = "", before: tuple[int, ...] = ()) -> None:
        before = before or self.shape
        self.put("Conv", self.weights((outputs, before[1], kernel, kernel)), source=source)
        self.shape = (1, outputs, *(size - kernel + 1 for size in before[2:]))

    def reference(self, frames: Array) -> Array:
        """What onnxruntime makes of frames (N, *shape): (N, *the shape of the output without its batch axis)."""
        steps = [step for each in self.nodes for step in self._standard(each)]
        read = {name for step in steps for name in step.input}
        plain = net(steps, shape=self.start, **{n: array for n, array in self.constants.items() if n in read})
        del plain.graph.output[:]
        plain.graph.output.append(onnx.ValueInfoProto(name="y"))
        session = onnxruntime.InferenceSession(plain.SerializeToString())
        found = [session.run(["y"], {"x": frame[None].astype(np.float32)})[0] for frame in frames]
        return np.concatenate(found) if found[0].ndim else np.stack(found)

    def _standard(self, each: onnx.NodeProto) -> list[onnx.NodeProto]:
        """The node in ONNX's own operators: of a MultiThreshold comparisons, counted."""
        if each.op_type != "MultiThreshold":
            return [each]
        (x, levels), y = each.input, each.output[0]
        last = self.constant(np.array([-1]))
        steps = self.constants[levels]
        wide = self.constant(steps.reshape(len(steps), *(1,) * (self.ranks[levels] - 2), steps.shape[1]))
        return [
            node("Unsqueeze", f"{x} {last}", f"{y}_x", name=f"{y}_x"),
            node("GreaterOrEqual", f"{y}_x {wide}", f"{y}_reached", name=f"{y}_reached"),
            node("Cast", f"{y}_reached", f"{y}_ones", name=f"{y}_ones", to=onnx.TensorProto.FLOAT),
            node("ReduceSum", f"{y}_ones {last}", y, name=y, keepdims=0),
        ]

    def model(self) -> onnx.ModelProto:
        self.nodes[-1].output[-1] = "y"
        kind = onnx.TensorProto.INT64 if self.ranked else onnx.TensorProto.FLOAT
        return net(self.nodes, shape=self.start, kind=kind, types=self.types, **self.constants)


# ---- What stands before the end -----------------------------------------------------------------


def plain_dense(head: Head) -> None:
    head.dense(int(head.rng.integers(2, 9)))
    head.quantise(head.shape[1])
    head.dense(int(head.rng.choice([1, 4, 6, 8, 12])))


def plain_image(head: Head) -> None:
    head.convolution(3, 2)
    head.quantise(3)
    head.convolution(int(head.rng.choice([1, 3, 4])), int(head.rng.choice([2, 3])))


def quantised_image(head: Head) -> None:
    plain_image(head)
    head.quantise(head.shape[1])


def one_pixel(head: Head) -> None:
    head.convolution(3, 2)
    head.quantise(3)
    head.convolution(int(head.rng.choice([2, 4, 6])), 3)


def pooled(head: Head) -> None:
    head.convolution(int(head.rng.choice([2, 4, 6])), 2)
    head.quantise(head.shape[1])
    head.put("GlobalMaxPool")
    head.shape = (1, head.shape[1], 1, 1)


def residual(head: Head) -> None:
    """A sum at the end, of dense layers or of pixels."""
    if len(head.shape) == 2:
        head.dense(6)
        head.quantise(6)
        trunk, inputs = head.last, head.shape[1]
        ends = []
        for _ in range(2):
            head.dense(8, trunk, inputs)
            head.quantise(8)
            ends.append(head.last)
    else:
        head.convolution(3, 2)
        head.quantise(3)
        trunk, before, ends = head.last, head.shape, []
        for _ in range(2):
            head.convolution(4, int(before[2]), trunk, before)
            head.quantise(4)
            ends.append(head.last)
    head.put("Add", ends[1], source=ends[0])


def two_heads(head: Head) -> None:
    """Quantised heads side by side, moves in front of the join."""
    head.dense(6)
    head.quantise(6)
    trunk, ends = head.last, []
    for outputs in head.rng.permutation([2, 4, 6])[: int(head.rng.integers(2, 4))]:
        head.dense(int(outputs), trunk, 6)
        head.quantise(int(outputs))
        if head.rng.random() < 0.5:
            transposed(head)
        ends.append((head.last, head.shape[1]))
    order = [ends[i] for i in head.rng.permutation(len(ends))]
    head.put("Concat", *(name for name, _ in order[1:]), source=order[0][0], axis=1)
    head.shape = (1, sum(size for _, size in order))


BODIES = {
    "dense": (DENSE, plain_dense),
    "image": (IMAGE, plain_image),
    "quantised image": (IMAGE, quantised_image),
    "one pixel": (IMAGE, one_pixel),
    "pooled": (IMAGE, pooled),
    "residual": (DENSE, residual),
    "residual image": (IMAGE, residual),
    "two heads": (DENSE, two_heads),
}


# ---- What moves elements ------------------------------------------------------------------------


def reshaped(head: Head, shape: tuple[int, ...]) -> None:
    head.put("Reshape", head.constant(np.array(shape)))
    head.shape = shape


def reshape(head: Head) -> None:
    total = math.prod(head.shape)
    first = int(head.rng.choice([n for n in range(1, total + 1) if total % n == 0]))
    rest = total // first
    second = int(head.rng.choice([n for n in range(1, rest + 1) if rest % n == 0]))
    reshaped(
        head,
        (1, first, second, rest // second)[: int(head.rng.integers(3, 5))]
        if rest // second == 1
        else (1, first, second, rest // second),
    )


def transpose(head: Head) -> None:
    perm = [0, *(1 + head.rng.permutation(len(head.shape) - 1))]
    head.put("Transpose", perm=[int(axis) for axis in perm])
    head.shape = tuple(head.shape[axis] for axis in perm)


def transposed(head: Head) -> None:
    """Two axes of a flat tensor swapped: view(-1, a, b).transpose(1, 2).flatten(1)."""
    total = math.prod(head.shape)
    first = next(n for n in (3, 2, 1) if total % n == 0)
    reshaped(head, (1, first, total // first))
    head.put("Transpose", perm=[0, 2, 1])
    head.shape = (1, total // first, first)
    flatten(head)


def flatten(head: Head) -> None:
    head.put("Flatten", axis=1)
    head.shape = (1, math.prod(head.shape))


def squeeze(head: Head) -> None:
    drop = [axis for axis in range(1, len(head.shape)) if head.shape[axis] == 1]
    if drop and len(head.shape) > 2:
        head.put("Squeeze", head.constant(np.array(drop[:1])))
        head.shape = tuple(n for axis, n in enumerate(head.shape) if axis != drop[0])


def unsqueeze(head: Head) -> None:
    axis = int(head.rng.integers(1, len(head.shape) + 1))
    head.put("Unsqueeze", head.constant(np.array([axis])))
    head.shape = (*head.shape[:axis], 1, *head.shape[axis:])


def scaled(head: Head) -> None:
    """A factor or a term for the whole tensor: powers of two, so that real numbers stay exact."""
    op = str(head.rng.choice(["Mul", "Add"]))
    head.put(op, head.constant(np.asarray(float(head.rng.choice([0.25, 2.0, -0.5, -1.0])))))


def of_each_class(head: Head) -> None:
    """A factor or a term for each element of a flat tensor."""
    if len(head.shape) == 2:
        op = str(head.rng.choice(["Mul", "Add"]))
        head.put(op, head.constant(head.rng.choice([0.5, 1.0, 2.0, 3.0], head.shape[1])))


MOVES = (reshape, transpose, flatten, transposed, squeeze, unsqueeze)


def rank(head: Head) -> None:
    """ArgMax or TopK over the classes, and what may follow an index."""
    flatten(head)
    keep = bool(head.rng.integers(2))
    if head.rng.random() < 0.5:
        head.put("ArgMax", axis=int(head.rng.choice([1, -1])), keepdims=int(keep))
    else:
        keep = True
        head.put("TopK", head.constant(np.array([1])), axis=-1)
    head.ranked = True
    if keep and head.rng.random() < 0.4:
        head.put("Squeeze", head.constant(np.array([1])))


def random_head(seed: int, kind: str) -> Head:
    """A network of the body `kind` with a random end."""
    rng = np.random.default_rng([seed, *kind.encode()])
    start, body = BODIES[kind]
    head = Head(rng, start, start)
    body(head)
    for _ in range(int(rng.integers(0, 5))):
        rng.choice(np.array(MOVES))(head)
        if rng.random() < 0.2:
            scaled(head)
    if rng.random() < 0.25:
        of_each_class(head)
    if rng.random() < 0.5:
        rank(head)
    return head
