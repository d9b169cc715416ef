"""Quantised operators of ONNX and onnxruntime, rewritten before the walk.

QLinearConv and the like become a plain operator on codes less their zero points, the scales of its operands behind it,
and a QuantizeLinear: so the bias is added to the accumulator as the integer that it is. A Clip behind a QuantizeLinear
(the QCDQ format) becomes its bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwgen.frontend.order import dynamic_nodes
from hwgen.frontend.source import Array, SourceGraph, SourceNode

CLIPPED = "QuantizeLinear and Clip"
"""The operator that replaces both; its name is not legal in a file."""


Attributes = Mapping[str, Any]


@dataclass
class _Writer:
    """What replaces one node: other nodes, and constants of their own."""

    node: SourceNode
    nodes: list[SourceNode] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def constant(self, value: float) -> str:
        """A float32 number as a tensor."""
        name = f"{self.node.outputs[0]}: {value!r}"
        self.constants[name] = np.asarray(value, dtype=np.float32)
        return name

    def add(self, op: str, inputs: Sequence[str], attributes: Attributes | None = None, *, last: bool = False) -> str:
        """A node that stands for a part of the replaced one; its result, that of the whole where it is the `last`."""
        result = self.node.outputs[0] if last else f"{self.node.outputs[0]}: {op} {len(self.nodes)}"
        names = tuple(inputs)
        while names and not names[-1]:
            names = names[:-1]
        part = replace(
            self.node, op=op, inputs=names, outputs=(result,), attributes=attributes or {}, whole=self.node.op
        )
        self.nodes.append(part)
        return result

    def centred(self, tensor: str, zero: str, axis: int = 1) -> str:
        """Codes less their zero point."""
        return self.add("DequantizeLinear", (tensor, self.constant(1.0), zero), {"axis": axis})

    def rest(self, names: Sequence[str] = ()) -> Attributes:
        """The node's own attributes, but for `names`."""
        return {name: value for name, value in self.node.attributes.items() if name not in names}


def _operands(node: SourceNode, count: int) -> tuple[str, ...]:
    """The names of `count` operands, empty where the node leaves them out."""
    return (*node.inputs, *[""] * count)[:count]


def _requantised(to: _Writer, sums: str, scales: Sequence[str], axis: int, out: Sequence[str]) -> None:
    """Accumulators times the scales of both operands, quantised where the node has a scale of its own."""
    real = to.add("DequantizeLinear", (sums, scales[0]))
    real = to.add("DequantizeLinear", (real, scales[1]), {"axis": axis}, last=not out[0])
    if out[0]:
        to.add("QuantizeLinear", (real, *out), last=True)


def _conv(to: _Writer) -> None:
    x, xs, xz, w, ws, wz, ys, yz, bias = _operands(to.node, 9)
    sums = to.add("Conv", (to.centred(x, xz), to.centred(w, wz, axis=0), bias), to.rest())
    _requantised(to, sums, (xs, ws), 1, (ys, yz))


def _matmul(to: _Writer) -> None:
    a, sa, za, b, sb, zb, ys, yz = _operands(to.node, 8)
    sums = to.add("MatMul", (to.centred(a, za), to.centred(b, zb, axis=-1)), to.rest())
    _requantised(to, sums, (sa, sb), -1, (ys, yz))


def _gemm(to: _Writer) -> None:
    a, sa, za, b, sb, zb, bias, ys, yz = _operands(to.node, 9)
    axis = 0 if to.node.integer("transB", 0) else 1
    sums = to.add("Gemm", (to.centred(a, za), to.centred(b, zb, axis=axis), bias), to.rest(("alpha",)))
    alpha = to.node.real("alpha", 1.0)
    sums = to.add("Mul", (sums, to.constant(alpha))) if alpha != 1 else sums
    _requantised(to, sums, (sa, sb), 1, (ys, yz))


def _one(op: str) -> Callable[[_Writer], None]:
    """An operator of one tensor and its parameters, then those of the result."""

    def write(to: _Writer) -> None:
        x, xs, xz, ys, yz = _operands(to.node, 5)
        real = to.add(op, (to.add("DequantizeLinear", (x, xs, xz)),), to.rest(("channels_last",)))
        to.add("QuantizeLinear", (real, ys, yz), last=True)

    return write


def _two(op: str) -> Callable[[_Writer], None]:
    """An operator of two tensors and their parameters, then those of the result."""

    def write(to: _Writer) -> None:
        a, sa, za, b, sb, zb, ys, yz = _operands(to.node, 8)
        left, right = to.add("DequantizeLinear", (a, sa, za)), to.add("DequantizeLinear", (b, sb, zb))
        to.add("QuantizeLinear", (to.add(op, (left, right), to.rest()), ys, yz), last=True)

    return write


def _concat(to: _Writer) -> None:
    ys, yz, *rest = to.node.inputs
    parts = [to.add("DequantizeLinear", rest[place : place + 3]) for place in range(0, len(rest), 3)]
    to.add("QuantizeLinear", (to.add("Concat", parts, to.rest()), ys, yz), last=True)


EXPANDED: Mapping[str, Callable[[_Writer], None]] = {
    "QGemm": _gemm,
    "QLinearAdd": _two("Add"),
    "QLinearAveragePool": _one("AveragePool"),
    "QLinearConcat": _concat,
    "QLinearConv": _conv,
    "QLinearGlobalAveragePool": _one("GlobalAveragePool"),
    "QLinearLeakyRelu": _one("LeakyRelu"),
    "QLinearMatMul": _matmul,
    "QLinearMul": _two("Mul"),
}
"""Operators that become plain ones between DequantizeLinear and QuantizeLinear."""

_FEWEST = {
    "QLinearConcat": 5,
    "QGemm": 6,
    "QLinearAveragePool": 4,
    "QLinearGlobalAveragePool": 4,
    "QLinearLeakyRelu": 4,
}
_MOST = {"QGemm": 9, "QLinearConv": 9, "QLinearAveragePool": 5, "QLinearGlobalAveragePool": 5, "QLinearLeakyRelu": 5}


def _is_known(node: SourceNode) -> bool:
    """Whether a node is one to expand, with as many operands as its operator has."""
    if node.op not in EXPANDED or len(node.outputs) != 1 or node.integer("channels_last", 0):
        return False
    most = len(node.inputs) if node.op == "QLinearConcat" else _MOST.get(node.op, 8)
    return _FEWEST.get(node.op, 7) <= len(node.inputs) <= most


def rewritten(graph: SourceGraph) -> SourceGraph:
    """The graph without quantised operators, a Clip of codes merged into its quantiser."""
    nodes: list[SourceNode] = []
    constants = dict(graph.constants)
    for node in graph.nodes:
        if _is_known(node):
            writer = _Writer(node)
            EXPANDED[node.op](writer)
            nodes += writer.nodes
            constants |= writer.constants
        else:
            nodes.append(node)
    graph = replace(graph, nodes=tuple(nodes), constants=constants)
    return replace(graph, nodes=tuple(_merged(graph)))


def _merged(graph: SourceGraph) -> Iterator[SourceNode]:
    """The nodes, each Clip that alone reads a QuantizeLinear merged into it."""
    live = {name for node in dynamic_nodes(graph.nodes, graph.input_names) for name in node.outputs}
    readers: dict[str, list[SourceNode]] = {name: [] for name in graph.outputs}
    for node in graph.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    gone: set[str] = set()
    for node in graph.nodes:
        output = node.outputs[0] if node.outputs else ""
        clips = readers.get(output, [])
        if output in gone:
            continue
        alone = len(clips) == 1 and output not in graph.outputs and clips[0].inputs[:1] == (output,)
        if node.op == "QuantizeLinear" and output in live and alone and _bounds_codes(clips[0], live):
            clip = clips[0]
            gone.update(clip.outputs)
            yield replace(node, op=CLIPPED, inputs=(*_operands(node, 3), *clip.inputs[1:]), outputs=clip.outputs)
        else:
            yield node


def _bounds_codes(node: SourceNode, live: set[str]) -> bool:
    """Whether a node is a Clip between constants."""
    return node.op == "Clip" and not node.attributes and not live.intersection(node.inputs[1:])
