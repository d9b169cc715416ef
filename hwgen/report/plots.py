"""Pictures in files; the only module that imports matplotlib.

The suffix of the file is the format: .svg, .png or .pdf. The same data gives the same bytes. Every function raises
ConfigError for another suffix, ToolError where matplotlib is missing, OutputError where the file cannot be written.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwgen.errors import ConfigError, OutputError, ToolError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hwgen.report.roofline import Roofline

COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce", "#b45309", "#0e7490", "#be123c", "#4d7c0f")
QUIET = "#94a3b8"

_METADATA: dict[str, dict[str, Any]] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}
"""Metadata by suffix that keep the time out of the file."""


def bars_plot(
    names: Sequence[str], quiet: Sequence[bool], panels: Sequence[tuple[str, Sequence[float | None]]], path: Path
) -> None:
    """Horizontal bars: a panel for each figure (title, values), in it a bar for each name, grey where `quiet`."""
    figure = _figure(path, 2.2 * len(panels) + 2, 0.4 * len(names) + 0.8)
    colours = [QUIET if each else COLOURS[0] for each in quiet]
    places = range(len(names))
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, (title, values) in zip(axes, panels, strict=True):
        bars = axis.barh(places, [value or 0 for value in values], color=colours, height=0.6)
        labels = ["-" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" for value in values]
        axis.bar_label(bars, labels, padding=3, fontsize=8)
        axis.set_title(title, fontsize=10)
        axis.set_yticks(places, names, parse_math=False)
        axis.set_xticks([])
        axis.set_xlim(0, 1.45 * max((value or 0 for value in values), default=0) or 1)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
    figure.axes[0].invert_yaxis()
    _save(figure, path)


def roofline_plot(rooflines: Sequence[Roofline], path: Path) -> None:
    """Each design under its roofs: a full dot where it is, a hollow one where its folding could be."""
    figure = _figure(path, 7, 5)
    axis = figure.subplots()
    low = min(each.intensity for each in rooflines) / 8
    high = max(max(each.intensity, each.compute_roof / each.bandwidth) for each in rooflines) * 8
    for number, each in enumerate(rooflines):
        colour, corner = COLOURS[number % len(COLOURS)], each.compute_roof / each.bandwidth
        shown = f" {each.name}" if each.name.startswith("_") else each.name  # a legend leaves `_...` out
        label = f"{shown} on {each.device} ({each.achieved.origin.value})"
        axis.plot([low, corner, high], [low * each.bandwidth, *[each.compute_roof] * 2], color=colour, lw=1.2)
        axis.plot([low, high], [each.published_roof] * 2, color=QUIET, lw=0.8, ls="--")
        axis.plot([each.intensity] * 2, [each.achieved.value, each.attainable], color=colour, lw=0.6, ls=":")
        axis.plot(each.intensity, each.folded, "o", color=colour, mfc="white")
        axis.plot(each.intensity, each.achieved.value, "o", color=colour, label=label)
    _scales(axis, "binary operations per input byte", "binary operations per second")
    axis.plot([], [], color=QUIET, lw=0.8, ls="--", label="at FINN's 2.5 LUTs per operation")
    for text in axis.legend(fontsize=8, frameon=False, loc="lower right").get_texts():
        text.set_parse_math(False)
    _save(figure, path)


def pareto_plot(
    points: Sequence[tuple[float, float, float]], front: Sequence[tuple[float, float, float]], path: Path
) -> None:
    """Designs as (frames a second, LUTs, 36-kbit memory blocks): LUTs against rate, the Pareto front as steps."""
    figure = _figure(path, 7, 5)
    axis = figure.subplots()
    fps, lut, bram = zip(*points, strict=True)
    cloud = axis.scatter(lut, fps, c=bram, s=9, cmap="viridis")
    best = sorted((lut, fps) for fps, lut, _ in front)
    axis.plot(*zip(*best, strict=True), "o-", color=COLOURS[0], ms=4, drawstyle="steps-post", label="front")
    _scales(axis, "LUT", "frames per second")
    axis.legend(fontsize=8, frameon=False, loc="lower right")
    figure.colorbar(cloud, label="BRAM, blocks of 36 kbit")
    _save(figure, path)


def _scales(axis: Axes, x: str, y: str) -> None:
    axis.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    axis.grid(which="major", color="#e2e8f0", lw=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _figure(path: Path, width: float, height: float) -> Figure:
    """An empty figure of so many inches for `path`."""
    if path.suffix not in _METADATA:
        raise ConfigError(str(path), "a picture's name must end in .svg, .png or .pdf", path.suffix or "no suffix")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ToolError("matplotlib", "must be installed to draw", str(error), "pip install 'hwgen[report]'") from error
    return Figure((width, height), dpi=150, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    from matplotlib import rc_context

    picture = io.BytesIO()
    with rc_context({"svg.hashsalt": "hwgen"}):
        figure.savefig(picture, format=path.suffix[1:], metadata=_METADATA[path.suffix])
    try:
        path.write_bytes(picture.getvalue())
    except OSError as error:
        raise OutputError(str(path), "must be writable", str(error), "Give another path") from error
