"""A design in words: what heads its top levels, stands above each layer of them, and fills the tables of READMEs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from hwgen.backends.render import Source, line_of_code, render, title
from hwgen.hw.design import Design, Port
from hwgen.hw.limits import layers_behind
from hwgen.hw.unit import Unit

_WIDTH = 96
_MOST_PORTS, _MOST_LINES = 3, 2
"""In the head of a top level, which has twelve lines at most."""


def head(design: Design) -> Source:
    """What a top level computes, its ports and its folding: lines of a comment, behind each but the first `// `."""
    told = [port_line(port) for port in design.ports]
    if len(told) > _MOST_PORTS + 1:
        told = [*told[:_MOST_PORTS], f"{len(told) - _MOST_PORTS} more ports: see README.md."]
    slowest = f"Slowest unit: {title(design.slowest.name)}, {design.bound:,} cycles a frame."
    lines = [design.summary, *told, slowest, *_folding(design)]
    return Source("\n// ".join(map(line_of_code, lines)))


def port_line(port: Port) -> str:
    """A port in a sentence."""
    stream = port.stream
    beats = "a beat" if stream.beats == 1 else f"{stream.beats:,} beats"
    return f"{port.axis}: a frame is {beats} of {stream.lanes} x {stream.dtype} in {stream.axis_width} bits."


def _folding(design: Design) -> list[str]:
    """PE and SIMD of the layers, as many as two lines hold."""
    each = [f"{title(unit.name)} {folding_of(unit)}" for unit in design.layers]
    text = f"Folding, PE x SIMD: {', '.join(each)}."
    lines = wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[: _MOST_LINES - 1], f"... {len(each)} layers, each above its instance."]


def folding_of(unit: Unit) -> str:
    """PE x SIMD, or PE alone."""
    return str(unit.lanes) if unit.simd_lanes is None else f"{unit.lanes} x {unit.simd_lanes}"


def grouped(design: Design, template: str, contexts: Iterable[object]) -> Source:
    """The template for each unit, those of a layer below a comment that names it and its folding."""
    return Source("\n".join(_grouped(design, (render(template, each) for each in contexts))))


def _grouped(design: Design, texts: Iterable[str]) -> Iterator[str]:
    layers, before = {unit.name: unit for unit in design.layers}, ""
    names = layers_behind(design) if layers else [before] * len(design.units)
    for layer, text in zip(names, texts, strict=True):
        if layer != before:
            unit = layers[layer]
            yield f"  // Layer {line_of_code(title(layer))}: {line_of_code(unit.label)}, {folding_of(unit)}.\n{text}"
        else:
            yield text
        before = layer


def table_row(*cells: object) -> Source:
    """A row of a table in Markdown; a cell stays in its column."""
    told = (cell if isinstance(cell, Source) else line_of_code(str(cell)) for cell in cells)
    return Source(f"| {' | '.join(each.replace('|', '/') for each in told)} |")


def own_row(*cells: str) -> Source:
    """A row of texts of hwgen's own, which may have Markdown in them; names of the user's do not belong here."""
    return table_row(*map(Source, cells))


def own_lines(lines: Iterable[str]) -> tuple[Source, ...]:
    """Lines of hwgen's own, and rows; names of the user's do not belong here."""
    return tuple(map(Source, lines))


def ruled(columns: int) -> Source:
    """What stands below the head of a table."""
    return Source(f"|{'---|' * columns}")


PORT_COLUMNS = (
    table_row("port", "carries", "a frame", "beats a frame", "lanes a beat", "bits of TDATA"),
    ruled(6),
)


def port_rows(design: Design) -> tuple[str, ...]:
    """A row for each port, below `PORT_COLUMNS`."""
    kinds = (*["input"] * len(design.inputs), *["output"] * len(design.outputs))
    return tuple(
        table_row(
            f"{port.axis}",
            f"{kind} {title(port.name)}",
            f"{stream.vectors:,} x {stream.elements:,} {stream.dtype}",
            f"{stream.beats:,}",
            f"{stream.lanes} of {stream.dtype.bits} bits",
            f"{stream.axis_width}, {stream.axis_width - stream.width} of them padding",
        )
        for kind, port in zip(kinds, design.ports, strict=True)
        for stream in (port.stream,)
    )
