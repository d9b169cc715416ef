"""From a network to an accelerator: load, compile, open again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hwgen.config import Settings, settings
from hwgen.errors import ConfigError, DataError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.goal import choices_of, goal_of, problem_of
from hwgen.flow.project import FORMAT, MANIFEST, NETWORK
from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.hw.kernel import Folding
from hwgen.hw.lower import design_digest
from hwgen.hw.solver import solve
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import ArgMax
from hwgen.ir.ranking import UNORDERED, obstacle, ranked_on_chip
from hwgen.ir.text import parse_graph
from hwgen.ir.types import TensorType, parse_dtype, smallest_int
from hwgen.passes.pipeline import integer_network


def load(source: Any, example_input: Any = None, **options: Any) -> Graph:
    """Import a Brevitas module (with an example input) or a QONNX file.

    Options: `input_type` (a type name such as `uint8`), `input_scale`, `input_offset`, `name`.

    Raises:
        ModelError: the network cannot become hardware.
    """
    from hwgen.frontend import load as frontend_load

    if isinstance(options.get("input_type"), str):
        try:
            options["input_type"] = parse_dtype(options["input_type"])
        except ValueError as error:
            raise ConfigError("input_type", "must be bipolar, intN or uintN", repr(options["input_type"])) from error
    return frontend_load(source, example_input, **options)


def compile(graph: Graph, **options: Any) -> Accelerator:  # the verb users expect, as in re.compile
    """Compile an imported network. Options are the fields of `hwgen.config.Settings`.

    Raises:
        ModelError: an activation is not monotone.
        FoldingError: the folding does not fit the network, its target is out of reach, or nothing fits its budget.
        ConfigError: another setting makes no sense.
    """
    return compile_with(graph, settings(**options))


def compile_with(graph: Graph, chosen: Settings) -> Accelerator:
    """`compile` with settings already checked."""
    network = integer(graph, chosen)
    problem = problem_of(network, chosen)
    solved = solve(problem, goal_of(chosen))
    digest = design_digest(network, solved.folding, problem.choices)
    return Accelerator(network, chosen, solved.folding, replace(solved.design, digest=digest))


def integer(graph: Graph, chosen: Settings) -> Graph:
    """The integer network of an imported one, with a top-1 unit where `chosen` asks for it."""
    network = integer_network(graph)
    return with_top1(network) if chosen.top1 else network


def variant(accelerator: Accelerator, **changes: Any) -> Accelerator:
    """The same network with other settings (fields of `hwgen.config.Settings`); None keeps what there is.

    At another part or clock the units stay as they are. Any other change makes a design of its own, which no project
    holds: compiled anew, with the part, clock, top-1 unit, memories and pipeline as they were unless they change.

    Raises:
        FoldingError: the folding does not fit the network.
        ConfigError: another setting makes no sense.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if given.keys() <= {"part", "clock_mhz"}:
        chosen = settings(**{**accelerator.settings.model_dump(), **given})
        device_of(chosen.part)
        design = replace(accelerator.design, part=chosen.part, clock_mhz=chosen.clock_mhz)
        return replace(accelerator, settings=chosen, design=design)
    same = {"part", "clock_mhz", "top1", "memory", "bit_planes", "planes", "fifos", "pipeline", "writable", "control"}
    kept = accelerator.settings.model_dump(include={*same, "clock_uncertainty"})
    return compile_with(accelerator.graph, settings(**{**kept, **given}))


def with_top1(graph: Graph) -> Graph:
    """The network with a top-1 unit behind its scores.

    Raises:
        ConfigError: the scores that leave the chip do not rank as the network's own do.
    """
    scores, change = graph.output, "Leave the ranking to the host"
    if graph.reading.ranked:
        return graph
    if not graph.decoding.keeps_order or scores.type.elements < 2:
        must = "scores must share one positive scale and one offset for a top-1 unit"
        raise ConfigError("top1", must, "other scales or offsets", change)
    index = Value("top1", TensorType((1,), smallest_int(0, scores.type.channels - 1)))
    node = Node("top1", ArgMax(), (scores,), index)
    wide = replace(graph, nodes=(*graph.nodes, node), output=index, decoding=Affine(), order=None, ranking=None)
    ranked = ranked_on_chip(wide, node, graph.reading)
    if ranked is None:
        found = obstacle(graph.reading) or UNORDERED
        raise ConfigError("top1", "a top-1 unit must find the scores in the model's order", found, change)
    return ranked


def open_project(folder: str | Path) -> Accelerator:
    """The accelerator that was written to `folder`.

    Raises:
        DataError: the folder is not a project, or its files do not belong together.
    """
    path = Path(folder)
    manifest_path = path / MANIFEST
    change = "Run `hwgen build` first"
    try:
        manifest = json.loads(manifest_path.read_text())
        if manifest["format"] != FORMAT:
            raise ValueError(f"format {manifest['format']}")
        text = (path / NETWORK).read_text()
        chosen = Settings.model_validate(manifest["settings"])
        folding = {name: Folding(**each) for name, each in json.loads((path / "folding.json").read_text()).items()}
    except FileNotFoundError as error:
        raise DataError(str(path), f"must be a folder that `hwgen build` wrote ({MANIFEST})", "none", change) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), "must be a whole project", str(error).splitlines()[0], "Build it again") from error
    graph = parse_graph(text, str(path / NETWORK))
    found = design_digest(graph, folding, choices_of(graph, chosen))
    if found != manifest.get("digest"):
        change = f"digest {found}, manifest {manifest.get('digest')}"
        raise DataError(str(path), "network and folding must be those of the manifest", change, "Build it again")
    return Accelerator(graph, chosen, folding, _design(graph, chosen, folding), path)


def _design(graph: Graph, chosen: Settings, folding: Mapping[str, Folding]) -> Design:
    """The design of an integer network, FIFOs sized. Raises: ConfigError, DeadlockError."""
    problem = problem_of(graph, chosen)
    design = problem.sized(problem.draft(folding))
    return replace(design, digest=design_digest(graph, folding, problem.choices))
