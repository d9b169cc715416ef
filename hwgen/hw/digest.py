"""Which design it is, and of which units it is made, in twelve digits each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from hwgen.hw.choices import Choices
from hwgen.hw.external import USUAL
from hwgen.hw.matrices import Folding
from hwgen.hw.resources import Budget
from hwgen.hw.unit import Unit
from hwgen.ir.graph import Graph
from hwgen.ir.text import print_graph


def design_digest(graph: Graph, folding: Mapping[str, Folding], choices: Choices | None = None) -> str:
    """Twelve hexadecimal digits that change with any change of the network, its folding or the user's choices."""
    chosen = choices or Choices()
    text = f"{print_graph(graph)}{sorted(folding.items())!r}"
    alike = replace(chosen, tlast=True, wired=True, searched=True, pooled=True, budget=Budget(), input_lanes={})
    if replace(alike, external={}, source=USUAL) != Choices():
        memory = sorted((name, style.value) for name, style in chosen.memory.items())
        # The brackets held a setting that is gone: digests stay what they were.
        text += f"{memory!r}[]{sorted(chosen.folded_planes) or ''}"
    if chosen.writable:
        text += f"{sorted(chosen.writable)!r}"
    if chosen.external:
        text += repr(sorted(chosen.external.items(), key=lambda each: each[0]))
    if chosen.fifo_depths or chosen.round_fifos:
        text += f"{sorted(chosen.fifo_depths.items())!r}{chosen.round_fifos}"
    if chosen.input_lanes:
        text += f"input lanes {sorted(chosen.input_lanes.items())!r}"
    if chosen.pipeline is not None:
        text += repr(chosen.pipeline)
    return _digits(text)


def units_digest(units: Iterable[Unit]) -> str:
    """Twelve hexadecimal digits that change with the modules of `units` and their parameters.

    A part or a budget may change these where network, folding and choices stay (`hwgen.hw.pools`).
    """
    return _digits("".join(f"{unit.name} {unit.module} {dict(unit.parameters)!r}\n" for unit in units))


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
