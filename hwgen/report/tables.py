"""Reports as tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from hwgen.report.estimate import Estimate

_WIDE: dict[str, Any] = {"caption_justify": "left", "box": SIMPLE_HEAD}


def estimate_table(report: Estimate) -> Table:
    """One row a layer, with its sliding window unit; the bottleneck marked with `>`, the network's figures below."""
    caption = (
        f"interval {report.interval_cycles:,} cycles, latency {report.latency_cycles:,} cycles "
        f"({report.latency_us:.2f} us), {report.fps:,.0f} frames/s at {report.clock_mhz:g} MHz"
    )
    if report.explanation:
        caption += f"\n{report.explanation}"
    table = Table(title=f"{report.name} on {report.part}", caption=caption, **_WIDE)
    for heading in ("layer", "kind", "in", "out"):
        table.add_column(heading)
    for heading in ("PE", "SIMD", "cycles", "weight bits"):
        table.add_column(heading, justify="right")
    for layer in report.layers:
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
            style="bold" if bottleneck else "",
        )
    return table


def front_table(report: Mapping[str, Any]) -> Table:
    """The shown points of an exploration's front, fastest first."""
    shown = [point for point in report["front"] if point["number"] is not None]
    table = Table(title=f"{report['name']} on {report['part']}", caption=_front_caption(report, len(shown)), **_WIDE)
    for heading in ("", "interval", "frames/s", "latency us", "LUT", "BRAM", "DSP", "frames/s per kLUT"):
        table.add_column(heading, justify="right")
    for point in shown:
        takes, latency = point["resources"], point["latency_us"]
        table.add_row(
            str(point["number"]),
            f"{point['interval_cycles']:,}",
            f"{point['fps']:,.0f}",
            "-" if latency is None else f"{latency:,.2f}",
            f"{takes['lut']:,}",
            f"{takes['bram36'] + takes['bram18'] / 2:g}",
            f"{takes['dsp']:,}",
            f"{point['fps_per_klut']:,.0f}",
        )
    return table


def _front_caption(report: Mapping[str, Any], shown: int) -> str:
    found = len(report["front"])
    caption = f"{report['explored']:,} foldings explored at {report['clock_mhz']:g} MHz, {found:,} that no other beats"
    if shown < found:
        caption += f", {shown} of them shown"
    if not report["fits"]:
        caption += f"; none fits {report['part']}"
    return caption


def simulation_table(report: Mapping[str, Any]) -> Table:
    """Predicted against simulated cycles, mismatches below."""
    count = report["mismatches"]
    streams = ", ".join(report["streams_checked"])
    caption = f"{count} mismatches over {report['frames']} frames on {streams}"
    table = Table(title=f"simulation, {report['backend']}", caption=caption, **_WIDE)
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
