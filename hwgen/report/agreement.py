"""What an HLS tool reports of a project, held against the model of its pipelines (`hwgen/hw/loop.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hwgen.hw.dataflow import DEFAULT_DEPTH, Dataflow, FunctionProcess, dataflow
from hwgen.hw.design import Design
from hwgen.hw.loop import DEPTHS, RESTART, HlsTimes
from hwgen.ir.names import local_name, unit_name
from hwgen.report.estimate import Estimate
from hwgen.report.vitis import Bounds, Cosimulation, HlsReport, HlsSynthesis, LoopReport, Module


@dataclass(frozen=True)
class Agreement:
    """What differs.

    Attributes:
        findings: what the model rules out.
        warnings: figures that are the tool's own estimates, or that the model says nothing of.
    """

    findings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def agreement(design: Design, estimate: Estimate, report: HlsReport | None) -> Agreement:
    """Hold a report against the loops of `design`; nothing differs where there is none."""
    times = design.hls
    if times is None or report is None:
        return Agreement()
    findings, warnings = list[str](), list[str]()
    if report.synthesis:
        flow = dataflow(design)
        findings += _functions(design, flow, report.synthesis)
        findings += _streams(flow, times, report.synthesis)
        findings += _slower("top function", report.synthesis.top.interval[1], times.interval)
        warnings += _outside("csynth", report.synthesis.top.latency, times)
        warnings += _deep(report.synthesis)
        warnings += _late(design, flow, report.synthesis)
        warnings += _memories(estimate, report.synthesis)
    if report.cosimulation:
        findings += _slower("cosimulation", report.cosimulation.interval[1], times.interval)
        warnings += _outside("cosimulation", _ends(report.cosimulation), times)
    return Agreement(tuple(findings), tuple(warnings))


def modules_of(function: str, modules: Iterable[Module]) -> tuple[Module, ...]:
    """What the tool has made of a function: `<function>` or `<function>_s`, then loops that it has split off."""
    names, part = (function, f"{function}_s"), f"{function}_Pipeline_"
    found = [module for module in modules if module.name in names or module.name.startswith(part)]
    return tuple(sorted(found, key=lambda module: module.name not in names))


def _functions(design: Design, flow: Dataflow, found: HlsSynthesis) -> Iterator[str]:
    readers = {unit.name for unit in design.readers}
    gated = {unit.name for unit in design.gated} | readers  # a memory, too, has slots of its own
    for process in flow.processes:
        function = unit_name(design.name, process.name)
        modules = modules_of(function, found.modules)
        if not modules:
            yield f"{function}: must be among the modules of the report; is it of this very project?"
        loops = [loop for module in modules for loop in module.loops]
        if modules and not loops and process.loop.slots > 1:
            yield f"{function}: must have a pipelined loop; the report has none"
        for loop in loops[-1:] if process.name in readers else loops:  # one for each vector around that of its words
            yield from _loop(function, loop, process, counted=process.name not in gated)
        yield from _cycles(function, modules, process.loop.slots, DEPTHS[-1])


def _late(design: Design, flow: Dataflow, found: HlsSynthesis) -> Iterator[str]:
    """Functions that take longer than their reported depth explains, though no longer than the deepest pipeline."""
    for process in flow.processes:
        function, slots = unit_name(design.name, process.name), process.loop.slots
        modules = modules_of(function, found.modules)
        depth = max((loop.depth or 0 for module in modules for loop in module.loops), default=0)
        if 0 < depth < DEPTHS[-1] and not list(_cycles(function, modules, slots, DEPTHS[-1])):
            yield from _cycles(function, modules, slots, depth)


def _loop(function: str, loop: LoopReport, process: FunctionProcess, *, counted: bool) -> Iterator[str]:
    """A loop starts a slot a cycle, and has the slots that the model says."""
    where = f"{function}, loop {loop.name}"
    if loop.interval != 1:
        says = "no pipeline" if loop.interval is None else f"an initiation interval of {loop.interval:,}"
        yield f"{where}: must start a slot a cycle; the report says {says}"
    if counted and loop.trips is not None and loop.trips != process.loop.slots:
        yield f"{where}: must turn {process.loop.slots:,} times a frame; the report says {loop.trips:,}"


def _cycles(function: str, modules: Iterable[Module], slots: int, depth: int) -> Iterator[str]:
    """A frame of N slots takes at most N + depth + 2 cycles."""
    whole = next((module for module in modules if module.name in (function, f"{function}_s")), None)
    most = slots + depth + RESTART - 2
    for name, bounds in (("interval", whole.interval), ("latency", whole.latency)) if whole is not None else ():
        if bounds[1] is not None and bounds[1] > most:
            yield (
                f"{function}: its {name} must be at most {most:,} cycles, for {slots:,} slots in {depth} stages; "
                f"the report says {bounds[1]:,}"
            )


def _streams(flow: Dataflow, times: HlsTimes, found: HlsSynthesis) -> Iterator[str]:
    for name in flow.streams:
        least, depth = times.depths.get(name, DEFAULT_DEPTH), found.streams.get(local_name(name))
        if depth is not None and depth < least:
            yield f"stream {local_name(name)}: must hold at least {least:,} beats; the report says {depth:,}"


def _slower(what: str, interval: int | None, stated: int) -> Iterator[str]:
    if interval is not None and interval > stated:
        yield f"{what}: the interval must be at most the stated {stated:,} cycles; the report says {interval:,}"


def _outside(what: str, latency: Bounds, times: HlsTimes) -> Iterator[str]:
    """The tool estimates a dataflow's latency without its streams, and cosimulation counts frames that wait, too."""
    least, most = times.latency
    low, high = latency
    if (low is not None and low < least) or (high is not None and high > most):
        yield f"{what}: a latency of {_told(low)} to {_told(high)} cycles, the model says {least:,} to {most:,}"


def _deep(found: HlsSynthesis) -> Iterator[str]:
    for module in found.modules:
        for loop in module.loops:
            if loop.depth is not None and loop.depth > DEPTHS[-1]:
                yield f"{module.name}, loop {loop.name}: {loop.depth} stages, streams are deep enough for {DEPTHS[-1]}"


def _memories(estimate: Estimate, found: HlsSynthesis) -> Iterator[str]:
    """Units that take more block RAM than was estimated."""
    for unit in estimate.units:
        modules = modules_of(unit_name(estimate.name, unit.name), found.modules)
        taken = max((module.used.bram18 for module in modules), default=0)
        if taken > unit.resources.bram18:
            yield f"{unit.name}: {taken:,} block RAMs of 18 kbit, {unit.resources.bram18:,} were estimated"


def _ends(found: Cosimulation) -> Bounds:
    return found.latency[0], found.latency[2]


def _told(cycles: int | None) -> str:
    return "?" if cycles is None else f"{cycles:,}"
