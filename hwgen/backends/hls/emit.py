"""A design as a complete HLS project: sources, test bench, Makefile and the entries of Vitis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hwgen.backends.hls.units import UnitContext, params_context, unit_context
from hwgen.backends.render import asset, library, render
from hwgen.hw import packing
from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.packing import Bytes

DEFAULT_DEPTH = 2
"""Beats of a stream between two units where the design asks for no FIFO: one read while the next is written."""


@dataclass(frozen=True)
class Channel:
    """A stream between two stages."""

    name: str
    word: str
    depth: int


@dataclass(frozen=True)
class Stage:
    """One call in the dataflow region."""

    function: str
    source: str
    sink: str


@dataclass(frozen=True)
class TopContext:
    """The accelerator as a whole; `sources` are the files to synthesise."""

    name: str
    digest: str
    guard: str
    part: str
    period_ns: str
    in_width: int
    in_beats: int
    out_width: int
    out_beats: int
    channels: tuple[Channel, ...]
    stages: tuple[Stage, ...]
    includes: tuple[str, ...]
    sources: tuple[str, ...]


def emit(design: Design) -> dict[str, str]:
    """The project's files, relative path to text; all but the golden vectors (see `vectors`)."""
    units = _stage_units(design)
    top = _top_context(design, units)
    files = _unit_files(tuple(context for context, _ in units))
    files |= {
        f"src/{design.name}.hpp": render("hls/top.hpp.j2", top),
        f"src/{design.name}.cpp": render("hls/top.cpp.j2", top),
        f"tb/{design.name}_tb.cpp": render("hls/testbench.cpp.j2", top),
        "tb/testbench.hpp": (asset("sim") / "hls" / "testbench.hpp").read_text(),
        "Makefile": render("hls/makefile.j2", top),
        "vitis_hls.tcl": render("hls/vitis_hls.tcl.j2", top),
        "hls_config.cfg": render("hls/hls_config.cfg.j2", top),
    }
    return files


def vectors(design: Design, inputs: Bytes, expected: Bytes) -> dict[str, str]:
    """The test bench's vectors from beats (frames * beats, bytes) at the design's edges."""
    return {
        "tb/input.hex": hex_text(inputs, design.input.width),
        "tb/expected.hex": hex_text(expected, design.output.width),
    }


def hex_text(words: Bytes, width: int) -> str:
    """Beats of `width` bits as a file of hexadecimal lines."""
    return "".join(f"{line}\n" for line in packing.to_hex(words, width))


def _stage_units(design: Design) -> tuple[tuple[UnitContext, int], ...]:
    """Every unit that becomes a function, and the depth of the stream behind it.

    A FIFO inside the design is the depth of the stream before it; one at the edge needs a function that fills it.
    """
    stages: list[tuple[UnitContext, int]] = []
    last = len(design.units) - 1
    for place, unit in enumerate(design.units):
        if isinstance(unit, Fifo) and place > 0:
            context, depth = stages[-1]
            stages[-1] = (context, depth + unit.depth)
            if place < last:
                continue
        stages.append((unit_context(design, unit), unit.depth if isinstance(unit, Fifo) else 0))
    return tuple(stages)


def _unit_files(units: tuple[UnitContext, ...]) -> dict[str, str]:
    files: dict[str, str] = {}
    for unit in units:
        files[f"src/{unit.header}"] = render("hls/unit.hpp.j2", unit)
        files[f"src/{unit.function}.cpp"] = render(unit.template, unit)
        if unit.tables:
            files[f"src/{unit.params}"] = render("hls/params.hpp.j2", params_context(unit))
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


def _top_context(design: Design, units: tuple[tuple[UnitContext, int], ...]) -> TopContext:
    channels = tuple(
        Channel(f"{context.function}_out", f"{context.scope}::OutWord", depth or DEFAULT_DEPTH)
        for context, depth in units[:-1]
    )
    edges = ("s_axis", *(channel.name for channel in channels), "m_axis")
    stages = tuple(
        Stage(context.function, source, sink)
        for (context, _), source, sink in zip(units, edges[:-1], edges[1:], strict=True)
    )
    functions = (design.name, *(stage.function for stage in stages))
    return TopContext(
        name=design.name,
        digest=design.digest,
        guard=f"{design.name.upper()}_HPP",
        part=design.part,
        period_ns=f"{1000 / design.clock_mhz:.3f}".rstrip("0").rstrip("."),
        in_width=design.input.width,
        in_beats=design.input.beats,
        out_width=design.output.width,
        out_beats=design.output.beats,
        channels=channels,
        stages=stages,
        includes=tuple(f'#include "{context.header}"' for context, _ in units),
        sources=tuple(f"src/{function}.cpp" for function in functions),
    )
