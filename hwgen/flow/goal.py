"""From settings to the problem that the folding solver solves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from hwgen.config import DEFAULT_INTERVAL, GOALS, LARGEST, Settings
from hwgen.errors import ConfigError
from hwgen.hw.choices import Choices, choices_for
from hwgen.hw.device import EXTERNAL_MEMORIES, device_of
from hwgen.hw.external import ExternalSource
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Budget
from hwgen.hw.solver import Goal, fitting
from hwgen.hw.timing import PipelineRequest
from hwgen.ir.graph import Graph


def problem_of(graph: Graph, chosen: Settings) -> Problem:
    """The integer network `graph` with the layers that `chosen` folds.

    Raises:
        ConfigError: a part that is not known, or choices that do not fit the network.
    """
    device_of(chosen.part)
    return Problem(graph, chosen.part, chosen.clock_mhz, chosen.folding, choices_of(graph, chosen))


def choices_of(graph: Graph, chosen: Settings) -> Choices:
    """What the user decided beside the folding. Raises: ConfigError."""
    choices = choices_for(graph, chosen.memory, chosen.planes, chosen.writable, source_of(chosen))
    return replace(
        choices,
        fifo_depths=chosen.fifo_depths,
        round_fifos=chosen.fifos == "memory",
        pipeline=_pipeline(chosen) if chosen.pipeline else None,
        tlast=chosen.tlast,
        budget=_budget(chosen),
        input_lanes=_input_lanes(graph, chosen.input_lanes),
    )


def _input_lanes(graph: Graph, lanes: Mapping[str, int]) -> Mapping[str, int]:
    """Lanes of inputs that `graph` has, each no more than its channels. Raises: ConfigError."""
    channels = {each.name: each.type.channels for each in graph.inputs}
    for name, count in lanes.items():
        if name not in channels:
            raise ConfigError("input_lanes", f"must name an input ({', '.join(channels)})", name)
        if count > channels[name]:
            raise ConfigError(
                "input_lanes", f"{name} must have at most its {channels[name]} channels in a beat", f"{count}"
            )
    return lanes


def source_of(chosen: Settings) -> ExternalSource:
    """The external memory of `chosen`, or what is usual beside such a part. Raises: ConfigError."""
    usual = EXTERNAL_MEMORIES[device_of(chosen.part).family]
    rate = Fraction(str(chosen.external_gb_s or usual.gb_s)) * 8000 / Fraction(str(chosen.clock_mhz))
    return ExternalSource(rate, chosen.external_width or usual.width, chosen.external_latency)


def _pipeline(chosen: Settings) -> PipelineRequest:
    """The registers that `chosen` asks for. Raises: ConfigError."""
    family = device_of(chosen.part).family
    if chosen.pipeline == "auto":
        return PipelineRequest(family, clock_mhz=chosen.clock_mhz)
    return PipelineRequest(family, most=chosen.pipeline)


def goal_of(chosen: Settings) -> Goal:
    """A target, or the fastest design within a budget; `DEFAULT_INTERVAL` where the user asks for neither.

    Raises:
        ConfigError: more frames a second than cycles, or a part that is not known.
    """
    budget = _budget(chosen)
    interval = _interval(chosen)
    if interval is None and budget == Budget():
        return Goal(DEFAULT_INTERVAL, strict=False)
    return Goal(interval, budget=budget)


def goals_of(chosen: Settings) -> tuple[str, ...]:
    """The options that say what `chosen` is folded for."""
    given = (name for name in sorted(GOALS) if getattr(chosen, name) is not None and getattr(chosen, name) is not False)
    return tuple(f"--{name.replace('_', '-')}" for name in given)


def _interval(chosen: Settings) -> int | None:
    if chosen.target_fps is None:
        return chosen.target_interval
    interval = math.floor(min(chosen.clock_mhz * 1e6 / chosen.target_fps, LARGEST))
    if interval < 1:
        must = f"must be at most {chosen.clock_mhz * 1e6:,.10g} frames/s, one each cycle"
        raise ConfigError("target_fps", must, f"{chosen.target_fps:,.10g}", "Lower it, or raise the clock")
    return interval


def _budget(chosen: Settings) -> Budget:
    limits = {"lut": chosen.max_lut, "bram": chosen.max_bram, "dsp": chosen.max_dsp}
    given = {kind: float(limit) for kind, limit in limits.items() if limit is not None}
    return replace(fitting(device_of(chosen.part)) if chosen.fit else Budget(), **given)
