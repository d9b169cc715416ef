"""A design as a complete HLS project: sources, test bench, Makefile and the two entries of Vitis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.backends.edge import TopPorts, bench_files, top_ports
from hwgen.backends.hls.context import UnitContext, axis_contexts, unit_contexts
from hwgen.backends.render import asset, library, render
from hwgen.hw.dataflow import DEFAULT_DEPTH, Dataflow, dataflow
from hwgen.hw.depths import hls_times
from hwgen.hw.design import Design
from hwgen.hw.device import part_of
from hwgen.hw.hls_memory import stream_implementation
from hwgen.hw.loop import HlsTimes
from hwgen.hw.packing import Bytes, hex_text
from hwgen.hw.words import most_width
from hwgen.ir.names import local_name


@dataclass(frozen=True)
class Channel:
    """A stream between two stages; `memory` is what Vitis makes of it."""

    name: str
    word: str
    depth: int
    memory: str


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


_BOUNDED = ("bounded.hpp", "hls_stream.h", "memory.hpp")
_BENCH = ("tb/axis_port.hpp", "tb/testbench.hpp", *(f"bounded/{name}" for name in _BOUNDED))
_AXIS = "headers/ap_axi_sdata.h"
"""Files of `sim/hls` that a project gets as they are; the last where its ports carry TLAST."""

STANDARD = "-std=c++14"

CONTROLS = {"none": "ap_ctrl_none", "axilite": "s_axilite"}
"""Mode of the interface of the top function's return, by `Options.control`."""


@dataclass(frozen=True)
class TopContext:
    """The accelerator as a whole.

    Attributes:
        part: the one that Vitis synthesises for; `stands_for` is that of the design where Vitis does not know it.
        cflags: of every compilation: the standard, and the widest integer where that is wider than usual.
        clock_tcl, clock_cfg: lines of the two Vitis entries.
        headers: what the top function's declaration needs.
        promise: the interval that holds for pipelines of any depth, in words.
        start_depth: frames that a unit may start ahead of the next one. A fork may be ahead of the join of its branches
            by a frame for each unit between them.
        tlast: whether the ports carry TLAST.
        sources: the files to synthesise.
    """

    name: str
    digest: str
    guard: str
    part: str
    stands_for: str
    clock_tcl: tuple[str, ...]
    clock_cfg: tuple[str, ...]
    cflags: str
    headers: tuple[str, ...]
    promise: str
    control: str
    start_depth: int
    tlast: bool
    ports: TopPorts
    channels: tuple[Channel, ...]
    stages: tuple[FunctionCall, ...]
    includes: tuple[str, ...]
    sources: tuple[str, ...]


def emit(design: Design, options: Options | None = None) -> dict[str, str]:
    """The project's files, relative path to text; all but the golden vectors (see `vectors`)."""
    flow = dataflow(design)
    times = design.hls or hls_times(flow)
    functions = tuple(context for unit in flow.units for context in unit_contexts(design, unit))
    if design.tlast:
        edges = axis_contexts(design)
        functions = (*edges[: len(design.inputs)], *functions, *edges[len(design.inputs) :])
    top = _top_context(design, flow, functions, times, options or Options())
    copied = (*_BENCH, *((_AXIS,) if design.tlast else ()))
    files = _function_files(functions)
    files |= {
        f"src/{design.name}.hpp": render("hls/top.hpp.j2", top),
        f"src/{design.name}.cpp": render("hls/top.cpp.j2", top),
        f"tb/{design.name}_tb.cpp": render("hls/testbench.cpp.j2", top),
        f"bounded/{design.name}_bounded.cpp": render("hls/bounded.cpp.j2", top),
        **{file: (asset("sim") / "hls" / file.removeprefix("tb/")).read_text(encoding="utf-8") for file in copied},
        "README.md": render("hls/readme.md.j2", top),
        "Makefile": render("hls/makefile.j2", top),
        "run_hls.tcl": render("hls/run_hls.tcl.j2", top),
        "hls_config.cfg": render("hls/hls_config.cfg.j2", top),
    }
    return files | {f"tb/{name}": text for name, text in bench_files(design).items()}


def vectors(design: Design, beats: Sequence[Bytes]) -> dict[str, str]:
    """The test bench's vectors from beats (frames * beats, bytes) at each port of the design."""
    kinds = ("input",) * len(design.inputs) + ("expected",) * len(design.outputs)
    return {
        f"tb/{kind}{port.suffix}.hex": hex_text(each, port.stream.width)
        for kind, port, each in zip(kinds, design.ports, beats, strict=True)
    }


def _function_files(units: tuple[UnitContext, ...]) -> dict[str, str]:
    files: dict[str, str] = {}
    for unit in units:
        files[f"src/{unit.header}"] = render("hls/unit.hpp.j2", unit)
        files[f"src/{unit.function}.cpp"] = render("hls/unit.cpp.j2", unit)
        if unit.tables:
            files[f"src/{unit.params}"] = render("hls/params.hpp.j2", unit)
        if unit.netlist:
            files[f"src/{unit.function}_netlist.hpp"] = render("hls/netlist.hpp.j2", unit)
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


def _top_context(
    design: Design, flow: Dataflow, units: tuple[UnitContext, ...], times: HlsTimes, options: Options
) -> TopContext:
    channels, stages = _joined(design, flow, units, times)
    functions = (design.name, *(stage.function for stage in stages))
    period = _decimal(1000 / design.clock_mhz)
    margin, part = options.clock_uncertainty, part_of(design.part)
    share = () if margin is None else (f"{_decimal(100 * margin)}%",)
    return TopContext(
        name=design.name,
        digest=design.digest,
        guard=f"{design.name.upper()}_HPP",
        part=part.vitis,
        stands_for=part.name if part.stood_in else "",
        clock_tcl=(
            f"create_clock -period {period} -name default",
            *(f"set_clock_uncertainty {each}" for each in share),
        ),
        clock_cfg=(f"clock={period}ns", *(f"clock_uncertainty={each}" for each in share)),
        cflags=" ".join((STANDARD, *word_flags(design))),
        headers=(*(['#include "ap_axi_sdata.h"'] if design.tlast else []), '#include "ap_int.h"'),
        promise=f"at most {times.interval:,} cycles a frame",
        control=CONTROLS[options.control],
        start_depth=max(DEFAULT_DEPTH, len(stages)),
        tlast=design.tlast,
        ports=top_ports(design, CONTROLS[options.control]),
        channels=tuple(channels),
        stages=tuple(stages),
        includes=tuple(f'#include "{context.header}"' for context in units),
        sources=tuple(f"src/{function}.cpp" for function in functions),
    )


def _joined(
    design: Design, flow: Dataflow, units: tuple[UnitContext, ...], times: HlsTimes
) -> tuple[list[Channel], list[FunctionCall]]:
    """The streams between functions, and the calls that they join."""
    edge = dict(zip((*flow.inputs, *flow.outputs), (port.axis for port in design.ports), strict=True))
    name_of = {name: local_name(name) for name in flow.streams} | edge
    channels, stages = list[Channel](), list[FunctionCall]()
    for process, context in zip(flow.processes, units, strict=True):
        ends = ", ".join((*context.memory, *(name_of[name] for name in (*process.inputs, *process.outputs))))
        stages.append(FunctionCall(context.function, ends))
        channels += [
            Channel(name_of[name], f"{context.scope}::OutWord", depth, stream_implementation(flow.widths[name], depth))
            for name in process.outputs
            if name not in flow.outputs
            for depth in (times.depths.get(name, DEFAULT_DEPTH),)
        ]
    return channels, stages


def word_flags(design: Design) -> tuple[str, ...]:
    """Compiler flags that let `ap_int.h` have integers as wide as the words of `design`; none where it has them."""
    width = most_width(design)
    return () if width is None else (f"-DAP_INT_MAX_W={width}",)


def _decimal(value: float) -> str:
    """At most three digits behind the point."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
