"""Designs with writable layers: they are written in SystemVerilog alone, without an HLS project."""

from __future__ import annotations

from hwgen.errors import ConfigError
from hwgen.hw.design import Design


def without_hls(design: Design) -> tuple[str, ...]:
    """A warning where a build has no HLS project."""
    if not design.writable:
        return ()
    return (f"no HLS project is written, as {_names(design)} can be rewritten: that is in SystemVerilog alone",)


def require_hls(design: Design) -> None:
    """The design must have an HLS project. Raises: ConfigError."""
    if design.writable:
        must = "must name no layer where an HLS project is wanted: those are written in SystemVerilog alone"
        change = f"Build it without {' '.join(f'--writable {unit.name}' for unit in design.writable)}"
        raise ConfigError("writable", must, _names(design), change)


def _names(design: Design) -> str:
    return ", ".join(unit.name for unit in design.writable)
