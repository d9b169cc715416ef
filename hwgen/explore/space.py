"""The points that a search looks at: seeds over all intervals, then neighbours of the best so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from hwgen.explore.point import Point
from hwgen.hw.folding import folded_layers
from hwgen.hw.folds import MvtuShape
from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.problem import Problem
from hwgen.hw.stream import WIDEST, divisors
from hwgen.hw.words import widest_bits
from hwgen.ir.ops import Conv, MatMul

Item = TypeVar("Item")

STYLES = (None, MemoryStyle.BLOCK, MemoryStyle.LUT)
"""Memory styles of weights; None: by the default rule."""

_SPARE = 2
"""A neighbour's layer has at most this multiple of the lanes that its cycles need."""

_LANES_PER_LUT = 2
"""Foldings of more lanes than this for each LUT of the part are left out: even one-bit products take more."""

_TRIES = 40
"""Neighbours that are drawn for each one that is wanted before the space counts as searched."""


@dataclass(frozen=True)
class Space:
    """The foldings and memory styles of a network that `problem` leaves open."""

    problem: Problem

    @cached_property
    def _with_whole_windows(self) -> Problem:
        return self.problem.with_whole_windows()

    @cached_property
    def products(self) -> dict[str, MvtuShape]:
        """Layers with PE and SIMD that are both open."""
        layers = [layer for layer in folded_layers(self.problem.graph) if layer.name not in self.problem.wishes]
        return {layer.name: product for layer in layers if (product := self.problem.mvtu_shape_of(layer)) is not None}

    @cached_property
    def memories(self) -> tuple[str, ...]:
        """Layers with weights whose memory is open."""
        layers = (node.name for node in self.problem.graph.nodes if isinstance(node.op, MatMul | Conv))
        chosen = self.problem.choices
        return tuple(name for name in layers if name not in {*chosen.memory, *chosen.external})

    @cached_property
    def seeds(self) -> tuple[Point, ...]:
        """The folding of every interval, with memories by the default rule and with all weights in each style.

        Any first few of them already range from the fastest to the slowest.
        """
        problem = self._with_whole_windows
        resolved = [problem.resolve(interval) for interval in problem.intervals]
        most = _LANES_PER_LUT * self.problem.device.capacity.lut
        small = [folding for folding in resolved if self._lanes(folding) <= most and self._streams(folding)]
        small = small or resolved[-1:]
        foldings = list(dict.fromkeys(tuple(folding.items()) for folding in small))
        return tuple(Point(folding, self._all_in(style)) for folding in _spread(foldings) for style in STYLES)

    def _lanes(self, folding: Mapping[str, Folding]) -> int:
        return sum(folding[name].pe * folding[name].simd for name in self.products)

    def _streams(self, folding: Mapping[str, Folding]) -> bool:
        """Whether an HLS tool takes the words of a folding: others cannot be built."""
        return widest_bits(self.problem.outline(folding)) <= WIDEST

    def _all_in(self, style: MemoryStyle | None) -> tuple[tuple[str, MemoryStyle], ...]:
        return tuple((name, style) for name in sorted(self.memories)) if style else ()

    def neighbours(self, parents: Sequence[Point], count: int, taken: set[Point], seed: Sequence[int]) -> list[Point]:
        """Up to `count` new points near `parents`, the same for the same `seed`; fewer where there are no more."""
        rng = np.random.default_rng(seed)
        found: dict[Point, None] = {}
        for _ in range(_TRIES * count):
            if len(found) == count:
                break
            point = self._neighbour(rng, parents[int(rng.integers(len(parents)))])
            if point not in taken and self._streams(dict(point.folding)):
                found[point] = None
        return list(found)

    def _neighbour(self, rng: np.random.Generator, parent: Point) -> Point:
        """The parent with one to three layers folded or kept otherwise, or its memories with another interval."""
        if rng.random() < 0.25:
            return Point(self.seeds[rng.integers(len(self.seeds))].folding, parent.memory)
        folding, memory = dict(parent.folding), dict(parent.memory)
        for _ in range(rng.integers(1, 4)):
            if self.products and rng.random() < 0.5:
                folding = self._refolded(rng, folding)
            elif self.memories:
                name = self.memories[rng.integers(len(self.memories))]
                style = STYLES[rng.integers(len(STYLES))]
                memory = {key: value for key, value in memory.items() if key != name} | ({name: style} if style else {})
        return Point(tuple(folding.items()), tuple(sorted(memory.items(), key=lambda pair: pair[0])))

    def _refolded(self, rng: np.random.Generator, folding: dict[str, Folding]) -> dict[str, Folding]:
        """`folding` with another PE and SIMD of one layer that keep the interval."""
        name = list(self.products)[rng.integers(len(self.products))]
        slowest = max(product.cycles(folding[each]) for each, product in self.products.items())
        choices = list(self._foldings(name, slowest))
        chosen = choices[rng.integers(len(choices))]
        return self._with_whole_windows.pinned({**folding, name: chosen}).resolve(slowest)

    def _foldings(self, name: str, cycles: int) -> Iterator[Folding]:
        """Foldings of a layer of at most `cycles` cycles with not many more lanes than that takes."""
        product = self.products[name]
        simds = divisors(product.inputs)
        if name in self._with_whole_windows.whole_windows:
            simds = simds + [product.taps * each for each in simds if product.taps * each > product.inputs]
        pairs = [Folding(pe, simd) for pe in divisors(product.outputs) for simd in simds]
        quick = [each for each in pairs if product.cycles(each) <= cycles]
        least = min(each.pe * each.simd for each in quick)
        return (each for each in quick if each.pe * each.simd <= _SPARE * least)


def _spread(items: Sequence[Item]) -> list[Item]:
    """`items` in an order of which every beginning is spread over all of them (van der Corput)."""
    bits = len(items).bit_length()
    order = sorted(range(len(items)), key=lambda index: f"{index:0{bits}b}"[::-1])
    return [items[index] for index in order]
