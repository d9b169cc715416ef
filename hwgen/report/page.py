"""`report.html`: the estimate and all recorded runs of a design, on one page that loads nothing else.

Each number comes from the estimate or from a recorded run; a run that is missing is named as such and has no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.backends.render import render
from hwgen.hw.cost import edge_resources
from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.hw.resources import Resources
from hwgen.report.chart import Chart, chart
from hwgen.report.compare import cycles_of, rate_of, synthesised_for
from hwgen.report.diagram import Diagram, diagram, folding
from hwgen.report.estimate import Estimate, LayerEstimate, UnitEstimate
from hwgen.report.hls import HlsRow, memories, rows, summary
from hwgen.report.proofs import ProofGroup, groups, tally
from hwgen.report.records import BACKENDS, Evaluated, Records, Simulated
from hwgen.report.roofline import Roofline
from hwgen.report.tables import rate


@dataclass(frozen=True)
class Fact:
    """A figure with its name, and a note below it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """The result of the last simulation; `kind` is good, bad or open."""

    kind: str
    text: str


@dataclass(frozen=True)
class LayerRow:
    """A layer's cycles; `bar` and `window_bar` are per cent of the slowest unit's."""

    name: str
    detail: str
    cycles: str
    bar: float
    window_bar: float
    mark: str


@dataclass(frozen=True)
class ResourceRow:
    """What the design takes of one kind of element; `bar` is per cent of the part, at most 100."""

    name: str
    used: str
    synthesised: str
    capacity: str
    share: str
    bar: float
    kind: str


@dataclass(frozen=True)
class CostRow:
    """What a layer takes with the units in front of it; `bar` is per cent of the costliest layer's LUTs."""

    name: str
    lut: str
    ff: str
    bram: str
    dsp: str
    bar: float


@dataclass(frozen=True)
class CyclesRow:
    """Predicted against simulated."""

    name: str
    predicted: str
    simulated: str
    verdict: str


@dataclass(frozen=True)
class Page:
    """Fields of the template.

    Attributes:
        arrangement: `beside` where the graph leaves room for the figures beside it, else `above`.
    """

    title: str
    subtitle: str
    digest: str
    verdict: Verdict
    facts: tuple[Fact, ...]
    graph: Diagram
    arrangement: str
    warnings: tuple[str, ...]
    explanation: str
    layers: tuple[LayerRow, ...]
    cycles_are: str
    resources: tuple[ResourceRow, ...]
    resources_from: str
    costs: tuple[CostRow, ...]
    roofline: tuple[Fact, ...]
    charts: tuple[Chart, ...]
    simulation: str
    cycles: tuple[CyclesRow, ...]
    proofs: str
    proof_groups: tuple[ProofGroup, ...]
    hls: str
    hls_rows: tuple[HlsRow, ...]


def html(design: Design, report: Estimate, records: Records, roofline: Roofline) -> str:
    """The page as one self-contained file."""
    return render("report/report.html.j2", _page(design, report, records, roofline))


@dataclass(frozen=True)
class Picture:
    """The field of notebook.html.j2."""

    graph: Diagram


def picture(design: Design, report: Estimate) -> str:
    """The dataflow graph as HTML for notebooks, in their colours, light or dark; its style is for it alone."""
    return render("report/notebook.html.j2", Picture(diagram(design, report)))


def as_json(design: Design, report: Estimate, records: Records, roofline: Roofline) -> dict[str, Any]:
    """What the page shows as plain JSON values; None for a run that was not made of this very design."""
    run, told, made = records.simulated, records.evaluated, records.synthesised
    return {
        "name": report.name,
        "digest": design.digest,
        "verdict": asdict(_verdict(_checked(records))),
        "estimate": report.to_json(),
        "roofline": roofline.to_json(),
        "simulated": run.to_json() if run else None,
        "evaluated": {**asdict(told), "accuracy": told.correct / told.frames} if told else None,
        "synthesised": asdict(made) if made else None,
        "hls": records.hls.to_json() if records.hls else None,
        "proved": asdict(records.proved) if records.proved else None,
    }


def _checked(records: Records) -> Simulated | None:
    """The last simulation of other than the golden model alone."""
    return records.simulated if records.simulated and records.simulated.backend != "golden" else None


def _explained(report: Estimate) -> str:
    """What sets the interval, and what an external memory must give."""
    told = f"{report.explanation or f'{report.slowest_layer} sets the interval'}."
    return f"{told} {report.external_line[:1].upper()}{report.external_line[1:]}." if report.external else told


def _page(design: Design, report: Estimate, records: Records, roofline: Roofline) -> Page:
    graph, picture = diagram(design, report), chart(roofline)
    run = _checked(records)
    synthesis = synthesised_for(report.part, records)
    model = "LUT and FF by the cost model, memories by its inference rule"
    tool = f"; synthesised by {synthesis.tool}" if synthesis else "; never synthesised: run hwgen synth"
    return Page(
        title=report.name,
        subtitle=f"{report.part} ({report.device}), {report.clock_mhz:g} MHz",
        digest=design.digest,
        verdict=_verdict(run),
        facts=tuple(_facts(report, records)),
        graph=graph,
        arrangement="beside" if graph.width <= 640 else "above",
        warnings=tuple(f"Mind: {warning}." for warning in report.warnings),
        explanation=_explained(report),
        layers=_layers(report),
        cycles_are="Cycles a frame."
        + (" The thin bar is the window unit's." if any(map(_window, report.layers)) else ""),
        resources=tuple(_resources(report, synthesis.total if synthesis else None)),
        resources_from=model + tool,
        costs=_costs(report, edge_resources(design, device_of(report.part).family)),
        roofline=_roofline(roofline),
        charts=(picture,) if picture else (),
        simulation=_simulation(run),
        cycles=_cycles(run),
        proofs=tally(records.proved),
        proof_groups=groups(records.proved),
        hls=f"{summary(records.hls)} {memories(report)}".rstrip(),
        hls_rows=rows(report, records),
    )


def _verdict(run: Simulated | None) -> Verdict:
    """The result of the last simulation of the whole design."""
    if run is None:
        return Verdict("open", "Never simulated: run hwgen simulate. Cycles are predictions.")
    where = f"{BACKENDS[run.backend]} of {_frames(run)}"
    if run.mismatches:
        return Verdict("bad", f"Wrong: {run.mismatches:,} differences from the golden model in {where}.")
    agrees = f"Every stream agrees with the golden model in {where}"
    if run.cycles is None:
        return Verdict("good", f"{agrees}. It has no clock of the design's own: cycles are predictions.")
    if run.stalled:
        return Verdict("good", f"{agrees}, with random pauses: cycles are predictions.")
    if run.mistimed or run.cycles != run.predicted:
        late = f"{run.mistimed:,} of {run.beats_timed:,} beats"
        return Verdict("bad", f"{agrees}, but {late} moved in other cycles than predicted.")
    return Verdict("good", f"{agrees}, and each of {run.beats_timed:,} beats moved in its predicted cycle.")


def _facts(report: Estimate, records: Records) -> Iterator[Fact]:
    """The figures at the top."""
    interval, latency = cycles_of(report, records)
    rate_per_s = rate_of(interval, report.clock_mhz)
    capacity, synthesis = device_of(report.part).capacity, synthesised_for(report.part, records)
    used = synthesis.total if synthesis else report.resources
    origin = "synthesised" if synthesis else "predicted"
    yield Fact("Frames per second", f"{rate_per_s.value:,.0f}", rate_per_s.origin.value)
    yield Fact("Interval", f"{interval.value:,}", f"cycles{_worst(report)}, {interval.origin.value}")
    run = records.simulated
    if run and run.mean_interval is not None and not run.spaced:
        yield Fact("Mean interval", f"{run.mean_interval:,.1f}", f"cycles over {_frames(run)}, measured")
    latency_us = latency.value / report.clock_mhz
    yield Fact("Latency", f"{latency_us:,.2f} us", f"{latency.value:,} cycles, {latency.origin.value}")
    yield Fact("LUT", f"{used.lut:,}", f"{_share(used.lut, capacity.lut)} of the part, {origin}")
    yield Fact("BRAM, 36 kbit", f"{used.bram:,.12g}", f"{_share(used.bram, capacity.bram)} of the part, {origin}")
    yield _accuracy(records.evaluated)


def _worst(report: Estimate) -> str:
    """A note on the cycles of a design whose gates skip pixels."""
    return " with every gate open" if report.gated else ""


def _accuracy(run: Evaluated | None) -> Fact:
    if run is None:
        return Fact("Accuracy", "unknown", "never evaluated: run hwgen evaluate")
    note = f"{run.correct:,} of {run.frames:,} images, {run.backend}"
    return Fact("Accuracy", f"{run.correct / run.frames:.2%}", note)


def _layers(report: Estimate) -> tuple[LayerRow, ...]:
    most = max(unit.cycles for unit in report.units)
    units = {unit.name: unit for unit in report.units}
    return tuple(
        LayerRow(
            name=layer.name,
            detail=", ".join([layer.kind, folding(layer), *_window(layer), *_waits(units[layer.name])]),
            cycles=f"{layer.cycles:,}",
            bar=round(100 * layer.cycles / most, 2),
            window_bar=round(100 * layer.window_cycles / most, 2),
            mark="bottleneck" if layer.name == report.slowest_layer else "",
        )
        for layer in report.layers
    )


def _waits(unit: UnitEstimate) -> list[str]:
    """Cycles that a unit waits, a frame in steady state."""
    waits = {"waits for beats": unit.starved_cycles, "waits for room": unit.blocked_cycles}
    return [f"{reason} {cycles:,.10g}" for reason, cycles in waits.items() if cycles]


def _window(layer: LayerEstimate) -> list[str]:
    return [f"window unit {layer.window_cycles:,} cycles"] if layer.window_cycles else []


def _resources(report: Estimate, synthesised: Resources | None) -> Iterator[ResourceRow]:
    """A row for each kind of element that the part has or the design takes."""
    capacity = _elements(device_of(report.part).capacity)
    found = _elements(synthesised) if synthesised else {}
    for name, predicted in _elements(report.resources).items():
        used, available = found.get(name, predicted), capacity[name]
        if used or available:
            yield ResourceRow(
                name=name,
                used=f"{predicted:,.10g}",
                synthesised=f"{found[name]:,.10g}" if found else "-",
                capacity=f"{available:,.10g}",
                share=_share(used, available),
                bar=round(100 * min(1.0, used / available), 2) if available else 100.0,
                kind="over" if used > available else "fits",
            )


def _elements(some: Resources) -> dict[str, float]:
    return {"LUT": some.lut, "FF": some.ff, "BRAM, 36 kbit": some.bram, "DSP": some.dsp, "URAM": some.uram}


def _share(used: float, available: float) -> str:
    return f"{used / available:.1%}" if available else "none"


def _costs(report: Estimate, edge: Resources) -> tuple[CostRow, ...]:
    totals = {layer.name: report.taken_by(layer.name) for layer in report.layers} | {"edge of the chip": edge}
    most = max(total.lut for total in totals.values()) or 1
    return tuple(
        CostRow(
            name,
            f"{each.lut:,}",
            f"{each.ff:,}",
            f"{each.bram:,.12g}",
            f"{each.dsp:,}",
            round(100 * each.lut / most, 2),
        )
        for name, each in totals.items()
    )


def _roofline(found: Roofline) -> tuple[Fact, ...]:
    """The roofline in numbers."""
    bound = {
        "compute": f"by the LUTs of {found.device}: {found.lut_per_operation:.2f} an operation every cycle",
        "input": f"by the input: {found.bandwidth / 1e9:,.4g} GB/s ({found.bandwidth_of})",
    }
    return (
        Fact("Achieved", rate(found.achieved.value), f"{found.achieved.origin.value}; {found.share:.1%} of attainable"),
        Fact("As folded", rate(found.folded), "all units that multiply busy all the time"),
        Fact("Attainable", rate(found.attainable), f"bounded {bound[found.limit]}"),
        Fact("At FINN's published cost", rate(found.published_roof), "2.5 LUTs an operation every cycle"),
        Fact("A frame", f"{found.operations:,}", f"{found.intensity:,.1f} an input byte"),
    )


def _simulation(run: Simulated | None) -> str:
    """A sentence about the last simulation."""
    if run is None:
        return "Never simulated: run hwgen simulate."
    streams = ", ".join(run.streams)
    return f"Last run: {BACKENDS[run.backend]}, {_frames(run)}. Streams compared with golden: {streams}."


def _frames(run: Simulated) -> str:
    return f"{run.frames:,} frame{'s' if run.frames > 1 else ''}"


def _cycles(run: Simulated | None) -> tuple[CyclesRow, ...]:
    """Predicted against simulated; no rows where cycles were not counted."""
    if run is None or run.cycles is None:
        return ()
    pairs = {
        "interval": (run.predicted.interval, run.cycles.interval),
        "latency": (run.predicted.latency, run.cycles.latency),
        f"all of {_frames(run)}": (run.predicted.total, run.cycles.total),
    }
    differ = "paused" if run.stalled else "differs"
    return tuple(
        CyclesRow(name, f"{predicted:,}", f"{found:,}", "equal" if predicted == found else differ)
        for name, (predicted, found) in pairs.items()
        if predicted is not None and found is not None
    )
