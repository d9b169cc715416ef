"""Designs side by side: projects, other foldings of their network, published figures; and their rooflines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hwgen.config import read_folding, read_published
from hwgen.errors import ConfigError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.opening import open_project
from hwgen.flow.project import write_whole
from hwgen.flow.records import records
from hwgen.flow.stages import variant
from hwgen.ir.work import network_work
from hwgen.report.compare import ComparedDesign, as_csv, cycles_of, designed, published, rate_of
from hwgen.report.roofline import Roofline, roofline


def compare(
    projects: Sequence[Path],
    foldings: Sequence[Path] = (),
    publications: Sequence[Path] = (),
    *,
    part: str | None = None,
    clock_mhz: float | None = None,
) -> tuple[ComparedDesign, ...]:
    """Entries of projects, of a project's network at other foldings, and of files of published figures.

    Args:
        foldings: files for the network of the one project.
        part, clock_mhz: instead of the projects' own; published designs keep theirs.

    Raises:
        ConfigError: nothing to compare, or foldings with none or several projects.
        DataError: a folder is not a project.
        FoldingError: a folding does not fit the network.
    """
    if not (projects or publications):
        must, change = "must be given something to compare", "Name projects, or --published files"
        raise ConfigError("compare", must, change=change)
    if foldings and len(projects) != 1:
        must, change = "needs the one project whose network is folded", "Name one project"
        raise ConfigError("--folding", must, f"{len(projects)} projects", change)
    return (
        *_ours(projects, foldings, part, clock_mhz),
        *(published(each) for path in publications for each in read_published(path)),
    )


def entry(accelerator: Accelerator, name: str, source: str) -> ComparedDesign:
    """One design of ours as an entry of a comparison."""
    work = network_work(accelerator.graph)
    return designed(name, source, accelerator.estimate(), work, records(accelerator))


def rooflines(
    projects: Sequence[Path], *, part: str | None = None, bandwidth_gbs: float | None = None
) -> tuple[Roofline, ...]:
    """The roofline of each project.

    Args:
        part: instead of the projects' own.
        bandwidth_gbs: GB/s that the board brings to the chip; those of the input stream where None.

    Raises:
        DataError: a folder is not a project.
        ConfigError: the part is not known.
    """
    bandwidth = None if bandwidth_gbs is None else bandwidth_gbs * 1e9
    return tuple(roofline_of(variant(open_project(path), part=part), bandwidth) for path in projects)


def roofline_of(accelerator: Accelerator, bandwidth: float | None = None) -> Roofline:
    """The roofline of one design; `bandwidth` in bytes a second."""
    report = accelerator.estimate()
    interval, _ = cycles_of(report, records(accelerator))
    fps = rate_of(interval, report.clock_mhz)
    return roofline(accelerator.graph, accelerator.design, report, fps, bandwidth)


def _ours(
    projects: Sequence[Path], foldings: Sequence[Path], part: str | None, clock_mhz: float | None
) -> Iterator[ComparedDesign]:
    for path in projects:
        opened = variant(open_project(path), part=part, clock_mhz=clock_mhz)
        yield entry(opened, str(path), f"project {opened.design.name}")
        for file in foldings:
            yield entry(variant(opened, folding=read_folding(file)), file.stem, f"folding of {opened.design.name}")


def write_csv(entries: Sequence[ComparedDesign], path: Path) -> None:
    """The entries as a CSV file. Raises: OutputError."""
    write_whole(path, as_csv(entries))


def draw(entries: Sequence[ComparedDesign], path: Path) -> None:
    """The entries as a picture, published ones in grey. Raises: ConfigError, ToolError, OutputError."""
    from hwgen.report.plots import bars_plot

    def column(name: str, factor: float = 1) -> list[float | None]:
        figures = (entry.figures[name] for entry in entries)
        return [None if figure is None else figure.value * factor for figure in figures]

    panels = [
        ("frames per second", column("fps")),
        ("latency, us", column("latency_us")),
        ("LUT", column("lut")),
        ("BRAM36", column("bram36")),
        ("frames/s per kLUT", column("fps_per_klut")),
        ("% of roof", column("roof_share", 100)),
    ]
    bars_plot([entry.name for entry in entries], [entry.is_published for entry in entries], panels, path)
