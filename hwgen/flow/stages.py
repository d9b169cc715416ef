"""From a network to an accelerator: load, compile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy.typing as npt

from hwgen.config import Settings, SettingsOptions, settings
from hwgen.errors import ConfigError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.goal import goal_of, problem_of
from hwgen.flow.outside import with_external
from hwgen.hw.dataflow import DEFAULT_DEPTH, dataflow
from hwgen.hw.depths import hls_times
from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.hw.digest import design_digest
from hwgen.hw.loop import HlsTimes
from hwgen.hw.problem import Problem
from hwgen.hw.solver import Solution, solve
from hwgen.hw.words import require_words
from hwgen.ir.graph import Graph, Node, Output, Value
from hwgen.ir.ops import ArgMax
from hwgen.ir.ranking import UNORDERED, obstacle, ranked_on_chip
from hwgen.ir.types import DType, TensorType, parse_dtype, smallest_int
from hwgen.passes.pipeline import integer_network
from hwgen.verify.progress import stage

if TYPE_CHECKING:
    from hwgen.frontend import ModelSource


def load(
    source: ModelSource,
    example_input: Any = None,
    *,
    name: str | None = None,
    input_type: DType | str | Mapping[str, DType | str] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
) -> Graph:
    """Import a Brevitas module (with an example input) or a QONNX file.

    Args:
        source: a module, a model in memory, or a path.
        example_input: one input of a module, with its batch axis; where it takes several, a tuple of them.
        name: of the network; by default the file's or the module's class.
        input_type: the codes that the hardware receives, a type or its name such as `uint8`.
        input_scale: real = scale * code + offset, one value or one for each channel.
        input_offset: see `input_scale`. These three hold for all inputs, or are mappings by the name of an input: of an
            argument of the module's `forward`, or as the file calls it.

    Raises:
        ModelError: the network cannot become hardware.
        ConfigError: `input_type` is no name of a type.
    """
    from hwgen.frontend import load as frontend_load

    with stage("import"):
        return frontend_load(
            source,
            example_input,
            name=name,
            input_type=types_of(input_type),
            input_scale=input_scale,
            input_offset=input_offset,
        )


def types_of(given: DType | str | Mapping[str, DType | str] | None) -> DType | Mapping[str, DType] | None:
    """The types of the inputs, or those of that name. Raises: ConfigError."""
    if isinstance(given, Mapping):
        return {port: _dtype(each) for port, each in given.items()}
    return None if given is None else _dtype(given)


def _dtype(given: DType | str) -> DType:
    """A type, or the one of that name. Raises: ConfigError."""
    if not isinstance(given, str):
        return given
    try:
        return parse_dtype(given)
    except ValueError as error:
        raise ConfigError("input_type", "must be bipolar, intN or uintN", repr(given)) from error


def compile(graph: Graph, **options: Unpack[SettingsOptions]) -> Accelerator:  # the verb users expect, as in re.compile
    """Compile an imported network. Options are the fields of `hwgen.config.Settings`.

    Raises:
        ModelError: an activation is not monotone.
        FoldingError: the folding does not fit the network, its target is out of reach, or nothing fits its budget.
        ConfigError: another setting is not valid.
    """
    if not isinstance(graph, Graph):
        raise ConfigError("graph", "must be a network that hwgen.load gave", type(graph).__name__, "Load it first")
    return compile_with(graph, settings(**options))


def compile_with(graph: Graph, chosen: Settings) -> Accelerator:
    """`compile` with settings already checked."""
    with stage("integer network"):
        network = integer(graph, chosen)
        chosen = with_external(network, chosen)
    with stage("folding"):
        problem = problem_of(network, chosen)
        solved = solve(problem, goal_of(chosen))
    with stage("schedule of the HLS project"):
        return finished(network, chosen, solved, problem)


def finished(network: Graph, chosen: Settings, solved: Solution, problem: Problem) -> Accelerator:
    """The accelerator of an integer network that is folded and has its FIFOs, as `solved` of `problem`.

    Raises:
        FoldingError: the HLS project would need too wide a word.
        ConfigError, DeadlockError: chosen depths of its streams are not possible.
    """
    require_words(solved.design)
    design = replace(solved.design, digest=design_digest(network, solved.folding, problem.choices))
    design = replace(design, hls=_hls_times(design, chosen.fifo_depths))
    return Accelerator(network, chosen, solved.folding, design, problem=problem)


def _hls_times(design: Design, chosen: Mapping[str, int]) -> HlsTimes | None:
    """The depths of the HLS project's streams around the `chosen` ones; None for a design without such a project.

    Raises:
        ConfigError: a chosen depth is too small for any stream.
        DeadlockError: those chosen cause a deadlock.
    """
    if design.writable:
        return None
    flow = dataflow(design)
    fixed = {name: depth for name, depth in chosen.items() if name in flow.streams}
    for name, depth in fixed.items():
        if depth < DEFAULT_DEPTH:
            must = f"must give streams of the HLS project at least {DEFAULT_DEPTH} beats"
            raise ConfigError("fifo_depths", must, f"{depth} for {name}")
    return hls_times(flow, fixed)


def integer(graph: Graph, chosen: Settings) -> Graph:
    """The integer network of an imported one, with a top-1 unit where `chosen` asks for it."""
    network = integer_network(graph)
    return with_top1(network) if chosen.top1 else network


def variant(accelerator: Accelerator, **changes: Unpack[SettingsOptions]) -> Accelerator:
    """The same network with other settings (fields of `hwgen.config.Settings`); None keeps what there is.

    Another part or clock keeps the units where none reads an external memory. Any other change gives a new design
    without a project: the network is compiled again, with the part, clock, top-1 unit, memories and pipeline of the
    accelerator unless `changes` has others.

    Raises:
        FoldingError: the folding does not fit the network.
        ConfigError: another setting is not valid.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if given.keys() <= {"part", "clock_mhz"} and not accelerator.design.memory_ports:
        chosen = settings(**{**accelerator.settings.model_dump(), **given})
        device_of(chosen.part)
        design = replace(accelerator.design, part=chosen.part, clock_mhz=chosen.clock_mhz)
        return replace(accelerator, settings=chosen, design=design, explanation=None, problem=None)
    same = {"part", "clock_mhz", "top1", "memory", "planes", "fifos", "pipeline", "writable", "input_lanes"}
    same |= {"external", "external_gb_s", "external_width", "external_latency"}
    kept = accelerator.settings.model_dump(include={*same, "tlast", "control", "clock_uncertainty"})
    return compile_with(accelerator.graph, settings(**{**kept, **given}))


def with_top1(graph: Graph) -> Graph:
    """The network with a top-1 unit behind its scores.

    Raises:
        ConfigError: the scores that leave the chip do not rank as the network's own do.
    """
    scores, change = graph.output, "Leave the ranking to the host"
    if len(graph.outputs) > 1:
        found = f"{len(graph.outputs)}: {', '.join(each.name for each in graph.outputs)}"
        raise ConfigError("top1", "the network must have one output", found, "End one with argmax in the model itself")
    if graph.reading.ranked:
        return graph
    if scores.type.elements < 2:
        raise ConfigError("top1", "a top-1 unit must have several scores to compare", "one", change)
    if not graph.decoding.keeps_order and scores.type.elements == scores.type.channels:
        must = "scores must share one positive scale and one offset for a top-1 unit"
        raise ConfigError("top1", must, obstacle(graph.reading), change)
    index = Value("top1", TensorType((1,), smallest_int(0, scores.type.channels - 1)))
    node = Node("top1", ArgMax(), (scores,), index)
    wide = replace(graph, nodes=(*graph.nodes, node), outputs=(Output(index),))
    ranked = ranked_on_chip(wide, node, graph.reading)
    if ranked is None:
        found = obstacle(graph.reading) or UNORDERED
        raise ConfigError("top1", "a top-1 unit must find the scores in the model's order", found, change)
    return ranked
