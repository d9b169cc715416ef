"""Reports as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from hwgen.hw.device import Device, device_of
from hwgen.hw.resources import Resources
from hwgen.report.estimate import Estimate
from hwgen.report.synthesis import SynthesisReport


def estimate_table(report: Estimate) -> Table:
    """One row a layer, with its sliding window unit; the bottleneck marked with `>`, the network's figures below."""
    caption = (
        f"interval {report.interval_cycles:,} cycles, latency {report.latency_cycles:,} cycles "
        f"({report.latency_us:.2f} us), {report.fps:,.0f} frames/s at {report.clock_mhz:g} MHz\n"
        f"{_shares(report.resources, device_of(report.part))}"
    )
    table = Table(title=f"{report.name} on {report.part}", caption=caption, caption_justify="left", box=SIMPLE_HEAD)
    for heading in ("layer", "kind", "in", "out"):
        table.add_column(heading)
    for heading in ("PE", "SIMD", "cycles", "weight bits", "LUT", "BRAM", "DSP"):
        table.add_column(heading, justify="right")
    for layer in report.layers:
        taken = reduce(add, (unit.resources for unit in report.units if unit.layer == layer.name))
        bottleneck = report.bottleneck in (layer.name, f"{layer.name}_window")
        table.add_row(
            layer.name,
            layer.kind,
            f"{layer.inputs} {layer.input_type}",
            f"{layer.outputs} {layer.output_type}",
            str(layer.pe),
            "" if layer.simd is None else str(layer.simd),
            f"{'> ' if bottleneck else ''}{max(layer.cycles, layer.window_cycles):,}",
            f"{layer.weight_bits:,}" if layer.memory else "",
            f"{taken.lut:,}",
            f"{taken.bram:g}",
            f"{taken.dsp:,}",
            style="bold" if bottleneck else "",
        )
    return table


def _shares(taken: Resources, device: Device) -> str:
    """What a design takes, with its share of a device."""
    has = device.capacity
    pairs = (("LUT", taken.lut, has.lut), ("FF", taken.ff, has.ff), ("BRAM", taken.bram, has.bram))
    listed = [f"{count:,g} {name} ({count / most:.1%})" for name, count, most in (*pairs, ("DSP", taken.dsp, has.dsp))]
    return f"about {', '.join(listed)} of {device.name}"


def synthesis_table(report: SynthesisReport) -> Table:
    """One row a unit, measured beside the cost model; the total below."""
    title = f"{report.name}, synthesised for {report.family} by {report.tool}"
    table = Table(title=title, box=SIMPLE_HEAD)
    for heading in ("unit", "layer", "kind"):
        table.add_column(heading)
    for heading in ("LUT", "model", "FF", "model", "BRAM", "model", "DSP", "model"):
        table.add_column(heading, justify="right")
    for unit in report.units:
        table.add_row(unit.name, unit.layer, unit.kind, *_beside(unit.measured, unit.model))
    table.add_section()
    table.add_row("total", "", "", *_beside(report.measured, report.model), style="bold")
    return table


def _beside(measured: Resources, model: Resources) -> list[str]:
    counts = zip(*((each.lut, each.ff, each.bram, each.dsp) for each in (measured, model)), strict=True)
    return [f"{count:,g}" for pair in counts for count in pair]


def simulation_table(report: Mapping[str, Any]) -> Table:
    """Predicted against simulated cycles, mismatches below."""
    count = report["mismatches"]
    streams = ", ".join(report["streams_checked"])
    caption = f"{count} mismatches over {report['frames']} frames on {streams}"
    table = Table(title=f"simulation, {report['backend']}", caption=caption, caption_justify="left", box=SIMPLE_HEAD)
    table.add_column("cycles")
    table.add_column("predicted", justify="right")
    table.add_column("simulated", justify="right")
    for name in ("interval", "latency", "total"):
        predicted, found = report["predicted"][f"{name}_cycles"], report[f"{name}_cycles"]
        table.add_row(name, _number(predicted), _number(found))
    return table


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def findings_table(findings: list[dict[str, Any]]) -> Table:
    """What is installed and what to do about the rest."""
    table = Table(title="hwgen doctor", box=SIMPLE_HEAD)
    for heading in ("", "tool", "found", "needed for", "what to do"):
        table.add_column(heading)
    for finding in findings:
        mark = "ok" if finding["ok"] else ("MISSING" if finding["required"] else "absent")
        todo = "" if finding["ok"] else finding["change"]
        table.add_row(mark, finding["name"], finding["version"] or "", finding["needed_for"], todo)
    return table
