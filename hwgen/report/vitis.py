"""Reports of Vitis HLS: what csynth estimates (csynth.xml) and what cosimulation counts (<top>_cosim.rpt).

The formats are those of Vitis HLS 2020.1 to 2025.2: an XML profile, which the unified commands write too, and a table
with a row for each language. A report is a file of others: its size is limited, and it must declare no document type,
so that it can define no entities.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hwgen.errors import DataError
from hwgen.hw.resources import Resources
from hwgen.stored import read_bytes

YEARS = range(2020, 2026)
"""Releases whose reports are known."""

ELEMENTS = {"LUT": "lut", "FF": "ff", "BRAM_18K": "bram18", "DSP": "dsp", "URAM": "uram"}
"""What csynth counts: its name for it, and ours."""

MOST_BYTES = 1 << 28
"""Most bytes of a csynth.xml: those of networks with hundreds of units have some MB."""

_DEEPEST = 20
"""Most loops in loops that are looked into."""

Bounds = tuple[int | None, int | None]
"""The least and the most cycles; None where the tool does not know, as of a loop that depends on the data."""


@dataclass(frozen=True)
class LoopReport:
    """A loop of a function; None for what the tool does not know, or where it has made no pipeline of it.

    Attributes:
        trips: how often it turns.
        interval: cycles from one turn to the next.
        depth: stages of its pipeline.
    """

    name: str
    trips: int | None
    interval: int | None
    depth: int | None


@dataclass(frozen=True)
class Module:
    """A function of the project: a unit, or a part that the tool has split off.

    Attributes:
        used: elements of the FPGA.
    """

    name: str
    latency: Bounds
    interval: Bounds
    used: Resources
    loops: tuple[LoopReport, ...] = ()


@dataclass(frozen=True)
class HlsSynthesis:
    """What csynth estimates of the whole design.

    Attributes:
        version: of the tool.
        period_ns, margin_ns: the requested clock period, and its uncertainty.
        estimated_ns: the shortest period of the design by the tool's estimate.
        streams: beats of the FIFOs between functions, by the name of the stream.
    """

    version: str
    part: str
    period_ns: float
    margin_ns: float | None
    estimated_ns: float
    top: Module
    available: Resources
    modules: tuple[Module, ...]
    streams: Mapping[str, int] = field(default_factory=dict)

    @property
    def meets_clock(self) -> bool:
        return self.estimated_ns <= self.period_ns - (self.margin_ns or 0)


@dataclass(frozen=True)
class Cosimulation:
    """What the tool's simulation of its RTL found; cycles as (least, mean, most), None where it counted none."""

    language: str
    status: str
    latency: tuple[int | None, int | None, int | None]
    interval: tuple[int | None, int | None, int | None]

    @property
    def passed(self) -> bool:
        return self.status.lower() == "pass"


@dataclass(frozen=True)
class HlsReport:
    """Reports of an HLS tool; None for a step that was not run."""

    synthesis: HlsSynthesis | None = None
    cosimulation: Cosimulation | None = None

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def read_csynth(path: Path) -> HlsSynthesis:
    """A csynth.xml. Raises: DataError."""
    try:
        root = ElementTree.fromstring(read_bytes(path, MOST_BYTES), ElementTree.XMLParser(target=_Elements()))
    except (OSError, ElementTree.ParseError, LookupError, ValueError) as error:
        raise _broken(path, "csynth", str(error)) from error
    version = (root.findtext("ReportVersion/Version") or "").strip()
    if root.tag != "profile" or not version:
        raise _broken(path, "csynth", "no profile with a ReportVersion")
    if not re.fullmatch(r"20\d\d\.\d.*", version) or int(version[:4]) not in YEARS:
        known = f"must be of Vitis HLS {YEARS[0]} to {YEARS[-1]}"
        raise DataError(str(path), known, f"version {version}", "Read the report itself, or use a known release")
    try:
        return _synthesis(root, version)
    except (ValueError, KeyError) as error:
        raise _broken(path, "csynth", str(error.args[0])) from error


class _Elements(ElementTree.TreeBuilder):
    """Builds the tree of a file without a document type."""

    def doctype(self, name: str, *_: str | None) -> NoReturn:
        """A document type could define entities. Raises: ValueError."""
        raise ValueError(f"a document type {name}")


def _synthesis(root: Element, version: str) -> HlsSynthesis:
    assigned = "UserAssignments"
    margin = root.findtext(f"{assigned}/ClockUncertainty")
    return HlsSynthesis(
        version=version,
        part=_text(root, f"{assigned}/Part"),
        period_ns=_ns(_text(root, f"{assigned}/TargetClockPeriod")),
        margin_ns=None if margin is None else _ns(margin),
        estimated_ns=_ns(_text(root, "PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod")),
        top=_module(root, _text(root, f"{assigned}/TopModelName")),
        available=_elements(root, "AreaEstimates/AvailableResources"),
        modules=tuple(
            _module(each, _text(each, "Name"))
            for each in root.iterfind("ModuleInformation/Module")
            if each.find("AreaEstimates/Resources") is not None
        ),
        streams={
            _text(each, "Name").removesuffix("_U"): int(_text(each, "StaticDepth"))
            for each in root.iterfind("FIFOInformation/FIFOInst")
        },
    )


def _module(node: Element, name: str) -> Module:
    """The top has its interval in two elements; of the others it is one, which may be two numbers."""
    performance = "PerformanceEstimates"
    summary = f"{performance}/SummaryOfOverallLatency"
    latency, interval = (
        (_cycles(node.findtext(f"{summary}/{least}")), _cycles(node.findtext(f"{summary}/{most}")))
        for least, most in (("Best-caseLatency", "Worst-caseLatency"), ("Interval-min", "Interval-max"))
    )
    if node.find(f"{summary}/Interval-min") is None:
        first, _, last = (node.findtext(f"{summary}/PipelineInitiationInterval") or "").partition("~")
        interval = _cycles(first), _cycles(last or first)
    loops = node.find(f"{performance}/SummaryOfLoopLatency")
    found = tuple(_loops(loops, 0)) if loops is not None else ()
    return Module(name, latency, interval, _elements(node, "AreaEstimates/Resources"), found)


def _loops(node: Element, depth: int) -> Iterator[LoopReport]:
    """The loops in an element, and those in them."""
    for each in node if depth < _DEEPEST else ():
        if each.find("TripCount") is not None or each.find("PipelineII") is not None:
            counts = (_count(each.findtext(name)) for name in ("TripCount", "PipelineII", "PipelineDepth"))
            yield LoopReport((each.findtext("Name") or each.tag).strip(), *counts)
            yield from _loops(each, depth + 1)


def _elements(node: Element, where: str) -> Resources:
    """Counts of the elements of the FPGA; older releases write DSP48E, and leave URAM out where there is none."""
    counts = {"DSP" if each.tag == "DSP48E" else each.tag: each.text or "" for each in node.iterfind(f"{where}/*")}
    for name in ("LUT", "FF", "BRAM_18K", "DSP"):
        if name not in counts:
            raise KeyError(f"no {where}/{name}")
    return Resources(**{ours: int(counts.get(name, "0")) for name, ours in ELEMENTS.items()})


def _text(node: Element, where: str) -> str:
    found = node.findtext(where)
    if found is None or not found.strip():
        raise KeyError(f"no {where}")
    return found.strip()


def _ns(text: str) -> float:
    """Raises: ValueError, for what is no time."""
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"a time of {text.strip()} ns")
    return found


def _count(text: str | None) -> int | None:
    """A number; None for a range, or where the tool knows none."""
    return int(text) if text is not None and text.strip().isdecimal() else None


def _cycles(text: str | None) -> int | None:
    return None if text is None or text.strip() in ("undef", "-", "?", "") else int(text)


def read_cosim(path: Path) -> Cosimulation:
    """A <top>_cosim.rpt: the row of the language that was simulated. Raises: DataError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(path, "cosim", str(error)) from error
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()]
    rows = [row for row in rows if row[0] in ("Verilog", "VHDL") and row[1:2] != ["NA"]]
    if not rows:
        raise _broken(path, "cosim", "no row of Verilog or VHDL that was simulated")
    try:
        language, status, *counts = rows[0]
        numbers = [None if count in ("NA", "-", "?") else int(count) for count in counts[:6]]
        low, mean, high, least, between, most = numbers
    except ValueError as error:
        raise _broken(path, "cosim", str(error)) from error
    return Cosimulation(language, status, (low, mean, high), (least, between, most))


def parse(values: Mapping[str, Any]) -> HlsReport:
    """Read a record of `HlsReport.to_json`. Raises KeyError, TypeError or ValueError where it is none."""
    synthesis, run = values["synthesis"], values["cosimulation"]
    return HlsReport(
        _recorded_synthesis(synthesis) if synthesis else None,
        Cosimulation(run["language"], run["status"], tuple(run["latency"]), tuple(run["interval"])) if run else None,
    )


def _recorded_synthesis(values: Mapping[str, Any]) -> HlsSynthesis:
    parts = {
        "top": _recorded(values["top"]),
        "available": Resources(**values["available"]),
        "modules": tuple(_recorded(each) for each in values["modules"]),
        "streams": dict(values.get("streams", {})),
    }
    return HlsSynthesis(**{**values, **parts})


def _recorded(values: Mapping[str, Any]) -> Module:
    loops = tuple(LoopReport(**each) for each in values.get("loops", ()))
    latency, interval = tuple(values["latency"]), tuple(values["interval"])
    return Module(values["name"], latency, interval, Resources(**values["used"]), loops)


def _broken(path: Path, step: str, found: str) -> DataError:
    return DataError(str(path), f"must be a {step} report of Vitis HLS", found, f"Run `hwgen hls --run {step}` again")
