"""Which layers take multiplier blocks and which take LUTs, where a design would take more of one than there is.

Each layer takes what suits its number types (`arithmetics_for`). Where blocks run out, the layers for which a block
saves fewest LUTs move to LUTs; where LUTs run out, those for which it saves most move to blocks. A move changes no
stream and, but for pipeline registers, no cycle.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import reduce
from operator import add

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.choices import Choices
from hwgen.hw.cost import unit_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Device, Family, device_of
from hwgen.hw.kernels.sums import arithmetics_for, is_between
from hwgen.hw.placements import Placements
from hwgen.hw.resources import Resources
from hwgen.hw.timing import pipelined
from hwgen.hw.unit import Unit


@dataclass
class _Layer:
    """A unit of LUTs, and the same of multiplier blocks, with what they take."""

    units: tuple[Unit, Unit]
    taken: tuple[Resources, Resources]
    in_blocks: bool

    @property
    def unit(self) -> Unit:
        return self.units[self.in_blocks]

    @property
    def blocks(self) -> int:
        """What the blocks make more of them."""
        return self.taken[1].dsp - self.taken[0].dsp

    @property
    def luts(self) -> int:
        """What they save."""
        return self.taken[0].lut - self.taken[1].lut

    @property
    def saved(self) -> float:
        """LUTs that a block saves."""
        return self.luts / self.blocks


@dataclass
class _Room:
    """LUTs and multiplier blocks that are left; less than zero where they do not suffice."""

    lut: int
    dsp: int

    def move(self, layer: _Layer) -> None:
        """Make `layer` of the other pool."""
        sign = -1 if layer.in_blocks else 1
        self.lut += sign * layer.luts
        self.dsp -= sign * layer.blocks
        layer.in_blocks = not layer.in_blocks


def usual_arithmetic(unit: Unit, device: Device, *, fixed: bool) -> Arithmetic:
    """What a `unit` with weights takes where nothing is scarce: that of its types.

    In between it is what takes the smallest share of those that take no more LUTs than with a block a product.
    """
    assert unit.weighted is not None
    ways = arithmetics_for(unit.weighted, device.family, fixed=fixed)
    if len(ways) == 1 or not is_between(unit.weighted):
        return ways[0]
    ways = (*ways, Arithmetic.DIRECT)
    taken = [unit_resources(unit.with_arithmetic(way), device.family) for way in ways]
    few = [(device.share(each), way) for way, each in zip(ways, taken, strict=True) if each.lut <= taken[-1].lut]
    return min(few, key=lambda each: each[0])[1]


def balanced(design: Design, choices: Choices, placements: Placements) -> Design:
    """`design` with layers moved between LUTs and multiplier blocks so that both suffice, where they can.

    There is what the budget of `choices` allows, and no more than the part has.
    """
    if not choices.pooled:
        return design
    room = _room(design, choices, placements)
    if room.lut >= 0 and room.dsp >= 0:
        return design
    layers = {unit: layer for unit in design.units if (layer := _layer(unit, choices, design.part, placements))}
    ranked = sorted(layers.values(), key=lambda layer: layer.saved)
    if room.dsp < 0:
        _to_luts(ranked, room)
    if room.lut < 0:
        _to_blocks(ranked[::-1], room)
    units = tuple(layers[unit].unit if unit in layers else unit for unit in design.units)
    moved = replace(design, units=units)
    return moved if room.dsp >= 0 else _without_lines(moved, room.dsp, choices, placements)


def _without_lines(design: Design, room: int, choices: Choices, placements: Placements) -> Design:
    """`design` without multiplied lines, the cheapest first, until there are blocks enough."""
    found: list[tuple[float, int, Unit, tuple[Unit, ...]]] = []
    for unit in design.units:
        price = price_of(unit, design.part, placements)
        ways = [(total_of(way, design.part, placements), way) for way in _lineless(unit, choices, placements)]
        for taken, way in sorted(ways, key=lambda each: each[0].lut)[:1]:
            blocks = price.dsp - taken.dsp
            found.append(((taken.lut - price.lut) / blocks, blocks, unit, way))
    for _, blocks, unit, way in sorted(found, key=lambda each: each[0]):
        if room < 0:
            design = design.with_units(unit, way)
            room += blocks
    return design


def _lineless(unit: Unit, choices: Choices, placements: Placements) -> list[tuple[Unit, ...]]:
    """`unit` with thresholds in place of the line that it multiplies by, compared with or searched."""
    if unit not in placements.compared:
        other = unit.without_line
        placements.compared[unit] = None if other is None else pipelined(other, choices.pipeline)
    compared = placements.compared[unit]
    return [] if compared is None else [(compared,), *filter(None, [placements.searched.get(unit)])]


def total_of(units: Iterable[Unit], part: str, placements: Placements) -> Resources:
    """What units take together."""
    return reduce(add, (price_of(each, part, placements) for each in units), Resources())


def _to_luts(layers: Iterable[_Layer], room: _Room) -> None:
    """Move those of blocks, the first of `layers` first, until blocks suffice; and back what need not have moved."""
    moved = []
    for layer in layers:
        if room.dsp < 0 and layer.in_blocks:
            room.move(layer)
            moved.append(layer)
    for layer in reversed(moved):
        if room.dsp >= layer.blocks:
            room.move(layer)


def _to_blocks(layers: Iterable[_Layer], room: _Room) -> None:
    """Move those of LUTs, the first of `layers` first, until LUTs suffice, while there are blocks."""
    for layer in layers:
        if room.lut < 0 and not layer.in_blocks and layer.luts > 0 and room.dsp >= layer.blocks:
            room.move(layer)


def _room(design: Design, choices: Choices, placements: Placements) -> _Room:
    """What `design` leaves."""
    budget, has = choices.budget, device_of(design.part).capacity
    taken = [(unit, price_of(unit, design.part, placements)) for unit in design.units]
    # A layer of constants that is still to be wired takes no blocks.
    blocks = sum(each.dsp for unit, each in taken if choices.wired or unit.wired_luts is None)
    most = has.lut if budget.lut is None else min(budget.lut, has.lut)
    most_blocks = has.dsp if budget.dsp is None else min(budget.dsp, has.dsp)
    return _Room(math.floor(most) - sum(each.lut for _, each in taken), math.floor(most_blocks) - blocks)


def _layer(unit: Unit, choices: Choices, part: str, placements: Placements) -> _Layer | None:
    """`unit` as both pools make it; None where one alone does."""
    if unit not in placements.others:
        placements.others[unit] = _otherwise(unit, choices, device_of(part).family)
        _search_alike(unit, choices, placements)
    other = placements.others[unit]
    if other is None:
        return None
    both = sorted((unit, other), key=lambda each: price_of(each, part, placements).dsp)
    taken = [price_of(each, part, placements) for each in both]
    if taken[0].dsp == taken[1].dsp:
        return None
    return _Layer((both[0], both[1]), (taken[0], taken[1]), both[1] is unit)


def _search_alike(unit: Unit, choices: Choices, placements: Placements) -> None:
    """Keep the units that search the codes of `unit` with its other arithmetic, where it has both."""
    other, found = placements.others[unit], placements.searched.get(unit)
    if other is None or other.weighted is None or found is None:
        return
    front = pipelined(found[0].with_arithmetic(other.weighted.arithmetic), choices.pipeline)
    placements.searched[other] = (front, *found[1:])


def _otherwise(unit: Unit, choices: Choices, family: Family) -> Unit | None:
    """`unit` with the other arithmetic that its products may have."""
    if unit.weighted is None or not unit.has_arithmetics:
        return None
    ways = arithmetics_for(unit.weighted, family, fixed=unit.weighted.writable is None)
    if len(ways) == 1:
        return None
    of_luts = unit.weighted.arithmetic is Arithmetic.PAIRS
    other = unit.with_arithmetic(next(each for each in ways if (each is Arithmetic.PAIRS) != of_luts))
    return pipelined(other, choices.pipeline)


def least_of(unit: Unit, choices: Choices, part: str, placements: Placements) -> Resources:
    """The LUTs that `unit` takes at least, of blocks or not, and its fewest blocks."""
    taken: list[Resources] = []
    for first, *others in [(unit,), *_lineless(unit, choices, placements)]:
        layer = _layer(first, choices, part, placements)
        ways = [price_of(first, part, placements)] if layer is None else layer.taken
        taken += [way + total_of(others, part, placements) for way in ways]
    price = price_of(unit, part, placements)
    return replace(price, lut=min(each.lut for each in taken), dsp=min(each.dsp for each in taken))


def price_of(unit: Unit, part: str, placements: Placements) -> Resources:
    """What `unit` takes, kept by its fields without arrays and thresholds: these are alike in all foldings."""
    found = placements.unit_prices.get(unit)
    if found is None:
        key = (part, unit.stem, *_plain(unit))
        if key not in placements.prices:
            placements.prices[key] = unit_resources(unit, device_of(part).family)
        found = placements.unit_prices[unit] = placements.prices[key]
    return found


def _plain(unit: Unit) -> Iterator[Hashable]:
    """Fields that differ between units of one layer: all but arrays and thresholds."""
    for each in fields(unit):
        value = getattr(unit, each.name)
        if isinstance(value, Unit):
            yield from _plain(value)
        elif isinstance(value, Thresholding):
            yield value.scaling
        elif not isinstance(value, np.ndarray):
            yield value
