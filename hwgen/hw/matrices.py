"""PE and SIMD of a layer with a matrix of weights: which there are, and the cheapest for a target.

A convolution takes one tap of its windows at a time, SIMD channels of it, or all taps at once: then SIMD is a number of
taps times lanes, so many that it is more than the channels of a group. With fewer it would be no faster than one tap at
a time. A depthwise one takes PE channels, one tap of each at a time or, with a SIMD of as many, all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.kernels import windows
from hwgen.hw.stream import WIDEST, ceil_div, divisors
from hwgen.ir.graph import Node
from hwgen.ir.ops import Conv


@dataclass(frozen=True)
class Folding:
    """PE output lanes and SIMD input lanes computed in one cycle."""

    pe: int = 1
    simd: int = 1


def takes_whole_windows(op: Conv, folding: Folding) -> bool:
    """Whether a convolution takes all taps of a window at once."""
    return bool(folding.simd > op.weights.shape[3])


def tap_lanes(op: Conv, folding: Folding) -> int:
    """Channels of a tap, and of a pixel, that a convolution takes at once."""
    if op.is_depthwise:
        return folding.pe
    return folding.simd // op.geometry.taps if takes_whole_windows(op, folding) else folding.simd


@dataclass(frozen=True)
class Target:
    """Cycles a frame of a layer.

    Attributes:
        plane_folds: how often it passes over its weights.
        whole: whether a convolution that is too slow tap by tap may take all taps at once.
    """

    cycles: int
    plane_folds: int = 1
    whole: bool = False

    def each(self, repeats: int) -> int:
        """Cycles of one product of `repeats` a frame, once over the weights."""
        return max(1, self.cycles // (repeats * self.plane_folds))


def product_folding(
    layer: Node, wish: LayerFolding, target: int, sizes: tuple[int, int], most: Folding, taps: int = 1
) -> Folding:
    """The folding of a product of (outputs, inputs) that has `target` cycles for one group of a pixel."""
    outputs, inputs = sizes
    must_fit(layer, "PE", wish.pe, outputs, "neurons")
    must_fit(layer, "SIMD", wish.simd, inputs, "inputs" if taps == 1 else "input channels")
    return cheapest(outputs, inputs, target, wish, taps, most)


def conv_folding(layer: Node, op: Conv, wish: LayerFolding, target: Target, most: Folding) -> Folding:
    """The folding of a convolution that is not depthwise: tap by tap unless its SIMD, or the target, wants all taps."""
    sizes = op.weights.shape[0] // op.groups, op.weights.shape[3]
    if op.groups > 1:
        must_divide(layer, "PE", wish.pe, sizes[0], "outputs of a group")
    if wish.simd is not None and wish.simd > sizes[1] and op.geometry.taps > 1:
        return _given_whole(layer, op, wish, target)
    if op.groups > 1:
        must_divide(layer, "SIMD", wish.simd, sizes[1], "input channels of a group")
    folding = _tap_folding(layer, op, wish, target, most)
    cycles = conv_cycles(layer, op, folding, target.plane_folds)
    if not target.whole or wish.simd is not None or cycles <= target.cycles:
        return folding
    whole = _whole_folding(layer, op, wish.pe, target, _whole_lanes(layer, op))
    return whole if whole and conv_cycles(layer, op, whole, target.plane_folds) < cycles else folding


def _tap_folding(layer: Node, op: Conv, wish: LayerFolding, target: Target, most: Folding) -> Folding:
    """The folding of a convolution tap by tap."""
    out, per_group = op.weights.shape[0] // op.groups, op.weights.shape[3]
    height, width, _ = layer.output.type.shape
    each = target.each(height * width * op.groups)
    folding = product_folding(layer, wish, each, (out, per_group), most, op.geometry.taps)
    # The window unit reads the image with the same lanes, and must not become the bottleneck.
    pixels = layer.inputs[0].type.elements // layer.inputs[0].type.channels
    if wish.simd is None and pixels * op.groups * ceil_div(per_group, folding.simd) > target.cycles:
        legal = [d for d in divisors(per_group) if d <= most.simd]
        wider = [d for d in legal if pixels * op.groups * (per_group // d) <= target.cycles]
        simd = wider[0] if wider else legal[-1]
        return cheapest(out, per_group, each, LayerFolding(pe=wish.pe, simd=simd), op.geometry.taps, most)
    return folding


def _whole_lanes(layer: Node, op: Conv) -> list[int]:
    """The lanes of a tap, ascending, with which all taps at once are of use and fit a word that an HLS tool takes."""
    taps, bits = op.geometry.taps, layer.inputs[0].type.dtype.bits + op.geometry.pads
    per_group = op.weights.shape[3]
    return [d for d in divisors(per_group) if per_group < taps * d <= WIDEST // bits]


def _given_whole(layer: Node, op: Conv, wish: LayerFolding, target: Target) -> Folding:
    """The folding of all taps at once with the SIMD that the user wants. Raises: FoldingError."""
    taps, per_group = op.geometry.taps, op.weights.shape[3]
    must_fit(layer, "PE", wish.pe, op.weights.shape[0] // op.groups, "neurons")
    legal = [d for d in divisors(per_group) if taps * d > per_group]
    lanes, rest = divmod(wish.simd or 0, taps)
    if rest or lanes not in legal:
        simd = ", ".join(str(taps * each) for each in legal)
        must = f"SIMD must be 1 to {per_group}, the layer's input channels"
        change = f"Lower SIMD in the folding, or use one of {simd}"
        if op.groups > 1:
            must = f"SIMD must divide the {per_group} input channels of a group"
            change = f"Use one of {', '.join(map(str, divisors(per_group)))}, {simd}"
        must = f"{must}, or be the {taps} taps of a window times a divisor of them"
        raise FoldingError(layer.label, must, f"SIMD {wish.simd}", change)
    folding = _whole_folding(layer, op, wish.pe, target, [lanes])
    assert folding is not None
    return folding


def _whole_folding(layer: Node, op: Conv, pe: int | None, target: Target, lanes: list[int]) -> Folding | None:
    """The cheapest folding with all taps at once that meets `target`, or as close to it as there is; None for none."""
    outputs, best = op.weights.shape[0] // op.groups, None
    for wide in lanes:
        for high in (pe,) if pe else divisors(outputs):
            folding = Folding(high, op.geometry.taps * wide)
            cycles = conv_cycles(layer, op, folding, target.plane_folds)
            rank = max(cycles, target.cycles), folding.pe * folding.simd, max(folding.pe, folding.simd)
            if best is None or rank < best[0]:
                best = rank, folding
    return best and best[1]


def conv_cycles(layer: Node, op: Conv, folding: Folding, plane_folds: int = 1) -> int:
    """Cycles a frame of a convolution and of its window unit."""
    (height, width, _), (down, across, _) = layer.inputs[0].type.shape, layer.output.type.shape
    lanes, whole = tap_lanes(op, folding), takes_whole_windows(op, folding)
    beats = ceil_div(op.groups, lanes) if op.is_depthwise else op.groups * ceil_div(op.weights.shape[3], lanes)
    scanned = windows.scanned(op.geometry, height, width) if whole else 0
    folds = plane_folds * ceil_div(op.weights.shape[0] // op.groups, folding.pe) * (1 if whole else op.geometry.taps)
    return beats * max(height * width, scanned, down * across * folds)


def whole_channels(layer: Node, op: Conv, pe: int | None, target: int) -> Folding | None:
    """The fewest PE of a depthwise convolution with all taps at once that meet `target`, or come closest.

    None for none. Words are no wider than an HLS tool takes, unless the user gives PE.
    """
    taps, written = op.geometry.taps, layer.output.type.dtype.bits
    widest = max(taps * (layer.inputs[0].type.dtype.bits + op.geometry.pads), written)
    legal = (pe,) if pe else [each for each in divisors(op.groups) if each * widest <= WIDEST]
    found = [Folding(each, taps) for each in legal if taps > 1 and op.groups % each == 0]
    return min(found, key=lambda each: (max(conv_cycles(layer, op, each), target), each.pe), default=None)


def channel_structures(layer: Node, op: Conv, target: Target, most: int) -> list[Folding]:
    """The fewest PE, at most `most`, of a depthwise convolution tap by tap that meet `target`, and with all taps."""
    lanes = [Folding(each) for each in divisors(op.groups) if each <= most]
    found = [each for each in lanes if conv_cycles(layer, op, each) <= target.cycles][:1]
    whole = whole_channels(layer, op, None, target.cycles) if target.whole else None
    return [*found, whole] if whole and conv_cycles(layer, op, whole) <= target.cycles else found


def product_structures(sizes: tuple[int, int], target: int, most: Folding) -> list[Folding]:
    """For each SIMD of a product of (outputs, inputs) the fewest PE that take at most `target` cycles for a pixel."""
    outputs, inputs = sizes
    simds = [each for each in divisors(inputs) if each <= most.simd]
    return _fewest_pe(outputs, simds, most.pe, target, lambda each: ceil_div(outputs, each.pe) * (inputs // each.simd))


def conv_structures(layer: Node, op: Conv, target: Target, most: Folding) -> list[Folding]:
    """The same of a convolution that is not depthwise, tap by tap and, where `target` lets it, all taps at once."""
    simds = [each for each in divisors(op.weights.shape[3]) if each <= most.simd]
    if target.whole and op.geometry.taps > 1:
        simds += [op.geometry.taps * each for each in _whole_lanes(layer, op)]
    outputs = op.weights.shape[0] // op.groups
    return _fewest_pe(
        outputs, simds, most.pe, target.cycles, lambda each: conv_cycles(layer, op, each, target.plane_folds)
    )


def _fewest_pe(
    outputs: int, simds: list[int], most: int, target: int, cycles: Callable[[Folding], int]
) -> list[Folding]:
    """For each SIMD the folding of the fewest PE that takes at most `target` cycles, where there is one."""
    found = []
    for simd in simds:
        few = (each for each in divisors(outputs) if each <= most and cycles(Folding(each, simd)) <= target)
        if pe := next(few, None):
            found.append(Folding(pe, simd))
    return found


def must_fit(layer: Node, what: str, value: int | None, size: int, unit: str) -> None:
    """A number that the user wants must not exceed the layer's size. Raises: FoldingError."""
    if value is not None and value > size:
        must = f"{what} must be 1 to {size}, the layer's {unit}"
        raise FoldingError(layer.label, must, f"{what} {value}", f"Lower {what} in the folding")


def must_divide(layer: Node, what: str, value: int | None, size: int, unit: str) -> None:
    """A number that the user wants must divide the layer's size. Raises: FoldingError."""
    if value is not None and size % value:
        legal = ", ".join(map(str, divisors(size)))
        must = f"{what} must divide the {size} {unit}"
        raise FoldingError(layer.label, must, f"{what} {value}", f"Use one of {legal}")


def cheapest(
    outputs: int, inputs: int, target: int, wish: LayerFolding, taps: int = 1, most: Folding | None = None
) -> Folding:
    """The folding with the fewest PE * SIMD that takes at most `target` cycles, or as close to it as there is.

    Only divisors of the layer's sizes are tried, up to `most`; of equals, the one whose PE and SIMD are closest.
    """
    most = most or Folding(outputs, inputs)
    best: tuple[tuple[int, int, int], Folding] | None = None
    for pe in (wish.pe,) if wish.pe else (each for each in divisors(outputs) if each <= most.pe):
        for simd in (wish.simd,) if wish.simd else (each for each in divisors(inputs) if each <= most.simd):
            cycles = ceil_div(outputs, pe) * ceil_div(inputs, simd) * taps
            rank = (max(cycles, target), pe * simd, max(pe, simd))
            if best is None or rank < best[0]:
                best = rank, Folding(pe, simd)
    assert best is not None
    return best[1]
