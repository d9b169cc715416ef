"""Whether a design fits its part, and what would: another folding, or another part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hwgen.errors import DeadlockError, FoldingError
from hwgen.hw.cost import LUTS_OF_A_CHAIN, design_resources, graph_chains, unit_resources
from hwgen.hw.cuts import best_cut, cut_estimates
from hwgen.hw.design import Design
from hwgen.hw.device import DEVICES, Device, device_of
from hwgen.hw.limits import layers_behind
from hwgen.hw.matrices import Folding
from hwgen.hw.offload import offload
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.solver import fitting, lightest

KINDS = {"lut": "LUT", "ff": "FF", "bram": "BRAM", "dsp": "DSP", "uram": "URAM"}
"""What a part can run out of, as reports call it; memory blocks count in those of 36 kbit."""


def too_large(
    problem: Problem, design: Design, folding: Mapping[str, Folding], goals: Sequence[str] = ()
) -> tuple[str, ...]:
    """A warning where `design` takes more than its part has, and what to change.

    Args:
        problem: what the design is a `folding` of.
        goals: options that said what it was folded for.
    """
    device = device_of(design.part)
    taken = design_resources(design, device.family)
    if not (excess := _excess(taken, device.capacity)):
        return ()
    largest = _largest(design, max(excess, key=lambda kind: excess[kind]))
    needs = f"{design.name} does not fit {device.name}: it takes {shortage(taken, device.capacity)}, most in {largest}"
    return (f"{needs}; {_changes(problem, design, folding, goals)}",)


def too_chained(design: Design) -> tuple[str, ...]:
    """A warning where the layers of constants take more carry chains than the part has beside its LUTs."""
    device = device_of(design.part)
    chains, has = graph_chains(design, device.family), device.capacity.lut // LUTS_OF_A_CHAIN
    if chains <= has:
        return ()
    taken = f"{chains:,} carry chains of four bits ({chains / has:,.0%}) of {has:,}"
    why = f"a slice has one beside {LUTS_OF_A_CHAIN} LUTs"
    return (f"the layers of constants do not fit {device.name}: they take {taken}, as {why}; use fewer PE and SIMD",)


def shortage(taken: Resources, has: Resources) -> str:
    """The kinds that exceed the part: what is taken, with shares, and what there is; empty where the design fits.

    ```
    445,402 LUT (837%) and 541 DSP (246%) of 53,200 LUT and 220 DSP
    ```
    """
    excess = _excess(taken, has)
    listed = [f"{_number(taken, kind)} {KINDS[kind]} ({share:,.0%})" for kind, share in excess.items()]
    there = [f"{_number(has, kind)} {KINDS[kind]}" for kind in excess]
    return f"{' and '.join(listed)} of {' and '.join(there)}" if excess else ""


def holder(design: Design, *, roomy: bool = False) -> Device | None:
    """The smallest part that holds `design` with room to route, or, unless `roomy`, at all; its own family first."""
    family = device_of(design.part).family
    listed = sorted(DEVICES, key=lambda device: (device.family is not family, device.capacity.lut))
    taken = {each: design_resources(design, each) for each in {device.family for device in DEVICES}}
    holding = [device for device in listed if not _excess(taken[device.family], device.capacity)]
    spacious = (device for device in holding if fitting(device).fits(taken[device.family]))
    return next(spacious, None if roomy else next(iter(holding), None))


def _changes(problem: Problem, design: Design, folding: Mapping[str, Folding], goals: Sequence[str]) -> str:
    """What a user can do about it."""
    ways = list(filter(None, [_smaller(problem, goals), _outside(problem, design, folding)]))
    if larger := holder(design):
        ways.append(f"for a larger part, such as --part {larger.name}")
    elif not ways and (slow := _slowest(replace(problem, wishes={}))) and (larger := holder(slow, roomy=True)):
        ways.append(f"slower and for a larger part, such as --part {larger.name}, {_goal('--fit', goals)}")
    ways += filter(None, [_cut(problem, design)])
    return f"build it {', or '.join(ways)}" if ways else "no part that hwgen knows holds any folding of it"


def _smaller(problem: Problem, goals: Sequence[str]) -> str:
    """How to ask for a folding that fits the part; empty where even the slowest does not."""
    for each, without in ((problem, ""), (replace(problem, wishes={}), " and without --folding")):
        design = _slowest(each)
        if design and not _excess(taken := problem.resources(design), problem.device.capacity):
            roomy = "--fit" not in goals and fitting(problem.device).fits(taken)
            return _goal("--fit" if roomy else f"--target-interval {design.bound}", goals) + without
    return ""


def _outside(problem: Problem, design: Design, folding: Mapping[str, Folding]) -> str:
    """Which layers' weights to put into an external memory, and what that must give; empty where it does not help."""
    has = problem.device.capacity
    moved = offload(problem, folding, Budget(has.lut, has.bram, has.dsp)) if folding else None
    if moved is None:
        return ""
    needed, cycles = sum(port.frame_bytes for port in moved.design.memory_ports), moved.design.bound
    slower = f", which makes it {cycles:,} cycles a frame" if cycles > design.bound else ""
    rate = needed * problem.fps(cycles) / 1e9
    return f"with {moved.options} ({needed / 1e6:,.3g} MB a frame from outside, {rate:,.3g} GB/s{slower})"


def _cut(problem: Problem, design: Design) -> str:
    """Where to cut the design for two devices of its part; empty where they do not hold it so folded."""
    cuts, has = cut_estimates(problem.graph, design, (design.part, design.part)), device_of(design.part).capacity
    best = best_cut(cuts) if cuts else None
    if best is None or any(_excess(taken, has) for taken in best.taken):
        return ""
    return f"for two devices, with --cut {best.link.after}"


def _goal(option: str, goals: Sequence[str]) -> str:
    """The option that says what to fold for, and those that it takes the place of."""
    others = [goal for goal in goals if goal != option.split(maxsplit=1)[0]]
    return f"with {option}" + (f" in place of {' and '.join(others)}" if others else "")


def _slowest(problem: Problem) -> Design | None:
    """The design of the slowest folding, its FIFOs no shallower than it must have to fit the part with room to route.

    Those of a design that is too large without any stay as they are. None where there is no folding without a deadlock.
    """
    try:
        design = problem.draft(problem.resolve(problem.intervals[-1]))
        if _excess(problem.resources(lightest(design)), problem.device.capacity):
            return design
        return problem.sized(design, fitting(problem.device))
    except (FoldingError, DeadlockError):
        return None


def _largest(design: Design, kind: str) -> str:
    """The layer that takes the most of a kind, with the units around it."""
    family = device_of(design.part).family
    taken: dict[str, float] = {}
    for unit, layer in zip(design.units, layers_behind(design), strict=True):
        taken[layer] = taken.get(layer, 0) + getattr(unit_resources(unit, family), kind)
    return max(taken, key=lambda layer: taken[layer])


def _excess(taken: Resources, has: Resources) -> Mapping[str, float]:
    """Shares above 1 of what there is, by kind."""
    pairs = {kind: (getattr(taken, kind), getattr(has, kind)) for kind in KINDS}
    return {kind: used / max(most, 1) for kind, (used, most) in pairs.items() if used > most}


def _number(resources: Resources, kind: str) -> str:
    number = getattr(resources, kind)
    return f"{int(number):,}" if number == int(number) else f"{number:,.1f}"
