"""What an HLS tool says of a design, beside what hwgen says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass

from rich.table import Table

from hwgen.ir.names import unit_name
from hwgen.report import console
from hwgen.report.agreement import modules_of
from hwgen.report.console import count
from hwgen.report.estimate import Estimate
from hwgen.report.records import Records, Simulated
from hwgen.report.vitis import Bounds, HlsReport

NEVER = "Never taken through an HLS tool: run hwgen hls --run csynth."


@dataclass(frozen=True)
class HlsRow:
    """A figure: predicted by hwgen, simulated in RTL, estimated by the HLS tool, counted in its cosimulation."""

    name: str
    predicted: str
    simulated: str
    synthesised: str
    cosimulated: str


def rows(estimate: Estimate, records: Records) -> tuple[HlsRow, ...]:
    """Cycles and resources of the whole design; none where no HLS tool was run."""
    hls = records.hls
    return tuple((*_cycles(estimate, records.simulated, hls), *_resources(estimate, hls))) if hls else ()


def summary(hls: HlsReport | None) -> str:
    """A sentence about the last runs."""
    if hls is None:
        return NEVER
    parts = []
    if hls.synthesis:
        found = hls.synthesis
        clock = f"{found.estimated_ns:g} ns of the {found.period_ns:g} ns asked for"
        margin = f", {found.margin_ns:g} ns of them a margin" if found.margin_ns is not None else ""
        verdict = "" if found.meets_clock else ": too slow"
        parts.append(f"Vitis HLS {found.version} for {found.part}: estimated clock {clock}{margin}{verdict}.")
    if hls.cosimulation:
        parts.append(f"Its cosimulation in {hls.cosimulation.language}: {hls.cosimulation.status}.")
    return " ".join(parts)


def memories(estimate: Estimate) -> str:
    """A sentence about the memories of the HLS project; nothing where there is none."""
    if estimate.hls is None:
        return ""
    return f"Its memories, estimated: {estimate.hls.memory}; of them streams: {estimate.hls.stream_memory}."


def table(estimate: Estimate, records: Records) -> Table:
    """The figures of the whole design; below them those of the units."""
    whole, units = rows(estimate, records), tuple(_units(estimate, records.hls))
    headings = ("figure", "predicted", "RTL simulated", "HLS synthesis", "cosim, mean")
    title, caption = f"{estimate.name}, HLS", summary(records.hls)
    made = console.table(headings, [astuple(row) for row in (*whole, *units)], texts=1, title=title, caption=caption)
    if whole and units:
        made.rows[len(whole) - 1].end_section = True
    return made


def _cycles(estimate: Estimate, run: Simulated | None, hls: HlsReport) -> Iterator[HlsRow]:
    top = hls.synthesis.top if hls.synthesis else None
    counted = run.measured if run else None
    cosim = hls.cosimulation
    yield HlsRow(
        "interval",
        f"{estimate.interval_cycles:,}",
        _number(counted.interval if counted else None),
        _bounds(top.interval if top else None),
        _number(cosim.interval[1] if cosim else None),
    )
    yield HlsRow(
        "latency",
        f"{estimate.latency_cycles:,}",
        _number(counted.latency if counted else None),
        _bounds(top.latency if top else None),
        _number(cosim.latency[1] if cosim else None),
    )


def _resources(estimate: Estimate, hls: HlsReport) -> Iterator[HlsRow]:
    if hls.synthesis is None:
        return
    found = hls.synthesis
    for name in ("lut", "ff", "bram", "dsp", "uram"):
        ours, theirs, most = (getattr(each, name) for each in (estimate.resources, found.top.used, found.available))
        if name == "bram" and estimate.hls:
            ours = estimate.hls.memory.bram  # of the HLS project, which keeps other things than the RTL
        share = f" ({theirs / most:.1%})" if most else ""
        yield HlsRow(
            "BRAM, 36 kbit" if name == "bram" else name.upper(), count(ours), "-", f"{count(theirs)}{share}", "-"
        )


def _units(estimate: Estimate, hls: HlsReport | None) -> Iterator[HlsRow]:
    """LUTs and cycles of each unit that the tool has a module for."""
    found = hls.synthesis.modules if hls and hls.synthesis else ()
    for unit in estimate.units:
        module = next(iter(modules_of(unit_name(estimate.name, unit.name), found)), None)
        if module:
            luts = f"{unit.resources.lut:,} LUT"
            interval = f"{_bounds(module.interval)} cycles, {module.used.lut:,} LUT"
            yield HlsRow(f"  {unit.name}", f"{unit.cycles:,} cycles, {luts}", "-", interval, "-")


def _bounds(bounds: Bounds | None) -> str:
    if bounds is None or bounds[1] is None:
        return "-"
    low, high = bounds
    return f"{high:,}" if low == high or low is None else f"{low:,} to {high:,}"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
