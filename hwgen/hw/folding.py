"""Folding: how many outputs (PE) and inputs (SIMD) each layer computes in a cycle."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.gathers import legal_lanes
from hwgen.hw.kernels.search import is_searched
from hwgen.hw.matrices import (
    Folding,
    Target,
    channel_structures,
    conv_cycles,
    conv_folding,
    conv_structures,
    must_divide,
    must_fit,
    product_folding,
    product_structures,
    tap_lanes,
    whole_channels,
)
from hwgen.hw.stream import WIDEST, divisors
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import ArgMax, Concat, Conv, Gather, MatMul, Pool, Scale, Sum, Threshold
from hwgen.ir.types import IntType

MOST_GATE_BITS = 3
"""Bits of the widest code that a gated unit takes: with each bit its thresholds double."""


def folded_layers(graph: Graph) -> tuple[Node, ...]:
    """The nodes that become layers of their own: a threshold behind a product belongs to the product's unit."""
    return tuple(node for node in graph.nodes if not is_fused(graph, node))


def is_fused(graph: Graph, node: Node) -> bool:
    """Whether `node` belongs to a product's unit: the threshold at its end, or the product by a gate in between."""
    if not isinstance(node.op, Threshold):
        return is_gate(graph, node)
    if is_searched(node.op, node.inputs[0].type.dtype):
        return False
    source = graph.producers.get(node.inputs[0].name)
    if source is None or not (isinstance(source.op, MatMul | Conv) or is_gate(graph, source)):
        return False
    return _sole_reader(graph, source) is node


def is_gate(graph: Graph, node: Node) -> bool:
    """Whether `node` multiplies a product's sums by a code of few bits, which is 0 or more, and a threshold follows.

    A gated matrix-vector unit does all three. It takes dense layers and convolutions of one group, of inputs that are
    numbers and not residual planes.
    """
    if not isinstance(node.op, Scale):
        return False
    source, gate = graph.producers.get(node.inputs[0].name), node.inputs[1].type.dtype
    reader = _sole_reader(graph, node)
    few = isinstance(gate, IntType) and not gate.signed and gate.bits <= MOST_GATE_BITS
    ends = (
        reader is not None and isinstance(reader.op, Threshold) and not is_searched(reader.op, node.output.type.dtype)
    )
    if node.inputs[1].type.channels > 1:
        return False
    if source is None or not few or not ends or _sole_reader(graph, source) is not node:
        return False
    match source.op:
        case MatMul(planes=planes):
            return not planes.size
        case Conv(planes=planes, groups=1) as conv:
            return not planes.size and not conv.is_depthwise
        case _:
            return False


def fused_gate(graph: Graph, node: Node) -> Node | None:
    """The product by a gate fused behind `node`, if there is one; the gate itself comes from another unit."""
    reader = _sole_reader(graph, node)
    if reader is None or not is_gate(graph, reader) or reader.inputs[0] != node.output:
        return None
    return reader


def fused_threshold(graph: Graph, node: Node) -> Node | None:
    """The threshold fused behind `node`, if there is one."""
    reader = _sole_reader(graph, fused_gate(graph, node) or node)
    return reader if reader is not None and isinstance(reader.op, Threshold) and is_fused(graph, reader) else None


def _sole_reader(graph: Graph, node: Node) -> Node | None:
    """The one node that reads what `node` gives; None where there are others, or where it leaves the chip."""
    readers = graph.users.get(node.output.name, ())
    return readers[0] if len(readers) == 1 and not graph.leaves(node.output) else None


def plane_folds_of(layer: Node, folded_planes: Collection[str]) -> int:
    """Passes over the weights of a layer: one for each residual plane where `folded_planes` names it, else one."""
    planes = layer.op.planes.size if isinstance(layer.op, MatMul | Conv) else 0
    return int(planes) if planes and layer.name in folded_planes else 1


def resolve(
    graph: Graph,
    requested: Mapping[str, LayerFolding],
    target_interval: int,
    folded_planes: Collection[str] = (),
    whole_windows: Collection[str] = (),
) -> dict[str, Folding]:
    """PE and SIMD of every layer: as requested, else the least hardware that meets `target_interval` cycles.

    Args:
        folded_planes: names of layers whose residual planes go through one array, one after another.
        whole_windows: names of convolutions that may take all taps of a window at once where that is too slow tap by
            tap.

    Raises:
        FoldingError: an unknown layer, a PE or SIMD beyond the layer's size, SIMD where there is none.
    """
    layers = folded_layers(graph)
    names = [layer.name for layer in layers]
    for name in requested:
        if name not in names:
            must = f"must name a layer ({', '.join(names)})"
            raise FoldingError(f"folding of {name}", must, *_who_is_meant(graph, name, names))
    found: dict[str, Folding] = {}
    for layer in reversed(layers):  # a layer without weights follows its reader's lanes
        wish = requested.get(layer.name, LayerFolding())
        plane_folds = plane_folds_of(layer, folded_planes)
        target = Target(target_interval, plane_folds, layer.name in whole_windows)
        found[layer.name] = _layer_folding(graph, layer, wish, target, found)
    _follow_producers(graph, layers, requested, found)  # what they write is known by now
    return {name: found[name] for name in names}


def following(
    graph: Graph,
    layers: Sequence[Node],
    folding: Mapping[str, Folding],
    requested: Mapping[str, LayerFolding],
    target_interval: int,
) -> dict[str, Folding]:
    """What `resolve` gives where PE and SIMD of layers with matrices or a SIMD above 1 are as they are in `folding`.

    `layers` are the `folded_layers`, for a look at many foldings.
    """
    found = dict(folding)
    for layer in reversed(layers):
        if found[layer.name].simd == 1 and not _has_matrix(layer):
            wish = requested.get(layer.name, LayerFolding())
            found[layer.name] = _plain_folding(graph, layer, wish, target_interval, found)
    _follow_producers(graph, layers, requested, found)
    return found


def structures(graph: Graph, layer: Node, target: Target) -> list[Folding]:
    """For each SIMD of a layer the folding of the fewest PE that meets `target`; none of a layer without SIMD."""
    match layer.op:
        case MatMul(weights=weights):
            each = target.each(layer.output.type.elements // len(weights))
            return product_structures(weights.shape, each, _widest_lanes(graph, layer))
        case Conv() as op if not op.is_depthwise:
            return conv_structures(layer, op, target, _widest_lanes(graph, layer))
        case Conv() as op:
            return channel_structures(layer, op, target, _widest_lanes(graph, layer).pe)
        case _:
            return []


def unfolded(layer: Node) -> Folding | None:
    """The folding that takes a vector or a window a cycle; None for a layer that computes by groups or channels."""
    match layer.op:
        case MatMul(weights=weights):
            return Folding(*weights.shape)
        case Conv(weights=weights, groups=1):
            return Folding(weights.shape[0], weights[0].size)
        case _:
            return None


def _has_matrix(layer: Node) -> bool:
    return isinstance(layer.op, MatMul) or (isinstance(layer.op, Conv) and not layer.op.is_depthwise)


def _follow_producers(
    graph: Graph, layers: Sequence[Node], requested: Mapping[str, LayerFolding], found: dict[str, Folding]
) -> None:
    """Fold top-1 units, which read the lanes that their producer writes."""
    for layer in layers:
        if isinstance(layer.op, ArgMax) and requested.get(layer.name, LayerFolding()).pe is None:
            producer = graph.producers.get(layer.inputs[0].name)
            if producer is not None:
                found[layer.name] = Folding(pe=found[_unit_name(graph, producer)].pe)


def _who_is_meant(graph: Graph, name: str, names: list[str]) -> tuple[str, str]:
    """The description of the unknown layer `name` in an error, and what to write instead."""
    for node in graph.nodes:
        if node.name == name:  # not a layer of its own
            owner = _unit_name(graph, node)
            return f"{name}, the activation of {owner}", f"Fold {owner}"
    close = difflib.get_close_matches(name, names, n=1)
    return name, f"Did you mean {close[0]}?" if close else "Use one of these names"


def _unit_name(graph: Graph, node: Node) -> str:
    return _unit_name(graph, graph.producers[node.inputs[0].name]) if is_fused(graph, node) else node.name


def _layer_folding(
    graph: Graph, layer: Node, wish: LayerFolding, target: Target, found: Mapping[str, Folding]
) -> Folding:
    match layer.op:
        case MatMul(weights=weights):
            pixels = layer.output.type.elements // len(weights)
            return product_folding(layer, wish, target.each(pixels), weights.shape, _widest_lanes(graph, layer))
        case Conv() as op if not op.is_depthwise:
            return conv_folding(layer, op, wish, target, _widest_lanes(graph, layer))
        case Conv() as op:
            return _depthwise_folding(graph, layer, op, wish, target, found)
        case _:
            if wish.simd is not None:
                must, change = "has one lane count, PE, and no SIMD", "Give PE alone"
                raise FoldingError(layer.label, must, f"SIMD {wish.simd}", change)
            return _plain_folding(graph, layer, wish, target.cycles, found)


def _depthwise_folding(
    graph: Graph, layer: Node, op: Conv, wish: LayerFolding, target: Target, found: Mapping[str, Folding]
) -> Folding:
    """Tap by tap, in its reader's lanes, unless SIMD, or the target, wants all taps of a window at once."""
    taps = op.geometry.taps
    if wish.simd not in (None, 1, taps):
        must = f"SIMD must be 1, or the {taps} taps of a window" if taps > 1 else "SIMD must be 1, as its windows are"
        change = f"Use 1 or {taps}, and PE for channels" if taps > 1 else "Give PE alone"
        raise FoldingError(layer.label, must, f"SIMD {wish.simd}", change)
    by_tap = _plain_folding(graph, layer, wish, target.cycles, found)
    if wish.simd == taps > 1:
        must_divide(layer, "PE", wish.pe, op.groups, "channels")
        return whole_channels(layer, op, wish.pe, target.cycles) or Folding(1, taps)
    cycles = conv_cycles(layer, op, by_tap)
    if wish.simd == 1 or not target.whole or cycles <= target.cycles:
        return by_tap
    whole = whole_channels(layer, op, wish.pe, target.cycles)
    return whole if whole and conv_cycles(layer, op, whole) < cycles else by_tap


def _widest_lanes(graph: Graph, layer: Node) -> Folding:
    """The most PE and SIMD of which a stream is no wider than an HLS tool takes, nor a column of windows."""
    rows = layer.op.geometry.kernel[0] if isinstance(layer.op, Conv) and layer.op.geometry.taps > 1 else 1
    written = (fused_threshold(graph, layer) or layer).output.type.dtype
    return Folding(max(1, WIDEST // written.bits), max(1, WIDEST // (rows * layer.inputs[0].type.dtype.bits)))


def _plain_folding(graph: Graph, layer: Node, wish: LayerFolding, target: int, found: Mapping[str, Folding]) -> Folding:
    """The lanes of a layer that computes channel by channel: its reader's, or as many as the target asks for."""
    legal = channelwise_lanes(layer)
    must_fit(layer, "PE", wish.pe, layer.inputs[0].type.channels, "channels")
    if isinstance(layer.op, Concat):
        must_divide(layer, "PE", wish.pe, legal[-1], "channels that all its inputs are multiples of")
    elif keeps_whole(layer) and not isinstance(layer.op, Gather):
        must_divide(layer, "PE", wish.pe, legal[-1], "channels")
    elif isinstance(layer.op, Gather) and wish.pe is not None and wish.pe not in legal:
        must = "PE must be a number of elements that lie side by side before and after, wherever they move"
        change = f"Use one of {', '.join(map(str, legal))}"
        raise FoldingError(layer.label, must, f"PE {wish.pe}", change)
    if wish.pe is not None:
        return Folding(pe=wish.pe)
    bits = max(layer.inputs[0].type.dtype.bits, layer.output.type.dtype.bits)
    needed = _least_lanes(legal, beats_for_one_lane(layer), target, max(1, WIDEST // bits))
    lanes = _reader_lanes(graph, layer, found)
    follows = lanes >= needed and (lanes in legal or not keeps_whole(layer))
    return Folding(pe=lanes if follows and not _is_dear(graph, layer) else needed)


def channelwise_lanes(layer: Node) -> Sequence[int]:
    """Lanes, ascending, that cut the channels of a layer without SIMD into whole beats, on all its sides."""
    channels = math.gcd(*(value.type.channels for value in layer.inputs))
    match layer.op:
        case Concat():
            return divisors(channels)
        case Gather() as op:
            return legal_lanes(op, math.gcd(channels, layer.output.type.channels))
        case _:
            return divisors(layer.inputs[0].type.channels)


def keeps_whole(layer: Node) -> bool:
    """Whether all beats of `layer` must be full, those at the end of a pixel too."""
    op = layer.op
    of_elements = isinstance(op, Sum) and op.of_elements(layer.output.type.channels)
    return isinstance(op, Concat | Gather) or of_elements or _has_search(layer)


def _has_search(layer: Node) -> bool:
    """Whether `layer` becomes a chain of search units, each with a memory for each lane."""
    return isinstance(layer.op, Threshold) and is_searched(layer.op, layer.inputs[0].type.dtype)


def _is_dear(graph: Graph, layer: Node) -> bool:
    """Whether each lane of `layer` multiplies, compares products, or has memories: as many as needed, and no more."""
    source = graph.producers.get(layer.inputs[0].name)
    behind = isinstance(layer.op, Threshold) and source is not None and isinstance(source.op, Scale)
    return behind or isinstance(layer.op, Scale) or _has_search(layer)


def _reader_lanes(graph: Graph, layer: Node, found: Mapping[str, Folding]) -> int:
    """Lanes in which the first reader of `layer` takes its channels; 0 where it does not."""
    readers = graph.users.get(layer.output.name, ())
    if not readers or readers[0].name not in found:
        return 0
    reader, channels = readers[0], layer.output.type.channels
    folding = found[reader.name]
    match reader.op:
        case MatMul(weights=weights):
            return folding.simd if weights.shape[1] == channels else 0
        case Conv() as op:
            return tap_lanes(op, folding)
        case _:
            return min(folding.pe, channels)


def beats_for_one_lane(layer: Node) -> int:
    """Cycles a frame that a layer without SIMD takes with PE 1."""
    source, result = layer.inputs[0].type, layer.output.type
    match layer.op:
        case Conv(geometry=geometry):
            return max(source.elements, result.elements * geometry.taps)
        case Pool(geometry=geometry) if not geometry.tiles:
            return max(source.elements, result.elements * geometry.taps)
        case _:
            return max(source.elements, result.elements)


def _least_lanes(legal: Sequence[int], beats: int, target: int, most: int) -> int:
    """The fewest of the `legal` lanes, at most `most`, with which `beats` beats of one lane take at most `target`."""
    few = [lanes for lanes in legal if lanes <= most]
    return next((lanes for lanes in few if beats // lanes <= target), few[-1])
