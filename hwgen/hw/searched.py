"""A unit whose codes are searched by units behind it, in place of comparisons in each of its lanes.

A matrix-vector unit gives its sums once in many cycles. A few lanes of search units, which take a number a cycle each,
find the codes of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from hwgen.hw.choices import Choices
from hwgen.hw.device import device_of
from hwgen.hw.kernels.search import can_search, chain
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.placements import Placements
from hwgen.hw.pools import total_of
from hwgen.hw.stream import Stream, divisors
from hwgen.hw.timing import late_ns, pipelined
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Node
from hwgen.ir.ops import Threshold

LEAST_LEVELS = 7
"""Of codes of three bits: fewer are compared with at once."""

WORTH = 0.8
"""Of the share that comparisons take, or a line: what a search takes at most, as it adds some tens of cycles."""


def coded(unit: Unit, node: Node, choices: Choices, part: str, placements: Placements) -> tuple[Unit, ...]:
    """`unit`, whose threshold is `node` if it has one, or those of a search where its codes cost a fifth less."""
    found = searched(unit, node) if choices.searched else None
    if found is None:
        return (unit,)
    bill = _Bill(choices, part, placements)
    front, behind = (tuple(pipelined(bill.with_memory(each), choices.pipeline) for each in units) for units in found)
    units = placements.searched[unit] = (*front, *behind)
    compared, rest = bill.share([unit]) - bill.share(front), bill.share(behind)
    cheaper = rest < WORTH * compared and bill.late(units) <= bill.late([unit])
    return units if cheaper else (unit,)


def chained(units: Iterable[Unit], choices: Choices, part: str, placements: Placements) -> tuple[Unit, ...]:
    """Search units, the memories of each where they take less of the part."""
    bill = _Bill(choices, part, placements)
    return tuple(map(bill.with_memory, units) if choices.searched else units)


@dataclass(frozen=True)
class _Bill:
    """What units cost."""

    choices: Choices
    part: str
    placements: Placements

    def share(self, units: Sequence[Unit]) -> float:
        """Of the part."""
        return device_of(self.part).share(total_of(units, self.part, self.placements))

    def late(self, units: Sequence[Unit]) -> float:
        """What they miss the clock by that registers are for, in ns."""
        return late_ns(units, self.choices.pipeline, self.placements.paths)

    def with_memory(self, unit: Unit) -> Unit:
        """The unit with its memories where they cost least."""
        return min(unit.with_any_memory or (unit,), key=lambda way: (self.late([way]), self.share([way])))


def searched(unit: Unit, node: Node) -> tuple[tuple[Unit, ...], tuple[Unit, ...]] | None:
    """The units that do the same as `unit`, whose threshold is `node`, by a search; None where there can be none.

    Those that give the numbers, and those that find their codes. They take as many cycles. The last gives beats of as
    many lanes, on a stream with a name of its own.
    """
    if not isinstance(node.op, Threshold) or not can_search(node.op, node.inputs[0].type.dtype, LEAST_LEVELS):
        return None
    numbers = node.inputs[0]
    front = unit.uncoded(replace(unit.output, dtype=numbers.type.dtype, tensor=numbers.name))
    if front is None:
        return None
    return front, tuple(_search(unit, front[0].output if front else unit.input, node.op))


def _search(unit: Unit, source: Stream, op: Threshold) -> Iterator[Unit]:
    """The units that make of `source` what `unit` writes."""
    output = unit.output
    lanes = _lanes(output, unit.cycles)
    few = replace(source, name=f"{unit.name}_sums", lanes=lanes)
    if lanes != source.lanes:
        yield WidthUnit(few.name, unit.origin, (source,), (few,))
        source = few
    result = replace(output, name=f"{unit.name}_codes", lanes=lanes)
    yield from chain(unit.name, unit.origin, source, result, op)
    if lanes != output.lanes:
        wide = replace(result, name=f"{unit.name}_beats", lanes=output.lanes)
        yield WidthUnit(wide.name, unit.origin, (result,), (wide,))


def _lanes(output: Stream, cycles: int) -> int:
    """The fewest lanes that go through a frame of `output` in so many cycles."""
    return next(n for n in divisors(output.elements) if output.vectors * output.elements <= n * cycles)
