"""The figures of the site: timing diagrams out of the cycle model, dataflow graphs out of the report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from hwgen.backends.render import asset, render
from hwgen.hw.simulation import stream_times
from hwgen.ir.types import IntArray
from hwgen.report.diagram import Diagram, diagram

from examples import NETWORKS, UNITS

CELL, ROW, LABEL, TOP = 20, 30, 118, 22
"""Pixels of a cycle and of a stream; left of the first cycle; above the first stream."""


def timing(name: str) -> str:
    """The timing diagram of a unit of `UNITS`, as a figure of HTML."""
    example = UNITS[name]()
    times = stream_times(example.network, example.frames)
    width, height = LABEL + CELL * example.cycles + 1, TOP + ROW * len(example.shown) + 4
    parts = [f'<svg class="timing" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">']
    parts.append(f"<title>{escape(example.caption)}</title>")
    for cycle in range(example.cycles):
        x = LABEL + CELL * cycle
        parts.append(f'<line class="tick" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{height}" />')
        if cycle % 2 == 0:
            parts.append(f'<text class="cycle" x="{x + CELL / 2:g}" y="12">{cycle}</text>')
    for row, (stream, label) in enumerate(example.shown.items()):
        y = TOP + ROW * row
        parts.append(f'<text class="stream" x="0" y="{y + 19}">{escape(label)}</text>')
        beats = example.network.beats[stream]
        parts += _beats(*times[stream], beats, y, example.cycles)
    parts.append("</svg>")
    return _figure("".join(parts), example.caption)


def _beats(visible: IntArray, taken: IntArray, frame: int, y: int, cycles: int) -> list[str]:
    """The beats of a stream, each from when it is the first in line to the cycle in which it is taken."""
    parts, free = [], 0
    for beat, (there, gone) in enumerate(zip(visible.tolist(), taken.tolist(), strict=True)):
        start, end = max(there, free), min(gone + 1, cycles)
        free = gone + 1
        if start >= cycles:
            break
        x, shade = LABEL + CELL * start, "odd" if beat // frame % 2 else "even"
        wide = CELL * (end - start)
        parts.append(f'<rect class="beat {shade}" x="{x + 1}" y="{y + 4}" width="{wide - 2}" height="22" rx="4" />')
        parts.append(f'<text class="number" x="{x + wide / 2:g}" y="{y + 17}">{beat % frame}</text>')
        if gone < cycles:
            parts.append(f'<circle class="taken" cx="{LABEL + CELL * gone + CELL / 2:g}" cy="{y + 22}" r="2" />')
    return parts


def _figure(svg: str, caption: str) -> str:
    return f'<figure class="wide"><div class="scroll">{svg}</div><figcaption>{escape(caption)}</figcaption></figure>'


def dataflow(name: str) -> str:
    """The dataflow graph of a network of `NETWORKS`, as the report draws it."""
    accelerator = NETWORKS[name]()
    report = accelerator.estimate()
    text = render("report/graph.svg.j2", _Graph(diagram(accelerator.design, report)))
    svg = re.search(r"<svg.*</svg>", text, re.DOTALL)
    assert svg is not None, "the report's graph is an SVG"
    caption = f"{accelerator.design.name}: {report.interval_cycles:,} cycles a frame, first result after "
    return _figure(svg[0].replace("\n", " "), f"{caption}{report.latency_cycles:,} cycles.")


@dataclass(frozen=True)
class _Graph:
    """The field of graph.svg.j2."""

    graph: Diagram


def styles() -> str:
    """The style of the report's figures."""
    return (asset("templates") / "report" / "pictures.css").read_text(encoding="utf-8")
