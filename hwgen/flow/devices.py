"""A network on several devices: cut at streams into a project for each, folded for one interval, simulated together."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwgen.config import VERSION, Settings
from hwgen.errors import ConfigError, DataError, FoldingError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.conditions import written_waves
from hwgen.flow.goal import goal_of, problem_of
from hwgen.flow.listing import LISTING, list_files
from hwgen.flow.opening import open_project
from hwgen.flow.outside import with_external
from hwgen.flow.project import MANIFEST, NETWORK, README, as_json, record, replacing, work_folder
from hwgen.flow.stages import finished, integer
from hwgen.hw.cut import cut_behind, owner_of
from hwgen.hw.cuts import CutEstimate, cut_estimates
from hwgen.hw.design import Design
from hwgen.hw.joined import Joined, device_name, fits, join, sized_together
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget
from hwgen.hw.solver import Goal, Solution, solve
from hwgen.ir.cut import split
from hwgen.ir.foreign import require_legal, require_sound
from hwgen.ir.graph import Graph
from hwgen.ir.names import legal_name
from hwgen.ir.text import digest, parse_graph, print_graph
from hwgen.passes.pipeline import retyped
from hwgen.report.devices import DevicesEstimate, estimate_devices
from hwgen.report.readme import devices_readme
from hwgen.stored import fitted, read_json, read_text, told
from hwgen.verify.sources import write_files

if TYPE_CHECKING:
    from hwgen.golden.execute import Frames
    from hwgen.verify.simulate import Backend, Conditions, Outcome

FORMAT = 1
TOGETHER = "together"
"""What the report of a simulation of all devices at once is called."""


@dataclass(frozen=True)
class Devices:
    """A compiled network on several devices.

    Attributes:
        graph: the whole integer network.
        cuts: the layer behind which each device but the last ends.
        parts: the accelerator of each device; the output of each is the input of the next.
        project: the folder that they were written to or opened from, one folder `device<k>` each; None before.
    """

    graph: Graph
    cuts: tuple[str, ...]
    parts: tuple[Accelerator, ...]
    project: Path | None = None

    @cached_property
    def design(self) -> Joined:
        """All devices as one design, their streams joined with nothing between."""
        return join(legal_name(f"{self.graph.name}_devices"), [part.design for part in self.parts])

    def estimate(self, input_interval: int = 0) -> DevicesEstimate:
        """Exact cycles of all devices joined, what goes between them, and the estimate of each alone.

        Args:
            input_interval: cycles a frame at which the source offers them; 0 for as fast as they are taken.
        """
        parts = [part.estimate(input_interval) for part in self.parts]
        return estimate_devices(self.design, self.cuts, parts, input_interval)

    def write(self, folder: str | Path) -> Devices:
        """Write a project for each device to `folder`: all of it or nothing. Returns the devices bound to it.

        Raises:
            OutputError: the folder holds something else, or cannot be written.
        """
        target = Path(folder)
        with replacing(target) as staging:
            for index, part in enumerate(self.parts):
                own = staging / device_name(index)
                write_files(own, part.files())
                write_files(own, {LISTING: list_files(own)})
            designs = {device_name(index): part.design for index, part in enumerate(self.parts)}
            whole = {NETWORK: print_graph(self.graph), README: devices_readme(legal_name(self.graph.name), designs)}
            write_files(staging, {MANIFEST: as_json(self._manifest()), **whole})
        parts = tuple(part.bound_to(target / device_name(index)) for index, part in enumerate(self.parts))
        return replace(self, parts=parts, project=target)

    def _manifest(self) -> dict[str, Any]:
        """What the folder says of the whole."""
        told = self.estimate().to_json()
        joined = {key: told[key] for key in ("name", "interval_cycles", "latency_cycles", "links")}
        return {"format": FORMAT, "hwgen": VERSION, "cuts": list(self.cuts), "devices": self.digests, **joined}

    @property
    def digests(self) -> dict[str, str]:
        """The digest of the design of each device, by its name."""
        return {device_name(index): part.design.digest for index, part in enumerate(self.parts)}

    def record(self, name: str, report: Mapping[str, Any]) -> None:
        """Keep a report in the folder, with the digests of all devices. Raises: OutputError."""
        assert self.project is not None, "a record belongs to a folder"
        record(self.project, name, {**report, "devices": self.digests})

    def simulate(
        self,
        codes: Frames,
        backend: str = "rtl",
        conditions: Conditions | None = None,
        *,
        work: str | Path | None = None,
        waves: str | Path | None = None,
    ) -> dict[str, Outcome]:
        """Run frames of codes through all devices, every stream compared with the golden model of the whole network.

        On `rtl` the devices are one simulation, the output of each joined to the input of the next, with the report
        `TOGETHER`. On another back end each has a report of its own, by its name: it computes the golden codes that
        the one before it must give. For `waves` see `hwgen.Accelerator.simulate`.

        Raises:
            ConfigError: an unknown back end, or devices that are not in a project.
            ToolError: a tool is missing or fails.
            MismatchError: a design hangs.
        """
        from hwgen.golden.execute import trace
        from hwgen.verify.simulate import Conditions, compared

        chosen, golden, found = self.parts[0].backend(backend), trace(self.graph, codes), {}
        with work_folder(work) as scratch:
            for name, (design, project) in self._runs(chosen, scratch / TOGETHER).items():
                build = scratch / f"build_{name}"
                build.mkdir(exist_ok=True)
                with written_waves(waves, backend, build) as kind:
                    told = replace(conditions or Conditions(), waves=kind)
                    found[name] = compared(golden, design, chosen, project=project, work=build, conditions=told)
        return found

    def _runs(self, backend: Backend, joint: Path) -> dict[str, tuple[Design, Path]]:
        """The designs to simulate and their projects, by name; the joint one is written. Raises: ConfigError."""
        from hwgen.verify.joined import joined_files
        from hwgen.verify.simulate import Backend

        folders = [part.project for part in self.parts if part.project is not None]
        if len(folders) < len(self.parts):
            raise ConfigError("devices", "must be those of a project", "designs in memory", "Write them to a folder")
        if backend in (Backend.RTL, Backend.GOLDEN):
            write_files(joint / "rtl", joined_files(self.design, [each / "rtl" for each in folders]))
            return {TOGETHER: (self.design, joint)}
        pairs = enumerate(zip(self.parts, folders, strict=True))
        return {device_name(index): (part.design, folder) for index, (part, folder) in pairs}


def compile_devices(graph: Graph, cuts: Sequence[str], parts: Sequence[str], chosen: Settings) -> Devices:
    """Cut an imported network behind the layers `cuts` and compile each piece for one of `parts`, for one interval.

    A target holds for all devices, budgets for each: with these alone the slowest device sets the interval of all.

    Raises:
        ConfigError: a cut that is not possible, or as many parts as devices are not given.
        FoldingError: the target is out of reach, or a device does not fit its budget.
    """
    network = integer(graph, chosen)
    if len(parts) != len(cuts) + 1:
        must = f"must be as many as devices, {len(cuts) + 1} for {len(cuts)} cut{'s' * (len(cuts) != 1)}"
        raise ConfigError("part", must, ", ".join(parts), "Give one for each, with commas")
    whole, goal = problem_of(network, chosen), goal_of(chosen)
    fastest = whole.least_interval  # settings by layer must name layers
    graphs = cut_graph(network, cuts)
    own = [_own(chosen, network, each, part) for each, part in zip(graphs, parts, strict=True)]
    interval = goal.interval
    if interval is None:
        interval = max(each.solution.design.bound for each in _folded(graphs, own, None))
    elif not goal.strict:
        interval = max(interval, fastest)
    return _together(network, tuple(cuts), _folded(graphs, own, interval))


def possible_cuts(graph: Graph, parts: tuple[str, str], chosen: Settings) -> tuple[CutEstimate, ...]:
    """Every cut of an imported network for two devices, folded for the settings' goal.

    Within budgets it is folded for the shortest interval at which some cut keeps them, before FIFOs are sized.

    Raises:
        ConfigError: no cut is possible.
        FoldingError: the target is out of reach, or nothing keeps the budgets.
    """
    network = integer(graph, chosen)
    problem, goal = problem_of(network, chosen), goal_of(chosen)
    if goal.interval is not None:
        return _some(cut_estimates(network, solve(problem, replace(goal, budget=Budget())).design, parts), network)
    budgets = [goal_of(chosen.model_copy(update={"part": part})).budget for part in parts]
    wide = problem.with_whole_windows()
    intervals = [each for each in wide.intervals if each >= wide.least_interval]

    def cuts(interval: int) -> tuple[CutEstimate, ...]:
        return _some(cut_estimates(network, wide.draft(wide.resolve(interval)), parts), network)

    def fits(interval: int) -> bool:
        return any(all(map(Budget.fits, budgets, cut.taken)) for cut in cuts(interval))

    place = bisect_left(intervals, True, key=fits)
    if place == len(intervals):
        change = "Give larger parts, or cut it into more devices"
        raise FoldingError(network.name, "two devices must hold it", "no cut that keeps the budgets", change)
    return cuts(intervals[place])


def cuts_of(accelerator: Accelerator, parts: tuple[str, str] | None = None) -> tuple[CutEstimate, ...]:
    """Every cut of a compiled network, folded as it is, for two `parts`, or two of its own. Raises: ConfigError."""
    design = accelerator.design
    return _some(cut_estimates(accelerator.graph, design, parts or (design.part, design.part)), accelerator.graph)


def _some(cuts: tuple[CutEstimate, ...], network: Graph) -> tuple[CutEstimate, ...]:
    """The cuts, of which there must be one. Raises: ConfigError."""
    if not cuts:
        must = f"{network.name} must have a layer whose stream alone goes on"
        raise ConfigError("cut", must, "none", "Build it for one device")
    return cuts


def cut_graph(network: Graph, cuts: Sequence[str]) -> tuple[Graph, ...]:
    """The integer network of each device, cut behind the layers `cuts`. Raises: ConfigError."""
    values = [cut_behind(network, name).name for name in cuts]
    order = [node.output.name for node in network.nodes]
    if len(set(values)) < len(values) or values != sorted(values, key=order.index):
        raise ConfigError("cut", "must name layers in the network's order, each once", ", ".join(cuts))
    rest, found = network, []
    for index, name in enumerate(cuts):
        names = (legal_name(f"{network.name}_{device_name(index + side)}") for side in range(2))
        first, second = split(rest, cut_behind(rest, name), (next(names), next(names)))
        found.append(first)
        rest = retyped(second)
    return (*found, rest)


def _own(chosen: Settings, network: Graph, graph: Graph, part: str) -> Settings:
    """Of the settings of a `network` those for the piece `graph` of it."""
    layers = {node.name for node in graph.nodes}
    by_layer = {key: {name: each for name, each in getattr(chosen, key).items() if name in layers} for key in _BY_LAYER}
    own = {
        "part": part,
        "top1": chosen.top1 and graph.outputs == network.outputs,
        "writable": tuple(name for name in chosen.writable if name in layers),
        "fifo_depths": {
            name: depth
            for name, depth in chosen.fifo_depths.items()
            if (owner_of(network, name) or network.nodes[0]).name in layers
        },
        "input_lanes": chosen.input_lanes if graph.inputs == network.inputs else {},
    }
    return chosen.model_copy(update={**by_layer, **own})


_BY_LAYER = ("folding", "memory", "planes")


@dataclass(frozen=True)
class _Piece:
    """The piece of a network for a device, and how it is folded."""

    graph: Graph
    chosen: Settings
    problem: Problem
    solution: Solution


def _folded(graphs: Sequence[Graph], own: Sequence[Settings], interval: int | None) -> list[_Piece]:
    """Each piece folded for its goal, or for `interval` within its budget; an input takes the beats that come."""
    pieces: list[_Piece] = []
    for graph, settings in zip(graphs, own, strict=True):
        chosen = settings
        if pieces:
            before = pieces[-1].solution.design.output
            chosen = chosen.model_copy(update={"input_lanes": {graph.inputs[0].name: before.lanes}})
        chosen = with_external(graph, chosen)
        problem = problem_of(graph, chosen)
        pieces.append(_Piece(graph, chosen, problem, _solved(problem, goal_of(chosen), interval)))
        if len(pieces) > 1:
            _require_fit(*(each.solution.design for each in pieces[-2:]))
    return pieces


def _solved(problem: Problem, goal: Goal, interval: int | None) -> Solution:
    """The cheapest folding for `interval`, or where only the fastest keeps the budget that; None for the goal alone."""
    try:
        if interval is None:
            return solve(problem, goal)
        try:
            return solve(problem, Goal(interval, budget=goal.budget))
        except FoldingError:
            if goal.interval is not None:
                raise
            return solve(problem, goal)
    except FoldingError as error:
        raise FoldingError(f"{problem.graph.name}: {error.where}", error.must, error.found, error.change) from error


def _require_fit(first: Design, second: Design) -> None:
    """The output of a device must be what the next takes. Raises: ConfigError."""
    if not fits(first, second):
        found = f"beats of {first.output.lanes} codes of {first.output.elements} by its last unit"
        must = f"{first.output.tensor} must leave {first.name} a pixel after the other"
        raise ConfigError("cut", must, found, "Cut behind another layer")


def _together(network: Graph, cuts: tuple[str, ...], pieces: Sequence[_Piece]) -> Devices:
    """The devices of folded pieces, their FIFOs sized together. Raises: FoldingError, DeadlockError, ConfigError."""
    drafts = [each.problem.draft(each.solution.folding) for each in pieces]
    fixed = [each.chosen.fifo_depths for each in pieces]
    designs = sized_together(drafts, fixed, round_up=pieces[0].problem.choices.round_fifos)
    parts = []
    for piece, design in zip(pieces, designs, strict=True):
        taken, budget = piece.problem.resources(design), goal_of(piece.chosen).budget
        if not budget.fits(taken):
            change = "Allow more cycles a frame, or cut elsewhere"
            raise FoldingError(design.name, f"must take at most {budget} with its FIFOs", str(taken), change)
        solution = Solution(piece.solution.folding, design)
        parts.append(finished(piece.graph, piece.chosen, solution, piece.problem))
    return Devices(network, cuts, tuple(parts))


def open_devices(folder: str | Path) -> Devices:
    """The devices that were written to `folder`.

    Raises:
        DataError: the folder does not hold them, or they do not belong together.
    """
    path, again = Path(folder), "Build it again"
    try:
        manifest = read_json(path / MANIFEST)
        cuts, digests = fitted(tuple[str, ...], manifest["cuts"]), fitted(dict[str, str], manifest["devices"])
        graph = parse_graph(read_text(path / NETWORK), str(path / NETWORK))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), "must be what `hwgen build --cut` wrote", told(error), again) from error
    require_sound(graph, str(path / NETWORK))
    require_legal(graph, str(path / NETWORK))
    parts = tuple(open_project(path / device_name(index)) for index in range(len(cuts) + 1))
    devices = Devices(graph, cuts, parts, path)
    try:
        pieces = [digest(each) for each in cut_graph(graph, cuts)]
    except ConfigError as error:
        raise DataError(str(path / MANIFEST), "must name cuts of the network", error.found, again) from error
    if devices.digests != digests or pieces != [digest(part.graph) for part in parts]:
        raise DataError(str(path), "must hold the devices that were built together", "others", again)
    return devices
