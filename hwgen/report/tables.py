"""Reports as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from hwgen.backends.board import Board
from hwgen.hw.cost import LUTS_OF_A_CHAIN
from hwgen.hw.cuts import CutEstimate, LinkEstimate, best_cut
from hwgen.hw.device import Device, device_of
from hwgen.hw.resources import Resources
from hwgen.report.compare import ComparedDesign
from hwgen.report.console import Rows, count, table
from hwgen.report.devices import DevicesEstimate
from hwgen.report.estimate import Estimate, LayerEstimate
from hwgen.report.figures import MARKS
from hwgen.report.roofline import Roofline
from hwgen.report.synthesis import SynthesisReport


def estimate_table(report: Estimate) -> Table:
    """One row a layer, with its sliding window unit; the bottleneck marked with `>`, the network's figures below."""
    caption = (
        f"interval {report.interval_cycles:,} cycles, latency {report.latency_cycles:,} cycles "
        f"({report.latency_us:.2f} us), {report.fps:,.0f} frames/s at {report.clock_mhz:.12g} MHz\n"
        f"{_shares(report.resources, device_of(report.part))}"
    )
    if LUTS_OF_A_CHAIN * report.carry4 > report.resources.lut:
        caption += f"\n{report.carry4:,} CARRY4 take more slices than the LUTs: a slice has one of them, and four LUTs"
    if report.hls:
        least, most = report.hls.latency_cycles
        caption += (
            f"\nHLS project: interval {report.hls.interval_cycles:,} cycles at most, latency {least:,} to {most:,}, "
            "as deep as the tool makes its pipelines\n"
            f"its memories: {report.hls.memory}; of them streams: {report.hls.stream_memory}"
        )
    if report.external:
        caption += f"\n{report.external_line}"
    if report.explanation:
        caption += f"\n{report.explanation}"
    if report.gated:
        caption += (
            f"\nthe worst case, every gate open: {', '.join(report.gated)} skip pixels whose gate is closed, "
            "as the data has it (`hwgen simulate` and `hwgen evaluate` say how many)"
        )
    blocks = [kind for kind in ("bram", "dsp") if getattr(report.resources, kind)]
    rows = [_estimate_row(report, layer, blocks) for layer in report.layers]
    headings = ("layer", "kind", "in", "out", "PE", "SIMD", "cycles", "LUT", *(kind.upper() for kind in blocks))
    slowest = [place for place, layer in enumerate(report.layers) if layer.name == report.slowest_layer]
    return table(headings, rows, texts=4, bold=slowest, title=f"{report.name} on {report.part}", caption=caption)


def devices_table(report: DevicesEstimate) -> Table:
    """One row a device; the streams between them and the figures of all below."""
    rows = []
    for name, each in report.devices.items():
        has = device_of(each.part).capacity
        shares = ((each.resources.lut, has.lut), (each.resources.bram, has.bram), (each.resources.dsp, has.dsp))
        taken = [f"{count(used)} ({used / max(most, 1):.1%})" for used, most in shares]
        rows.append([name, each.name, each.part, f"{each.interval_cycles:,}", f"{each.latency_cycles:,}", *taken])
    caption = (
        f"together: interval {report.interval_cycles:,} cycles, latency {report.latency_cycles:,} cycles "
        f"({report.latency_us:.2f} us), {report.fps:,.0f} frames/s at {report.clock_mhz:.12g} MHz"
    )
    names = list(report.devices)
    for source, target, link in zip(names, names[1:], report.links, strict=False):
        caption += f"\n{source} to {target}, behind {link.after}: {_link(link)}"
    headings = ("device", "design", "part", "interval", "latency", "LUT", "BRAM", "DSP")
    return table(headings, rows, texts=3, title=report.name, caption=caption)


def _link(link: LinkEstimate) -> str:
    """What a stream between devices carries."""
    beats = f"{link.beats:,} beats of {link.tdata_bits} bits ({link.lanes} x {link.type})"
    return f"{beats}, {link.frame_bits:,} bits a frame, {link.gbit_s:,.3g} Gbit/s"


def cuts_table(name: str, cuts: Sequence[CutEstimate], parts: Sequence[str]) -> Table:
    """One row a cut: what each device takes, and what crosses; the best marked with `>`."""
    best, rows = best_cut(cuts), []
    for cut in cuts:
        taken = [f"{count(each.lut)} + {count(each.bram)} + {count(each.dsp)}" for each in cut.taken]
        shares = [f"{share:.1%}" for share in cut.shares]
        crossing = f"{cut.link.frame_bits:,}", f"{cut.link.gbit_s:,.3g}"
        mark = "> " if cut is best else ""
        rows.append([f"{mark}{cut.link.after}", taken[0], shares[0], taken[1], shares[1], *crossing])
    takes = [f"device{index} LUT + BRAM + DSP" for index in range(2)]
    headings = ("behind", takes[0], "share", takes[1], "share", "bits", "Gbit/s")
    bold = [place for place, cut in enumerate(cuts) if cut is best]
    caption = "share: the largest of LUT, BRAM and DSP\n> the cut whose larger share is the smallest"
    title = f"cuts of {name} for {' and '.join(parts)}"
    return table(headings, rows, texts=1, bold=bold, title=title, caption=caption)


def _estimate_row(report: Estimate, layer: LayerEstimate, blocks: Sequence[str]) -> list[str]:
    """A layer with the units around it; `blocks` are the kinds of blocks that the design takes."""
    taken = report.taken_by(layer.name)
    return [
        layer.name,
        layer.kind,
        f"{layer.inputs} {layer.input_type}",
        f"{layer.outputs} {layer.output_type}",
        str(layer.pe),
        "" if layer.simd is None else str(layer.simd),
        f"{'> ' if layer.name == report.slowest_layer else ''}{max(layer.cycles, layer.window_cycles):,}",
        f"{taken.lut:,}",
        *(count(getattr(taken, kind)) for kind in blocks),
    ]


def front_table(report: Mapping[str, Any]) -> Table:
    """The shown points of an exploration's front, fastest first."""
    shown = [point for point in report["front"] if point["number"] is not None]
    headings = ("", "interval", "FPS", "latency us", "LUT", "BRAM", "DSP", "FPS/kLUT")
    title = f"{report['name']} on {report['part']}"
    rows = [_front_row(point) for point in shown]
    return table(headings, rows, texts=0, title=title, caption=_front_caption(report, len(shown)))


def _front_row(point: Mapping[str, Any]) -> list[str]:
    takes, latency = point["resources"], point["latency_us"]
    return [
        str(point["number"]),
        f"{point['interval_cycles']:,}",
        f"{point['fps']:,.0f}",
        "-" if latency is None else f"{latency:,.2f}",
        f"{takes['lut']:,}",
        count(takes["bram36"] + takes["bram18"] / 2),
        f"{takes['dsp']:,}",
        f"{point['fps_per_klut']:,.0f}",
    ]


def _front_caption(report: Mapping[str, Any], shown: int) -> str:
    found = len(report["front"])
    caption = (
        f"{report['explored']:,} foldings explored at {report['clock_mhz']:.12g} MHz, {found:,} that no other beats"
    )
    if shown < found:
        caption += f", {shown} of them shown"
    if not report["fits"]:
        caption += f"; none fits {report['part']}"
    return caption


def _shares(taken: Resources, device: Device) -> str:
    """What a design takes, with its share of a device."""
    has = device.capacity
    pairs = (("LUT", taken.lut, has.lut), ("FF", taken.ff, has.ff), ("BRAM", taken.bram, has.bram))
    listed = [f"{count(used)} {name} ({used / most:.1%})" for name, used, most in (*pairs, ("DSP", taken.dsp, has.dsp))]
    return f"about {', '.join(listed)} of {device.name}"


def synthesis_table(report: SynthesisReport) -> Table:
    """One row a unit, measured beside the cost model; the total below."""
    kinds = [kind for kind in ("lut", "ff", "bram", "dsp") if getattr(report.measured + report.model, kind)]
    rows = [[unit.name, unit.kind, *_beside(unit.measured, unit.model, kinds)] for unit in report.units]
    rows.append(["total", "", *_beside(report.measured, report.model, kinds)])
    headings = ("unit", "kind", *(heading for kind in kinds for heading in (kind.upper(), "model")))
    if report.carry4:
        headings = (*headings, "CARRY4")
        for row, chains in zip(rows, [*(unit.carry4 for unit in report.units), report.carry4], strict=True):
            row.append(count(chains))
    title = f"{report.name}, synthesised for {report.family} by {report.tool}"
    return table(headings, rows, texts=2, bold=[len(rows) - 1], title=title)


def _beside(measured: Resources, model: Resources, kinds: Sequence[str]) -> list[str]:
    return [count(getattr(each, kind)) for kind in kinds for each in (measured, model)]


def bitstream_table(report: Mapping[str, Any]) -> Table:
    """One row a kind of element of the FPGA."""
    uses = {kind: (use["used"], use["available"]) for kind, use in report["utilisation"].items()}
    rows = [[kind, f"{used:,}", f"{most:,}", f"{used / max(1, most):.1%}"] for kind, (used, most) in uses.items()]
    title = f"{report['name']} on {report['board']} ({report['fpga']})"
    return table(("", "used", "available", "share"), rows, texts=1, title=title)


def bitstream_lines(report: Mapping[str, Any]) -> list[str]:
    """Clock, rates and the check of the netlist."""
    line, check, slow = report["serial_line"], report["netlist_check"], report["critical_path"]
    verdict = "met" if report["meets_timing"] else "NOT met"
    lines = [
        f"Fmax {report['fmax_mhz']:.12g} MHz: {report['clock_mhz']:.12g} MHz are {verdict}; the slowest path "
        f"takes {slow['delay_ns']:.1f} ns, {slow['routing_ns']:.1f} ns of it on wires",
        f"{report['fps']:,.0f} frames/s at {report['clock_mhz']:.12g} MHz; {line['fps']:,.1f} over the serial line of "
        f"{line['baud']:,} baud, {line['frame_bytes']:,} bytes in and {line['result_bytes']:,} out",
    ]
    if check:
        where = f"{check['frames']} frames, {check['frames_at_pins']} of them over the serial line"
        lines.append(f"netlist against golden: {check['mismatches']} mismatches in {where}")
    if proofs := Counter(proof["verdict"] for proof in report["netlist_proofs"]):
        lines.append(
            f"netlists of units against modules: {', '.join(f'{n} {verdict}' for verdict, n in proofs.items())}"
        )
    return lines


def boards_table(boards: Sequence[Board]) -> Table:
    """One row a board."""
    rows = [
        [b.name, b.chip.family.value, b.chip.name, b.chip.package, str(b.oscillator_mhz), f"{b.baud:,}"] for b in boards
    ]
    return table(("board", "family", "FPGA", "package", "clock MHz", "baud"), rows, texts=4)


def simulation_table(report: Mapping[str, Any]) -> Table:
    """Predicted against simulated cycles, mismatches below."""
    count = report["mismatches"]
    streams = ", ".join(report["streams_checked"])
    caption = f"{count} mismatches over {report['frames']} frames on {streams}"
    if report["skipping"]:
        caption = "\n".join([caption, *skipping_lines(report["skipping"])])
    if report["bounded"]:
        return _bounded_table(report, caption)
    pairs = {
        name: (report["predicted"][f"{name}_cycles"], report[f"{name}_cycles"])
        for name in ("interval", "latency", "total")
    }
    rows = [[name, *map(_number, pair)] for name, pair in pairs.items()]
    title = f"simulation, {report['backend']}"
    return table(("cycles", "predicted", "simulated"), rows, texts=1, title=title, caption=caption)


def _bounded_table(report: Mapping[str, Any], caption: str) -> Table:
    """Cycles of the HLS project for each depth of its pipelines, beside the interval that is stated."""
    runs = report["bounded"]
    stated = {"interval": _number(report["stated_interval_cycles"])}
    rows = [
        [name, stated.get(name, ""), *(_number(run[f"{name}_cycles"]) for run in runs)]
        for name in ("interval", "latency", "total")
    ]
    headings = ("cycles", "at most", *(f"depth {run['depth']}" for run in runs))
    return table(headings, rows, texts=1, title="bounded C simulation, by depth of pipelines", caption=caption)


def layers_table(report: Mapping[str, Any], kept: int) -> Table:
    """Predicted against simulated cycles of each layer alone, and its mismatches."""
    rows = []
    for name, found in report["layers"].items():
        cycles = [_number(found[f"{which}_cycles"]) for which in ("interval", "latency")]
        expected = [_number(found["predicted"][f"{which}_cycles"]) for which in ("interval", "latency")]
        pairs = [each for pair in zip(expected, cycles, strict=True) for each in pair]
        rows.append([name, *pairs, _number(found["mismatches"])])
    caption = f"{report['mismatches']} mismatches over {report['frames']} frames in {len(rows)} layers"
    caption += f", {kept} of them simulated before" if kept else ""
    headings = ("layer", "interval", "simulated", "latency", "simulated", "mismatches")
    return table(headings, rows, texts=1, title=f"layers alone, {report['backend']}", caption=caption)


def skipping_lines(report: Mapping[str, Any]) -> list[str]:
    """What gates spared, side by side with every gate open; then warnings."""
    layers = ", ".join(f"{name} {share:.0%}" for name, share in report["shares"].items())
    lines = [f"gates skip {report['skipped']:.1%} of the work of their layers ({layers} of the pixels)"]
    predicted, found = report["predicted_mean_interval_cycles"], report["mean_interval_cycles"]
    if predicted is not None:
        simulated = f", {found:,.1f} simulated" if found is not None else ""
        ungated = report["ungated_mean_interval_cycles"]
        line = f"mean interval {predicted:,.1f} cycles predicted{simulated}; {ungated:,.1f} with every gate open: "
        lines.append(f"{line}{report['speedup']:.2f} times as fast")
    return lines + [f"warning: {warning}" for warning in report["warnings"]]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


Columns = Mapping[str, tuple[str, str]]
"""Figures of a comparison by name: heading and format."""

COMPARED: Columns = {
    "interval_cycles": ("interval", "{:,.0f}"),
    "latency_us": ("latency us", "{:,.2f}"),
    "fps": ("FPS", "{:,.0f}"),
    "lut": ("LUT", "{:,.0f}"),
    "bram36": ("BRAM", "{:,.12g}"),
    "fps_per_klut": ("FPS/kLUT", "{:,.0f}"),
    "roof_share": ("of roof", "{:.1%}"),
}
"""Those that tables show."""


def comparison_tables(entries: Sequence[ComparedDesign], width: int) -> list[Table]:
    """A row a design, or a column where that is wider than `width`: then in several tables, if need be.

    A letter behind each figure says where it comes from, a number behind a name its publication.
    """
    sources = list(dict.fromkeys(entry.source for entry in entries if entry.is_published))
    caption = "\n".join([legend(entries), *(f"[{number}] {source}" for number, source in enumerate(sources, 1))])
    headings = ("design", "part", "MHz", *(heading for heading, _ in COMPARED.values()))
    rows = [
        [
            entry.name + (f" [{sources.index(entry.source) + 1}]" if entry.is_published else ""),
            entry.part or "-",
            "-" if entry.clock_mhz is None else f"{entry.clock_mhz:.12g}",
            *compared(entry),
        ]
        for entry in entries
    ]
    texts = 1
    if len(rows) > 1 and _widths([headings, *rows]) > width:
        heading_width = _widths([[heading] for heading in headings])
        several = max(1, (width - heading_width) // max(_widths([[cell] for cell in row]) for row in rows))
        parts = [rows[start : start + several] for start in range(0, len(rows), several)]
        turned = [list(zip(headings, *part, strict=True)) for part in parts]
    else:
        turned, texts = [[headings, *map(tuple, rows)]], 2
    ends = [("comparison" if n == 0 else None, caption if n == len(turned) - 1 else None) for n in range(len(turned))]
    return [
        table(lines[0], lines[1:], texts=texts, title=title, caption=below)
        for lines, (title, below) in zip(turned, ends, strict=True)
    ]


def _widths(rows: Rows) -> int:
    """How wide a table of `rows` is if nothing wraps."""
    return sum(2 + max(len(row[place]) for row in rows) for place in range(len(rows[0])))


def compared(entry: ComparedDesign, columns: Columns = COMPARED) -> list[str]:
    """The cells of an entry under the headings of `columns`: each figure and the letter of its origin."""
    shown = ((entry.figures[name], form) for name, (_, form) in columns.items())
    return ["-" if each is None else f"{form.format(each.value)} {MARKS[each.origin][0]}" for each, form in shown]


def legend(entries: Sequence[ComparedDesign], columns: Columns = COMPARED) -> str:
    """The meaning of the letters of a comparison."""
    shown = {figure.origin for entry in entries for name in columns if (figure := entry.figures[name])}
    return ", ".join(" ".join(MARKS[origin]) for origin in MARKS if origin in shown)


def roofline_table(rooflines: Sequence[Roofline]) -> Table:
    """A column a design: its limit, attainable and achieved rates."""
    designs = [f"{each.name}\n{each.device}, {each.clock_mhz:.12g} MHz" for each in rooflines]
    rows = [[heading, *cells] for heading, cells in _roofline_rows(rooflines).items()]
    return table(("binary operations a second", *designs), rows, texts=1, title="roofline")


def _roofline_rows(rooflines: Sequence[Roofline]) -> dict[str, list[str]]:
    return {
        "operations a frame": [f"{each.operations:,}" for each in rooflines],
        "operations an input byte": [f"{each.intensity:,.1f}" for each in rooflines],
        "LUTs an operation takes": [f"{each.lut_per_operation:.2f}" for each in rooflines],
        "compute roof": [rate(each.compute_roof) for each in rooflines],
        "compute roof at FINN's 2.5 LUTs": [rate(each.published_roof) for each in rooflines],
        "input roof": [rate(each.input_roof) for each in rooflines],
        "  by the bandwidth of": [f"{each.bandwidth_of}, {each.bandwidth / 1e9:,.4g} GB/s" for each in rooflines],
        "attainable, the lower roof": [rate(each.attainable) for each in rooflines],
        "as folded": [rate(each.folded) for each in rooflines],
        "achieved": [rate(each.achieved.value) for each in rooflines],
        "  figure": [each.achieved.origin.value for each in rooflines],
        "  of attainable": [f"{each.share:.1%}" for each in rooflines],
    }


def rate(operations: float) -> str:
    """Operations a second with a prefix: `8.36 Top/s`."""
    for prefix, unit in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if operations >= unit:
            return f"{operations / unit:,.2f} {prefix}op/s"
    return f"{operations:,.0f} op/s"


def findings_table(findings: list[dict[str, Any]]) -> Table:
    """What is installed and what to do about the rest."""
    rows = []
    for finding in findings:
        mark = "ok" if finding["ok"] else ("MISSING" if finding["required"] else "absent")
        todo = "" if finding["ok"] else finding["change"]
        rows.append([mark, finding["name"], finding["version"] or "", finding["needed_for"], todo])
    headings = ("", "tool", "found", "needed for", "what to do")
    return table(headings, rows, texts=len(headings), title="hwgen doctor")
