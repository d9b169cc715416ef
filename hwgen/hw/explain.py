"""What sets the interval of a design, and what the next faster folding would cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.hw.design import Design
from hwgen.hw.folds import folding_entries
from hwgen.hw.limits import layers_behind, least_cycles, slowest
from hwgen.hw.matrices import Folding
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Resources
from hwgen.hw.structures import cheapest_structures


@dataclass(frozen=True)
class FasterFolding:
    """The folding of the next faster interval.

    Attributes:
        folding: of the layers that change, as a folding file has it.
        before, after: what the design takes and would take, both with FIFOs that are not sized yet.
    """

    interval: int
    folding: Mapping[str, Mapping[str, int]]
    before: Resources
    after: Resources

    def __str__(self) -> str:
        kinds = (("lut", "LUT"), ("bram", "BRAM"), ("dsp", "DSP"))
        pairs = [(getattr(self.before, kind), getattr(self.after, kind), unit) for kind, unit in kinds]
        changes = [_change(*pair) for pair in pairs if pair[0] != pair[1]]
        layers = [
            f"{name}: {', '.join(f'{key.upper()} {value}' for key, value in each.items())}"
            for name, each in self.folding.items()
        ]
        cost = ", ".join(changes) or "nothing more"
        return f"the next step, {_cycles(self.interval)}, would take {cost} ({'; '.join(layers)})"


@dataclass(frozen=True)
class Explanation:
    """What sets the interval of a design.

    Attributes:
        bottleneck: the layer.
        cycles: that its slowest unit takes a frame.
        limit: why no folding is faster; empty where there is a `step`.
        step: to the next faster interval; None where there is none.
    """

    bottleneck: str
    cycles: int
    limit: str
    step: FasterFolding | None

    def __str__(self) -> str:
        tail = f"no folding is faster: {self.limit}" if self.step is None else str(self.step)
        return f"{self.bottleneck} sets the interval of {_cycles(self.cycles)}; {tail}"


def explain(problem: Problem, folding: Mapping[str, Folding]) -> Explanation:
    """What sets the interval of the design of `folding`. The faster folding may change layers that the user fixed."""
    design = problem.draft(folding)
    unit, layer = slowest(design)
    step = _next_step(problem, folding, design)
    return Explanation(layer, unit.cycles, "" if step else least_cycles(unit), step)


def _next_step(problem: Problem, folding: Mapping[str, Folding], design: Design) -> FasterFolding | None:
    """The next faster folding tap by tap; where there is none, with all taps of some windows at once."""
    return _faster(problem, folding, design) or _faster(problem.with_whole_windows(), folding, design)


def _faster(problem: Problem, folding: Mapping[str, Folding], design: Design) -> FasterFolding | None:
    """The largest interval below the design's: layers that are too slow for it are folded again, if need be all."""
    if problem.bound(problem.again(wishes={}).resolve(1)) >= design.bound:
        return None
    for interval in reversed([each for each in problem.intervals if each < design.bound]):
        units = zip(design.units, layers_behind(design), strict=True)
        slow = {layer for unit, layer in units if unit.cycles > interval}
        for open_layers in (slow, set(folding)):
            faster = _with_open(problem, folding, open_layers)
            found = faster.resolve(interval)
            if problem.bound(found) < design.bound:
                return _step(problem, folding, design, cheapest_structures(faster, found))
    return None


def _with_open(problem: Problem, folding: Mapping[str, Folding], layers: set[str]) -> Problem:
    """The problem in which `layers` are free and the others fixed as they are."""
    wishes = {name: wish for name, wish in problem.wishes.items() if name not in layers}
    kept = {name: each for name, each in folding.items() if name not in layers}
    return problem.again(wishes=wishes).pinned(kept)


def _step(
    problem: Problem, folding: Mapping[str, Folding], design: Design, found: Mapping[str, Folding]
) -> FasterFolding:
    faster = problem.draft(found)
    moved = {name: each for name, each in found.items() if each != folding[name]}
    return FasterFolding(
        faster.bound, folding_entries(problem.graph, moved), problem.resources(design), problem.resources(faster)
    )


def _change(before: float, after: float, unit: str) -> str:
    """Such as `+1,234 LUT (+5 %)`."""
    share = f" ({100 * (after - before) / before:+.0f} %)" if before else ""
    return f"{after - before:+,.10g} {unit}{share}"


def _cycles(count: int) -> str:
    return "1 cycle" if count == 1 else f"{count:,} cycles"
