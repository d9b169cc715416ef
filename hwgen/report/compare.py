"""Designs side by side, every figure with where it comes from."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hwgen.config import Published
from hwgen.errors import ConfigError
from hwgen.hw.device import Device, device_of
from hwgen.ir.work import Work
from hwgen.report.estimate import Estimate
from hwgen.report.figures import Figure, Origin
from hwgen.report.records import Records, Synthesised
from hwgen.report.roofline import PUBLISHED_LUT_PER_OPERATION


@dataclass(frozen=True)
class ComparedDesign:
    """One design of a comparison; None where a figure is not known.

    Attributes:
        source: the project or the publication that the figures are from.
        bram: memory blocks of 36 kbit; one of 18 counts as a half.
        operations: binary operations of a frame (`hwgen.ir.work`).
        external_gb_s: 10^9 bytes of weights a second from an external memory.
        warnings: of the estimate.
    """

    name: str
    source: str
    part: str | None
    clock_mhz: float | None
    interval_cycles: Figure | None
    latency_us: Figure | None
    fps: Figure | None
    lut: Figure | None
    bram: Figure | None
    operations: Figure | None
    dsp: Figure | None = None
    external_gb_s: Figure | None = None
    is_published: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def fps_per_klut(self) -> Figure | None:
        if self.fps is None or self.lut is None or not self.lut.value:
            return None
        return self.fps / self.lut * 1000

    @property
    def operations_per_s(self) -> Figure | None:
        return None if self.fps is None or self.operations is None else self.fps * self.operations

    @property
    def roof_share(self) -> Figure | None:
        """Binary operations a second over those that all LUTs of the part could do at FINN's published cost.

        The same reference for all designs: one whose operations take fewer LUTs than that may exceed 1.
        """
        device = _known(self.part)
        if self.operations_per_s is None or device is None or self.clock_mhz is None:
            return None
        roof = device.capacity.lut / PUBLISHED_LUT_PER_OPERATION * self.clock_mhz * 1e6
        return self.operations_per_s / roof

    @property
    def figures(self) -> dict[str, Figure | None]:
        """Every figure by its name in reports."""
        return {
            "interval_cycles": self.interval_cycles,
            "latency_us": self.latency_us,
            "fps": self.fps,
            "lut": self.lut,
            "bram36": self.bram,
            "dsp": self.dsp,
            "external_gb_s": self.external_gb_s,
            "fps_per_klut": self.fps_per_klut,
            "operations": self.operations,
            "operations_per_s": self.operations_per_s,
            "roof_share": self.roof_share,
        }

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values, each figure with its origin."""
        listed = {name: figure and figure.to_json() for name, figure in self.figures.items()}
        return {"name": self.name, "source": self.source, "part": self.part, "clock_mhz": self.clock_mhz, **listed}


def designed(name: str, source: str, report: Estimate, work: Work, records: Records) -> ComparedDesign:
    """The entry of a hwgen design: cycles measured in RTL simulation, resources by synthesis, else predicted."""
    interval, latency = cycles_of(report, records)
    synthesis = synthesised_for(report.part, records)
    used = synthesis.total if synthesis else report.resources
    origin = Origin.SYNTHESISED if synthesis else Origin.PREDICTED
    return ComparedDesign(
        name=name,
        source=source,
        part=report.part,
        clock_mhz=report.clock_mhz,
        interval_cycles=interval,
        latency_us=latency / report.clock_mhz,
        fps=rate_of(interval, report.clock_mhz),
        lut=Figure(used.lut, origin),
        bram=Figure(used.bram, origin),
        operations=Figure(work.operations, Origin.COUNTED),
        dsp=Figure(used.dsp, origin),
        external_gb_s=rate_of(interval, report.clock_mhz) * (sum(each.frame_bytes for each in report.external) / 1e9),
        warnings=report.warnings,
    )


def cycles_of(report: Estimate, records: Records) -> tuple[Figure, Figure]:
    """Interval and latency of a hwgen design, measured where it was simulated in RTL, else predicted.

    Where they depend on the data, those with every gate open: the longest possible.
    """
    found = records.simulated.measured if records.simulated and not report.gated else None

    def figure(predicted: int, measured: int | None) -> Figure:
        return Figure(predicted, Origin.PREDICTED) if measured is None else Figure(measured, Origin.MEASURED)

    interval = figure(report.interval_cycles, found.interval if found else None)
    return interval, figure(report.latency_cycles, found.latency if found else None)


def rate_of(interval: Figure, clock_mhz: float) -> Figure:
    """Frames a second of an interval in cycles."""
    return Figure(clock_mhz * 1e6 / interval.value, interval.origin)


def synthesised_for(part: str, records: Records) -> Synthesised | None:
    """The recorded synthesis, if its family is that of `part`; UltraScale+ parts are synthesised as 7-series ones."""
    family = device_of(part).family
    found = records.synthesised
    return found if found and found.family in (family.value, family.synthesised_as.value) else None


def published(figures: Published) -> ComparedDesign:
    """The entry of a published design."""

    def figure(name: str) -> Figure | None:
        value = getattr(figures, name)
        if value is None:
            return None
        if name in figures.unverified:
            return Figure(value, Origin.UNVERIFIED)
        return Figure(value, Origin.DERIVED if name in figures.derived else Origin.PUBLISHED)

    return ComparedDesign(
        name=figures.name,
        source=figures.source,
        part=figures.part,
        clock_mhz=figures.clock_mhz,
        interval_cycles=figure("interval_cycles"),
        latency_us=figure("latency_us"),
        fps=figure("fps"),
        lut=figure("lut"),
        bram=figure("bram36"),
        operations=figure("operations"),
        is_published=True,
    )


def as_csv(entries: Sequence[ComparedDesign]) -> str:
    """A line an entry; beside each figure a column `<figure>_origin`."""
    names = [column for name in entries[0].figures for column in (name, f"{name}_origin")]
    text = io.StringIO()
    table = csv.DictWriter(text, ("name", "source", "part", "clock_mhz", *names), lineterminator="\n")
    table.writeheader()
    for entry in entries:
        line: dict[str, Any] = {key: getattr(entry, key) for key in ("name", "source", "part", "clock_mhz")}
        for name, figure in entry.figures.items():
            line |= {name: figure and figure.value, f"{name}_origin": figure and figure.origin.value}
        table.writerow(line)
    return text.getvalue()


def _known(part: str | None) -> Device | None:
    """The device of a published design's part, which need not be one that hwgen builds for."""
    if part is None:
        return None
    try:
        return device_of(part)
    except ConfigError:
        return None
