"""A design as a complete HLS project: sources, test bench, Makefile and the two entries of Vitis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.backends.hls.context import UnitContext, unit_context
from hwgen.backends.render import asset, library, render
from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes, hex_text
from hwgen.hw.unit import Unit
from hwgen.ir.names import local_name

DEFAULT_DEPTH = 2
"""Beats of a stream between two units where the design asks for no FIFO: one read while the next is written."""


@dataclass(frozen=True)
class Channel:
    """A stream between two stages."""

    name: str
    word: str
    depth: int


@dataclass(frozen=True)
class FunctionCall:
    """One call in the dataflow region; `streams` are its arguments."""

    function: str
    streams: str


@dataclass(frozen=True)
class Options:
    """What a user chooses about the HLS project beside the design.

    Attributes:
        control: what starts a frame: nothing ("none", the accelerator runs for ever) or a register ("axilite").
        clock_uncertainty: the share of the clock period that HLS leaves as a margin; None for the tool's own.
    """

    control: str = "none"
    clock_uncertainty: float | None = None


CONTROLS = {"none": "ap_ctrl_none", "axilite": "s_axilite"}
"""Mode of the interface of the top function's return, by `Options.control`."""


@dataclass(frozen=True)
class TopContext:
    """The accelerator as a whole.

    Attributes:
        clock_tcl: lines of run_hls.tcl, as `clock_cfg` of hls_config.cfg.
        start_depth: frames that a unit may start ahead of the next one. A fork may be ahead of the join of its branches
            by a frame for each unit between them.
        sources: the files to synthesise.
    """

    name: str
    digest: str
    guard: str
    part: str
    clock_tcl: tuple[str, ...]
    clock_cfg: tuple[str, ...]
    control: str
    start_depth: int
    in_width: int
    in_beats: int
    out_width: int
    out_beats: int
    channels: tuple[Channel, ...]
    stages: tuple[FunctionCall, ...]
    includes: tuple[str, ...]
    sources: tuple[str, ...]


def emit(design: Design, options: Options | None = None) -> dict[str, str]:
    """The project's files, relative path to text; all but the golden vectors (see `vectors`)."""
    wiring = _wired(design)
    units = tuple(unit_context(design, unit) for unit in wiring.units)
    top = _top_context(design, wiring, units, options or Options())
    files = _unit_files(units)
    files |= {
        f"src/{design.name}.hpp": render("hls/top.hpp.j2", top),
        f"src/{design.name}.cpp": render("hls/top.cpp.j2", top),
        f"tb/{design.name}_tb.cpp": render("hls/testbench.cpp.j2", top),
        "tb/testbench.hpp": (asset("sim") / "hls" / "testbench.hpp").read_text(encoding="utf-8"),
        "Makefile": render("hls/makefile.j2", top),
        "run_hls.tcl": render("hls/run_hls.tcl.j2", top),
        "hls_config.cfg": render("hls/hls_config.cfg.j2", top),
    }
    return files


def vectors(design: Design, inputs: Bytes, expected: Bytes) -> dict[str, str]:
    """The test bench's vectors from beats (frames * beats, bytes) at the design's edges."""
    return {
        "tb/input.hex": hex_text(inputs, design.input.width),
        "tb/expected.hex": hex_text(expected, design.output.width),
    }


@dataclass(frozen=True)
class _Wiring:
    """The dataflow region: units that become functions, and the FIFOs that became depths.

    Attributes:
        channel: of each stream of the design, the name that it has in the top function.
        depth: of each channel behind which FIFOs stood, their beats.
    """

    units: tuple[Unit, ...]
    channel: Mapping[str, str]
    depth: Mapping[str, int]


def _wired(design: Design) -> _Wiring:
    """A FIFO inside the design is the depth of the stream before it; one at the edge needs a function that fills it."""
    channel = {name: local_name(name) for name in design.streams}
    channel |= {design.input.name: "s_axis", design.output.name: "m_axis"}
    depth: dict[str, int] = {}
    units: list[Unit] = []
    for unit in design.units:
        if unit.fifo_depth is not None and channel[unit.input.name] != "s_axis":
            before = channel[unit.input.name]
            depth[before] = depth.get(before, 0) + unit.fifo_depth
            if channel[unit.output.name] != "m_axis":
                channel[unit.output.name] = before
                continue
        elif unit.fifo_depth is not None:
            depth[channel[unit.output.name]] = unit.fifo_depth
        units.append(unit)
    return _Wiring(tuple(units), channel, depth)


def _unit_files(units: tuple[UnitContext, ...]) -> dict[str, str]:
    files: dict[str, str] = {}
    for unit in units:
        files[f"src/{unit.header}"] = render("hls/unit.hpp.j2", unit)
        files[f"src/{unit.function}.cpp"] = render("hls/unit.cpp.j2", unit)
        if unit.tables:
            files[f"src/{unit.params}"] = render("hls/params.hpp.j2", unit)
    sources = library("hls")
    needed = _includes(sources, {unit.library.removeprefix("lib/") for unit in units})
    return files | {f"src/lib/{name}": sources[name] for name in sorted(needed)}


def _includes(sources: dict[str, str], names: set[str]) -> set[str]:
    """`names` and every library header that they include."""
    found = set(names)
    for name in names:
        inner = set(re.findall(r'#include "([a-z_]+\.hpp)"', sources[name]))
        found |= _includes(sources, inner)
    return found


def _top_context(design: Design, wiring: _Wiring, units: tuple[UnitContext, ...], options: Options) -> TopContext:
    channels, stages = [], []
    for unit, context in zip(wiring.units, units, strict=True):
        names = [wiring.channel[stream.name] for stream in (*unit.inputs, *unit.outputs)]
        stages.append(FunctionCall(context.function, ", ".join(names)))
        channels += [
            Channel(name, f"{context.scope}::OutWord", wiring.depth.get(name, DEFAULT_DEPTH))
            for name in names[len(unit.inputs) :]
            if name != "m_axis"
        ]
    functions = (design.name, *(stage.function for stage in stages))
    period = _decimal(1000 / design.clock_mhz)
    margin = options.clock_uncertainty
    share = () if margin is None else (f"{_decimal(100 * margin)}%",)
    return TopContext(
        name=design.name,
        digest=design.digest,
        guard=f"{design.name.upper()}_HPP",
        part=design.part,
        clock_tcl=(
            f"create_clock -period {period} -name default",
            *(f"set_clock_uncertainty {each}" for each in share),
        ),
        clock_cfg=(f"clock={period}ns", *(f"clock_uncertainty={each}" for each in share)),
        control=CONTROLS[options.control],
        start_depth=max(DEFAULT_DEPTH, len(stages)),
        in_width=design.input.width,
        in_beats=design.input.beats,
        out_width=design.output.width,
        out_beats=design.output.beats,
        channels=tuple(channels),
        stages=tuple(stages),
        includes=tuple(f'#include "{context.header}"' for context in units),
        sources=tuple(f"src/{function}.cpp" for function in functions),
    )


def _decimal(value: float) -> str:
    """At most three digits behind the point."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
