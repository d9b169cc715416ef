"""What synthesis found, beside what the cost model says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

from hwgen.hw.cost import design_resources, edge_resources, unit_resources
from hwgen.hw.design import Design
from hwgen.hw.limits import layers_behind
from hwgen.hw.resources import Resources
from hwgen.ir.names import inner_name
from hwgen.report.estimate import unit_kind
from hwgen.verify.synth import CONTROL, EDGE, Synthesis


@dataclass(frozen=True)
class UnitSynthesis:
    """One unit, or the edge of the top level (`kind` is `edge`).

    Attributes:
        layer: that the unit is reported with.
        measured: after synthesis.
        model: by the cost model, without synthesis.
        carry4: carry chains of four bits after synthesis; 0 on ECP5.
    """

    name: str
    layer: str
    kind: str
    measured: Resources
    model: Resources
    carry4: int = 0


@dataclass(frozen=True)
class SynthesisReport:
    """A project, synthesised unit by unit.

    Attributes:
        tool: and its version.
        family: that it was synthesised for.
        measured, model: of everything that was synthesised.
        carry4: carry chains of four bits; a slice has one beside its four LUTs.
    """

    name: str
    tool: str
    family: str
    units: tuple[UnitSynthesis, ...]
    measured: Resources
    model: Resources
    carry4: int = 0

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def compare(design: Design, found: Synthesis, tool: str) -> SynthesisReport:
    """The report of a synthesis of `design`, or of one of its units."""
    measured, carries, family = found.units, found.carry4, found.family
    units = [
        UnitSynthesis(unit.name, layer, unit_kind(unit), measured[name], unit_resources(unit, family), carries[name])
        for unit, layer in zip(design.units, layers_behind(design), strict=True)
        if (name := inner_name(unit.name)) in measured
    ]
    model = reduce(add, (unit.model for unit in units), Resources())
    if EDGE in measured:
        edge = edge_resources(design, family)
        ends = measured[EDGE] + measured.get(CONTROL, Resources())
        chains = carries[EDGE] + carries.get(CONTROL, 0)
        units.append(UnitSynthesis(EDGE, design.layers[-1].name, "edge", ends, edge, chains))
        model = design_resources(design, family)
    return SynthesisReport(design.name, tool, family.value, tuple(units), found.total, model, sum(carries.values()))
