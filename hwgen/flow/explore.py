"""Design-space search: its results file, its workers, and how a point that it found becomes an accelerator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hwgen.config import GOALS, Settings, settings
from hwgen.errors import OutputError
from hwgen.explore.evaluate import JOBS, Fidelity, prepare
from hwgen.explore.exploration import Exploration, Member
from hwgen.explore.point import Figures, Point, representatives
from hwgen.explore.results import Known, Results, header, line, read_results
from hwgen.explore.search import best, fits, search
from hwgen.explore.workers import BATCH, Workers, usable_cores, workers_for
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.goal import problem_of
from hwgen.flow.stages import compile_with, integer
from hwgen.hw.folds import folding_entries
from hwgen.hw.problem import Problem
from hwgen.ir.graph import Graph

_MOST_NAMED = 5

Progress = Callable[[Fidelity, int, int], None]
"""Called with a fidelity, how many of its points are done, and how many there are at most."""


@dataclass(frozen=True)
class Plan:
    """How a network is explored.

    Attributes:
        points: foldings to look at.
        shown: points of the front that are shown, evaluated again by `fidelity`.
        workers: processes; None for as many as there are cores.
        dask: address of a Dask scheduler, whose workers take the place of processes.
        resume: go on with the results file where there is one.
    """

    points: int = 2000
    seed: int = 0
    shown: int = 20
    fidelity: Fidelity = Fidelity.CYCLES
    workers: int | None = None
    dask: str | None = None
    resume: bool = False


def explore(
    graph: Graph, chosen: Settings, results: Path, plan: Plan | None = None, progress: Progress | None = None
) -> Exploration:
    """Search the foldings and memory styles that `chosen` leaves open; results go to a file as they come.

    The same network, settings and seed give the same front and the same file, with any workers and any number of
    interruptions. Targets and budgets in `chosen` are ignored.

    Raises:
        DataError: the results file belongs to another exploration.
        OutputError: it is there though `plan.resume` is not set, or it cannot be written.
        ToolError: the workers fail.
    """
    plan = plan or Plan()
    problem = problem_of(integer(graph, chosen), chosen)
    tell = progress or (lambda *_: None)
    if plan.dask is None:
        prepare(plan.fidelity)
    with (
        workers_for(problem, plan.workers or usable_cores(), plan.dask) as crew,
        _appending(results, problem, plan) as (before, log),
    ):
        run = _ExplorationRun(before.known, log, crew)
        found = []
        for place in search(problem, plan.points, plan.seed, lambda points: run.figures(Fidelity.SEARCH, points)):
            found.append(place)
            tell(Fidelity.SEARCH, len(found), plan.points)
        front = best(problem, found)
        shown: dict[Point, Figures] = {}
        chosen_points = [point for point, _ in representatives(front, plan.shown)]
        for point, figures in zip(chosen_points, run.figures(plan.fidelity, chosen_points), strict=True):
            shown[point] = figures
            tell(plan.fidelity, len(shown), len(chosen_points))
    members = _members(front, shown, plan.fidelity)
    return Exploration(problem, tuple(figures for _, figures in found), members, _damage(results, before))


def _damage(path: Path, before: Results) -> str:
    """A line about damage of the resumed file; empty without any."""
    if not before.damaged:
        return ""
    first, more = before.damaged[:_MOST_NAMED], len(before.damaged) - _MOST_NAMED
    where = ", ".join(map(str, first)) + (f" and {more} more" if more > 0 else "")
    count = f"{len(before.damaged)} of {before.lines} lines damaged ({where})"
    return f"{path}: {count}; they are left in place, and what they held was computed again"


def accelerator_at(graph: Graph, chosen: Settings, point: Point) -> Accelerator:
    """The accelerator of a point that `explore` found for the same network and settings."""
    kept = chosen.model_dump(exclude={"folding", "memory", *GOALS})
    folding = folding_entries(integer(graph, chosen), dict(point.folding))
    memory = {**chosen.memory, **{name: style.value for name, style in point.memory}}
    return compile_with(graph, settings(**{**kept, "folding": folding, "memory": memory}))


def plot_front(exploration: Exploration, path: Path) -> None:
    """Draw the points that the part holds, and the steps of the front of rate and LUT.

    Raises:
        ConfigError: the suffix of `path` is none that can be drawn.
        OutputError: it cannot be written.
        ToolError: matplotlib is missing.
    """
    from hwgen.report.plots import pareto_plot

    def place(figures: Figures) -> tuple[float, float, float]:
        takes = figures.resources
        return exploration.problem.fps(figures.interval), takes.lut, takes.bram

    points = [each for each in exploration.points if fits(exploration.problem, each) or not exploration.fits]
    steps: list[Figures] = []
    for member in exploration.front:
        if not steps or member.figures.resources.lut < steps[-1].resources.lut:
            steps.append(member.figures)
    pareto_plot([place(each) for each in points], [place(each) for each in steps], path)


def _members(
    front: Sequence[tuple[Point, Figures]], shown: dict[Point, Figures], fidelity: Fidelity
) -> tuple[Member, ...]:
    numbers = {point: number for number, point in enumerate(shown, start=1)}
    return tuple(
        Member(point, shown.get(point, figures), fidelity if point in shown else Fidelity.SEARCH, numbers.get(point))
        for point, figures in front
    )


@dataclass(frozen=True)
class _ResultLog:
    """The results file, open at its end."""

    path: Path
    stream: TextIO

    def append(self, text: str) -> None:
        """Raises: OutputError."""
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            raise _not_writable(self.path, error) from error


@dataclass(frozen=True)
class _ExplorationRun:
    """The figures of points: known ones from the file, the others from the workers and then to the file."""

    known: Known
    log: _ResultLog
    crew: Workers[Problem]

    def figures(self, fidelity: Fidelity, points: Sequence[Point]) -> Iterator[Figures]:
        missing = [point for point in points if (fidelity, point) not in self.known]
        fresh = self.crew.run(JOBS[fidelity], missing, BATCH if fidelity is Fidelity.SEARCH else 1)
        for point in points:
            if (fidelity, point) not in self.known:
                self.known[fidelity, point] = next(fresh)
                self.log.append(line(fidelity, point, self.known[fidelity, point]))
            yield self.known[fidelity, point]


@contextmanager
def _appending(path: Path, problem: Problem, plan: Plan) -> Iterator[tuple[Results, _ResultLog]]:
    """What the results file holds, and the file."""
    if path.exists() and not plan.resume:
        change = "Add --resume to go on with it, or give another file"
        raise OutputError(str(path), "must be a new file", "one that is there already", change)
    top = header(problem, plan.seed)
    before = read_results(path, top) if path.exists() else Results({})
    try:
        stream = path.open("a", encoding="utf-8", newline="\n")
        if stream.tell() > before.size:
            stream.truncate(before.size)
    except OSError as error:
        raise _not_writable(path, error) from error
    with stream:
        log = _ResultLog(path, stream)
        if not before.size:
            log.append(json.dumps(top) + "\n")
        elif not before.ended:
            log.append("\n")
        yield before, log


def _not_writable(path: Path, error: OSError) -> OutputError:
    return OutputError(str(path), "must be writable", str(error), "Give another path")
