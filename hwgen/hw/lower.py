"""From an integer network and a folding to a design: one unit per layer, and adapters between them.

Adapters are a fork where a tensor has several readers, width converters, sliding window units and FIFOs.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from hwgen.errors import CheckError, ConfigError
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.choices import Choices
from hwgen.hw.cost import share_of
from hwgen.hw.design import Design, Port
from hwgen.hw.device import Family, device_of
from hwgen.hw.digest import design_digest
from hwgen.hw.folding import fused_gate, fused_threshold
from hwgen.hw.kernels import coding
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import SHORT, FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.mvtu_streamed import MvtuStreamedUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.pool import PoolUnit, neutral_codes
from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.search import chain, is_searched
from hwgen.hw.kernels.select import SelectUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.weighted import rewritable
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.matrices import Folding, takes_whole_windows, tap_lanes
from hwgen.hw.placements import Placed, Placements
from hwgen.hw.pools import balanced, usual_arithmetic
from hwgen.hw.resources import Resources
from hwgen.hw.searched import chained, coded
from hwgen.hw.stream import Stream
from hwgen.hw.timing import pipelined
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import POINT
from hwgen.ir.graph import Graph, Input, Node, Output, Value
from hwgen.ir.names import legal_name, port_suffixes
from hwgen.ir.ops import ArgMax, Concat, Conv, Gather, Join, Magnitude, MatMul, Pool, Scale, Sum, Threshold
from hwgen.ir.ranges import too_wide
from hwgen.ir.types import IntArray, WidthError


def lower(
    graph: Graph,
    folding: Mapping[str, Folding],
    *,
    part: str,
    clock_mhz: float,
    choices: Choices | None = None,
) -> Design:
    """The design that computes `graph` with `folding` (one entry per layer)."""
    design = draft(graph, folding, part=part, clock_mhz=clock_mhz, choices=choices)
    return replace(design, digest=design_digest(graph, folding, choices))


def draft(
    graph: Graph,
    folding: Mapping[str, Folding],
    *,
    part: str,
    clock_mhz: float,
    choices: Choices | None = None,
    placements: Placements | None = None,
) -> Design:
    """`lower` without the digest, which takes longer than all the rest: for a search that looks at many designs.

    With `placements` of the same network and choices only units that change are made again.
    """
    chosen = choices or Choices()
    builder = _Builder(graph, folding, chosen, placements or Placements(graph), part)
    for node in builder.placements.order:
        builder.place(node)
    if not builder.units:
        raise CheckError(graph.name, "must have a layer", "none")
    ends = (
        _ports("s_axis", graph.inputs, [builder.sources[each.value.name] for each in graph.inputs]),
        _ports("m_axis", graph.outputs, [builder.take(each.value) for each in graph.outputs]),
    )
    units = tuple(builder.units)
    design = Design(legal_name(graph.name), units, *ends, "", part, clock_mhz, tlast=chosen.tlast)
    return balanced(design, chosen, builder.placements)


def _ports(kind: str, ends: Sequence[Input | Output], streams: Sequence[Stream]) -> tuple[Port, ...]:
    """The ports of a kind, each with its stream."""
    suffixes = port_suffixes([each.name for each in ends])
    triples = zip(ends, suffixes, streams, strict=True)
    return tuple(Port(each.name, f"{kind}{suffix}", stream) for each, suffix, stream in triples)


_Weighted = TypeVar("_Weighted", MvtuUnit, DepthwiseUnit)


@dataclass
class _Builder:
    """The design while it grows: units so far, and the streams that wait for their readers."""

    graph: Graph
    folding: Mapping[str, Folding]
    choices: Choices
    placements: Placements
    part: str
    units: list[Unit] = field(default_factory=list)
    waiting: dict[str, deque[Stream]] = field(default_factory=dict)
    sources: dict[str, Stream] = field(default_factory=dict)
    given: dict[str, tuple[Stream, ...]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def place(self, node: Node) -> None:
        """Add the units of `node`. Raises: ModelError where its running sum is wider than any integer type."""
        streams = (tuple(map(id, self.waiting.get(name, ()))) for name in self.placements.reads[node.name])
        key = node.name, self.folding.get(node.name), *streams
        placed = self.placements.known.get(key)
        if placed is None:
            self.placements.known[key] = self._newly_placed(node)
            return
        self.units += placed.units
        self.sources |= placed.sources
        for name, copies in placed.given.items():
            self.waiting[name] = deque(copies)
        for name in placed.taken:
            self.waiting[name].popleft()

    def _newly_placed(self, node: Node) -> Placed:
        before, known = len(self.units), frozenset(self.sources)
        self.given, self.taken = {}, []
        try:
            self._place(node)
        except WidthError as error:
            raise too_wide(node.label, error) from None
        sources = {name: stream for name, stream in self.sources.items() if name not in known}
        return Placed(tuple(self.units[before:]), self.given, tuple(self.taken), sources)

    def _place(self, node: Node) -> None:
        match node.op:
            case MatMul():
                self._dense(node)
            case Conv() as conv:
                self._conv(node, conv)
            case Pool() as pool:
                self._pool(node, pool)
            case Sum() | Scale() | Concat() as join:
                self._join(node, join)
            case Gather() as gather:
                self._gather(node, gather)
            case Threshold() | Magnitude() | ArgMax():
                self._pointwise(node)
            case op:
                raise CheckError(node.label, "must be an integer operation", type(op).__name__)

    def take(self, value: Value, lanes: int = 1) -> Stream:
        """The stream of `value` for its next reader; at the chip's input, of the lanes that it asks for."""
        if value.name not in self.waiting:
            index, port = next((i, each) for i, each in enumerate(self.graph.inputs) if each.value == value)
            name = "source" if len(self.graph.inputs) == 1 else f"source{index}"
            self.sources[value.name] = Stream.of(name, value, self.choices.input_lanes.get(port.name, lanes))
            self._give(value, self.sources[value.name])
        self.taken.append(value.name)
        return self.waiting[value.name].popleft()

    def _give(self, value: Value, stream: Stream) -> None:
        """Make `stream` known as `value`, one copy for each reader."""
        readers = len(self.graph.users.get(value.name, ())) + sum(value == each.value for each in self.graph.outputs)
        copies: tuple[Stream, ...] = (stream,)
        if readers > 1:
            copies = tuple(replace(stream, name=f"{stream.name}_fork{index}") for index in range(readers))
            self.units.append(ForkUnit(f"{stream.name}_fork", "", (stream,), copies))
        copies = tuple(self.placements.streams.setdefault(each, each) for each in copies)
        self.given[value.name], self.waiting[value.name] = copies, deque(copies)

    def _operand(self, node: Node, index: int, lanes: int, vectors: int, elements: int) -> Stream:
        """Input `index` of `node` as `vectors` vectors of `elements`, `lanes` a beat."""
        suffix = str(index) if len(node.inputs) > 1 else ""
        stream = self.take(node.inputs[index], lanes)
        if stream.elements != elements:
            # The vectors before and after have other sizes: no beat may hold elements of two vectors of either size.
            common = next(n for n in range(stream.lanes, 0, -1) if stream.elements % n == 0 and elements % n == 0)
            stream = self._converted(node, f"{node.name}_pack{suffix}", stream, common)
            stream = replace(stream, vectors=vectors, elements=elements)
        return self._converted(node, f"{node.name}_width{suffix}", stream, lanes)

    def _pixels(self, node: Node, index: int = 0) -> Stream:
        """Input `index` of `node` by its pixels, PE lanes a beat, fewer where a pixel has no more."""
        value = node.inputs[index].type
        lanes = min(self.folding[node.name].pe, value.channels)
        return self._operand(node, index, lanes, value.elements // value.channels, value.channels)

    def _converted(self, node: Node, name: str, stream: Stream, lanes: int) -> Stream:
        if stream.lanes == lanes:
            return stream
        wider = replace(stream, name=name, lanes=lanes)
        self.units.append(WidthUnit(name, node.origin, (stream,), (wider,)))
        return wider

    def _fifo(self, node: Node, stream: Stream, depth: int, suffix: str = "") -> Stream:
        held = replace(stream, name=f"{node.name}_fifo{suffix}")
        self.units.append(FifoUnit(held.name, node.origin, (stream,), (held,), max(SHORT, depth)))
        return held

    def _finish(self, node: Node, unit: Unit) -> None:
        """Add the unit of `node`, whose output is that of the threshold fused behind it, if there is one."""
        fused = fused_threshold(self.graph, node)
        made = pipelined(unit, self.choices.pipeline)
        units = coded(made, fused or node, self.choices, self.part, self.placements)
        self.units += units
        self._give(node.output if fused is None else fused.output, units[-1].outputs[0])

    def _gated(self, node: Node, unit: MvtuUnit) -> Unit:
        """The unit of `node`; with its gate, which comes from a FIFO, if it has one."""
        gate, fused = fused_gate(self.graph, node), fused_threshold(self.graph, node)
        if gate is None or fused is None:
            return unit
        assert isinstance(fused.op, Threshold)
        stream = self._operand(gate, 1, 1, unit.pixels, 1)
        return MvtuGatedUnit.of(unit, self._fifo(node, stream, stream.beats, "_gate"), fused.op)

    def _activation(self, node: Node) -> Node | None:
        """The threshold that the unit of `node` applies to its sums as they are."""
        fused = None if fused_gate(self.graph, node) else fused_threshold(self.graph, node)
        if fused is None or node.name not in self.choices.writable:
            return fused
        assert isinstance(fused.op, Threshold)
        return replace(fused, op=replace(fused.op, line=None))  # it is thresholds that a host rewrites

    def _dense(self, node: Node) -> None:
        assert isinstance(node.op, MatMul)
        elements = node.op.weights.shape[1]
        vectors = node.inputs[0].type.elements // elements
        stream = self._operand(node, 0, self.folding[node.name].simd, vectors, elements)
        self._product(node, stream, node.op.weights[None, :, None, :])

    def _conv(self, node: Node, op: Conv) -> None:
        height, width, channels = node.inputs[0].type.shape
        folding = self.folding[node.name]
        stream = self._operand(node, 0, tap_lanes(op, folding), height * width, channels)
        grouped = op.weights.reshape(op.groups, -1, op.geometry.taps, channels // op.groups)
        if op.geometry == POINT and op.groups == 1:
            self._product(node, stream, grouped)
            return
        if takes_whole_windows(op, folding):
            self._whole_windows(node, op, stream, grouped)
            return
        blocks = stream.vector_beats if op.is_depthwise else op.groups
        window = WindowUnit.of(node, stream, op.geometry, blocks, np.full(channels, op.pad))
        window = replace(window, memory_style=self.choices.memory.get(node.name))
        if op.is_depthwise:
            channelwise = self._channelwise(node, window.output, grouped)
            self.units.append(window.resized(window.least_buffer(channelwise.cycles)))
            self._finish(node, channelwise)
            return
        unit = self._arithmetic(MvtuUnit.of(node, window.output, self._result(node), grouped, self._activation(node)))
        self.units.append(window.resized(window.least_buffer(unit.cycles)))
        self._product_finished(node, replace(unit, memory_style=window.memory_style))

    def _channelwise(self, node: Node, stream: Stream, weights: IntArray) -> DepthwiseUnit:
        """The unit of a depthwise convolution; `weights` as `MvtuUnit` has them."""
        unit = DepthwiseUnit.of(node, stream, self._result(node), weights[:, 0, :, 0], self._activation(node))
        return self._written(node, replace(unit, memory_style=self.choices.memory.get(node.name)))

    def _whole_windows(self, node: Node, op: Conv, stream: Stream, weights: IntArray) -> None:
        """A product of windows whose taps come at once, for each beat of a pixel; `weights` as `MvtuUnit` has them."""
        if node.name in self.choices.writable and not op.is_depthwise:
            found = f"SIMD {self.folding[node.name].simd}, all taps at once"
            raise ConfigError("writable", f"{node.name} must take its windows tap by tap", found, "Lower its SIMD")
        pads, blocks = np.full(stream.elements, op.pad), 1 if op.is_depthwise else op.groups
        window = ParallelWindowUnit.of(node, stream, op.geometry, blocks, pads)
        self.units.append(replace(window, memory_style=self.choices.memory.get(node.name)))
        if op.is_depthwise:
            self._finish(node, self._channelwise(node, window.output, weights))
            return
        groups, outputs, taps, channels = weights.shape
        beats = weights.reshape(groups, outputs, taps, -1, stream.lanes).swapaxes(2, 3)
        self._product(node, window.output, beats.reshape(groups, outputs, 1, taps * channels))

    def _product(self, node: Node, stream: Stream, weights: IntArray) -> None:
        """A matrix-vector unit on vectors as they come, with a FIFO where it reads in bursts."""
        unit = self._arithmetic(MvtuUnit.of(node, stream, self._result(node), weights, self._activation(node)))
        if unit.vector_memory is not None:
            unit = unit.with_input(stream, self._fifo(node, stream, unit.synapse_folds))
        self._product_finished(node, replace(unit, memory_style=self.choices.memory.get(node.name)))

    def _product_finished(self, node: Node, unit: MvtuUnit) -> None:
        """Add the unit of a product: streamed, gated, rewritable, or wired where that takes less of the part."""
        external, kept = self.choices.external.get(node.name), self._gated(node, self._written(node, unit))
        *before, found = MvtuStreamedUnit.units(unit, external) if external else (kept,)
        self.units += before
        self._finish(node, self._cheaper(node, unit) if found is unit and self.choices.wired else found)

    def _cheaper(self, node: Node, unit: MvtuUnit) -> Unit:
        """The unit, or that of its layer of constants where it is cheaper; a graph is made where it may be."""
        if unit.wired_luts is None or (device := device_of(self.part)).family is Family.ECP5:
            return unit  # graphs of adders are made, and their bill is counted, for LUTs of six inputs
        wired = WiredUnit.of(node, unit.input, unit.output, unit.weights[0, :, 0, :], self._activation(node))
        most, least = share_of(unit, device), Resources(lut=unit.wired_luts)
        return unit if wired is None or device.share(least) >= most or share_of(wired, device) >= most else wired

    def _written(self, node: Node, unit: _Weighted) -> _Weighted:
        """The unit, rewritable where the user wants it so."""
        return rewritable(unit, node) if node.name in self.choices.writable else unit

    def _result(self, node: Node) -> Stream:
        """What the unit of `node` writes."""
        fused = fused_threshold(self.graph, node)
        return Stream.of(node.name, node.output if fused is None else fused.output, self.folding[node.name].pe)

    def _arithmetic(self, unit: MvtuUnit) -> MvtuUnit:
        """The unit with the arithmetic that the user chose for it, or that of its types."""
        if unit.name in self.choices.folded_planes:
            return replace(unit, arithmetic=Arithmetic.FOLDED_PLANES)
        fixed = unit.name not in {*self.choices.writable, *self.choices.external}
        return replace(unit, arithmetic=usual_arithmetic(unit, device_of(self.part), fixed=fixed))

    def _pool(self, node: Node, op: Pool) -> None:
        value, geometry = node.inputs[0], op.geometry
        height, width, channels = value.type.shape
        stream = self._pixels(node)
        tile, columns = geometry.kernel, geometry.output_size(height, width)[1]
        if not geometry.tiles or height % tile[0] or width % tile[1]:
            pad = neutral_codes(op, value.type.dtype, channels)
            window = WindowUnit.of(node, stream, geometry, 1, pad)
            self.units.append(window.resized(window.least_buffer(window.output.beats)))
            stream, tile, columns = window.output, (1, geometry.taps), 1
        output = Stream.of(node.name, node.output, stream.lanes)
        unit = PoolUnit(node.name, node.origin, (stream,), (output,), op.kind, *tile, columns, op.minimum)
        self._finish(node, unit)

    def _join(self, node: Node, op: Join) -> None:
        lanes = self.folding[node.name].pe
        streams = []
        for index in range(len(node.inputs)):
            stream = self._pixels(node, index)
            streams.append(stream if len(node.inputs) == 1 else self._fifo(node, stream, stream.beats, str(index)))
        output = Stream.of(node.name, node.output, lanes)
        if isinstance(op, Sum) and op.of_elements(output.elements):  # of one vector each element is a channel
            streams = [replace(each, vectors=1, elements=each.size) for each in streams]
            output = replace(output, vectors=1, elements=output.size)
        operands = node.name, node.origin, tuple(streams), (output,)
        if isinstance(op, Sum) and len(op.gains) > 1:
            self._finish(node, DepthwiseUnit.gain(*operands, op.gains))
        elif isinstance(op, Sum):
            self._finish(node, AddUnit(*operands, tuple(op.gains.reshape(-1).tolist())))
        elif isinstance(op, Concat):
            self._finish(node, ConcatUnit(*operands, rounds=math.prod(node.output.type.shape[: op.axis])))
        else:
            self._finish(node, ScaleUnit(*operands))

    def _gather(self, node: Node, op: Gather) -> None:
        """A unit that drops the beats that go nowhere, and one that moves the others; neither where neither is."""
        stream, lanes = self._pixels(node), self.folding[node.name].pe
        output = Stream.of(node.name, node.output, lanes)
        used, moved = np.unique(op.places[::lanes] // lanes, return_inverse=True)
        in_order = np.array_equal(moved, np.arange(used.size))
        if used.size < stream.beats:
            select = SelectUnit.of(node, stream, used, output if in_order else None)
            if in_order:
                self._finish(node, select)
                return
            self.units.append(select)
            stream = select.output
        elif in_order:  # another shape of the same codes
            self._give(node.output, replace(output, name=stream.name))
            return
        reorder = ReorderUnit.of(node, stream, output, moved)
        self._finish(node, reorder.resized(reorder.least_buffer(reorder.output.beats)))

    def _pointwise(self, node: Node) -> None:
        stream = self._pixels(node)
        if isinstance(node.op, ArgMax | Magnitude):
            kind = ArgmaxUnit if isinstance(node.op, ArgMax) else MagnitudeUnit
            self._finish(node, kind(node.name, node.origin, (stream,), (Stream.of(node.name, node.output, 1),)))
            return
        assert isinstance(node.op, Threshold)
        output = Stream.of(node.name, node.output, stream.lanes)
        if is_searched(node.op, stream.dtype):
            steps = chain(node.name, node.origin, stream, output, node.op)
            *before, last = chained(steps, self.choices, self.part, self.placements)
            self.units += before
            self._finish(node, last)
            return
        activation = coding.thresholding(node.op, stream.dtype, output.vector_beats)
        self._finish(node, ThresholdUnit(node.name, node.origin, (stream,), (output,), activation))
