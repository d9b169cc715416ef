"""The cheapest structure of each layer for the interval of a design.

A layer with a matrix of weights can be folded in several ways that keep an interval: fewer PE and more SIMD, windows
tap by tap or whole, or not at all, so that its weights are constants and their sums can be wired. One bill decides: the
share of the part that the whole design takes (`hwgen.hw.device.Device.share`), adapters between the layers included.
"""

from __future__ import annotations

from collections.abc import Mapping

from hwgen.config import LayerFolding
from hwgen.hw.adders.digits import DIGIT_LUTS
from hwgen.hw.adders.search import MOST_DIGITS
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.folding import folded_layers, following, unfolded
from hwgen.hw.matrices import Folding
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Resources
from hwgen.hw.stream import WIDEST
from hwgen.hw.words import widest_bits
from hwgen.ir.graph import Node

_MORE_LANES = 1.5
"""A folding of more than so many times the fewest lanes costs more."""

_LIKELY = 2
"""Graphs of adders take at least so many times the LUTs that are the least of all (`hwgen.hw.adders.digits`)."""

_TRIED = 1 << 14
"""Digits of a layer's weights, times bits of its inputs, up to which a graph is found in a second or two."""


def cheapest_structures(problem: Problem, folding: Mapping[str, Folding]) -> dict[str, Folding]:
    """`folding` with the layers that the user left open folded as they cost least.

    The design is as fast as before, and no further from a clock that pipeline registers are for. From the last layer to
    the first each takes its cheapest structure while the others keep theirs; layers that follow its lanes follow.
    """
    search = _Search(problem, dict(folding))
    for layer in reversed(search.layers):
        if problem.wishes.get(layer.name, LayerFolding()) == LayerFolding():
            search.look_at_all(layer)
    return search.folding


class _Search:
    """The cheapest folding so far, of those as fast as the first."""

    def __init__(self, problem: Problem, folding: dict[str, Folding]) -> None:
        self.problem, self.folding, self.design = problem, folding, problem.draft(folding)
        self.layers = folded_layers(problem.graph)
        self.bound, self.late = self.design.bound, problem.late_ns(self.design)
        self.rank = rank(problem, self.design)

    def look_at_all(self, layer: Node) -> None:
        """Take the cheapest structure of `layer`; none of many more lanes than it needs is looked at."""
        others = self.problem.structures(layer, self.bound)
        fewest = min((each.pe * each.simd for each in others), default=0)
        for each in others:
            if each.pe * each.simd <= _MORE_LANES * fewest:
                self.look_at(layer, each)
        whole, luts = unfolded(layer), self.problem.wired_luts(layer)
        if whole is not None and luts is not None and self.may_be_wired(layer, luts):
            self.look_at(layer, whole)

    def look_at(self, layer: Node, other: Folding) -> None:
        """Take another folding of `layer` if the design costs less with it."""
        if other == self.folding[layer.name]:
            return
        changed = {**self.folding, layer.name: other}
        folding = following(self.problem.graph, self.layers, changed, self.problem.wishes, self.bound)
        design = self.problem.draft(folding)
        if design.bound > self.bound or self.problem.late_ns(design) > self.late:
            return
        if (found := rank(self.problem, design)) < self.rank:
            self.folding, self.design, self.rank = folding, design, found

    def may_be_wired(self, layer: Node, luts: int) -> bool:
        """Whether a graph of adders may cost less than the unit of `layer`, and is quickly found."""
        device, unit = self.problem.device, next(unit for unit in self.design.units if unit.name == layer.name)
        quick = luts <= DIGIT_LUTS * _TRIED
        return quick and device.share(Resources(lut=_LIKELY * luts)) < device.share(self.problem.price(unit))


def rank(problem: Problem, design: Design) -> tuple[bool, float]:
    """Designs with words that an HLS tool takes come first, then those that take a smaller share of the part."""
    return widest_bits(design) > WIDEST, problem.device.share(problem.resources(design))


def unwired(design: Design) -> tuple[str, ...]:
    """A warning of the layers of constants that have too many weights to look for a graph of adders."""
    if device_of(design.part).family is Family.ECP5:
        return ()
    digits = {unit.name: unit.constant_digits for unit in design.units}
    found = [f"{name} ({count:,})" for name, count in digits.items() if count > MOST_DIGITS]
    if not found:
        return ()
    most = f"a graph of adders is looked for up to {MOST_DIGITS:,} digits of constant weights"
    return (f"{most}, and {', '.join(found)} cost more LUT without one: fold to more words, or split the layer",)
