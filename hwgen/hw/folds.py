"""The foldings that a layer can take, and the cycles that they cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hwgen.hw.folding import beats_for_one_lane, channelwise_lanes, folded_layers, plane_folds_of
from hwgen.hw.kernels import windows
from hwgen.hw.matrices import Folding, conv_cycles
from hwgen.hw.stream import ceil_div, divisors
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv, MatMul


@dataclass(frozen=True)
class MvtuShape:
    """The size of a layer with PE and SIMD: `repeats` products of `inputs` by `outputs` a frame, with plane folds.

    Of a convolution these are the products of one tap; with more SIMD than inputs all `taps` are taken at once.
    """

    outputs: int
    inputs: int
    repeats: int
    taps: int = 1

    def cycles(self, folding: Folding) -> int:
        """Cycles a frame."""
        neurons = ceil_div(self.outputs, folding.pe)
        if self.is_whole(folding):
            return self.repeats // self.taps * neurons * ceil_div(self.inputs * self.taps, folding.simd)
        return self.repeats * neurons * ceil_div(self.inputs, folding.simd)

    def is_whole(self, folding: Folding) -> bool:
        """Whether all taps are taken at once."""
        return folding.simd > self.inputs


def mvtu_shape_of(layer: Node, folded_planes: Collection[str] = ()) -> MvtuShape | None:
    """The size of a layer with PE and SIMD; None for one that computes channel by channel.

    Args:
        folded_planes: names of layers whose residual planes go through one array, one after another.
    """
    plane_folds = plane_folds_of(layer, folded_planes)
    match layer.op:
        case MatMul(weights=weights):
            outputs, inputs = weights.shape
            return MvtuShape(outputs, inputs, layer.output.type.elements // outputs * plane_folds)
        case Conv() as op if not op.is_depthwise:
            height, width, _ = layer.output.type.shape
            taps, sizes = op.geometry.taps, (op.weights.shape[0] // op.groups, op.weights.shape[3])
            return MvtuShape(*sizes, height * width * op.groups * taps * plane_folds, taps)
        case _:
            return None


def folding_entries(graph: Graph, folding: Mapping[str, Folding]) -> dict[str, dict[str, int]]:
    """`folding` as a folding file has it: PE alone for layers without a matrix, unless they take all taps at once."""
    entries: dict[str, dict[str, int]] = {}
    for name, each in folding.items():
        both = each.simd > 1 or mvtu_shape_of(graph.node(name)) is not None
        entries[name] = {"pe": each.pe, "simd": each.simd} if both else {"pe": each.pe}
    return entries


def intervals(
    graph: Graph, folded_planes: Collection[str] = (), whole_windows: Collection[str] = ()
) -> tuple[int, ...]:
    """Every number of cycles a frame that some layer of `graph` can take, ascending; among them every interval.

    Args:
        folded_planes: as in `mvtu_shape_of`.
        whole_windows: names of convolutions that may take all taps of a window at once.
    """
    found: set[int] = set()
    for layer in folded_layers(graph):
        found |= _layer_cycles(layer, folded_planes, layer.name in whole_windows)
    return tuple(sorted(found))


def _layer_cycles(layer: Node, folded_planes: Collection[str], whole: bool) -> set[int]:
    shape = mvtu_shape_of(layer, folded_planes)
    if shape is None:
        found = {beats_for_one_lane(layer) // each for each in channelwise_lanes(layer)}
        if whole and isinstance(layer.op, Conv):
            foldings = (Folding(each, layer.op.geometry.taps) for each in divisors(layer.op.groups))
            found |= {conv_cycles(layer, layer.op, each) for each in foldings}
        return found
    cycles = {
        shape.repeats * outputs * inputs for outputs in divisors(shape.outputs) for inputs in divisors(shape.inputs)
    }
    if isinstance(layer.op, Conv):  # the sliding window unit in front reads the image
        pixels = layer.inputs[0].type.elements // layer.inputs[0].type.channels
        beats = [layer.op.groups * inputs for inputs in divisors(shape.inputs)]
        cycles |= {pixels * each for each in beats}
        if whole:
            height, width, _ = layer.inputs[0].type.shape
            scanned = windows.scanned(layer.op.geometry, height, width)
            products = shape.repeats // shape.taps // layer.op.groups
            cycles |= {scanned * each for each in beats}
            cycles |= {products * each * outputs for each in beats for outputs in divisors(shape.outputs)}
    return cycles
