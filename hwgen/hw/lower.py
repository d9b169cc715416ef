"""From an integer network and a folding to a design: one unit per layer, streams between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from hwgen.errors import CheckError
from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.fifo import fifo_before
from hwgen.hw.folding import is_fused
from hwgen.hw.kernel import Folding
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.stream import Stream
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import ArgMax, MatMul, Threshold
from hwgen.ir.text import print_graph
from hwgen.ir.types import smallest_int


def lower(graph: Graph, folding: Mapping[str, Folding], *, part: str, clock_mhz: float) -> Design:
    """The design that computes `graph` with `folding` (one entry per layer)."""
    units: list[Unit] = []
    stream: Stream | None = None
    for node in graph.nodes:
        if is_fused(graph, node):
            continue
        lanes = _lanes_read(node, folding[node.name])
        if stream is None:
            stream = _stream("source", graph.input, lanes)
        elif stream.lanes != lanes:
            wider = replace(stream, name=f"{node.name}_width", lanes=lanes)
            units.append(WidthConverter(wider.name, node.origin, stream, wider))
        layer = _layer(graph, node, units[-1].output if units else stream, folding[node.name])
        fifo = fifo_before(layer)
        if fifo is not None:
            units.append(fifo)
            layer = replace(layer, input=fifo.output)
        units.append(layer)
        stream = layer.output
    if not units:
        raise CheckError(graph.name, "must have a layer", "none")
    return Design(graph.name, tuple(units), design_digest(graph, folding), part, clock_mhz)


def design_digest(graph: Graph, folding: Mapping[str, Folding]) -> str:
    """Twelve hexadecimal digits that change with any change of the network or its folding."""
    return hashlib.sha256(f"{print_graph(graph)}{sorted(folding.items())!r}".encode()).hexdigest()[:12]


def _stream(name: str, value: Value, lanes: int) -> Stream:
    return Stream(name, value.type.dtype, value.type.elements, min(lanes, value.type.elements), value.name)


def _lanes_read(node: Node, folding: Folding) -> int:
    lanes = folding.simd if isinstance(node.op, MatMul) else folding.pe
    return min(lanes, node.inputs[0].type.elements)


def _layer(graph: Graph, node: Node, source: Stream, folding: Folding) -> Layer:
    match node.op:
        case MatMul():
            users = graph.users.get(node.output.name, ())
            fused = users[0] if users and is_fused(graph, users[0]) else None
            return _matvec(node, fused, source, folding)
        case Threshold():
            output = _stream(node.name, node.output, folding.pe)
            return ThresholdUnit(node.name, node.origin, source, output, _thresholding(node.op))
        case ArgMax():
            return ArgMaxUnit(node.name, node.origin, source, _stream(node.name, node.output, 1))
        case op:
            raise CheckError(node.label, "must be an integer operation", type(op).__name__)


def _thresholding(op: Threshold) -> Thresholding:
    return Thresholding(op.thresholds, op.descending, op.base, op.step)


def _matvec(node: Node, fused: Node | None, source: Stream, folding: Folding) -> MatVec:
    assert isinstance(node.op, MatMul)
    result = node.output if fused is None else fused.output
    accumulator = node.output.type.dtype
    unit = MatVec(
        name=node.name,
        origin=node.origin,
        input=source,
        output=_stream(node.name, result, folding.pe),
        weights=node.op.weights,
        weight_type=node.op.weight_type,
        # Signed, so that partial sums may pass below zero on their way.
        sum_type=smallest_int(min(accumulator.min, -1), max(accumulator.max, 0)),
        activation=None,
    )
    if fused is not None:
        assert isinstance(fused.op, Threshold)
        unit = replace(unit, activation=_thresholding(fused.op))
    return _in_popcounts(unit) if unit.is_xnor else unit


def _in_popcounts(unit: MatVec) -> MatVec:
    """An XNOR unit counts agreements: acc = 2 * pc - MW, so acc >= T exactly where pc >= ceil((MW + T) / 2)."""
    unit = replace(unit, sum_type=smallest_int(0, unit.mw))
    if unit.activation is None:
        return unit
    counts = -((-unit.activation.thresholds - unit.mw) // 2)
    return replace(unit, activation=replace(unit.activation, thresholds=counts.clip(0, unit.mw + 1)))
