"""Figures of a point: by the cost model and the slowest unit in the search, exact ones for the points shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from importlib import import_module

from hwgen.errors import MismatchError
from hwgen.explore.point import Figures, Point
from hwgen.hw.design import Design
from hwgen.hw.digest import design_digest
from hwgen.hw.problem import Problem

FRAMES = 3
"""Random frames that a point is simulated with: the interval is that of the last two."""


class Fidelity(StrEnum):
    """How exactly points are evaluated."""

    SEARCH = "search"
    CYCLES = "cycles"
    SIMULATE = "simulate"
    SYNTHESISE = "synthesise"


def estimated(problem: Problem, point: Point) -> Figures:
    """The figures of a point while its FIFOs are not sized: the interval is that of its slowest unit."""
    design = _at(problem, point).draft(dict(point.folding))
    return Figures(design.bound, problem.resources(design))


def exact(problem: Problem, point: Point) -> Figures:
    """The figures of a point whose FIFOs are as shallow as they may be: cycles by the cycle model."""
    return _exact(problem, _sized(problem, point))


def simulated(problem: Problem, point: Point) -> Figures:
    """The figures by `exact`, if RTL simulation gives the golden model's outputs in just these cycles.

    Raises:
        MismatchError: it does not.
        ToolError: the simulator is missing or fails.
    """
    from hwgen.backends import rtl
    from hwgen.verify.process import temporary_folder
    from hwgen.verify.simulate import Backend, simulate
    from hwgen.verify.sources import write_files
    from hwgen.verify.vectors import random_frames

    design = _sized(problem, point)
    with temporary_folder() as folder:
        project, work = folder / "project", folder / "build"
        work.mkdir()
        write_files(project / "rtl", rtl.emit(design))
        codes = random_frames(problem.graph.inputs, FRAMES, seed=0)
        outcome = simulate(problem.graph, design, Backend.RTL, codes, project=project, work=work)
    if not outcome.passed:
        found = str(outcome.mismatches[0]) if outcome.mismatches else f"{outcome.cycles}, not {outcome.predicted}"
        raise MismatchError(f"design {design.digest}", "RTL must agree with the golden model and the estimate", found)
    return _exact(problem, design)


def synthesised(problem: Problem, point: Point) -> Figures:
    """The cycles by `exact`, and the resources that Yosys finds in the RTL.

    Raises:
        ToolError: Yosys is missing or fails.
    """
    from hwgen.backends import rtl
    from hwgen.verify.process import temporary_folder
    from hwgen.verify.synth import SynthesisJob, synthesise

    design = _sized(problem, point)
    with temporary_folder() as folder:
        found = synthesise([SynthesisJob(design.name, rtl.emit(design))], problem.device.family, folder)
    return replace(_exact(problem, design), resources=found[0].total)


JOBS: Mapping[Fidelity, Callable[[Problem, Point], Figures]] = {
    Fidelity.SEARCH: estimated,
    Fidelity.CYCLES: exact,
    Fidelity.SIMULATE: simulated,
    Fidelity.SYNTHESISE: synthesised,
}


def prepare(fidelity: Fidelity) -> None:
    """Find the tools of `fidelity` once, before workers look for them in parallel. Raises: ToolError."""
    if fidelity is Fidelity.SEARCH:
        return
    import_module("hwgen.hw.repair")
    if fidelity is Fidelity.SIMULATE:
        from hwgen.verify.simulator import find_simulator

        find_simulator()
    if fidelity is Fidelity.SYNTHESISE:
        from hwgen.verify.cache import look_after_yowasp

        look_after_yowasp()


def _at(problem: Problem, point: Point) -> Problem:
    """The problem with the memory styles of a point; its FIFOs are its own."""
    memory = {**problem.choices.memory, **dict(point.memory)}
    return replace(problem, choices=replace(problem.choices, memory=memory, fifo_depths={}))


def _sized(problem: Problem, point: Point) -> Design:
    chosen, folding = _at(problem, point), dict(point.folding)
    design = replace(chosen.draft(folding), digest=design_digest(problem.graph, folding, chosen.choices))
    return chosen.sized(design)


def _exact(problem: Problem, design: Design) -> Figures:
    return Figures(design.cycles.interval, problem.resources(design), design.cycles.predict(1).latency)
