"""An integer network to fold for a part: the foldings that it can take, their designs, and what these take."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from operator import attrgetter
from typing import Any

from hwgen.config import LayerFolding
from hwgen.hw.adders.digits import least_luts
from hwgen.hw.choices import Choices, why_not_streamed
from hwgen.hw.cost import design_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Device, Family, device_of
from hwgen.hw.external import external_memories
from hwgen.hw.fifo import size_fifos
from hwgen.hw.folding import folded_layers, fused_gate, plane_folds_of, resolve, structures
from hwgen.hw.folds import MvtuShape, intervals, mvtu_shape_of
from hwgen.hw.lower import draft
from hwgen.hw.matrices import Folding, Target
from hwgen.hw.placements import Placements
from hwgen.hw.pools import least_of, price_of
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.timing import late_ns
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv, MatMul

_AMOUNTS = attrgetter(*(each.name for each in fields(Resources)))
"""What is taken of each kind, in the order of `Resources`."""


@dataclass(frozen=True)
class Problem:
    """An integer network to fold for a part.

    Attributes:
        wishes: PE and SIMD that the user fixed, by layer name.
        whole_windows: names of convolutions that may take all taps of a window at once where that is too slow tap by
            tap.
        prices: what units take that were looked at before; belongs to `graph`.
    """

    graph: Graph
    part: str
    clock_mhz: float
    wishes: Mapping[str, LayerFolding] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    whole_windows: frozenset[str] = frozenset()
    prices: dict[Hashable, Resources] = field(default_factory=dict, compare=False, repr=False)

    def __getstate__(self) -> dict[str, object]:
        """Without what is kept: another thread may add to it while the problem is pickled."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"prices": {}}

    @property
    def device(self) -> Device:
        """Raises: ConfigError."""
        return device_of(self.part)

    def resolve(self, interval: int) -> dict[str, Folding]:
        """The folding by `hwgen.hw.folding.resolve`. Raises: FoldingError."""
        return resolve(self.graph, self.wishes, interval, self.choices.folded_planes, self.whole_windows)

    @property
    def intervals(self) -> tuple[int, ...]:
        """Every number of cycles a frame that some layer can take (`hwgen.hw.folds.intervals`).

        Of a network with external weights the fewest cycles a frame, too, which their memory may set.
        """
        found = intervals(self.graph, self.choices.folded_planes, self.whole_windows)
        return tuple(sorted({*found, self.least_interval})) if self.choices.external else found

    def mvtu_shape_of(self, layer: Node) -> MvtuShape | None:
        """The size of a layer with PE and SIMD; None for one that computes channel by channel."""
        return mvtu_shape_of(layer, self.choices.folded_planes)

    def late_ns(self, design: Design) -> float:
        """What the longest path of all units has beyond the period that registers are for; 0 without registers."""
        return late_ns(design.units, self.choices.pipeline, self._placements.paths)

    def structures(self, layer: Node, interval: int) -> list[Folding]:
        """Foldings of a layer for an interval (`hwgen.hw.folding.structures`), windows whole unless a host rewrites."""
        plane_folds = plane_folds_of(layer, self.choices.folded_planes)
        return structures(self.graph, layer, Target(interval, plane_folds, layer.name not in self.choices.writable))

    def wired_luts(self, layer: Node) -> int | None:
        """LUTs that a graph of adders of a layer takes at least; None without one, or where the user chose a memory."""
        if layer.name not in self._wired_luts:
            self._wired_luts[layer.name] = self._least_wired(layer)
        return self._wired_luts[layer.name]

    def _least_wired(self, layer: Node) -> int | None:
        op = layer.op
        if not self.choices.wired or self.device.family is Family.ECP5:
            return None
        if layer.name in {*self.choices.writable, *self.choices.memory, *self.choices.external}:
            return None
        if not isinstance(op, MatMul | Conv) or op.planes.size or fused_gate(self.graph, layer) is not None:
            return None
        return least_luts(op.weights.reshape(len(op.weights), -1), layer.inputs[0].type.dtype.bits)

    @cached_property
    def _wired_luts(self) -> dict[str, int | None]:
        return {}

    def with_whole_windows(self) -> Problem:
        """The problem in which convolutions may take all taps at once, unless a host rewrites their weights."""
        nodes = (node for node in self.graph.nodes if isinstance(node.op, Conv))
        return self.again(whole_windows=frozenset(node.name for node in nodes) - self.choices.writable)

    def with_external(self, layers: Sequence[str]) -> Problem:
        """The problem in which the weights of these layers lie in the external memory, and no others."""
        external = external_memories(self.graph, layers, self.choices.source)
        return replace(self, choices=replace(self.choices, external=external))

    def may_be_external(self, layer: Node) -> bool:
        """Whether the weights of a layer may go to the external memory: nothing forbids it, and no place was chosen."""
        choices = self.choices
        if not isinstance(layer.op, MatMul | Conv) or layer.name in {*choices.memory, *choices.external}:
            return False
        told = choices.folded_planes, choices.writable, choices.source.width
        return not why_not_streamed(self.graph, layer, *told)

    def pinned(self, folding: Mapping[str, Folding]) -> Problem:
        """The problem with the PE and SIMD of `folding` fixed; layers without SIMD stay free to follow."""
        named = (layer for layer in folded_layers(self.graph) if layer.name in folding)
        layers = (layer for layer in named if mvtu_shape_of(layer) or folding[layer.name].simd > 1)
        fixed = {each.name: LayerFolding(pe=folding[each.name].pe, simd=folding[each.name].simd) for each in layers}
        return self.again(wishes={**self.wishes, **fixed})

    def again(self, **changes: Any) -> Problem:
        """The problem with other wishes or whole windows. Both draft from what either has placed before."""
        other = replace(self, **changes)
        vars(other).update(_placements=self._placements, _folded=self._folded, _compared=self._compared)
        return other

    def draft(self, folding: Mapping[str, Folding]) -> Design:
        """The design of a folding, its FIFOs as `lower` places them, without a digest."""
        return draft(
            self.graph,
            folding,
            part=self.part,
            clock_mhz=self.clock_mhz,
            choices=self.choices,
            placements=self._placements,
        )

    @cached_property
    def least_interval(self) -> int:
        """Cycles a frame of the fastest folding."""
        return self.bound(self.resolve(1))

    def misses(self, interval: int) -> bool:
        """Whether the folding for an interval is slower."""
        return self.bound(self.resolve(interval)) > interval

    def bound(self, folding: Mapping[str, Folding]) -> int:
        """Cycles a frame of a folding. No search of codes is slower than its layer, so none is looked for."""
        return self._compared.draft(folding).bound

    def outline(self, folding: Mapping[str, Folding]) -> Design:
        """The design of a folding before layers are wired or change sides; of the same bound and words."""
        return self._folded.draft(folding)

    @cached_property
    def _folded(self) -> Problem:
        return replace(self, choices=replace(self.choices, wired=False, pooled=False))

    @cached_property
    def _compared(self) -> Problem:
        return replace(self._folded, choices=replace(self._folded.choices, searched=False))

    @cached_property
    def _placements(self) -> Placements:
        """What designs drafted before were made of."""
        return Placements(self.graph, self.prices)

    def sized(self, design: Design, budget: Budget | None = None) -> Design:
        """`design` with its FIFOs sized, around those that the user chose, or until it fits a budget.

        Raises: ConfigError, DeadlockError.
        """
        until = (lambda each: budget.fits(self.resources(each))) if budget is not None else None
        return size_fifos(design, self.choices.fifo_depths, round_up=self.choices.round_fifos, until=until)

    def resources(self, design: Design) -> Resources:
        """What `design` takes of the part."""
        return self._total(design, map(self.price, design.units))

    def least(self, outline: Design) -> Resources:
        """What the design of an outline takes at least, its layers wired or not, of blocks or not."""
        return self._total(outline, map(self._least_price, outline.units))

    def _total(self, design: Design, parts: Iterable[Resources]) -> Resources:
        """What units take together, and the edge of the top level."""
        edge = design_resources(replace(design, units=()), self.device.family)
        return Resources(*map(sum, zip(*map(_AMOUNTS, (edge, *parts)), strict=True)))

    def price(self, unit: Unit) -> Resources:
        """What `unit` takes of the part."""
        return price_of(unit, self.part, self._placements)

    def _least_price(self, unit: Unit) -> Resources:
        price = least_of(unit, self.choices, self.part, self._placements)
        if not self.choices.wired or unit.wired_luts is None:
            return price
        return replace(price, lut=min(price.lut, unit.wired_luts), dsp=0)

    def fps(self, interval: int) -> float:
        """Frames a second."""
        return self.clock_mhz * 1e6 / interval
